"""One HTTP request by `requests`, which another thread can cancel."""

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
from rx_kucoin.protocol.redaction import Redact
from rx_kucoin.transport.cancellation import CancelScope
from rx_kucoin.transport.certificates import trust
from rx_kucoin.transport.network import Network

__all__ = ["HttpResponse", "reason", "request"]


class HttpResponse(NamedTuple):
    """Status, body and headers of an answer."""

    status: int
    body: bytes
    headers: Mapping[str, str]


def request(
    method: str,
    url: str,
    sign: Callable[[str], Mapping[str, str]],
    network: Network,
    scope: CancelScope,
    *,
    most: int,
) -> HttpResponse:
    """Send one request without a body and read an answer of at most `most` bytes.

    `sign` is called with path and query as they are sent and returns headers. The scope limits the time.

    Raises:
        OSError: No answer, or one that is too long.
        ValueError: The request cannot be sent, or the answer is not HTTP.
    """
    with _session(url, scope, network) as session:
        prepared = session.prepare_request(requests.Request(method, url, headers=dict(network.headers)))
        prepared.headers.update(sign(prepared.path_url))
        with session.send(prepared, timeout=network.timeout, allow_redirects=False, stream=True) as answer:
            return HttpResponse(answer.status_code, _read(answer, most), answer.headers)


def reason(error: Exception, hide: Redact = str) -> str:
    """Return the innermost cause of an error, which is the one that can be acted on."""
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


def _session(url: str, scope: CancelScope, network: Network) -> requests.Session:
    session = _Session()
    session.trust_env = False  # no proxy settings and no .netrc of the environment
    context = trust(network.authority) if urlsplit(url).scheme == "https" else None
    adapter = _Adapter(scope, network.timeout, context)
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    return session


class _Session(requests.Session):
    """Does not look where a redirect points: requests would read all of its body before, however long that is."""

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """Return None: nothing is a redirect."""
        del resp
        return None


class _Adapter(HTTPAdapter):
    """Opens its sockets in a cancel scope."""

    def __init__(self, scope: CancelScope, timeout: float, context: ssl.SSLContext | None) -> None:
        self._scope, self._timeout, self._context = scope, timeout, context
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Install our connection classes, at the place that urllib3 provides for it."""
        super().init_poolmanager(*args, ssl_context=self._context, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {
            "http": _opening(self._scope, self._timeout, HTTPConnection, HTTPConnectionPool),
            "https": _opening(self._scope, self._timeout, HTTPSConnection, HTTPSConnectionPool),
        }

    def close(self) -> None:
        """Close the sockets too, which urllib3 leaves to the garbage collector."""
        pools: Any = self.poolmanager.pools
        for key in pools.keys():  # noqa: SIM118  not iterable itself
            pools[key].close()
        super().close()

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """Add nothing: the context has its certificates already."""


class _Response(HTTPResponse):
    """Drops header defects, which urllib3 would log: they may repeat the headers that were sent."""

    def begin(self) -> None:
        super().begin()
        self.msg.defects.clear()
        self.msg.set_payload("")


def _opening(
    scope: CancelScope, timeout: float, connection: type[HTTPConnection], pool: type[HTTPConnectionPool]
) -> Any:
    """Make a pool class whose connections open their sockets in the scope."""

    def open_socket(self: HTTPConnection) -> socket.socket:
        return scope.open((self.host.strip("[]"), self.port), timeout)

    def connect(self: HTTPConnection) -> None:
        super(kind, self).connect()
        if self.sock is not None:
            scope.takes_over(self.sock)

    methods = {"_new_conn": open_socket, "connect": connect, "response_class": _Response}
    kind: Any = type(connection.__name__, (connection,), methods)
    return type(pool.__name__, (pool,), {"ConnectionCls": kind})
