"""Opening a WebSocket: TCP, TLS and the upgrade, in time, in bounds, and without a word of the token."""

import socket
from contextlib import suppress
from http.cookies import CookieError
from typing import Any, Final, cast
from urllib.parse import urlsplit

import websocket

from rx_kucoin.errors import DialFailed, KuCoinError, RateLimited, TokenRefused
from rx_kucoin.protocol.frames import excerpt
from rx_kucoin.transport.duplex import Duplex
from rx_kucoin.transport.lifeline import Cut, Lifeline
from rx_kucoin.transport.rest import retry_after
from rx_kucoin.transport.trust import trust

__all__ = ["open_websocket"]

_MOST: Final = 16 << 20
"""Bytes of a message. KuCoin's longest are full books of some hundred kilobytes."""
_MOST_UPGRADE: Final = 64 << 10
"""Bytes of the answer to an upgrade."""
_UNAUTHORIZED: Final = 401
_TOO_MANY: Final = 429


def open_websocket(url: str, timeout: float, lifeline: Lifeline) -> tuple[Any, Duplex]:
    """Open a WebSocket, and return it with its connection; all in `timeout` seconds.

    Raises:
        RateLimited: too many connections; it says how long to wait.
        TokenRefused: the token was not good any more.
        DialFailed: anything else.
        Cut: the lifeline was cut.
    """
    failure: Exception
    try:
        return _open(url, timeout, lifeline)
    except Cut:
        failure = Cut()
    except (OSError, ValueError, CookieError, websocket.WebSocketException) as error:
        failure = _refused(error, urlsplit(url).netloc)
    raise failure  # out here, for the error it came from may hold the address, and this holds the token


def _open(url: str, timeout: float, lifeline: Lifeline) -> tuple[Any, Duplex]:
    where = urlsplit(url)
    secure, host = where.scheme == "wss", where.hostname or ""
    stream: socket.socket | None = None
    try:
        with lifeline.within(timeout):
            stream = lifeline.open((host, where.port or (443 if secure else 80)), timeout)
            if secure:
                stream = trust().wrap_socket(stream, server_hostname=host)
            duplex = Duplex(stream)
            duplex.allowance = _MOST_UPGRADE
            opened = _limited()
            opened.connect(url, socket=duplex, redirect_limit=0)
            duplex.allowance = None
    except BaseException:
        if stream is not None:
            stream.close()
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


def _limited() -> Any:
    # The JSON decoder rejects bad UTF-8; websocket-client's own check costs five times all the rest together.
    opened: Any = _WebSocket(skip_utf8_validation=True, enable_multithread=True)
    opened.frame_buffer = _Frames(opened.frame_buffer.recv, skip_utf8_validation=True)
    opened.cont_frame = _Fragments(fire_cont_frame=False, skip_utf8_validation=True)
    return opened


class _WebSocket(websocket.WebSocket):
    """websocket-client's own, but for its manners."""

    def send_close(self, *args: Any, **kwargs: Any) -> None:
        """Answer a close, if it can be answered: what matters is what it said."""
        with suppress(OSError, websocket.WebSocketException):
            super().send_close(*args, **kwargs)


class _Frames(websocket.frame_buffer):
    """Refuses a frame by its announced length, before it is waited for."""

    def recv_length(self) -> None:
        super().recv_length()
        _check(self.length or 0)


class _Fragments(websocket.continuous_frame):
    """Refuses a message that grows beyond bounds by many frames."""

    def add(self, frame: websocket.ABNF) -> None:
        super().add(frame)
        _check(len(self.cont_data[1]) if self.cont_data else 0)


def _check(length: int) -> None:
    if length > _MOST:
        raise websocket.WebSocketPayloadException(f"a message of {length} bytes is more than {_MOST}")
