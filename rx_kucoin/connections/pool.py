"""The pool: places topics on lines, and opens, fills and closes lines as topics come and go."""

import threading
from collections.abc import Callable
from itertools import count
from typing import Any

from reactivex import Observable, abc
from reactivex import operators as ops

from rx_kucoin.connections.connection import Connection, NoRoom
from rx_kucoin.connections.connection_stream import lasting
from rx_kucoin.connections.context import Terms
from rx_kucoin.operators._share_anew import share_anew
from rx_kucoin.operators.internal.overlap import CutShort
from rx_kucoin.operators.internal.unguarded import Holder, Once, Sink, Unguarded, attach
from rx_kucoin.protocol.readers.base import Reader

__all__ = ["Dial", "Pool"]

Dial = Callable[[int, Callable[[int], object]], Observable[Connection]]
"""Makes the cold Observable of one try to connect a line, which is told when the connection is full."""


class Seat:
    """A connection as one topic's stream sees it: where there is no room after all it ends, and another follows."""

    __slots__ = ("_connection", "_visit")

    def __init__(self, connection: Connection, visit: "_Visit") -> None:
        self._connection, self._visit = connection, visit

    def messages(self, topic: str, reader: Reader) -> Observable[Any]:
        """See `Connection.messages`; but fails with `CutShort` where the connection may not have said all."""
        connection, visit = self._connection, self._visit

        def subscribe(sink: Sink[Any], scheduler_: abc.SchedulerBase | None) -> abc.DisposableBase:
            del scheduler_  # a message waits for nothing
            return connection.listen(topic, reader, sink, _SeatEnding(sink, connection, visit))

        return Unguarded(subscribe)


class _SeatEnding:
    """What the end of a connection means to a stream that sat on it."""

    __slots__ = ("_connection", "_sink", "_visit")

    def __init__(self, sink: Sink[Any], connection: Connection, visit: "_Visit") -> None:
        self._sink, self._connection, self._visit = sink, connection, visit

    def on_error(self, error: Exception) -> None:
        if isinstance(error, NoRoom):
            self._sink.on_completed()  # first, so that the stream knows of the break
            self._visit.move()
        else:
            self._sink.on_error(error)

    def on_completed(self) -> None:
        if self._connection.is_whole:
            self._sink.on_completed()
        else:
            self._sink.on_error(CutShort())


class Pool:
    """Topics to lines: at most so many to each, holes filled first, lines with none closed.

    A line's connections are shared by the line's topics, so the first topic opens it and the last one's leaving closes
    it without a word from here.
    """

    def __init__(self, dial: Dial, numbers: "count[int]", terms: Terms, on_live: Callable[[Connection], None]) -> None:
        self._dial, self._numbers, self._terms, self._on_live = dial, numbers, terms, on_live
        self.tap = terms.tap
        self._lock = threading.Lock()
        self._capacity = terms.topics_per_connection
        self._lines: list[_Line] = []
        self._places: dict[str, _Place] = {}

    def __repr__(self) -> str:
        open_ = sum(line.is_open for line in self._lines)
        waiting = len(self._lines) - open_
        return f"<Pool {len(self._places)} topics | {open_} open" + (f", {waiting} dialling>" if waiting else ">")

    @property
    def live(self) -> tuple[Connection, ...]:
        """The open connections, one for each line that has one."""
        with self._lock:
            return tuple(line.connection for line in self._lines if line.connection is not None and line.is_open)

    def topic(self, topic: str, listen: Callable[[Seat], Observable[Any]]) -> Observable[Observable[Any]]:
        """Give what `listen` makes of each connection of the line that a topic is placed on. Cold.

        A topic for which there is no room on its connection after all is placed anew, and the stream goes on over all
        its places, so that it knows what it missed from one to the next.
        """

        def subscribe(sink: Sink[Observable[Any]], scheduler_: abc.SchedulerBase | None) -> abc.DisposableBase:
            stay = _Stay(self, topic, listen, sink, scheduler_)
            stay.settle()
            return stay

        return Unguarded(subscribe)

    def connection_of(self, topic: str) -> Connection | None:
        """Where a topic is at the moment."""
        with self._lock:
            place = self._places.get(topic)
            return place.line.connection if place is not None and place.line.is_open else None

    def place(self, topic: str) -> "_Place":
        """Find a topic its place, or let one more guest in where it is."""
        with self._lock:
            place = self._places.get(topic)
            if place is None:
                place = self._places[topic] = _Place(topic, self._line_with_room())
                place.line.topics[topic] = None
            place.guests += 1
            return place

    def _line_with_room(self) -> "_Line":
        for line in self._lines:
            if len(line.topics) < self._capacity:
                return line
        line = _Line(next(self._numbers))
        dial = self._dial(line.number, self._full)

        def live(connection: Connection) -> None:
            line.connection = connection
            self._on_live(connection)

        line.connections = lasting(dial, line.number, lambda: tuple(line.topics), self._terms).pipe(
            ops.do_action(live),
            share_anew(replay=True, scheduler=self._terms.clock),
        )
        self._lines.append(line)
        return line

    def _full(self, limit: int) -> None:
        """The exchange takes fewer topics to a connection than was thought."""
        with self._lock:
            self._capacity = max(1, min(self._capacity, limit))

    def leave(self, place: "_Place") -> None:
        """Let a guest go."""
        with self._lock:
            place.guests -= 1
            if place.guests == 0:
                self._clear(place)

    def evict(self, visit: "_Visit") -> bool:
        """Let nobody else in here. False: this guest was told before; others may not have left yet."""
        with self._lock:
            if visit.evicted:
                return False
            visit.evicted = True
            self._clear(visit.place)
            return True

    def _clear(self, place: "_Place") -> None:
        if self._places.get(place.topic) is not place:
            return
        del self._places[place.topic]
        place.line.topics.pop(place.topic, None)
        if not place.line.topics and place.line in self._lines:
            self._lines.remove(place.line)


class _Line:
    """A place for topics, on which one connection follows another."""

    connections: Observable[Connection]

    def __init__(self, number: int) -> None:
        self.number = number
        self.topics: dict[str, None] = {}
        self.connection: Connection | None = None

    @property
    def is_open(self) -> bool:
        return self.connection is not None and self.connection.is_open


class _Place:
    """A topic on its line; `guests` are the streams made of it."""

    def __init__(self, topic: str, line: _Line) -> None:
        self.topic, self.line = topic, line
        self.guests = 0


class _Stay(Once):
    """A stream's time in the pool: on one line, and on another one where that has no room."""

    __slots__ = ("_visit", "listen", "pool", "scheduler", "sink", "topic")

    def __init__(
        self,
        pool: Pool,
        topic: str,
        listen: Callable[[Seat], Observable[Any]],
        sink: Sink[Observable[Any]],
        scheduler: abc.SchedulerBase | None,
    ) -> None:
        super().__init__()
        self.pool, self.topic, self.listen, self.sink, self.scheduler = pool, topic, listen, sink, scheduler
        self._visit = Holder()

    def settle(self) -> None:
        """Go to the line where there is a place, and leave the one before."""
        visit, before = _Visit(self, self.pool.place(self.topic)), self._visit
        self._visit = visit
        before.dispose()
        if self.is_disposed:
            visit.dispose()
        visit.hold(attach(visit.place.line.connections, visit, self.scheduler))

    def _dispose(self) -> None:
        self._visit.dispose()


class _Visit(Holder):
    """A stream's time on a line. Once that is over it keeps still, though the line may be telling all just then."""

    __slots__ = ("_stay", "evicted", "place")

    def __init__(self, stay: _Stay, place: _Place) -> None:
        super().__init__()
        self._stay, self.place = stay, place
        self.evicted = False

    def on_next(self, connection: Connection) -> None:
        if not self.is_disposed:
            self._stay.sink.on_next(self._stay.listen(Seat(connection, self)))

    def on_error(self, error: Exception) -> None:
        if not self.is_disposed:
            self._stay.pool.tap.failed(self.place.topic, error)
            self._stay.sink.on_error(error)

    def on_completed(self) -> None:
        if not self.is_disposed:
            self._stay.sink.on_completed()

    def move(self) -> None:
        """There is no room here."""
        if self._stay.pool.evict(self):
            self._stay.settle()

    def _dispose(self) -> None:
        super()._dispose()
        self._stay.pool.leave(self.place)
