"""Join inner sources that overlap: each message of the stream once, in order, whichever of them brings it."""

import threading
from collections import deque
from collections.abc import Callable, Hashable
from functools import partial
from typing import Any, Final, Generic, TypeVar

from reactivex import Observable, abc
from reactivex.disposable import CompositeDisposable, Disposable, SingleAssignmentDisposable

from rx_kucoin.operators._outbox import Outbox

__all__ = ["CutShort", "hand_over"]

T = TypeVar("T")

_NOTHING: Final = object()
"""What was last said, before anything was."""


class CutShort(Exception):
    """An inner source fails with it when it ended before it had said all: no failure of the whole, but of its end."""


def hand_over(
    position: Callable[[T], int | None] | None = None,
    *,
    key: Callable[[T], Hashable] | None = None,
    on_break: Callable[[T, T], None] | None = None,
) -> Callable[[Observable[Observable[T]]], Observable[T]]:
    """Relay inner sources that bring the same stream; where two overlap, hand over from the older to the newer.

    What the newer brings is held until the older has got to the first of it (by `position`): everything before came
    from the older one, everything from there on comes from the newer. Without keys the older one is let go then. An
    older source that falls silent or ends hands over when it completes; with keys it speaks again if the newer one ends
    first. What one repeats, because it lags, is for the next operator to drop (`in_sequence`).

    While only one source speaks its values pass without waiting for a lock. Each source must speak, and complete, on
    one thread of its own; the threads of two may differ.

    .. marble::

        source: -a--b----------
        a:       1-2---3-4-5-6-
        b:          34-----5-6-7
        [ hand_over(int) ]
        result: -1-2---(34)5-6-7
        a:       ^-----!

    Args:
        position: Where a value stands in its stream. None: the newer takes over at its first value.
        key: Several streams in one, each with positions of its own.
        on_break: Told when a source ended with nobody to hand over to, or was `CutShort` before it got to the first of
            the newer one: the last value before and the first after.

    Returns:
        An operator function that takes a source of sources and returns one stream.
    """

    def join(source: Observable[Observable[T]]) -> Observable[T]:
        def subscribe(observer: abc.ObserverBase[T], scheduler_: abc.SchedulerBase | None = None) -> abc.DisposableBase:
            relay = _Relay(observer, position, key or _same, on_break)
            outer = source.subscribe(
                lambda inner: relay.begin(inner, scheduler_),
                relay.fail,
                relay.outer_completed,
                scheduler=scheduler_,
            )
            # The legs first: the source of them may look, when it is left, whether anybody listens to one still.
            return CompositeDisposable(Disposable(relay.dispose), outer)

        return Observable(subscribe)

    return join


def _same(_: object) -> None:
    """Give the key of a source with one stream only."""


class _Leg(Generic[T]):
    """One inner source: of each key it speaks, or holds what it brings until that is said or it has to speak.

    The oldest one speaks for all keys but those that a newer one has `taken_over`, and has said up to there.
    """

    def __init__(self) -> None:
        self.subscription = SingleAssignmentDisposable()
        self.held: dict[Hashable, deque[tuple[int | None, T]]] = {}
        self.taken_over: dict[Hashable, int | None] = {}
        self.ended = self.cut = False


class _Relay(Generic[T]):
    """The legs, oldest first. `_direct` is the one that speaks alone, so without waiting for the lock."""

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
        self._outbox = Outbox()
        self._direct: _Leg[T] | None = None  # set by who has the turn, when nothing is due; unset before anything is
        self._last: Any = _NOTHING
        self._broken = self._outer_done = self._disposed = False

    def begin(self, source: Observable[T], scheduler: abc.SchedulerBase | None) -> None:
        """Another leg joins; whoever spoke alone does so no more."""
        leg: _Leg[T] = _Leg()
        with self._lock:
            if self._disposed:
                return
            self._direct = None
            self._legs.append(leg)
        leg.subscription.disposable = source.subscribe(
            lambda value: self._value(leg, value),
            lambda error: self._failed(leg, error),
            lambda: self._completed(leg),
            scheduler=scheduler,
        )

    def fail(self, error: Exception) -> None:
        """End with an error, once what came before is said."""
        with self._lock:
            self._due(partial(self._observer.on_error, error))
        self._outbox.deliver()

    def outer_completed(self) -> None:
        """No further leg will join."""
        with self._lock:
            self._outer_done = True
            self._finish()
        self._outbox.deliver()

    def dispose(self) -> None:
        """Let go of every leg."""
        with self._lock:
            self._disposed = True
            self._direct = None
            legs, self._legs = self._legs, []
        self._outbox.close()
        for leg in legs:
            leg.subscription.dispose()

    def _value(self, leg: _Leg[T], value: T) -> None:
        if leg is self._direct and self._outbox.turn.acquire(blocking=False):
            try:
                alone = leg is self._direct
                if alone:
                    self._last = value
                    self._observer.on_next(value)
            finally:
                self._outbox.turn.release()
                if leg is not self._direct:
                    self._outbox.deliver()
            if alone:
                return
        try:
            key, here = self._key(value), None if self._position is None else self._position(value)
        except Exception as error:  # noqa: BLE001  a function of the caller's: his mistake ends his stream
            self.fail(error)
            return
        with self._lock:
            gone = self._place(leg, value, key, here) if leg in self._legs else []
        for done in gone:
            done.subscription.dispose()
        self._outbox.deliver()

    def _place(self, leg: _Leg[T], value: T, key: Hashable, here: int | None) -> list[_Leg[T]]:
        """Send a value, hold it, or drop it. Returns the legs that have nothing more to say. Under the lock."""
        index = self._legs.index(leg)
        newer = [other for other in self._legs[index + 1 :] if not other.ended]
        for taker in newer:
            if key in taker.taken_over:
                self._keep(leg, value, key, here, taker)
                return []
        gone: list[_Leg[T]] = []
        if index > 0 and key not in leg.taken_over:
            if self._position is not None:
                leg.held.setdefault(key, deque()).append((here, value))
                return []
            gone = self._take_over(leg, key)
        elif newer and key in newer[0].held:
            first, _ = newer[0].held[key][0]
            if first is None or here is None or here >= first:
                leg.taken_over.pop(key, None)
                gone = self._take_over(newer[0], key)
                self._keep(leg, value, key, here, newer[0])
                return gone
        for other in [other for other in self._legs if other is not leg]:
            self._strike(other, key, here)
        if index > 0:
            leg.taken_over[key] = here
        self._due(partial(self._say, value))
        return gone

    def _keep(self, leg: _Leg[T], value: T, key: Hashable, here: int | None, taker: _Leg[T]) -> None:
        """Keep what an older one brings until the one that took over has brought it too: that one may end before."""
        said = taker.taken_over.get(key)
        if said is not None and here is not None and here > said:
            leg.held.setdefault(key, deque()).append((here, value))

    def _strike(self, leg: _Leg[T], key: Hashable, here: int | None) -> None:
        """Let go of what another one has said."""
        values = leg.held.get(key)
        while values and here is not None and (values[0][0] or 0) <= here:
            values.popleft()
        if not values:
            leg.held.pop(key, None)
        if leg.ended and not leg.held:
            self._legs.remove(leg)

    def _take_over(self, leg: _Leg[T], key: Hashable) -> list[_Leg[T]]:
        last = leg.held[key][-1][0] if key in leg.held else None
        self._say_held(leg, key)
        if self._key is not _same:
            leg.taken_over[key] = last
            return []
        index = self._legs.index(leg)
        gone, self._legs = self._legs[:index], self._legs[index:]
        return gone

    def _failed(self, leg: _Leg[T], error: Exception) -> None:
        if isinstance(error, CutShort):
            leg.cut = True
            self._completed(leg)
        else:
            self.fail(error)

    def _completed(self, leg: _Leg[T]) -> None:
        with self._lock:
            if leg in self._legs:
                self._end(leg)
                self._finish()
        self._outbox.deliver()

    def _end(self, leg: _Leg[T]) -> None:
        """Hand over to the next; or back, where one that took over ends before the older one does. Under the lock."""
        leg.ended = True
        given_back, leg.taken_over = leg.taken_over, {}
        for key in given_back:
            self._say_held(self._legs[0], key)
        if leg is not self._legs[0] and not leg.held:
            self._legs.remove(leg)
        while self._legs and self._legs[0].ended:
            if self._legs[0].cut and self._legs[1:] and not self._legs[1].taken_over:
                self._due(self._break)  # and it never got to where the next one began
            for head in (self._legs.pop(0), *self._legs[:1]):
                for key in tuple(head.held):
                    self._say_held(head, key)
        if not self._legs:
            self._due(self._break)

    def _finish(self) -> None:
        if self._outer_done and not self._legs:
            self._due(self._observer.on_completed)

    def _say_held(self, leg: _Leg[T], key: Hashable) -> None:
        for _, value in leg.held.pop(key, ()):
            self._due(partial(self._say, value))

    def _due(self, call: Callable[[], None]) -> None:
        self._direct = None
        self._outbox.put(call)

    def _say(self, value: T) -> None:
        before, broken = self._last, self._broken
        self._last, self._broken = value, False
        if broken and self._on_break is not None:
            try:
                self._on_break(before, value)
            except Exception as error:  # noqa: BLE001
                self._observer.on_error(error)
                return
        self._observer.on_next(value)
        with self._lock:
            if len(self._legs) == 1 and not self._outbox:
                self._direct = self._legs[0]

    def _break(self) -> None:
        self._broken = self._last is not _NOTHING
