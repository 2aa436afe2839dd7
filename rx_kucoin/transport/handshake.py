"""Opens a WebSocket: TCP, TLS and the upgrade, within the timeout. Errors do not contain the token."""

import socket
from http.cookies import CookieError
from typing import Any, Final, cast
from urllib.parse import urlsplit

import websocket

from rx_kucoin.errors import DialFailed, KuCoinError, RateLimited, TokenRefused
from rx_kucoin.protocol.frames import excerpt
from rx_kucoin.transport.cancellation import Cancelled, CancelScope
from rx_kucoin.transport.certificates import trust
from rx_kucoin.transport.network import Network
from rx_kucoin.transport.rest import retry_after
from rx_kucoin.transport.socket import Duplex
from rx_kucoin.transport.tls import SecureDuplex
from rx_kucoin.transport.websocket import WebSocket

__all__ = ["open_websocket"]

_UNAUTHORIZED: Final = 401
_TOO_MANY: Final = 429


def open_websocket(url: str, network: Network, scope: CancelScope) -> tuple[WebSocket, Duplex]:
    """Open a WebSocket and return it with its connection, all within the network's `timeout`.

    Raises:
        RateLimited: Too many connections; the error says how long to wait.
        TokenRefused: The token is not valid any more.
        DialFailed: Any other failure.
        Cancelled: The scope was cancelled.
    """
    failure: Exception
    try:
        return _open(url, network, scope)
    except Cancelled:
        failure = Cancelled()
    except (OSError, ValueError, CookieError, websocket.WebSocketException) as error:
        failure = _refused(error, urlsplit(url).netloc)
    raise failure  # outside of `except`: the context of the error may hold the address with the token


def _open(url: str, network: Network, scope: CancelScope) -> tuple[WebSocket, Duplex]:
    where = urlsplit(url)
    secure, host = where.scheme == "wss", where.hostname or ""
    connected: socket.socket | None = None
    try:
        with scope.within(network.timeout):
            connected = scope.open((host, where.port or (443 if secure else 80)), network.timeout)
            duplex = SecureDuplex(connected, trust(network.authority), host) if secure else Duplex(connected)
            duplex.handshake()
            opened = WebSocket(duplex.buffer)
            opened.connect(url, socket=duplex, redirect_limit=0)
    except BaseException:
        if connected is not None:
            connected.close()
        raise
    return opened, duplex


def _refused(error: Exception, host: str) -> KuCoinError:
    if not isinstance(error, websocket.WebSocketBadStatusException):
        return DialFailed(f"could not connect to {host}: {excerpt(str(error)) or type(error).__name__}")
    if error.status_code == _TOO_MANY:
        headers: dict[str, str] = cast("Any", error).resp_headers
        return RateLimited(f"{host} refused the connection: HTTP 429", retry_after(headers))
    if error.status_code == _UNAUTHORIZED:
        return TokenRefused(f"{host} refused the token: HTTP 401")
    return DialFailed(f"{host} refused the connection: HTTP {error.status_code}")
