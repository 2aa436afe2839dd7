"""Network settings: timeout, proxy, certificates, headers."""

import math
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from rx_kucoin.protocol.redaction import hide_init_arguments
from rx_kucoin.protocol.signing import fits_header
from rx_kucoin.transport.certificates import check
from rx_kucoin.transport.proxy import Proxy

__all__ = ["DIRECT", "Network"]


@hide_init_arguments
@dataclass(frozen=True, repr=False)
class Network:
    """Network settings of REST and WebSocket.

    Certificates are always verified. The environment is not read: pass `proxy=os.environ.get("HTTPS_PROXY")` to use
    its proxy.

    Args:
        timeout: Seconds for each step: a REST request, the opening of a socket.
        proxy: `http://`, `socks5://`, `socks5h://` or `socks4://`, then `user:password@` if needed, the host and
            `:port`. The proxy resolves the exchange's names, except with `socks4`, which cannot.
        ca: Certificates that are trusted in addition to the system's: a PEM file, or a folder of them.
        headers: Headers to send with each REST request.

    Raises:
        ValueError: A setting is malformed, or `ca` has no certificates.
        ImportError: A proxy is set, and `python-socks` is not installed.
    """

    timeout: float = 10.0
    proxy: str | None = None
    ca: str | os.PathLike[str] | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    way: Proxy | None = field(init=False, compare=False)
    """The parsed proxy."""
    authority: str | None = field(init=False, compare=False)
    """The resolved path of `ca`."""

    def __post_init__(self) -> None:
        if not 0 < self.timeout < math.inf:
            raise ValueError(f"timeout must be a number of seconds above 0, not {self.timeout}")
        odd = [name for name, text in self.headers.items() if not (_NAME.fullmatch(name) and fits_header(text))]
        if odd:
            raise ValueError(f"headers: these cannot be sent: {', '.join(map(repr, odd))}")
        object.__setattr__(self, "headers", dict(self.headers))
        object.__setattr__(self, "way", Proxy.read(self.proxy) if self.proxy else None)
        object.__setattr__(self, "authority", None if self.ca is None else check(self.ca))

    def __repr__(self) -> str:
        through = f", proxy='{self.way.scheme}://{self.way}'" if self.way else ""
        believing = f", ca={os.fspath(self.ca)!r}" if self.ca is not None else ""
        with_ = f", headers={sorted(self.headers)}" if self.headers else ""
        return f"Network(timeout={self.timeout:g}{through}{believing}{with_})"


_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")

DIRECT: Final = Network()
