"""KuCoin's REST hosts, by `requests`, so that a request can be cut short from another thread."""

import re
import socket
import ssl
import time
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

from rx_kucoin.errors import ApiError, RateLimited, RestUnavailable
from rx_kucoin.protocol import bullet, signing
from rx_kucoin.protocol.bullet import Bullet
from rx_kucoin.protocol.frames import excerpt
from rx_kucoin.protocol.signing import Credentials
from rx_kucoin.transport.lifeline import Cut, Lifeline
from rx_kucoin.transport.trust import trust

__all__ = ["fetch_bullet", "retry_after"]

PUBLIC: Final = "/api/v1/bullet-public"
PRIVATE: Final = "/api/v1/bullet-private"

_TOO_MANY: Final = 429
_SERVER_ERROR: Final = 500
_OVERLOADED: Final = frozenset({"429000", "500000", "503000", "504000"})
"""Business codes that say "not now", whatever the HTTP status beside them."""
_MOST: Final = 1 << 20
"""Bytes of an answer; a real one has a few hundred."""


def fetch_bullet(rest_url: str, credentials: Credentials | None, *, timeout: float, lifeline: Lifeline) -> Bullet:
    """Apply for a connection: a POST with an empty body, signed when it shall be private; all in `timeout` seconds.

    Raises:
        ApiError: the exchange refused, and would again.
        RateLimited: too many requests; it says how long to wait.
        RestUnavailable: no answer, or a 5xx.
        UnexpectedAnswer: what came is not KuCoin's.
        Cut: the lifeline was cut.
    """
    path = PUBLIC if credentials is None else PRIVATE
    headers = {"Content-Type": "application/json"}
    if credentials is not None:
        headers = signing.headers(credentials, time.time_ns() // 1_000_000, "POST", path)
    status, body, answer_headers = _post(rest_url.rstrip("/") + path, headers, timeout, lifeline)
    request = f"POST {path}"
    _check_status(status, answer_headers, request)
    try:
        return bullet.read(body, request)
    except ApiError as error:
        if error.code in _OVERLOADED:
            raise RestUnavailable(f"{request}: KuCoin answered {error.code} {error.text!r}", status) from None
        raise


def retry_after(headers: Mapping[str, str]) -> float:
    """How many seconds a 429 asks to wait; 0 when it does not say, or nothing that makes sense."""
    reset = headers.get("gw-ratelimit-reset", "")
    return int(reset) / 1000 if _RESET.fullmatch(reset) else 0.0


def _check_status(status: int, headers: Mapping[str, str], request: str) -> None:
    if status == _TOO_MANY:
        wait = retry_after(headers)
        raise RateLimited(f"{request}: too many requests, wait {wait:g} s", wait)
    if status >= _SERVER_ERROR:
        raise RestUnavailable(f"{request}: HTTP {status}", status)


def _post(
    url: str, headers: dict[str, str], timeout: float, lifeline: Lifeline
) -> tuple[int, bytes, Mapping[str, str]]:
    failure: Exception
    try:
        with (
            lifeline.within(timeout),
            _session(url, lifeline, timeout) as session,
            session.post(url, headers=headers, timeout=timeout, allow_redirects=False, stream=True) as answer,
        ):
            return answer.status_code, _read(answer), answer.headers
    except Cut:
        failure = Cut()
    except (OSError, ValueError) as error:
        failure = RestUnavailable(f"POST {urlsplit(url).path}: {_reason(error)}")
    finally:
        lifeline.release()
    raise failure  # out here, for the error it came from holds the signed request


def _read(answer: requests.Response) -> bytes:
    body = b""
    for chunk in answer.iter_content(1 << 16):
        body += chunk
        if len(body) > _MOST:
            raise OSError(f"the answer has more than {_MOST} bytes")
    return body


def _reason(error: Exception) -> str:
    """The innermost cause: what an operator of a machine can act on."""
    inner: Any = error
    while True:
        context = None if inner.__suppress_context__ else inner.__context__
        deeper = getattr(inner, "reason", None) or inner.__cause__ or context
        if not isinstance(deeper, BaseException):
            return f"{type(inner).__name__}: {excerpt(str(inner))}"
        inner = deeper


_RESET: Final = re.compile(r"[0-9]{1,7}")
"""Milliseconds; the longest is three hours, and a real one less than a minute."""


def _session(url: str, lifeline: Lifeline, timeout: float) -> requests.Session:
    session = requests.Session()
    session.trust_env = False  # neither a proxy that the socket would not use, nor a .netrc
    adapter = _Adapter(lifeline, timeout, trust() if urlsplit(url).scheme == "https" else None)
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    return session


class _Adapter(HTTPAdapter):
    """Opens its sockets on a lifeline."""

    def __init__(self, lifeline: Lifeline, timeout: float, context: ssl.SSLContext | None) -> None:
        self._lifeline, self._timeout, self._context = lifeline, timeout, context
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Put our connection classes in where urllib3 provides for it."""
        super().init_poolmanager(*args, ssl_context=self._context, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {
            "http": _opening(self._lifeline, self._timeout, HTTPConnection, HTTPConnectionPool),
            "https": _opening(self._lifeline, self._timeout, HTTPSConnection, HTTPSConnectionPool),
        }

    def close(self) -> None:
        """Close the sockets too, which urllib3 leaves to the garbage collector."""
        pools: Any = self.poolmanager.pools
        for key in pools.keys():  # noqa: SIM118  it cannot be iterated over
            pools[key].close()
        super().close()

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """Add nothing: the context knows already whom to believe."""


def _opening(
    lifeline: Lifeline, timeout: float, connection: type[HTTPConnection], pool: type[HTTPConnectionPool]
) -> Any:
    """Make a pool class whose connections open their sockets on the lifeline."""

    def open_socket(self: HTTPConnection) -> socket.socket:
        return lifeline.open((self.host.strip("[]"), self.port), timeout)

    kind = type(connection.__name__, (connection,), {"_new_conn": open_socket})
    return type(pool.__name__, (pool,), {"ConnectionCls": kind})
