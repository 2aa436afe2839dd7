"""websocket-client as an Observable: one thread a wire, which fetches the token, dials, and reads."""

import logging
import random as dice
import select
import socket
import ssl
import struct
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Final, cast
from urllib.parse import urlsplit

import websocket
from reactivex import Observable, abc
from reactivex.disposable import Disposable
from websocket import ABNF, STATUS_NORMAL

from rx_kucoin.errors import DialFailed, KuCoinError, LineLost, RateLimited, TokenRefused
from rx_kucoin.protocol.bullet import Server
from rx_kucoin.protocol.signing import Credentials
from rx_kucoin.transport.lifeline import Cut, Lifeline
from rx_kucoin.transport.rest import fetch_bullet
from rx_kucoin.transport.wire import Wire

__all__ = ["Sockets"]

_log = logging.getLogger("rx_kucoin.transport")

_FOREVER: Final = 3600.0
"""Read timeout on TLS, seconds. Without one, Python 3.13 may wait with the socket's lock held, and no ping leaves."""


class Sockets:
    """The real transport: a `Transport` over TCP, TLS and KuCoin's REST host."""

    def __init__(
        self,
        rest_url: str,
        credentials: Credentials | None = None,
        *,
        timeout: float = 10.0,
        random: Callable[[], float] = dice.random,
    ) -> None:
        self._rest_url, self._credentials, self._timeout, self._random = rest_url, credentials, timeout, random
        self._attempts: dict[threading.Thread, _Attempt] = {}
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"<Sockets {urlsplit(self._rest_url).netloc}, {len(self._attempts)} threads>"

    def dial(self, name: str) -> Observable[Wire]:
        """Open a wire, on a thread of this name. See `Transport.dial`."""

        def subscribe(
            observer: abc.ObserverBase[Wire], scheduler: abc.SchedulerBase | None = None
        ) -> abc.DisposableBase:
            del scheduler  # the wire keeps its own time: that of the network
            attempt = _Attempt(observer, self._rest_url, self._credentials, self._timeout, self._random)

            def run() -> None:
                try:
                    attempt.run()
                finally:
                    with self._lock:
                        del self._attempts[thread]

            thread = threading.Thread(target=run, name=name, daemon=True)
            with self._lock:
                self._attempts[thread] = attempt
                thread.start()
            return Disposable(attempt.hang_up)

        return Observable(subscribe)

    def close(self, timeout: float) -> bool:
        """Hang up every wire, and wait for their threads. See `Transport.close`."""
        deadline = time.monotonic() + timeout
        with self._lock:
            attempts = dict(self._attempts)
        for attempt in attempts.values():
            attempt.hang_up()
        attempts.pop(threading.current_thread(), None)
        for thread in attempts:
            thread.join(max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in attempts)


class _Attempt:
    """One try: from the token to the end of the line."""

    def __init__(
        self,
        observer: abc.ObserverBase[Wire],
        rest_url: str,
        credentials: Credentials | None,
        timeout: float,
        random: Callable[[], float],
    ) -> None:
        self._observer, self._random = observer, random
        self._rest_url, self._credentials, self._timeout = rest_url, credentials, timeout
        self._lifeline = Lifeline()
        self._wire: _SocketWire | None = None
        self._is_wanted = True

    def hang_up(self) -> None:
        """Nobody wants the line any more, nor wants to hear of its end."""
        self._is_wanted = False
        if self._wire is not None:
            self._wire.say_goodbye()
        self._lifeline.cut()

    def run(self) -> None:
        """Live the whole life of the line, on its own thread."""
        try:
            cause = self._live()
        except (Cut, KuCoinError) as error:
            cause = error
        except Exception as error:  # noqa: BLE001  whatever it is, the line must be told to be over
            _log.exception("a line ended by a fault of this library")
            cause = LineLost(f"an internal fault: {type(error).__name__}")
        finally:
            self._lifeline.release()
        if self._is_wanted:
            self._observer.on_error(cause)

    def _live(self) -> Exception:
        bullet = fetch_bullet(self._rest_url, self._credentials, timeout=self._timeout, lifeline=self._lifeline)
        server = bullet.choose(self._random)
        opened = _open(bullet.address(server, uuid.uuid4().hex), self._timeout, self._lifeline)
        wire = self._wire = _SocketWire(opened, server, self._lifeline)
        try:
            self._observer.on_next(wire)
            return wire.read()
        finally:
            wire.finish()


class _SocketWire:
    """A `Wire` over an open WebSocket."""

    def __init__(self, opened: Any, server: Server, lifeline: Lifeline) -> None:
        self.host = server.host
        self.ping_interval, self.ping_timeout = server.ping_interval, server.ping_timeout
        self.cause: Exception | None = None
        self._opened, self._lifeline = opened, lifeline
        self._descriptor: int = opened.fileno()
        self._reading = False
        self._receive: Callable[[Sequence[str | bytes]], None] = lambda _: None
        self._ended: Callable[[], None] = lambda: None

    def listen(self, receive: Callable[[Sequence[str | bytes]], None], ended: Callable[[], None]) -> None:
        self._receive, self._ended = receive, ended

    def send(self, text: str) -> None:
        if not self._is_ready(select.POLLOUT):
            self.lose(LineLost("the exchange does not take what is sent: the send buffer is full"))
            return
        try:
            self._opened.send(text)
        except (OSError, websocket.WebSocketException) as error:
            self.lose(LineLost(f"sending failed: {error}"))

    def lose(self, cause: Exception) -> None:
        self.cause = self.cause or cause
        self._lifeline.cut()

    def is_quiet(self) -> bool:
        return self._reading and not self._is_ready(select.POLLIN)

    def say_goodbye(self) -> None:
        """Close politely, if that costs no waiting."""
        if self._is_ready(select.POLLOUT):
            with suppress(OSError, websocket.WebSocketException):
                self._opened.send(struct.pack("!H", STATUS_NORMAL), ABNF.OPCODE_CLOSE)

    def read(self) -> Exception:
        """Read until the line ends. Returns why it did."""
        while True:
            try:
                self._reading = True
                opcode, data = self._opened.recv_data(control_frame=True)
                self._reading = False
            except websocket.WebSocketTimeoutException:
                continue
            except (OSError, websocket.WebSocketException) as error:
                return self.cause or LineLost(f"the line broke: {error}")
            if opcode in _DATA:
                self._receive((data,))
            elif opcode == ABNF.OPCODE_CLOSE:
                return self.cause or LineLost(f"the exchange closed the line: {_close_reason(data)}")

    def finish(self) -> None:
        """The end, told on the wire's own thread."""
        self._reading = False
        self._descriptor = -1
        with suppress(OSError, websocket.WebSocketException):
            self._opened.shutdown()
        self._ended()

    def _is_ready(self, event: int) -> bool:
        descriptor = self._descriptor
        if descriptor < 0:
            return False
        poll = select.poll()
        poll.register(descriptor, event)
        return bool(poll.poll(0))


_DATA: Final = frozenset({ABNF.OPCODE_TEXT, ABNF.OPCODE_BINARY})


def _open(url: str, timeout: float, lifeline: Lifeline) -> Any:
    """Open a WebSocket. No error that leaves here holds the address, for the address holds the token."""
    where = urlsplit(url)
    secure = where.scheme == "wss"
    host, port = where.hostname or "", where.port or (443 if secure else 80)
    stream: socket.socket | None = None
    try:
        stream = lifeline.open((host, port), timeout)
        if secure:
            stream = ssl.create_default_context().wrap_socket(stream, server_hostname=host)
        # The JSON decoder rejects bad UTF-8; websocket-client's own check costs five times all the rest together.
        opened: Any = websocket.WebSocket(skip_utf8_validation=True, enable_multithread=True)
        opened.settimeout(timeout)
        opened.connect(url, socket=stream, redirect_limit=0)
        opened.settimeout(_FOREVER if secure else None)
    except (OSError, websocket.WebSocketException) as error:
        if stream is not None:
            stream.close()
        if lifeline.is_cut:
            raise Cut from None
        raise _refused(error, f"{host}:{port}") from None
    return opened


def _refused(error: Exception, host: str) -> KuCoinError:
    if not isinstance(error, websocket.WebSocketBadStatusException):
        return DialFailed(f"could not connect to {host}: {error or type(error).__name__}")
    headers: Any = cast("Any", error).resp_headers or {}
    reset: str = headers.get("gw-ratelimit-reset", "")
    if error.status_code == _TOO_MANY:
        return RateLimited(f"{host} refused the connection: HTTP 429", int(reset) / 1000 if reset.isdecimal() else 0.0)
    if error.status_code == _UNAUTHORIZED:
        return TokenRefused(f"{host} refused the token: HTTP 401")
    return DialFailed(f"{host} refused the connection: HTTP {error.status_code}")


_UNAUTHORIZED: Final = 401
_TOO_MANY: Final = 429


def _close_reason(data: bytes) -> str:
    if len(data) < 2:  # noqa: PLR2004  two bytes of code, then the reason
        return "without a reason"
    return f"{struct.unpack('!H', data[:2])[0]} {data[2:].decode('utf-8', 'replace')!r}"
