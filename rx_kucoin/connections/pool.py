"""The pool: places topics on lines, and opens, fills and closes lines as topics come and go."""

import threading
from collections.abc import Callable, Iterable
from itertools import count
from typing import Any, Protocol, TypeVar

from reactivex import Observable, abc
from reactivex import operators as ops

from rx_kucoin.connections.connection import Connection, NoRoom
from rx_kucoin.connections.hooks import Hooks
from rx_kucoin.operators import share_anew
from rx_kucoin.operators.internal.overlap import CutShort
from rx_kucoin.operators.internal.unguarded import Ending, Holder, Sink, Unguarded, attach
from rx_kucoin.protocol.readers.base import Reader

__all__ = ["Lease", "Listenable", "Pool", "Stay"]

T = TypeVar("T")

ConnectionsOfLine = Callable[[int, Callable[[], Iterable[str]], Callable[[int], object]], Observable[Connection]]
"""Makes the connections of a line, one after another. Takes the line's number, what returns its topics, and what to
call with the number of topics that a connection takes, where the exchange says that it was given more."""


class Listenable(Protocol):
    """A connection that brings topics: a real one, or one of a recording."""

    @property
    def is_whole(self) -> bool:
        """Whether it has ended after all that the exchange had sent on it was passed on."""
        ...

    def listen(self, topic: str, reader: Reader | None, sink: Sink[Any], ending: Ending) -> abc.DisposableBase:
        """Pass the messages of a topic to `sink`, and their end to `ending`."""
        ...


class Stay(Protocol):
    """A stream's stay on a line, as its leases know it."""

    def move(self) -> None:
        """Go to another line: this one has no room."""
        ...


class Lease:
    """One topic's share of one connection. Its messages end with the connection, or where that has no room for it.

    It is subscribed to once: each stream gets a lease of its own.
    """

    __slots__ = ("_connection", "_sink", "_stay", "_topic")

    def __init__(self, connection: Listenable, topic: str, stay: Stay) -> None:
        self._connection, self._topic, self._stay = connection, topic, stay

    def messages(self, reader: Reader) -> Observable[Any]:
        """Emit the messages of the topic, on the connection's thread.

        Completes when the connection ended after all that was sent on it. Fails with `CutShort` where it may not have
        brought all, and with an error of the topic.
        """

        def subscribe(sink: Sink[Any], scheduler_: abc.SchedulerBase | None) -> abc.DisposableBase:
            del scheduler_  # a message waits for nothing
            self._sink = sink
            return self._connection.listen(self._topic, reader, sink, self)

        return Unguarded(subscribe)

    def on_error(self, error: Exception) -> None:
        """The topic failed, or has no room on the connection."""
        if isinstance(error, NoRoom):
            self._sink.on_completed()  # before the move, so that the stream knows of the break
            self._stay.move()
        else:
            self._sink.on_error(error)

    def on_completed(self) -> None:
        """The connection ended."""
        if self._connection.is_whole:
            self._sink.on_completed()
        else:
            self._sink.on_error(CutShort())


class Pool:
    """Topics on lines.

    There are three cases when a topic comes:

    1. it is on a line already, for another stream: it shares that place;
    2. a line has room, the oldest first, so that holes are filled: it goes there;
    3. no line has room: a new line is made, whose first subscriber dials.

    When the last stream of a topic leaves, its place is free; a line without topics is forgotten, and its connection
    was closed with its last subscription.

    `_lock` guards the tables. It is held for look-ups only: nothing is subscribed to, disposed of or called under it.
    It is reentrant, as are all locks here: a signal handler that closes the client, and a finaliser that disposes of a
    subscription, run on a thread that may hold it.
    """

    def __init__(
        self,
        connections_of_line: ConnectionsOfLine,
        numbers: "count[int]",
        capacity: int,
        hooks: Hooks,
        *,
        on_open: Callable[[Connection], None],
        clock: abc.SchedulerBase,
    ) -> None:
        """Make a pool without lines.

        Args:
            connections_of_line: See `ConnectionsOfLine`.
            numbers: Numbers of lines, shared by all pools of a client.
            capacity: Topics on a line, at most; it shrinks where the exchange says that it takes fewer.
            hooks: Told of topics that fail with their line.
            on_open: Called with each connection that takes over its line.
            clock: The client's clock.
        """
        self._connections_of_line, self._numbers, self._capacity = connections_of_line, numbers, capacity
        self.hooks, self._on_open, self._clock = hooks, on_open, clock
        self._lock = threading.RLock()
        self._lines: list[_Line] = []
        self._line_of: dict[str, _Line] = {}

    def __repr__(self) -> str:
        open_ = sum(line.is_open for line in self._lines)
        waiting = len(self._lines) - open_
        return f"<Pool {len(self._line_of)} topics | {open_} open" + (f", {waiting} dialling>" if waiting else ">")

    @property
    def open_connections(self) -> tuple[Connection, ...]:
        """The open connections: one for each line that has one."""
        with self._lock:
            return tuple(line.connection for line in self._lines if line.connection is not None and line.is_open)

    def connection_of(self, topic: str) -> Connection | None:
        """The open connection that a topic is on, if there is one."""
        with self._lock:
            line = self._line_of.get(topic)
            return line.connection if line is not None and line.is_open else None

    def line_of(self, topic: str) -> int | None:
        """The number of the line that a topic is on, if it is on one."""
        with self._lock:
            line = self._line_of.get(topic)
            return None if line is None else line.number

    def leases(self, topic: str) -> Observable[Lease]:
        """Emit a lease of each connection of the line that a topic is on, one after another. Cold.

        A topic that a connection has no room for is placed on another line, and the leases go on over both: so a stream
        knows what it missed from one to the next.
        """

        def subscribe(sink: Sink[Lease], scheduler: abc.SchedulerBase | None) -> abc.DisposableBase:
            stream = Holder()
            _Placement(self, topic, sink, scheduler, stream).settle()
            return stream

        return Unguarded(subscribe)

    def enter(self, placement: "_Placement") -> "_Line":
        """Find the line for a placement's topic, and count it in. See the three cases above."""
        topic = placement.topic
        with self._lock:
            while True:
                line = self._line_of.get(topic)
                if line is None:
                    line = self._line_of[topic] = self._line_with_room()
                known = line.placements.get(topic, ())
                more = (*known, placement)  # it allocates: a finaliser may run here, and leave the pool under this lock
                if self._line_of.get(topic) is line and line.placements.get(topic, ()) is known:
                    line.placements[topic] = more
                    return line

    def leave(self, placement: "_Placement") -> None:
        """Count a placement out. Of one whose topic was evicted nothing is left to count."""
        topic, line = placement.topic, placement.line
        with self._lock:
            while True:
                known = line.placements.get(topic, ())
                others = tuple([other for other in known if other is not placement])  # may run a finaliser, as above
                if line.placements.get(topic, ()) is known:
                    break
            if others:
                line.placements[topic] = others
            elif known:
                self._free(topic, line)

    def evict(self, placement: "_Placement") -> bool:
        """Free a topic's place on a line that has no room for it; its other streams hear of it in turn.

        Returns:
            Whether this is the first time that this placement asks.
        """
        with self._lock:
            first, placement.is_evicted = not placement.is_evicted, True
            if first and placement in placement.line.placements.get(placement.topic, ()):
                self._free(placement.topic, placement.line)
            return first

    def _free(self, topic: str, line: "_Line") -> None:
        """Free the place of a topic. Under the lock."""
        del line.placements[topic]
        if self._line_of.get(topic) is line:
            del self._line_of[topic]
        if not line.placements and line in self._lines:
            self._lines.remove(line)

    def _line_with_room(self) -> "_Line":
        """Cases 2 and 3. Under the lock: making a line subscribes to nothing."""
        for line in self._lines:
            if len(line.placements) < self._capacity:
                return line
        line = _Line(next(self._numbers))
        connections = self._connections_of_line(line.number, lambda: tuple(line.placements), self._full)

        def opened(connection: Connection) -> None:
            line.connection = connection
            self._on_open(connection)

        line.connections = connections.pipe(ops.do_action(opened), share_anew(replay=True, scheduler=self._clock))
        self._lines.append(line)
        return line

    def _full(self, limit: int) -> None:
        """The exchange takes fewer topics to a connection than was thought."""
        with self._lock:
            self._capacity = max(1, min(self._capacity, limit))


class _Line:
    """A place for topics, on which one connection follows another."""

    connections: Observable[Connection]
    """Shared by its topics: the first one opens it, and the last one's leaving closes it."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.placements: dict[str, tuple[_Placement, ...]] = {}
        """The topics that are on it, each with the streams made of it. The tuples are replaced, never changed."""
        self.connection: Connection | None = None

    @property
    def is_open(self) -> bool:
        return self.connection is not None and self.connection.is_open


class _Placement(Holder):
    """One stream's stay on one line. Once over, it ignores what the line emits at that very moment."""

    __slots__ = ("_pool", "_scheduler", "_sink", "_stream", "is_evicted", "line", "topic")

    def __init__(
        self,
        pool: Pool,
        topic: str,
        sink: Sink[Lease],
        scheduler: abc.SchedulerBase | None,
        stream: Holder,
    ) -> None:
        super().__init__()
        self._pool, self.topic, self._sink, self._scheduler, self._stream = pool, topic, sink, scheduler, stream
        self.is_evicted = False
        self.line = pool.enter(self)

    def settle(self) -> None:
        """Take the place of the placement before this one, and subscribe to the line.

        `stream` is what the subscriber disposes of: it holds the newest placement, and if it was disposed of meanwhile
        it disposes of this one at once.
        """
        self._stream.replace(self)
        if not self.is_disposed:
            self.hold(attach(self.line.connections, self, self._scheduler))

    def on_next(self, connection: Connection) -> None:
        """A connection took over the line."""
        if not self.is_disposed:
            self._sink.on_next(Lease(connection, self.topic, self))

    def on_error(self, error: Exception) -> None:
        """The line was given up."""
        if not self.is_disposed:
            self._pool.hooks.failed(self.topic, error)
            self._sink.on_error(error)

    def on_completed(self) -> None:
        """The line ended."""
        if not self.is_disposed:
            self._sink.on_completed()

    def move(self) -> None:
        """Go to another line, or to a fresh place on this one."""
        if self._pool.evict(self):
            _Placement(self._pool, self.topic, self._sink, self._scheduler, self._stream).settle()

    def _dispose(self) -> None:
        super()._dispose()
        self._pool.leave(self)
