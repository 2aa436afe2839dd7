"""When an event was: by itself, or by the clock."""

from collections.abc import Callable
from typing import Final, Generic, TypeVar

from reactivex import abc
from reactivex.scheduler import TimeoutScheduler

from rx_kucoin.operators.internal.clocks import wall_of

__all__ = ["Dates"]

T = TypeVar("T")

_BEFORE_ALL: Final = -(2**63)


class Dates(Generic[T]):
    """Tells when each event was, in nanoseconds since 1970, and never goes back.

    What says no time of its own is as late as the latest before it, or the clock's where there was none.
    """

    __slots__ = ("_clock", "_time", "latest")

    def __init__(self, time: Callable[[T], int | None] | None, scheduler: abc.SchedulerBase | None) -> None:
        self._time = time
        self._clock = wall_of(scheduler or TimeoutScheduler.singleton())
        self.latest = _BEFORE_ALL

    def of(self, event: T) -> int:
        """Tell when it was, however late it comes."""
        at = self._clock() if self._time is None else self._time(event)
        if at is None:
            at = self._clock() if self.latest == _BEFORE_ALL else self.latest
        self.latest = max(self.latest, at)
        return at
