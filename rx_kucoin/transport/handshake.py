"""Opens a WebSocket: TCP, TLS and the upgrade, within the timeout. Errors do not contain the token."""

import re
import socket
from http import HTTPStatus
from http.cookies import CookieError
from typing import Final
from urllib.parse import parse_qsl, urlsplit

import websocket

from rx_kucoin.errors import DialFailed, KuCoinError, RateLimited, TokenRefused
from rx_kucoin.protocol.frames import excerpt
from rx_kucoin.protocol.redaction import Redact, redactor
from rx_kucoin.transport.cancellation import Cancelled, CancelScope
from rx_kucoin.transport.certificates import trust
from rx_kucoin.transport.network import Network
from rx_kucoin.transport.refusals import read_refusal
from rx_kucoin.transport.socket import Duplex
from rx_kucoin.transport.tls import SecureDuplex
from rx_kucoin.transport.websocket import WebSocket

__all__ = ["open_websocket"]


def open_websocket(url: str, network: Network, scope: CancelScope) -> tuple[WebSocket, Duplex]:
    """Open a WebSocket and return it with its connection, all within the network's `timeout`.

    Raises:
        RateLimited: Too many connections; the error may say how long to wait.
        TokenRefused: The token is not valid any more.
        DialFailed: Any other failure.
        Cancelled: The scope was cancelled.
    """
    failure: Exception
    answer = bytearray()
    try:
        return _open(url, network, scope, answer)
    except Cancelled:
        failure = Cancelled()
    except (OSError, ValueError, CookieError, websocket.WebSocketException) as error:
        where = urlsplit(url)
        hide = redactor(value for _, value in parse_qsl(where.query) if len(value) >= _SECRET)
        why = excerpt(hide(str(error))) or type(error).__name__
        failure = _refused(bytes(answer), where.netloc, hide) or DialFailed(
            f"could not connect to {where.netloc}: {why}"
        )
    raise failure  # outside of `except`: the context of the error may hold the address with the token


def _open(url: str, network: Network, scope: CancelScope, answer: bytearray) -> tuple[WebSocket, Duplex]:
    """Open a WebSocket. `answer` receives the answer to the upgrade, as far as it is read."""
    where = urlsplit(url)
    secure, host = where.scheme == "wss", where.hostname or ""
    connected: socket.socket | None = None
    try:
        with scope.within(network.timeout):
            connected = scope.open((host, where.port or (443 if secure else 80)), network.timeout)
            duplex = SecureDuplex(connected, trust(network.authority), host) if secure else Duplex(connected)
            duplex.handshake()
            duplex.answer = answer
            opened = WebSocket(duplex.buffer)
            opened.connect(url, socket=duplex, redirect_limit=0)
    except BaseException:
        if connected is not None:
            connected.close()
        raise
    duplex.answer = None
    return opened, duplex


def _refused(answer: bytes, host: str, hide: Redact) -> KuCoinError | None:
    """What the answer to an upgrade stands for. None: it is none, or it accepts.

    It is read here, and not taken from the errors of websocket-client, which has none where a body is longer, or comes
    slower, than is waited for. `hide` takes the token out of what is repeated.
    """
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *rest = head.decode("latin-1").split("\r\n")
    found = _STATUS.match(first)
    if found is None or (status := int(found[1])) == HTTPStatus.SWITCHING_PROTOCOLS:
        return None
    headers = {name.strip().lower(): text.strip() for name, _, text in (line.partition(":") for line in rest)}
    refusal = read_refusal(status, headers, body, hide)
    wait = refusal.retry_after
    text = f"{host} refused the connection: {refusal.text}" + (f", wait {wait:g} s" if wait else "")
    match status:
        case HTTPStatus.TOO_MANY_REQUESTS:
            return RateLimited(text, wait or 0.0)
        case HTTPStatus.UNAUTHORIZED:
            return TokenRefused(f"{host} refused the token: HTTP 401")
        case _:
            return DialFailed(text, status, wait, refusal.location)


_SECRET: Final = 16
"""Letters of a value in the address from which on it may be the token. A shorter one may be part of any word."""
_STATUS: Final = re.compile(r"HTTP/\d\.\d (\d{3})(?: |$)")
