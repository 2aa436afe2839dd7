"""Join inner sources that bring copies of one stream whose values have no place in it: each value once, in order."""

from collections import Counter, deque
from collections.abc import Callable, Hashable
from functools import partial
from threading import RLock
from typing import Final, Generic, TypeVar

from reactivex import Observable, abc

from rx_kucoin.operators.internal.drain_queue import DrainQueue
from rx_kucoin.operators.internal.overlap import CutShort
from rx_kucoin.operators.internal.unguarded import Holder, Sink, Unguarded, attach

__all__ = ["merge_copies"]

T = TypeVar("T")


def merge_copies(
    identity: Callable[[T], Hashable],
    *,
    on_break: Callable[[], None] | None = None,
) -> Callable[[Observable[Observable[T]]], Observable[T]]:
    """Relay inner sources that bring the same stream; where two overlap, pass each value once.

    For streams whose values have no position to go by: see `hand_over` for those that have. While an older source lives
    it speaks, and a newer one is heard in silence; what the older one has not brought by its end the newer one says
    then. Copies are known by their `identity`. One source may well bring a value twice: then it is passed twice.

    Each source must speak, and complete, on one thread of its own; the threads of two may differ.

    .. marble::

        source: -a---b-----------
        a:       -1-2-3-4|
        b:           -3-45-6-
        [ merge_copies(str) ]
        result: --1-2-3-45-6-
        a:       ^-------!

    Args:
        identity: What a value and its copies have in common, and no other value soon after.
        on_break: Told before the next value when a source ended with nobody to hand over to, or was `CutShort` before
            the newer one brought any of its values.

    Returns:
        An operator function that takes a source of sources and returns one stream.
    """

    def join(source: Observable[Observable[T]]) -> Observable[T]:
        def subscribe(sink: Sink[T], scheduler_: abc.SchedulerBase | None) -> abc.DisposableBase:
            merging = _Merging(sink, identity, on_break, scheduler_)
            merging.outer.hold(attach(source, merging, scheduler_))
            return merging

        return Unguarded(subscribe)

    return join


_REMEMBERED: Final = 64
"""Values that a source may be behind the one before it when it joins."""


class _Leg(Generic[T]):
    """One inner source. The oldest speaks; of a newer one it is known what it brought first, and what it still owes."""

    def __init__(self, merging: "_Merging[T]", owed: Counter[Hashable]) -> None:
        self.merging, self.owed = merging, owed
        self.held: deque[tuple[Hashable, T]] = deque()
        self.subscription = Holder()
        self.overlaps = False
        """Whether it brought a copy: then it has all that an older one may have left unsaid."""
        self.ended = self.whole = False

    def on_next(self, value: T) -> None:
        self.merging.take(self, value)

    def on_error(self, error: Exception) -> None:
        if isinstance(error, CutShort):
            self.merging.ended(self, whole=False)
        else:
            self.merging.on_error(error)

    def on_completed(self) -> None:
        self.merging.ended(self, whole=True)

    def is_copy(self, mark: Hashable) -> bool:
        """Whether this was said already, from another source."""
        if self.owed[mark] == 0:
            return False
        self.owed[mark] -= 1
        self.overlaps = True
        return True

    def was_said(self, mark: Hashable) -> None:
        """An older source said this: the copy is here already, or will come."""
        for at, (held, _) in enumerate(self.held):
            if held == mark:
                del self.held[at]
                self.overlaps = True
                return
        self.owed[mark] += 1


class _Merging(DrainQueue, abc.DisposableBase, Generic[T]):
    """The legs, oldest first."""

    __slots__ = (
        "_broken",
        "_disposed",
        "_identity",
        "_legs",
        "_lock",
        "_on_break",
        "_outer_done",
        "_said",
        "_scheduler",
        "_spoke",
        "outer",
        "sink",
    )

    def __init__(
        self,
        sink: Sink[T],
        identity: Callable[[T], Hashable],
        on_break: Callable[[], None] | None,
        scheduler: abc.SchedulerBase | None,
    ) -> None:
        super().__init__()
        self.sink, self._identity, self._on_break, self._scheduler = sink, identity, on_break, scheduler
        self.outer = Holder()
        self._lock = RLock()
        self._legs: list[_Leg[T]] = []
        self._said: deque[Hashable] = deque(maxlen=_REMEMBERED)
        self._spoke = self._broken = self._outer_done = self._disposed = False

    def on_next(self, source: Observable[T]) -> None:
        """Another leg joins."""
        with self._lock:
            if self._disposed:
                return
            leg = _Leg(self, Counter(self._said if self._legs else ()))
            self._legs.append(leg)
        leg.subscription.hold(attach(source, leg, self._scheduler))

    def on_error(self, error: Exception) -> None:
        """End with an error, once what came before is said."""
        with self._lock:
            self.put(partial(self.sink.on_error, error))
        self.deliver()

    def on_completed(self) -> None:
        """No further leg will join."""
        with self._lock:
            self._outer_done = True
            self._finish()
        self.deliver()

    def dispose(self) -> None:
        """Let go of every leg, and only then of their source."""
        with self._lock:
            self._disposed = True
            legs, self._legs = self._legs, []
        self.close()
        for leg in legs:
            leg.subscription.dispose()
        self.outer.dispose()

    def take(self, leg: _Leg[T], value: T) -> None:
        """Take a value of a leg's."""
        try:
            mark = self._identity(value)
        except Exception as error:  # noqa: BLE001  a function of the caller's: his mistake ends his stream
            self.on_error(error)
            return
        with self._lock:
            if leg in self._legs and not leg.is_copy(mark):
                if leg is self._legs[0]:
                    leg.owed.clear()  # it brings all in order, so no copy of what is older will come
                    self._say(mark, value)
                else:
                    leg.held.append((mark, value))
        self.deliver()

    def ended(self, leg: _Leg[T], *, whole: bool) -> None:
        """A leg has nothing more to say. One that ended before its turn keeps what it brought until that comes."""
        with self._lock:
            leg.ended, leg.whole = True, whole
            while self._legs and self._legs[0].ended:
                self._go_on(self._legs.pop(0))
            self._finish()
        self.deliver()

    def _go_on(self, gone: _Leg[T]) -> None:
        """Let the next one speak, which has been silent so far."""
        covered = bool(self._legs) and (gone.whole or self._legs[0].overlaps)
        self._broken = self._broken or (self._spoke and not covered)
        if self._legs:
            held, self._legs[0].held = self._legs[0].held, deque()
            for mark, value in held:
                self._say(mark, value)

    def _say(self, mark: Hashable, value: T) -> None:
        self._said.append(mark)
        for newer in self._legs[1:]:
            newer.was_said(mark)
        broken, self._broken, self._spoke = self._broken, False, True
        if broken:
            self.put(self._tell_of_break)
        self.put(partial(self.sink.on_next, value))

    def _tell_of_break(self) -> None:
        if self._on_break is not None:
            try:
                self._on_break()
            except Exception as error:  # noqa: BLE001  as above
                self.sink.on_error(error)

    def _finish(self) -> None:
        if self._outer_done and not self._legs:
            self.put(self.sink.on_completed)
