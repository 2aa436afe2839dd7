"""One HTTP request, by `requests`, so that it can be cut short from another thread."""

import socket
import ssl
from collections.abc import Callable, Mapping
from http.client import HTTPResponse
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

from rx_kucoin.protocol.frames import excerpt
from rx_kucoin.protocol.redaction import Hide
from rx_kucoin.transport.cancellation import CancelScope
from rx_kucoin.transport.certificates import trust
from rx_kucoin.transport.network import Network

__all__ = ["Answer", "reason", "request"]


class Answer(NamedTuple):
    """What came back."""

    status: int
    body: bytes
    headers: Mapping[str, str]


def request(
    method: str,
    url: str,
    sign: Callable[[str], Mapping[str, str]],
    network: Network,
    lifeline: CancelScope,
    *,
    most: int,
) -> Answer:
    """Ask once, without a body, and read an answer of at most so many bytes.

    `sign` is given path and query as they are sent, and adds headers. The time is the lifeline's to watch.

    Raises:
        OSError: no answer, or too long a one.
        ValueError: it cannot be asked so, or what came is not HTTP.
    """
    with _session(url, lifeline, network) as session:
        prepared = session.prepare_request(requests.Request(method, url, headers=dict(network.headers)))
        prepared.headers.update(sign(prepared.path_url))
        with session.send(prepared, timeout=network.timeout, allow_redirects=False, stream=True) as answer:
            return Answer(answer.status_code, _read(answer, most), answer.headers)


def reason(error: Exception, hide: Hide = str) -> str:
    """The innermost cause: what an operator of a machine can act on."""
    inner: Any = error
    while True:
        context = None if inner.__suppress_context__ else inner.__context__
        deeper = getattr(inner, "reason", None) or inner.__cause__ or context
        if not isinstance(deeper, BaseException):
            return f"{type(inner).__name__}: {excerpt(hide(str(inner)))}"
        inner = deeper


_CHUNK: Final = 1 << 16


def _read(answer: requests.Response, most: int) -> bytes:
    body = bytearray()
    for chunk in answer.iter_content(_CHUNK):
        body += chunk
        if len(body) > most:
            raise OSError(f"the answer has more than {most} bytes")
    return bytes(body)


def _session(url: str, lifeline: CancelScope, network: Network) -> requests.Session:
    session = requests.Session()
    session.trust_env = False  # neither a proxy that the socket would not use, nor a .netrc
    context = trust(network.authority) if urlsplit(url).scheme == "https" else None
    adapter = _Adapter(lifeline, network.timeout, context)
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    return session


class _Adapter(HTTPAdapter):
    """Opens its sockets on a lifeline."""

    def __init__(self, lifeline: CancelScope, timeout: float, context: ssl.SSLContext | None) -> None:
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


class _Response(HTTPResponse):
    """Leaves out what is wrong with the headers, which urllib3 would log: they may repeat those that were sent."""

    def begin(self) -> None:
        super().begin()
        self.msg.defects.clear()
        self.msg.set_payload("")


def _opening(
    lifeline: CancelScope, timeout: float, connection: type[HTTPConnection], pool: type[HTTPConnectionPool]
) -> Any:
    """Make a pool class whose connections open their sockets on the lifeline."""

    def open_socket(self: HTTPConnection) -> socket.socket:
        return lifeline.open((self.host.strip("[]"), self.port), timeout)

    kind = type(connection.__name__, (connection,), {"_new_conn": open_socket, "response_class": _Response})
    return type(pool.__name__, (pool,), {"ConnectionCls": kind})
