"""The pool: places topics on lines, and opens, fills and closes lines as topics come and go."""

import threading
from collections.abc import Callable
from itertools import count
from typing import Any

from reactivex import Observable, abc
from reactivex import operators as ops
from reactivex.disposable import CompositeDisposable, Disposable, SerialDisposable, SingleAssignmentDisposable

from rx_kucoin.connection import Connection, NoRoom
from rx_kucoin.operators._hand_over import CutShort
from rx_kucoin.operators._share_anew import share_anew
from rx_kucoin.protocol.readers import Reader
from rx_kucoin.renewal import lasting
from rx_kucoin.terms import Terms

__all__ = ["Dial", "Pool"]

Dial = Callable[[int, Callable[[int], object]], Observable[Connection]]
"""Makes the cold Observable of one try to connect a line, which is told when the connection is full."""


class Seat:
    """A connection as one topic's stream sees it: where there is no room after all it ends, and another follows."""

    def __init__(self, connection: Connection, move: Callable[[], object]) -> None:
        self._connection, self._move = connection, move

    def messages(self, topic: str, read: Reader) -> Observable[Any]:
        """See `Connection.messages`; but fails with `CutShort` where the connection may not have said all."""
        source = self._connection.messages(topic, read)

        def subscribe(
            observer: abc.ObserverBase[Any], scheduler_: abc.SchedulerBase | None = None
        ) -> abc.DisposableBase:
            def failed(error: Exception) -> None:
                if isinstance(error, NoRoom):
                    observer.on_completed()  # first, so that the stream knows of the break
                    self._move()
                else:
                    observer.on_error(error)

            def completed() -> None:
                if self._connection.is_whole:
                    observer.on_completed()
                else:
                    observer.on_error(CutShort())

            return source.subscribe(observer.on_next, failed, completed, scheduler=scheduler_)

        return Observable(subscribe)


class Pool:
    """Topics to lines: at most so many to each, holes filled first, lines with none closed.

    A line's connections are shared by the line's topics, so the first topic opens it and the last one's leaving closes
    it without a word from here.
    """

    def __init__(self, dial: Dial, numbers: "count[int]", terms: Terms, on_live: Callable[[Connection], None]) -> None:
        self._dial, self._numbers, self._terms, self._on_live = dial, numbers, terms, on_live
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

    def topic(self, topic: str, use: Callable[[Observable[Seat]], Observable[Any]]) -> Observable[Any]:
        """Make the stream of a topic from the connections of the line that it is placed on. Cold.

        A topic for which there is no room on its connection after all is placed anew.
        """

        def connections(
            observer: abc.ObserverBase[Seat], scheduler_: abc.SchedulerBase | None = None
        ) -> abc.DisposableBase:
            current = SerialDisposable()

            def settle() -> None:
                place = self._place(topic)
                stay = SingleAssignmentDisposable()
                current.disposable = CompositeDisposable(stay, Disposable(lambda: self._leave(place)))

                def move() -> None:
                    if self._evict(place):
                        settle()

                stay.disposable = place.line.connections.subscribe(
                    lambda connection: observer.on_next(Seat(connection, move)),
                    observer.on_error,
                    observer.on_completed,
                    scheduler=scheduler_,
                )

            settle()
            return current

        # The stream goes on over all its places, so that it knows what it missed from one to the next.
        return use(Observable(connections))

    def _place(self, topic: str) -> "_Place":
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

    def _leave(self, place: "_Place") -> None:
        with self._lock:
            place.guests -= 1
            if place.guests == 0:
                self._clear(place)

    def _evict(self, place: "_Place") -> bool:
        """Let nobody else in here, though some may not have left yet."""
        with self._lock:
            if place.evicted:
                return False
            place.evicted = True
            self._clear(place)
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
        self.evicted = False
