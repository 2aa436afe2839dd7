"""The real transport. Each wire has one thread, which requests a token, dials, and reads."""

import logging
import math
import random as random_module
import struct
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final, Protocol

import websocket
from reactivex import Observable, abc
from reactivex.disposable import Disposable
from websocket import ABNF, STATUS_NORMAL

from rx_kucoin.errors import DialFailed, KuCoinError, LineLost, TokenRefused
from rx_kucoin.operators.internal.forks import free_after_fork, watch_forks
from rx_kucoin.operators.internal.worker import LibraryThread
from rx_kucoin.protocol.frames import excerpt
from rx_kucoin.protocol.redaction import without_traceback
from rx_kucoin.protocol.rest_weights import Allowance
from rx_kucoin.protocol.signing import Credentials
from rx_kucoin.protocol.token import InstanceServer
from rx_kucoin.transport.cancellation import Cancelled, CancelScope
from rx_kucoin.transport.clock import Clock
from rx_kucoin.transport.handshake import open_websocket
from rx_kucoin.transport.interfaces import Wire
from rx_kucoin.transport.network import DIRECT, Network
from rx_kucoin.transport.rest import Rest, fetch_token
from rx_kucoin.transport.rest_call import NAME, Fetch
from rx_kucoin.transport.server_history import ServerHistory
from rx_kucoin.transport.socket import Duplex
from rx_kucoin.transport.websocket import ClosedByPeer, WebSocket

__all__ = ["Sockets"]

_log = logging.getLogger("rx_kucoin.transport")
_HEALTHY_AFTER: Final = 5.0
"""Seconds that a wire lives after which its loss says little against its server."""


class Sockets:
    """The real transport: a `Transport` over TCP, TLS and KuCoin's REST host."""

    def __init__(
        self,
        rest_url: str,
        credentials: Credentials | None = None,
        *,
        network: Network = DIRECT,
        random: Callable[[], float] = random_module.random,
    ) -> None:
        self._rest, self._history = Rest(rest_url, credentials, network), ServerHistory(random)
        self._deadlines = Clock("rx_kucoin deadlines")
        self._tasks: dict[threading.Thread, _Task] = {}
        self._lock = free_after_fork(threading.RLock())
        self._is_closed = False
        watch_forks(self)

    def __repr__(self) -> str:
        return f"<Sockets {self._rest.host}, {len(self._tasks)} threads>"

    def dial(self, name: str) -> Observable[Wire]:
        """Open a wire on a thread with this name. See `Transport.dial`."""

        def subscribe(
            observer: abc.ObserverBase[Wire], scheduler: abc.SchedulerBase | None = None
        ) -> abc.DisposableBase:
            del scheduler  # the network's timeouts are in real time
            return self._begin(_DialAttempt(observer, self._rest, self._history, self._scope()), name)

        return Observable(subscribe)

    def fetch(self, path: str, *, on_allowance: Callable[[Allowance], None] | None = None) -> Observable[bytes]:
        """Send a GET to the REST host on a thread of its own. See `Transport.fetch`."""

        def subscribe(
            observer: abc.ObserverBase[bytes], scheduler: abc.SchedulerBase | None = None
        ) -> abc.DisposableBase:
            del scheduler
            return self._begin(Fetch(observer, self._rest, path, self._scope(), on_allowance), NAME)

        return Observable(subscribe)

    def after_fork(self) -> None:
        """Forget the wires and requests, which are the parent's; their scopes close the descriptors."""
        tasks, self._tasks = self._tasks, {}
        for task in tasks.values():
            task.abandon()

    def close(self, timeout: float) -> bool:
        """Close every wire and wait for their threads. See `Transport.close`."""
        deadline = time.monotonic() + timeout
        with self._lock:
            self._is_closed = True
            tasks = dict(self._tasks)
        for task in tasks.values():
            task.cancel()
        tasks.pop(threading.current_thread(), None)
        for thread in tasks:
            thread.join(max(0.0, deadline - time.monotonic()))
        ended = self._deadlines.join(max(0.0, deadline - time.monotonic()))
        return ended and not any(thread.is_alive() for thread in tasks)

    def _scope(self) -> CancelScope:
        return CancelScope(self._deadlines, self._rest.network.way)

    def _begin(self, task: "_Task", name: str) -> abc.DisposableBase:
        def run() -> None:
            try:
                task.run()
            finally:
                with self._lock:
                    self._tasks.pop(thread, None)  # none, if this is a child that was forked on this very thread

        thread = LibraryThread(target=run, name=name, daemon=True)
        try:
            with self._lock:
                if not self._is_closed:
                    thread.start()
                    self._tasks[thread] = task
        except RuntimeError as error:
            task.fail(f"no thread for it: {error}")
        return Disposable(task.cancel)


class _Task(Protocol):
    """The work of one thread."""

    def run(self) -> None: ...

    def cancel(self) -> None: ...

    def abandon(self) -> None: ...

    def fail(self, cause: str) -> None: ...


class _DialAttempt:
    """One attempt to connect: from the token to the end of the wire."""

    def __init__(
        self,
        observer: abc.ObserverBase[Wire],
        rest: Rest,
        history: ServerHistory,
        scope: CancelScope,
    ) -> None:
        self._observer, self._rest, self._history, self._scope = observer, rest, history, scope
        self._server: InstanceServer | None = None
        self._opened_at = math.inf
        self._wire: _SocketWire | None = None
        self._is_wanted = True

    def cancel(self) -> None:
        """Close the wire without notifying the observer of its end."""
        self._is_wanted = False
        if self._wire is not None:
            self._wire.send_close_frame()
        self._scope.cancel()

    def abandon(self) -> None:
        """Notify the observer of nothing more, in a forked child."""
        self._is_wanted = False

    def fail(self, cause: str) -> None:
        """Fail without a thread to run on."""
        self._observer.on_error(DialFailed(cause))

    def run(self) -> None:
        """Request a token, dial and read until the end, on the wire's own thread."""
        try:
            cause = self._live()
        except (Cancelled, KuCoinError) as error:
            cause = without_traceback(error)  # its traceback's frames hold the token and the keys
        except BaseException as error:  # noqa: BLE001  the observer gets an error in any case
            _log.exception("a connection ended by a fault of this library")
            cause = LineLost(f"an internal fault: {type(error).__name__}")
        finally:
            self._scope.release()
        if self._is_wanted:
            if self._server is not None and not isinstance(cause, TokenRefused):
                lived = time.monotonic() - self._opened_at
                self._history.failed(self._server, was_healthy=lived > _HEALTHY_AFTER)
            self._observer.on_error(cause)

    def _live(self) -> Exception:
        token = fetch_token(self._rest, self._scope)
        server = self._server = self._history.choose(token.servers)
        # No variable of this frame, which lives as long as the wire, may keep the token or the address with it.
        opened, duplex = open_websocket(token.address(server, uuid.uuid4().hex), self._rest.network, self._scope)
        del token
        self._opened_at = time.monotonic()
        wire = self._wire = _SocketWire(opened, duplex, server, self._scope)
        try:
            self._observer.on_next(wire)
            return wire.read()
        finally:
            wire.finish()


class _SocketWire:
    """A `Wire` over an open WebSocket."""

    def __init__(self, opened: WebSocket, duplex: Duplex, server: InstanceServer, scope: CancelScope) -> None:
        self.host = server.host
        self.ping_interval, self.ping_timeout = server.ping_interval, server.ping_timeout
        self.cause: Exception | None = None
        self._opened, self._duplex, self._scope = opened, duplex, scope
        self._receive: Callable[[Sequence[str | bytes]], None] = lambda _: None
        self._ended: Callable[[], None] = lambda: None

    def listen(self, receive: Callable[[Sequence[str | bytes]], None], ended: Callable[[], None]) -> None:
        self._receive, self._ended = receive, ended

    def send(self, text: str) -> None:
        try:
            self._opened.send(text)
        except (OSError, websocket.WebSocketException) as error:
            self.lose(LineLost(f"sending failed: {excerpt(str(error))}"))

    def lose(self, cause: Exception) -> None:
        self.cause = self.cause or cause
        self._scope.cancel()

    def is_quiet(self) -> bool:
        return self._duplex.is_quiet()

    def send_close_frame(self) -> None:
        """Send a close frame, if that does not block."""
        with suppress(OSError, websocket.WebSocketException):
            self._opened.send(struct.pack("!H", STATUS_NORMAL), ABNF.OPCODE_CLOSE)

    def read(self) -> Exception:
        """Read until the connection ends, and return the cause."""
        lost = LineLost("hung up")
        while True:
            try:
                batch = self._opened.receive()
            except ClosedByPeer as closed:
                lost = LineLost(f"the exchange closed the line: {_close_reason(closed.payload)}")
                break
            except (OSError, websocket.WebSocketException) as error:
                lost = LineLost(f"the line broke: {excerpt(str(error))}")
                break
            if self._scope.is_cancelled:  # cancelled: messages that arrived are not delivered
                break
            self._receive(batch)
        return self.cause or lost

    def finish(self) -> None:
        """Close the socket and call `ended`, on the wire's own thread."""
        self._duplex.close()
        self._ended()


def _close_reason(data: bytes) -> str:
    if len(data) < 2:  # noqa: PLR2004  two bytes of code, then the reason
        return "without a reason"
    return f"{struct.unpack('!H', data[:2])[0]} {excerpt(data[2:], _REASON)!r}"


_REASON: Final = 123
"""Longest reason in bytes."""
