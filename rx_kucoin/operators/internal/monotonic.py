"""The time of a scheduler, in whole microseconds, without the jumps of the wall clock."""

import time
from collections.abc import Callable
from datetime import timedelta

from reactivex import abc
from reactivex.internal.constants import UTC_ZERO
from reactivex.scheduler.scheduler import Scheduler

__all__ = ["clock_of", "microseconds"]

MICROSECOND = timedelta(microseconds=1)  # what a datetime can tell apart, hence the unit of `Scheduler.now`


def clock_of(scheduler: abc.SchedulerBase) -> Callable[[], int]:
    """The clock to measure durations with on this scheduler.

    A scheduler with a `now` of its own (virtual, replayed, monotonic, an event loop's) is believed. One that only
    inherits RxPY's `now` tells the wall clock, which NTP or an operator may step by an hour; durations on such a
    scheduler are measured with the monotonic clock instead.

    Args:
        scheduler: The scheduler on which the durations are waited for.

    Returns:
        A function that tells the time in microseconds since some fixed moment, rounded down.
    """
    if getattr(type(scheduler), "now", None) is Scheduler.now:
        return lambda: time.monotonic_ns() // 1_000
    return lambda: (scheduler.now - UTC_ZERO) // MICROSECOND


def microseconds(seconds: float) -> int:
    """A duration in whole microseconds: the nearest ones, as `timedelta` rounds it for the schedulers."""
    return timedelta(seconds=seconds) // MICROSECOND
