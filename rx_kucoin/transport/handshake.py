"""Opening a WebSocket: TCP, TLS and the upgrade, in time, in bounds, and without a word of the token."""

import socket
from http.cookies import CookieError
from typing import Any, Final, cast
from urllib.parse import urlsplit

import websocket

from rx_kucoin.errors import DialFailed, KuCoinError, RateLimited, TokenRefused
from rx_kucoin.protocol.frames import excerpt
from rx_kucoin.transport.cancellation import CancelScope, Cut
from rx_kucoin.transport.certificates import trust
from rx_kucoin.transport.network import Network
from rx_kucoin.transport.rest import retry_after
from rx_kucoin.transport.socket import Duplex
from rx_kucoin.transport.tls import SecureDuplex
from rx_kucoin.transport.websocket import WebSocket

__all__ = ["open_websocket"]

_UNAUTHORIZED: Final = 401
_TOO_MANY: Final = 429


def open_websocket(url: str, network: Network, lifeline: CancelScope) -> tuple[WebSocket, Duplex]:
    """Open a WebSocket, and return it with its connection; all in the network's `timeout`.

    Raises:
        RateLimited: too many connections; it says how long to wait.
        TokenRefused: the token was not good any more.
        DialFailed: anything else.
        Cut: the lifeline was cut.
    """
    failure: Exception
    try:
        return _open(url, network, lifeline)
    except Cut:
        failure = Cut()
    except (OSError, ValueError, CookieError, websocket.WebSocketException) as error:
        failure = _refused(error, urlsplit(url).netloc)
    raise failure  # out here, for the error it came from may hold the address, and this holds the token


def _open(url: str, network: Network, lifeline: CancelScope) -> tuple[WebSocket, Duplex]:
    where = urlsplit(url)
    secure, host = where.scheme == "wss", where.hostname or ""
    connected: socket.socket | None = None
    try:
        with lifeline.within(network.timeout):
            connected = lifeline.open((host, where.port or (443 if secure else 80)), network.timeout)
            duplex = SecureDuplex(connected, trust(network.authority), host) if secure else Duplex(connected)
            duplex.shake_hands()
            opened = WebSocket(duplex.inbox)
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
