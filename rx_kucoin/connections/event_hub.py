"""Where events are reported: all of them to some observers, and to those of a topic only what may concern it."""

from collections.abc import Callable
from threading import RLock
from typing import Final

from reactivex import Observable, abc
from reactivex.disposable import Disposable

from rx_kucoin import events
from rx_kucoin.events import Event
from rx_kucoin.operators.internal.forks import free_after_fork, watch_forks
from rx_kucoin.operators.internal.multicast import Hub, Multicast
from rx_kucoin.operators.internal.unguarded import Sink, Unguarded

__all__ = ["EventHub"]


class EventHub:
    """Passes each event on while it happens, on the thread that reports it. No lock is held while observers run.

    An event goes to the observers of `all` first. Then there are three cases:

    1. it names a topic: it goes to the observers of that topic;
    2. it is about the connection of a line: it goes to the observers of the topics on that line, and of those whose
       line is not known yet;
    3. it is about anything else: nothing more is done.

    So a cut of all lines costs a few calls for each topic, however many lines and other topics there are. Which line a
    topic is on is learned from `TopicLive`, or looked up at the next event of a connection, once; and it is kept as
    long as the topic has observers. A topic without any costs nothing.

    `_lock` guards both tables. Its own thread may enter it again: an allocation under it may set off the garbage
    collector, and so a finaliser that disposes of a subscription, which calls `_drop` or `tell`.
    """

    def __init__(self) -> None:
        self.all: Hub[Event] = Hub()
        """Every event."""
        self._lock = free_after_fork(RLock())
        self._topics: dict[str, _Observers] = {}
        self._lines: dict[int, dict[_Observers, None]] = {}
        """The same observers, by the line that their topic is on. No table in it is empty."""
        self._is_over = False
        self.line_of: Callable[[str], int | None] = lambda _: None
        """Looks up the line that a topic is on, if it is on one. Set before anything is observed."""
        watch_forks(self)

    def __repr__(self) -> str:
        return f"<EventHub {len(self._topics)} topics observed>"

    def after_fork(self) -> None:
        """Forget all observers, which are the parent's."""
        self.all.forget()
        self._topics, self._lines = {}, {}

    def about(self, topic: str) -> Observable[Event]:
        """Emit the events that name a topic, and those of connections that it may be on: see the cases above."""

        def subscribe(sink: Sink[Event], scheduler: abc.SchedulerBase | None) -> abc.DisposableBase:
            del scheduler  # nothing waits
            return self._join(topic, sink)

        return Unguarded(subscribe)

    def tell(self, event: Event) -> None:
        """Pass an event on. May be called on any thread, and by an observer of another event."""
        self.all.on_next(event)
        topic: str | None = getattr(event, "topic", None)
        if topic is not None:
            observers = self._topics.get(topic)  # a single look-up is atomic
            if observers is not None:
                if isinstance(event, events.TopicLive):
                    self._move(observers, event.line)
                observers.on_next(event)
        elif isinstance(event, _OF_CONNECTIONS):
            self._look_up()
            with self._lock:
                concerned = (*self._lines.get(event.line, ()), *self._lines.get(_UNKNOWN, ()))
            for observers in concerned:
                observers.on_next(event)

    def complete(self) -> None:
        """Complete all observers, and those that come later."""
        with self._lock:
            self._is_over = True
            left = tuple(self._topics.values())
            self._topics.clear()
            self._lines.clear()
        self.all.on_completed()
        for observers in left:
            observers.on_completed()

    def _join(self, topic: str, sink: Sink[Event]) -> abc.DisposableBase:
        with self._lock:
            if not self._is_over:
                observers = self._topics.get(topic) or _Observers(topic, self._drop)
                member = observers.add(sink)  # first, for what is not empty is not dropped
                self._topics[topic] = observers
                self._enter(observers, observers.line)
                return member
        sink.on_completed()
        return Disposable()

    def _look_up(self) -> None:
        """Find the lines of topics that have got one since their first observer came."""
        with self._lock:
            unknown = tuple(self._lines.get(_UNKNOWN, ()))
        for observers in unknown:
            line = self.line_of(observers.topic)
            if line is not None:
                self._move(observers, line)

    def _move(self, observers: "_Observers", line: int) -> None:
        """Learn that a topic is on a line."""
        with self._lock:
            before = observers.line
            if before != line:  # another thread may have reported the same
                observers.line = line
                self._enter(observers, line)
                self._leave(observers, before)
                self._drop(observers)  # if their last one has left meanwhile

    def _drop(self, observers: "_Observers") -> None:
        """Forget a topic unless it has observers."""
        with self._lock:
            if not len(observers):
                if self._topics.get(observers.topic) is observers:
                    del self._topics[observers.topic]
                self._leave(observers, observers.line)

    def _enter(self, observers: "_Observers", line: int) -> None:
        """Enter a line's table. Under the lock."""
        table: dict[_Observers, None] | None = None
        while table is None or self._lines.get(line) is not table:  # a finaliser may have dropped it as empty
            table = self._lines.setdefault(line, {})
            table[observers] = None

    def _leave(self, observers: "_Observers", line: int) -> None:
        """Leave a line's table. Under the lock."""
        table = self._lines.get(line)
        if table is not None:
            table.pop(observers, None)
            if not table:
                self._lines.pop(line, None)


class _Observers(Multicast[Event]):
    """The observers of one topic's events."""

    __slots__ = ("_drop", "line", "topic")

    def __init__(self, topic: str, drop: Callable[["_Observers"], None]) -> None:
        super().__init__()
        self.topic, self._drop = topic, drop
        self.line = _UNKNOWN
        """The line that the topic is on. Changed under the lock of the hub."""

    @property
    def name(self) -> str:
        """See `Multicast.name`."""
        return f"events about {self.topic}"

    def leave(self, observer: Sink[Event]) -> None:
        """Pass nothing more to this one."""
        super().leave(observer)
        self._drop(self)


_UNKNOWN: Final = 0
"""Lines are numbered from 1."""
_OF_CONNECTIONS: Final = (
    events.Dialling,
    events.LineUp,
    events.LineDown,
    events.Redialling,
    events.GaveUp,
    events.LineClosed,
    events.Renewed,
    events.RenewalFailed,
)
"""What happens to the connection of a line, and so to all topics on it. Malformed frames, limits and what is asked for
anew are about the line as well, but change nothing for a topic: those may come by the thousand."""
