"""What time it is on a scheduler: to measure durations with, or as a date."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from reactivex import abc
from reactivex.internal.constants import UTC_ZERO
from reactivex.scheduler.scheduler import Scheduler

__all__ = ["SECOND_NS", "clock_of", "has_own_time", "microseconds", "nanoseconds", "seconds_of", "wall_of"]

SECOND_NS: Final = 1_000_000_000

_MICROSECOND: Final = timedelta(microseconds=1)
"""What a datetime can tell apart, hence the resolution of `Scheduler.now`."""


def has_own_time(scheduler: abc.SchedulerBase) -> bool:
    """Whether a scheduler has a time of its own: virtual, replayed, monotonic, or an event loop's.

    One that only inherits RxPY's `now` tells the wall clock, which NTP or a user may set back by an hour. Durations on
    it are measured with the monotonic clock instead.
    """
    return getattr(type(scheduler), "now", None) is not Scheduler.now


def clock_of(scheduler: abc.SchedulerBase) -> Callable[[], int]:
    """The clock to measure durations with on this scheduler.

    Args:
        scheduler: The scheduler on which the durations pass.

    Returns:
        A function that returns the microseconds since some fixed moment, rounded down.
    """
    if has_own_time(scheduler):
        return lambda: (scheduler.now - UTC_ZERO) // _MICROSECOND
    return lambda: time.monotonic_ns() // 1_000


def seconds_of(scheduler: abc.SchedulerBase) -> Callable[[], float]:
    """The same clock in seconds."""
    if has_own_time(scheduler):
        return lambda: scheduler.to_seconds(scheduler.now)
    return time.monotonic


def wall_of(scheduler: abc.SchedulerBase) -> Callable[[], int]:
    """The date on this scheduler.

    Returns:
        A function that returns the nanoseconds since 1970. Not for durations, as the wall clock may be set.
    """
    if has_own_time(scheduler):
        return lambda: (scheduler.now - UTC_ZERO) // _MICROSECOND * 1_000
    return time.time_ns


def microseconds(seconds: float) -> int:
    """A duration in whole microseconds, rounded as `timedelta` rounds it for the schedulers."""
    return timedelta(seconds=seconds) // _MICROSECOND


def nanoseconds(seconds: float) -> int:
    """A duration in whole nanoseconds, rounded to the nearest."""
    return round(seconds * SECOND_NS)
