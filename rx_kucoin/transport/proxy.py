"""Connections through a proxy, by `python-socks`, which a cancel scope can end."""

import base64
import re
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from typing import Final, NamedTuple
from urllib.parse import SplitResult, unquote, urlsplit

from rx_kucoin.protocol.frames import excerpt
from rx_kucoin.protocol.redaction import hide_arguments, redactor

__all__ = ["Proxy", "ProxyFailed"]

Dial = Callable[[tuple[str, int], float], socket.socket]


class ProxyFailed(OSError):
    """The proxy could not be reached, or refused the connection."""


class _Kind(NamedTuple):
    name: str
    """The library's name of it."""
    port: int
    resolves: bool
    """Whether it resolves names. Otherwise this machine resolves them."""
    encoding: str = "ascii"
    """Encoding of user and password."""


_KINDS: Final = {
    "http": _Kind("HTTP", 80, resolves=True, encoding="latin-1"),
    "socks4": _Kind("SOCKS4", 1080, resolves=False),
    "socks5": _Kind("SOCKS5", 1080, resolves=True),
    "socks5h": _Kind("SOCKS5", 1080, resolves=True),
}


@dataclass(frozen=True, slots=True)
class Proxy:
    """One proxy. Neither its repr nor its errors contain the password."""

    scheme: str
    host: str
    port: int
    user: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @classmethod
    @hide_arguments
    def read(cls, url: str) -> "Proxy":
        """Parse an address like `http://user:password@proxy.example:3128`.

        Raises:
            ValueError: It is malformed, or of an unsupported kind.
            ImportError: `python-socks` is not installed.
        """
        where = _split(url)
        if where.scheme == "https":
            raise ValueError(
                "a proxy that is itself spoken to over TLS (https://) is not supported. What goes through an http:// "
                "proxy is encrypted all the way to the exchange, so try that on the same host"
            )
        kind = _KINDS.get(where.scheme)
        if kind is None or not where.hostname:
            raise ValueError(f"a proxy is written as {', '.join(_KINDS)}, then ://, its host and :port")
        user, password = where.username and unquote(where.username), where.password and unquote(where.password)
        _check_login(kind, user, password)
        if find_spec("python_socks") is None:
            raise ImportError('a proxy needs python-socks: pip install "rx-kucoin[proxy]"', name="python_socks")
        return cls(where.scheme, where.hostname, kind.port if where.port is None else where.port, user, password)

    def tunnel(self, dial: Dial, address: tuple[str, int], timeout: float) -> socket.socket:
        """Connect to an address through the proxy.

        Raises:
            ProxyFailed: The proxy could not be reached, or refused.
        """
        kind, proxies, hide = _KINDS[self.scheme], import_module("python_socks"), redactor(self._secrets())
        tunnel = _TunnelSocket(self.scheme, dial)
        failure = ""
        try:
            import_module("python_socks.sync").Proxy(
                getattr(proxies.ProxyType, kind.name),
                self.host,
                self.port,
                self.user,
                None if self.user is None else self.password or "",
                kind.resolves,
                tunnel,
            ).connect(*address, timeout=timeout)
        except TimeoutError:
            failure = "it did not answer in time"
        except (OSError, ValueError, proxies.ProxyError) as error:
            failure = excerpt(hide(str(error))) or type(error).__name__
        if failure:
            # Outside of `except`: the context of the error may hold the login.
            raise ProxyFailed(f"no way through the proxy {self}: {failure}")
        return tunnel.opened()

    def _secrets(self) -> list[str]:
        """Texts sent to the proxy that its errors may repeat."""
        login = f"{self.user}:{self.password or ''}"
        encoded = base64.b64encode(login.encode("latin-1", "replace")).decode()
        return [self.password or "", "" if self.user is None else encoded]


class _TunnelSocket:
    """Gives `python-socks` a connection that we dialled; to the library it is a proxy in front of the proxy.

    It is also the library's socket: of an HTTP proxy's answer the library would read what has arrived so far, which may
    be less than the head, or more.
    """

    def __init__(self, scheme: str, dial: Dial) -> None:
        self._is_http, self._dial = scheme == "http", dial
        self._opened: socket.socket | None = None

    def connect(self, dest_host: str, dest_port: int, timeout: float) -> "_TunnelSocket":
        self._opened = self._dial((dest_host, dest_port), timeout)
        self._opened.settimeout(timeout)
        return self

    def opened(self) -> socket.socket:
        if self._opened is None:
            raise ProxyFailed("python-socks did not use the connection that it was given")
        return self._opened

    def sendall(self, data: bytes) -> None:
        self.opened().sendall(data)

    def recv(self, size: int) -> bytes:
        return self._head() if self._is_http else self.opened().recv(size)

    def close(self) -> None:
        if self._opened is not None:
            self._opened.close()

    def _head(self) -> bytes:
        """Read the head of an HTTP answer, and no byte of what follows."""
        head = bytearray()
        while not head.endswith(b"\r\n\r\n"):
            if not (byte := self.opened().recv(1)):
                said = head.decode("latin-1")  # unchanged: secrets in it are removed by `tunnel`
                raise OSError(f"it hung up, having said '{said}'" if said else "it hung up")
            head += byte
            if len(head) > _MOST:
                raise OSError("it says too much")
        return bytes(head)


_MOST: Final = 16 << 10
"""Largest head of an answer in bytes."""
_LONGEST: Final = 255
"""Longest user or password in bytes, by SOCKS5."""
_HOST: Final = re.compile(r"[\w.:-]+")


def _split(url: str) -> SplitResult:
    """Split an address. Errors do not contain it, as it may hold a password."""
    with suppress(ValueError):
        where = urlsplit(url)
        is_whole = where.port != 0 and where.path in {"", "/"} and not (where.query or where.fragment)
        if is_whole and _HOST.fullmatch(where.hostname or ""):
            return where
    raise ValueError("the proxy's address is malformed; it looks like http://user:password@proxy.example:3128")


def _check_login(kind: _Kind, user: str | None, password: str | None) -> None:
    """Check that the library can send user and password: its own errors would show them."""
    if kind.name == "SOCKS4" and password:
        raise ValueError("a SOCKS4 proxy knows users, and no passwords")
    if password and not user:
        raise ValueError("the proxy's address has a password, and no user")
    for what, text in (("user", user or ""), ("password", password or "")):
        if not text.isprintable() or len(text) > _LONGEST or (kind.name == "HTTP" and what == "user" and ":" in text):
            raise ValueError(f"the proxy's {what} is not one that a proxy takes")
        try:
            text.encode(kind.encoding)
        except UnicodeEncodeError:
            fits = False
        else:
            fits = True
        if not fits:
            raise ValueError(f"the proxy's {what} has letters that cannot be sent")
