"""The connections that were recorded, and the streams that are on them: what the pool is to a live client."""

import logging
import threading
from collections.abc import Callable
from typing import Any

from reactivex import Observable, abc

from rx_kucoin.connections.dispatch import Dispatcher
from rx_kucoin.connections.info import ConnectionInfo, Described
from rx_kucoin.connections.pool import Lease
from rx_kucoin.operators.internal.multicast import Hub
from rx_kucoin.operators.internal.overlap import CutShort
from rx_kucoin.operators.internal.unguarded import Ending, Once, Sink, Unguarded
from rx_kucoin.protocol import channels
from rx_kucoin.protocol.readers.base import Reader
from rx_kucoin.recording.file.block import mark

__all__ = ["RecordedConnection", "ReplayPool"]

_log = logging.getLogger("rx_kucoin.recording.replay")


class RecordedConnection:
    """A connection as it was: it brings what it brought, and ends as it ended."""

    def __init__(self, number: int, line: int, host: str) -> None:
        self.number, self.line, self.host = number, line, host
        self.is_open, self.is_whole = True, False
        self.seated: dict[str, None] = {}
        self.heard_ns = 0
        """When it brought anything last."""
        self.dispatcher = Dispatcher(_nothing, _nothing, _nothing)

    def __repr__(self) -> str:
        state = "open" if self.is_open else "ended"
        return f"<Recorded connection of line {self.line} to {self.host}, {state}, {len(self.topics)} topics>"

    @property
    def topics(self) -> tuple[str, ...]:
        """The topics that somebody listened to on it."""
        return tuple(self.seated)

    @property
    def info(self) -> ConnectionInfo:
        """What users see of it."""
        return ConnectionInfo(self.number, self.line, self.host, self.topics, self.is_open)

    def listen(self, topic: str, reader: Reader | None, sink: Sink[Any], ending: Ending) -> abc.DisposableBase:
        """See `Connection.listen`."""
        return self.dispatcher.add(topic, reader, sink, ending)


class ReplayPool:
    """Which connection brings which topic, as far as the recording has been played.

    Subscriptions come and go on other threads than the one that plays: hence the lock, under which nothing is called.
    """

    def __init__(self, only: frozenset[str] | None, was_recorded: Callable[[str], bool]) -> None:
        """`only`: the topics that are played at all; None: all of them."""
        self.connections: dict[int, RecordedConnection] = {}
        self.marks: frozenset[int] = frozenset()
        """What the headers of blocks know the topics by that somebody listens to."""
        self.wanted: dict[str, bool] = {}
        """Whether anybody listens to what is pushed under this name; looked up as names come."""
        self.opened: Hub[Described] = Hub()
        """Emits each connection that begins."""
        self._only, self._was_recorded = only, was_recorded
        self._lock = threading.RLock()
        self._stays: dict[str, list[_RecordedStay]] = {}
        self._closed: set[int] = set()
        """The connections that have ended. Recordings of 0.1.0 may seat a topic on one afterwards, which would never
        end there, and keep back what the next connection brings."""
        self._missed: set[str] = set()

    def __repr__(self) -> str:
        return f"<Replay {len(self._stays)} topics | {len(self.connections)} open>"

    @property
    def open_connections(self) -> tuple[RecordedConnection, ...]:
        """The connections that are open."""
        return tuple(self.connections.values())

    def connection_of(self, topic: str) -> RecordedConnection | None:
        """Where a topic is at the moment: on the newest that brings it."""
        return next((each for each in reversed(self.connections.values()) if topic in each.seated), None)

    def leases(self, topic: str) -> Observable[Lease]:
        """Emit a lease of each connection that brought a topic. See `Pool.leases`."""

        def subscribe(sink: Sink[Lease], scheduler_: abc.SchedulerBase | None) -> abc.DisposableBase:
            del scheduler_
            stay = _RecordedStay(self, topic, sink)
            with self._lock:
                self._stays.setdefault(topic, []).append(stay)
                self._changed()
                connections = [each for each in self.open_connections if topic in each.seated]
            self._look_for(topic)
            for connection in connections:
                stay.enter(connection)
            return stay

        return Unguarded(subscribe)

    def wants(self, pushed: str) -> bool:
        """Find out whether anybody listens to what is pushed under a name, and remember it."""
        with self._lock:
            names = {pushed, channels.elsewhere(pushed)} & self._stays.keys()
            wanted = self.wanted[pushed] = bool(names if self._only is None else names & self._only)
            return wanted

    def seat(self, number: int, topic: str, line: int, host: str) -> None:
        """A connection brings a topic from here on, unless it has ended."""
        if number in self._closed:
            return
        connection = self.connections.get(number)
        if connection is None:
            connection = self.connections[number] = RecordedConnection(number, line, host)
            self.opened.on_next(connection)
        with self._lock:
            stays = () if topic in connection.seated else tuple(self._stays.get(topic, ()))
            connection.seated[topic] = None
        for stay in stays:
            stay.enter(connection)

    def left(self, number: int, topic: str) -> None:
        """Nobody who was recorded listened to a topic on a connection any more, so it may have brought more."""
        connection = self.connections.get(number)
        if connection is not None and topic in connection.seated:
            del connection.seated[topic]
            connection.dispatcher.fail(topic, CutShort())

    def closed(self, number: int, *, whole: bool) -> None:
        """A connection ended."""
        self._closed.add(number)
        connection = self.connections.pop(number, None)
        if connection is not None:
            connection.is_open, connection.is_whole = False, whole
            connection.dispatcher.close()

    def failed(self, topic: str, error: Exception) -> None:
        """The streams of a topic ended."""
        for stay in tuple(self._stays.get(topic, ())):
            stay.sink.on_error(error)

    def cut(self) -> None:
        """Something was not recorded, on whichever connection."""
        for connection in self.open_connections:
            for topic in connection.topics:
                self.left(connection.number, topic)
                self.seat(connection.number, topic, connection.line, connection.host)

    def clear(self) -> None:
        """Another recording begins in the same file: nothing of the one before goes on."""
        for number in tuple(self.connections):
            self.closed(number, whole=False)
        self._closed.clear()  # the next client counts from 1 again

    def leave(self, stay: "_RecordedStay") -> None:
        """Somebody listens no more."""
        with self._lock:
            stays = self._stays.get(stay.topic, [])
            if stay in stays:
                stays.remove(stay)
            if not stays:
                self._stays.pop(stay.topic, None)
                self._changed()

    def _look_for(self, topic: str) -> None:
        """Tell, once, of a topic that was not recorded: it may be one that was misspelt."""
        if topic not in self._missed and not self._was_recorded(topic):
            self._missed.add(topic)
            _log.warning("%s was not recorded: its stream stays silent", topic)

    def _changed(self) -> None:
        """Under the lock."""
        self.wanted.clear()
        topics = self._stays.keys() if self._only is None else self._stays.keys() & self._only
        self.marks = frozenset(map(mark, topics))


class _RecordedStay(Once):
    """One stream's stay in the replay."""

    __slots__ = ("_pool", "sink", "topic")

    def __init__(self, pool: ReplayPool, topic: str, sink: Sink[Lease]) -> None:
        super().__init__()
        self._pool, self.topic, self.sink = pool, topic, sink

    def enter(self, connection: RecordedConnection) -> None:
        """Take a lease of a connection."""
        self.sink.on_next(Lease(connection, self.topic, self))

    def move(self) -> None:
        """Stay: what was recorded of a move is that the topic left one connection and came to another."""

    def _dispose(self) -> None:
        self._pool.leave(self)


def _nothing(*_: object) -> None:
    """Nobody is asked for topics, and what could not be read was told when it came."""
