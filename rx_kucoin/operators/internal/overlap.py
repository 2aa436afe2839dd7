"""The inner sources of `hand_over`, and what each of them may say when."""

from collections import deque
from collections.abc import Callable, Hashable
from functools import partial
from threading import RLock
from typing import Any, Final, Generic, NamedTuple, TypeVar

from reactivex import Observable, abc

from rx_kucoin.operators.internal.drain_queue import DrainQueue
from rx_kucoin.operators.internal.unguarded import Holder, Sink, attach

__all__ = ["CutShort", "Relay", "Rules"]

T = TypeVar("T")


_NONE: Final[dict[Any, Any]] = {}
"""What most legs hold, for ever empty: there may be thousands of them."""


class CutShort(Exception):
    """An inner source fails with it when it ended before it had said all: no failure of the whole, but of its end."""


class Rules(NamedTuple, Generic[T]):
    """How the values of all sources are told apart and put in order."""

    position: Callable[[T], int | None]
    key: Callable[[T], Hashable] | None
    on_break: Callable[[], None] | None


class Leg(Generic[T]):
    """One inner source: of each key it speaks, or holds what it brings until that is said or it has to speak.

    The oldest one speaks for all keys but those that a newer one has `taken_over`, and has said up to there.
    """

    __slots__ = ("cut", "ended", "held", "relay", "subscription", "taken_over")

    def __init__(self, relay: "Relay[T]") -> None:
        self.relay = relay
        self.subscription = Holder()
        self.held: dict[Hashable, deque[tuple[int | None, T]]] = _NONE
        self.taken_over: dict[Hashable, int | None] = _NONE
        self.ended = self.cut = False

    def on_next(self, value: T) -> None:
        relay = self.relay
        if relay.direct is self:
            try:
                relay.turn.pop()
            except IndexError:
                pass  # somebody is speaking, so what comes has to queue
            else:
                if relay.direct is self:
                    try:
                        relay.sink.on_next(value)
                    finally:
                        relay.turn.append(None)
                        if relay.direct is not self:
                            relay.deliver()
                    return
                relay.turn.append(None)
        relay.take(self, value)

    def hold(self, key: Hashable, here: int | None, value: T) -> None:
        """Keep a value until it may be said."""
        self.held = self.held or {}
        self.held.setdefault(key, deque()).append((here, value))

    def take_over(self, key: Hashable, here: int | None) -> None:
        """Speak for a key from now on, or go on to."""
        self.taken_over = self.taken_over or {}
        self.taken_over[key] = here

    def on_error(self, error: Exception) -> None:
        if isinstance(error, CutShort):
            self.cut = True
            self.relay.completed(self)
        else:
            self.relay.on_error(error)

    def on_completed(self) -> None:
        self.relay.completed(self)


class Relay(DrainQueue, abc.DisposableBase, Generic[T]):
    """The legs, oldest first. `direct` is the one that speaks alone, so without waiting for the lock."""

    __slots__ = (
        "_broken",
        "_disposed",
        "_legs",
        "_lock",
        "_outer_done",
        "_rules",
        "_scheduler",
        "_spoke",
        "direct",
        "outer",
        "sink",
    )

    def __init__(self, sink: Sink[T], rules: Rules[T], scheduler: abc.SchedulerBase | None) -> None:
        super().__init__()
        self.sink, self._rules, self._scheduler = sink, rules, scheduler
        self.outer = Holder()
        self._lock = RLock()
        self._legs: tuple[Leg[T], ...] = ()
        self.direct: Leg[T] | None = None  # set by who has the turn, when nothing is due; unset before anything is
        self._spoke = self._broken = self._outer_done = self._disposed = False

    def on_next(self, source: Observable[T]) -> None:
        """Another leg joins; whoever spoke alone does so no more."""
        leg = Leg(self)
        with self._lock:
            if self._disposed:
                return
            self.direct = None
            self._legs = (*self._legs, leg)
        leg.subscription.hold(attach(source, leg, self._scheduler))

    def on_error(self, error: Exception) -> None:
        """End with an error, once what came before is said."""
        with self._lock:
            self._say_soon(partial(self.sink.on_error, error))
        self.deliver()

    def on_completed(self) -> None:
        """No further leg will join."""
        with self._lock:
            self._outer_done = True
            self._finish()
        self.deliver()

    def dispose(self) -> None:
        """Let go of every leg, and only then of their source: it may look whether anybody listens to one still."""
        with self._lock:
            self._disposed = True
            self.direct = None
            legs, self._legs = self._legs, ()
        self.close()
        for leg in legs:
            leg.subscription.dispose()
        self.outer.dispose()

    def take(self, leg: Leg[T], value: T) -> None:
        """Take a value that did not pass directly."""
        position, key_of, _ = self._rules
        try:
            key, here = key_of and key_of(value), position(value)
        except Exception as error:  # noqa: BLE001  a function of the caller's: his mistake ends his stream
            self.on_error(error)
            return
        with self._lock:
            gone = self._place(leg, value, key, here) if leg in self._legs else ()
        for done in gone:
            done.subscription.dispose()
        self.deliver()

    def completed(self, leg: Leg[T]) -> None:
        """A leg has nothing more to say."""
        with self._lock:
            if leg in self._legs:
                self._end(leg)
                self._finish()
        self.deliver()

    def _place(self, leg: Leg[T], value: T, key: Hashable, here: int | None) -> tuple[Leg[T], ...]:
        """Send a value, hold it, or drop it. Returns the legs that have nothing more to say. Under the lock."""
        index = self._legs.index(leg)
        newer = [other for other in self._legs[index + 1 :] if not other.ended]
        for taker in newer:
            if key in taker.taken_over:
                self._keep(leg, value, key, here, taker)
                return ()
        if index > 0 and key not in leg.taken_over:
            leg.hold(key, here, value)
            return ()
        if newer and key in newer[0].held:
            first, _ = newer[0].held[key][0]
            if first is None or here is None or here >= first:
                leg.taken_over.pop(key, None)
                gone = self._take_over(newer[0], key)
                self._keep(leg, value, key, here, newer[0])
                return gone
        for other in self._legs:
            if other is not leg:
                self._strike(other, key, here)
        if index > 0:
            leg.take_over(key, here)
        self._say_soon(partial(self._say, value))
        return ()

    def _keep(self, leg: Leg[T], value: T, key: Hashable, here: int | None, taker: Leg[T]) -> None:
        """Keep what an older one brings until the one that took over has brought it too: that one may end before."""
        said = taker.taken_over.get(key)
        if said is not None and here is not None and here > said:
            leg.hold(key, here, value)

    def _strike(self, leg: Leg[T], key: Hashable, here: int | None) -> None:
        """Let go of what another one has said."""
        values = leg.held.get(key)
        while values and here is not None and (values[0][0] or 0) <= here:
            values.popleft()
        if not values:
            leg.held.pop(key, None)
        if leg.ended and not leg.held:
            self._remove(leg)

    def _take_over(self, leg: Leg[T], key: Hashable) -> tuple[Leg[T], ...]:
        last = leg.held[key][-1][0] if key in leg.held else None
        self._say_held(leg, key)
        if self._rules.key is not None:
            leg.take_over(key, last)
            return ()
        index = self._legs.index(leg)
        gone, self._legs = self._legs[:index], self._legs[index:]
        return gone

    def _end(self, leg: Leg[T]) -> None:
        """Hand over to the next; or back, where one that took over ends before the older one does. Under the lock."""
        leg.ended = True
        given_back, leg.taken_over = leg.taken_over, _NONE
        for key in given_back:
            self._say_held(self._legs[0], key)
        if leg is not self._legs[0] and not leg.held:
            self._remove(leg)
        while self._legs and self._legs[0].ended:
            if self._legs[0].cut and self._legs[1:] and not self._legs[1].taken_over:
                self._say_soon(self._break)  # and it never got to where the next one began
            heads, self._legs = self._legs[:2], self._legs[1:]
            for head in heads:
                for key in tuple(head.held):
                    self._say_held(head, key)
        if not self._legs:
            self._say_soon(self._break)

    def _remove(self, leg: Leg[T]) -> None:
        self._legs = tuple([other for other in self._legs if other is not leg])

    def _finish(self) -> None:
        if self._outer_done and not self._legs:
            self._say_soon(self.sink.on_completed)

    def _say_held(self, leg: Leg[T], key: Hashable) -> None:
        for _, value in leg.held.pop(key, ()):
            self._say_soon(partial(self._say, value))

    def _say_soon(self, call: Callable[[], None]) -> None:
        self.direct = None
        self.put(call)

    def _say(self, value: T) -> None:
        broken, self._broken, self._spoke = self._broken, False, True
        if broken and self._rules.on_break is not None:
            try:
                self._rules.on_break()
            except Exception as error:  # noqa: BLE001
                self.sink.on_error(error)
                return
        self.sink.on_next(value)
        with self._lock:
            if len(self._legs) == 1 and not len(self):
                self.direct = self._legs[0]

    def _break(self) -> None:
        self._broken = self._spoke
