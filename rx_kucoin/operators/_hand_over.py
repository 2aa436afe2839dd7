"""Join inner sources that overlap: each message of the stream once, in order, whichever of them brings it."""

import threading
from collections import deque
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from reactivex import Observable, abc
from reactivex.disposable import CompositeDisposable, Disposable, SingleAssignmentDisposable

__all__ = ["hand_over"]

T = TypeVar("T")


def hand_over(
    position: Callable[[T], int | None] | None = None,
    *,
    key: Callable[[T], Hashable] | None = None,
    on_break: Callable[[T, T], None] | None = None,
) -> Callable[[Observable[Observable[T]]], Observable[T]]:
    """Relay inner sources that bring the same stream; where two overlap, hand over from the older to the newer.

    What the newer brings is held until the older has got to the first of it (by `position`): everything before came
    from the older one, everything from there on comes from the newer. An older source that falls silent or ends hands
    over when it completes. What the newer repeats, because it lags, is for the next operator to drop (`in_sequence`).

    While only one source speaks its values pass without a lock. Each source must speak, and complete, on one thread of
    its own; the threads of two may differ.

    .. marble::

        source: -a---b------
        a:       1-2-3-4-5-6|
        b:           4-5-6-7-8|
        [ hand_over(int) ]
        result: -1-2-3-(45)-6-7-8

    Args:
        position: Where a value stands in its stream. None: the newer takes over at its first value.
        key: Several streams in one, each with positions of its own.
        on_break: Told when a source ended with nobody to hand over to: the last value before and the first after.

    Returns:
        An operator function that takes a source of sources and returns one stream.
    """

    def join(source: Observable[Observable[T]]) -> Observable[T]:
        def subscribe(observer: abc.ObserverBase[T], scheduler_: abc.SchedulerBase | None = None) -> abc.DisposableBase:
            relay = _Relay(observer, position, key or _same, on_break)
            outer = source.subscribe(
                lambda inner: relay.begin(inner, scheduler_),
                observer.on_error,
                relay.outer_completed,
                scheduler=scheduler_,
            )
            return CompositeDisposable(outer, Disposable(relay.dispose))

        return Observable(subscribe)

    return join


def _same(_: object) -> None:
    """Give the key of a source with one stream only."""


class _Leg(Generic[T]):
    """One inner source on its turn, or waiting for it."""

    def __init__(self) -> None:
        self.subscription = SingleAssignmentDisposable()
        self.held: list[T] = []
        self.first: dict[Hashable, int | None] = {}
        self.taken_over: set[Hashable] = set()
        self.ended = False


class _Relay(Generic[T]):
    """The legs, oldest first. `_direct` is the one that speaks alone, so without the lock."""

    def __init__(
        self,
        observer: abc.ObserverBase[T],
        position: Callable[[T], int | None] | None,
        key: Callable[[T], Hashable],
        on_break: Callable[[T, T], None] | None,
    ) -> None:
        self._observer, self._position, self._key, self._on_break = observer, position, key, on_break
        self._lock = threading.Lock()
        self._legs: list[_Leg[T]] = []
        self._direct: _Leg[T] | None = None
        self._outbox: deque[T] = deque()
        self._draining = self._outer_done = False
        self._last: list[T] = []
        self._broken = False

    def begin(self, source: Observable[T], scheduler: abc.SchedulerBase | None) -> None:
        """Another leg joins; whoever spoke alone does so no more."""
        leg: _Leg[T] = _Leg()
        with self._lock:
            self._legs.append(leg)
            self._direct = None
        leg.subscription.disposable = source.subscribe(
            lambda value: self._value(leg, value),
            self._observer.on_error,
            lambda: self._completed(leg),
            scheduler=scheduler,
        )

    def outer_completed(self) -> None:
        """No further leg will join."""
        with self._lock:
            self._outer_done = True
            finished = not self._legs
        if finished:
            self._observer.on_completed()

    def dispose(self) -> None:
        """Let go of every leg."""
        with self._lock:
            legs, self._legs = self._legs, []
            self._direct = None
        for leg in legs:
            leg.subscription.dispose()

    def _value(self, leg: _Leg[T], value: T) -> None:
        if leg is self._direct:
            self._last[0] = value
            self._observer.on_next(value)
            return
        with self._lock:
            if leg not in self._legs:
                return
            done = self._place(leg, value)
        if done is not None:
            done.subscription.dispose()
        self._drain()

    def _place(self, leg: _Leg[T], value: T) -> _Leg[T] | None:
        """Send a value, hold it, or drop it. Returns a leg that has nothing more to say."""
        key = self._key(value)
        index = self._legs.index(leg)
        if index > 0 and key not in leg.taken_over:
            leg.held.append(value)
            leg.first.setdefault(key, self._at(value))
            return None
        successor = self._legs[index + 1] if index + 1 < len(self._legs) else None
        if successor is None or key not in successor.first:
            if successor is None or key not in successor.taken_over:
                self._outbox.append(value)
            return None
        first, here = successor.first[key], self._at(value)
        if first is not None and here is not None and here < first:
            self._outbox.append(value)
            return None
        self._take_over(successor, key)
        if self._key is not _same or index > 0:
            return None
        self._legs.remove(leg)
        return leg

    def _take_over(self, leg: _Leg[T], key: Hashable) -> None:
        leg.taken_over.add(key)
        del leg.first[key]
        self._outbox.extend(value for value in leg.held if self._key(value) == key)
        leg.held = [value for value in leg.held if self._key(value) != key]

    def _completed(self, leg: _Leg[T]) -> None:
        with self._lock:
            leg.ended = True
            while self._legs and self._legs[0].ended:
                self._legs.pop(0)
                if self._legs:
                    head = self._legs[0]
                    self._outbox.extend(head.held)
                    head.held, head.first = [], {}
            self._direct = None
            finished = self._outer_done and not self._legs
            broke = not self._legs
        self._drain()
        if broke:
            self._broken = bool(self._last)
        if finished:
            self._observer.on_completed()

    def _drain(self) -> None:
        """Say what is due, one thread at a time; the last to look finds nothing and lets a lone leg speak directly."""
        with self._lock:
            if self._draining:
                return
            self._draining = True
        try:
            while True:
                with self._lock:
                    if not self._outbox:
                        self._draining = False
                        lone = self._legs[0] if len(self._legs) == 1 else None
                        self._direct = lone if lone is not None and not lone.held and self._last else None
                        return
                    value = self._outbox.popleft()
                self._say(value)
        except BaseException:
            self._draining = False
            raise

    def _say(self, value: T) -> None:
        if self._broken and self._on_break is not None:
            self._on_break(self._last[0], value)
        self._broken = False
        self._last[:] = [value]
        self._observer.on_next(value)

    def _at(self, value: T) -> int | None:
        return None if self._position is None else self._position(value)
