"""The connections that were recorded, and the streams that sit on them: what the pool is to an engine that is live."""

import logging
import threading
from collections.abc import Callable
from typing import Any, cast

from reactivex import Observable, abc

from rx_kucoin.connections.dispatch import Routes
from rx_kucoin.connections.pool import Seat
from rx_kucoin.operators.internal.overlap import CutShort
from rx_kucoin.operators.internal.unguarded import Ending, Once, Sink, Unguarded
from rx_kucoin.protocol import channels
from rx_kucoin.protocol.readers.base import Reader
from rx_kucoin.recording.file.block import mark

__all__ = ["Recorded", "Seats"]

_log = logging.getLogger("rx_kucoin.recording.replay")


class Recorded:
    """A connection as it was: it brings what it brought, and ends as it ended."""

    def __init__(self, number: int, line: int, host: str) -> None:
        self.number, self.line, self.host = number, line, host
        self.is_open, self.is_whole = True, False
        self.seated: dict[str, None] = {}
        self.heard_ns = 0
        """When it brought anything last."""
        self.routes = Routes(_nothing, _nothing, _nothing)

    def __repr__(self) -> str:
        state = "open" if self.is_open else "ended"
        return f"<Recorded connection of line {self.line} to {self.host}, {state}, {len(self.topics)} topics>"

    @property
    def topics(self) -> tuple[str, ...]:
        """The topics that somebody listened to on it."""
        return tuple(self.seated)

    def listen(self, topic: str, reader: Reader | None, sink: Sink[Any], ending: Ending) -> abc.DisposableBase:
        """See `Connection.listen`."""
        return self.routes.add(topic, reader, sink, ending)


class Seats:
    """Which connection brings which topic, as far as the recording has been played; in place of a `Pool`.

    Who subscribes, or leaves, may do so on another thread than the one that plays: hence the lock, under which nobody
    is called.
    """

    def __init__(self, only: frozenset[str] | None, was_recorded: Callable[[str], bool]) -> None:
        """`only`: the topics that are played at all; None: all of them."""
        self.connections: dict[int, Recorded] = {}
        self.marks: frozenset[int] = frozenset()
        """What the headers of blocks know the topics by that somebody listens to."""
        self.wanted: dict[str, bool] = {}
        """Whether anybody listens to what is pushed under this name; looked up as names come."""
        self.on_live: Callable[[Any], None] = lambda _: None
        """Told of each connection that begins."""
        self._only, self._was_recorded = only, was_recorded
        self._lock = threading.Lock()
        self._stays: dict[str, list[_Stay]] = {}
        self._missed: set[str] = set()

    def __repr__(self) -> str:
        return f"<Replay {len(self._stays)} topics | {len(self.connections)} open>"

    @property
    def live(self) -> tuple[Any, ...]:
        """The connections that are open."""
        return tuple(self.connections.values())

    def connection_of(self, topic: str) -> Recorded | None:
        """Where a topic is at the moment: on the newest that brings it."""
        return next((each for each in reversed(self.connections.values()) if topic in each.seated), None)

    def topic(self, topic: str, listen: Callable[[Seat], Observable[Any]]) -> Observable[Observable[Any]]:
        """Give what `listen` makes of each connection that brought a topic. See `Pool.topic`."""

        def subscribe(sink: Sink[Observable[Any]], scheduler_: abc.SchedulerBase | None) -> abc.DisposableBase:
            del scheduler_
            stay = _Stay(self, topic, listen, sink)
            with self._lock:
                self._stays.setdefault(topic, []).append(stay)
                self._changed()
                seats = [connection for connection in self.live if topic in connection.seated]
            self._look_for(topic)
            for connection in seats:
                stay.sit(connection)
            return stay

        return Unguarded(subscribe)

    def wants(self, pushed: str) -> bool:
        """Find out whether anybody listens to what is pushed under a name, and remember it."""
        with self._lock:
            names = {pushed, channels.elsewhere(pushed)} & self._stays.keys()
            wanted = self.wanted[pushed] = bool(names if self._only is None else names & self._only)
            return wanted

    def seat(self, number: int, topic: str, line: int, host: str) -> None:
        """A connection brings a topic from here on."""
        connection = self.connections.get(number)
        if connection is None:
            connection = self.connections[number] = Recorded(number, line, host)
            self.on_live(connection)
        with self._lock:
            stays = () if topic in connection.seated else tuple(self._stays.get(topic, ()))
            connection.seated[topic] = None
        for stay in stays:
            stay.sit(connection)

    def left(self, number: int, topic: str) -> None:
        """Nobody who was recorded listened to a topic on a connection any more, so it may have brought more."""
        connection = self.connections.get(number)
        if connection is not None and topic in connection.seated:
            del connection.seated[topic]
            connection.routes.fail(topic, CutShort())

    def closed(self, number: int, *, whole: bool) -> None:
        """A connection ended."""
        connection = self.connections.pop(number, None)
        if connection is not None:
            connection.is_open, connection.is_whole = False, whole
            connection.routes.close()

    def failed(self, topic: str, error: Exception) -> None:
        """The streams of a topic ended."""
        for stay in tuple(self._stays.get(topic, ())):
            stay.sink.on_error(error)

    def cut(self) -> None:
        """Something was not recorded, on whichever connection."""
        for connection in self.live:
            for topic in connection.topics:
                self.left(connection.number, topic)
                self.seat(connection.number, topic, connection.line, connection.host)

    def clear(self) -> None:
        """Another recording begins in the same file: nothing of the one before goes on."""
        for number in tuple(self.connections):
            self.closed(number, whole=False)

    def leave(self, stay: "_Stay") -> None:
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


class _Stay(Once):
    """A stream's time in the replay. A seat takes it for a visit to a line; there is room on all of them."""

    __slots__ = ("_listen", "_seats", "sink", "topic")

    def __init__(
        self, seats: Seats, topic: str, listen: Callable[[Seat], Observable[Any]], sink: Sink[Observable[Any]]
    ) -> None:
        super().__init__()
        self._seats, self.topic, self._listen, self.sink = seats, topic, listen, sink

    def sit(self, connection: Recorded) -> None:
        """Listen on a connection."""
        self.sink.on_next(self._listen(Seat(cast("Any", connection), cast("Any", self))))

    def _dispose(self) -> None:
        self._seats.leave(self)


def _nothing(*_: object) -> None:
    """Nobody is asked for topics, and what could not be read was told when it came."""
