"""What recordings attach to: it turns what the connections of a client report into facts for each open recording."""

import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol
from weakref import WeakSet

from reactivex import Observable

from rx_kucoin.connections.hooks import Observed
from rx_kucoin.events import Event, SubscriberFailed
from rx_kucoin.operators.internal.forks import free_after_fork, watch_forks
from rx_kucoin.operators.internal.multicast import Hub
from rx_kucoin.protocol.limits import Market
from rx_kucoin.recording.file.codec import write_error, write_event
from rx_kucoin.recording.rest_hooks import record_answer, record_barrier, record_offer

__all__ = ["Recorder", "RecordingHooks"]

_NOTHING: Final[Mapping[str, Any]] = {}


class Recorder(Protocol):
    """One recording that is open."""

    def received(self, connection: int, batch: Sequence[str | bytes]) -> None:
        """Take frames of a connection, before any subscriber sees them. Must not raise, nor wait."""
        ...

    def fact(self, kind: str, connection: int, topic: str, data: Mapping[str, Any]) -> None:
        """Take something that happened. Must not raise, nor wait."""
        ...

    def close(self, timeout: float) -> bool:
        """Nothing follows. Returns whether all is written within so many seconds."""
        ...


class RecordingHooks:
    """The `Hooks` of a client that can be recorded. Without a recording they are not active, and cost nothing.

    `_recorders` is replaced under the lock, never changed, so that it may be read without.
    """

    def __init__(self) -> None:
        self.is_active = False
        self.keyframes: Hub[None] = Hub()
        """Emits when books have to record a snapshot of themselves, so that a replay may begin here."""
        self._recorders: tuple[Recorder, ...] = ()
        self._lock = free_after_fork(threading.RLock())
        self._connections: WeakSet[Observed] = WeakSet()
        watch_forks(self)

    def __repr__(self) -> str:
        return f"<RecordingHooks, {len(self._recorders)} recording>"

    def after_fork(self) -> None:
        """Forget recordings, which only the parent writes, and connections, which are its own."""
        self.is_active, self._recorders, self._connections = False, (), WeakSet()
        self.keyframes.forget()

    def join(self, recorder: Recorder) -> None:
        """Attach a recording. It first gets the topics of each open connection."""
        with self._lock:
            self._recorders = (*self._recorders, recorder)
            self.is_active = True
            connections = tuple(self._connections)
        for connection in sorted(connections, key=lambda each: each.number):
            for topic in connection.read_topics:
                recorder.fact("seat", connection.number, topic, _place(connection))

    def leave(self, recorder: Recorder) -> None:
        """Detach a recording."""
        with self._lock:
            self._recorders = tuple([other for other in self._recorders if other is not recorder])
            self.is_active = bool(self._recorders)

    def close(self, timeout: float) -> bool:
        """Close every recording. Returns whether all is written within so many seconds."""
        deadline = time.monotonic() + timeout
        written = [recorder.close(deadline - time.monotonic()) for recorder in self._recorders]
        return all(written)

    def connected(self, connection: Observed) -> None:
        """Remember a connection for recordings that begin later."""
        with self._lock:
            self._connections.add(connection)

    def subscribed(self, connection: Observed, topic: str) -> None:
        """Record that a topic has subscribers on a connection."""
        if self.is_active:
            self.fact("seat", connection.number, topic, _place(connection))

    def received(self, connection: Observed, text: str | bytes) -> None:
        """Record a frame."""
        for recorder in self._recorders:
            recorder.received(connection.number, (text,))

    def unsubscribed(self, connection: Observed, topic: str) -> None:
        """Record that a topic has no subscriber on a connection any more."""
        self.fact("left", connection.number, topic)

    def closed(self, connection: Observed, *, is_whole: bool) -> None:
        """Record the end of a connection."""
        self.fact("closed", connection.number, data={"whole": is_whole})

    def failed(self, topic: str, error: Exception) -> None:
        """Record that the streams of a topic end."""
        if self.is_active:
            self.fact("failed", 0, topic, {"error": write_error(error)})

    def event(self, event: Event) -> None:
        """Record an event, but for exceptions of subscribers: a replay has subscribers of its own."""
        if not isinstance(event, SubscriberFailed):
            self.fact("event", data=write_event(event))

    def watch_call(
        self, answer: Observable[bytes], market: Market, path: str, *, is_signed: bool, in_background: bool
    ) -> Observable[bytes]:
        """Record a REST call and its answer; of one in the background the answer alone, as an offer to replays."""
        record = record_offer if in_background else record_answer
        return record(answer, self, market, path, is_signed=is_signed)

    def watch_barrier(self, barrier: Observable[None], topic: str) -> Observable[None]:
        """Record that a ping barrier completed."""
        return record_barrier(barrier, self, topic)

    def fact(self, kind: str, connection: int = 0, topic: str = "", data: Mapping[str, Any] = _NOTHING) -> None:
        """Record something that happened."""
        for recorder in self._recorders:
            recorder.fact(kind, connection, topic, data)


def _place(connection: Observed) -> dict[str, Any]:
    return {"line": connection.line, "host": connection.host}
