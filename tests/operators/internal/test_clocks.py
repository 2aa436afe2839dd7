"""The time of a scheduler: its own if it has one, else the machine's monotonic clock or, for dates, its wall clock."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from reactivex.scheduler import (
    EventLoopScheduler,
    HistoricalScheduler,
    NewThreadScheduler,
    TimeoutScheduler,
    VirtualTimeScheduler,
)

from rx_kucoin.operators.internal.clocks import clock_of, microseconds, nanoseconds, seconds_of, wall_of


@pytest.mark.parametrize("scheduler", [TimeoutScheduler(), EventLoopScheduler(), NewThreadScheduler()])
def test_a_scheduler_on_the_wall_clock_is_measured_with_the_monotonic_one(scheduler: TimeoutScheduler) -> None:
    before = time.monotonic_ns() // 1_000
    assert before <= clock_of(scheduler)() <= time.monotonic_ns() // 1_000
    began = time.monotonic()
    assert began <= seconds_of(scheduler)() <= time.monotonic()


@pytest.mark.parametrize("scheduler", [TimeoutScheduler(), EventLoopScheduler(), NewThreadScheduler()])
def test_the_date_of_a_scheduler_on_the_wall_clock_is_that_of_the_wall_clock(scheduler: TimeoutScheduler) -> None:
    before = time.time_ns()
    assert before <= wall_of(scheduler)() <= time.time_ns()


def test_virtual_time_is_believed_to_the_microsecond() -> None:
    scheduler = VirtualTimeScheduler(1_000.0)
    now, seconds, date = clock_of(scheduler), seconds_of(scheduler), wall_of(scheduler)
    scheduler.advance_to(1_012.345678)
    assert (now(), seconds(), date()) == (1_012_345_678, 1_012.345678, 1_012_345_678_000)


def test_recorded_time_is_believed() -> None:
    moment = datetime(2026, 1, 2, tzinfo=UTC)
    scheduler = HistoricalScheduler(moment)
    now = clock_of(scheduler)
    before = now()
    scheduler.advance_by(timedelta(hours=12))
    assert now() - before == 12 * 3_600 * 1_000_000


def test_a_scheduler_with_a_now_of_its_own_is_believed() -> None:
    class Stopped(EventLoopScheduler):
        @property
        def now(self) -> datetime:
            return datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)

    stopped = Stopped()
    assert (clock_of(stopped)(), seconds_of(stopped)(), wall_of(stopped)()) == (1_000_000, 1.0, 1_000_000_000)


@pytest.mark.parametrize(
    ("seconds", "expected"), [(1.0, 1_000_000), (1.1, 1_100_000), (0.29, 290_000), (4.35, 4_350_000)]
)
def test_seconds_in_microseconds_and_nanoseconds(seconds: float, expected: int) -> None:
    assert microseconds(seconds) == expected
    assert nanoseconds(seconds) == expected * 1_000
