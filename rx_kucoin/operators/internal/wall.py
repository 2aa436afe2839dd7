"""The date of a scheduler, in nanoseconds since 1970."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from reactivex import abc
from reactivex.internal.constants import UTC_ZERO
from reactivex.scheduler.scheduler import Scheduler

__all__ = ["SECOND_NS", "nanoseconds", "wall_of"]

SECOND_NS: Final = 1_000_000_000

_MICROSECOND: Final = timedelta(microseconds=1)


def wall_of(scheduler: abc.SchedulerBase) -> Callable[[], int]:
    """What time it is on this scheduler; for durations see `clock_of`, as the wall clock may be set."""
    if getattr(type(scheduler), "now", None) is Scheduler.now:
        return time.time_ns
    return lambda: (scheduler.now - UTC_ZERO) // _MICROSECOND * 1_000


def nanoseconds(seconds: float) -> int:
    """A duration in whole nanoseconds, the nearest ones."""
    return round(seconds * SECOND_NS)
