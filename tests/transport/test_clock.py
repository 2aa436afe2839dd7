import logging
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from reactivex import abc, typing

from rx_kucoin.transport.clock import Clock

HOURS_12 = 12 * 3600.0


def threads(name: str) -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == name]


def test_a_clock_that_was_built_has_no_thread() -> None:
    clock = Clock("idle")
    assert threads("idle") == []
    assert clock.join(0.0)
    assert repr(clock) == "<Clock 0 timers>"


def test_timers_fire_in_the_order_of_their_times_and_equals_in_the_order_of_their_setting() -> None:
    clock, fired, done = Clock("order"), list[str](), threading.Event()
    for name, seconds in {"third": 0.09, "first": 0.03, "second": 0.06}.items():
        clock.schedule_relative(seconds, lambda _, state: fired.append(state), name)
    clock.schedule_relative(timedelta(seconds=0.12), lambda *_: done.set())
    for name in "abc":
        clock.schedule(lambda _, state: fired.append(state), name)
    assert done.wait(10)
    assert fired == ["a", "b", "c", "first", "second", "third"]
    assert clock.join(10)


def test_an_action_is_given_the_clock_and_its_state_and_never_comes_early() -> None:
    clock, got, done = Clock(), list[object](), threading.Event()
    started = time.monotonic()

    def act(scheduler: abc.SchedulerBase, state: int | None) -> None:
        got.extend([scheduler, state, time.monotonic() - started >= 0.05])
        done.set()

    clock.schedule_relative(0.05, act, 7)
    assert done.wait(10)
    assert got == [clock, 7, True]


def test_the_thread_ends_when_nothing_waits_and_another_one_comes_when_something_does() -> None:
    clock, seen = Clock("again"), list[threading.Thread]()
    for _ in range(50):
        clock.schedule(lambda *_: seen.append(threading.current_thread()))
        assert clock.join(10)
        assert threads("again") == []
    assert len(seen) == 50
    assert len(set(seen)) == 50


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2), (1, 2, 0)])
def test_cancelling_the_last_timer_ends_the_thread_at_once_however_long_it_would_have_waited(
    order: tuple[int, ...],
) -> None:
    clock = Clock("cancelled")
    timers = [clock.schedule_relative(HOURS_12 + n, lambda *_: None) for n in range(3)]
    assert len(threads("cancelled")) == 1
    for n in order[:2]:
        timers[n].dispose()
        timers[n].dispose()
    assert repr(clock) == "<Clock 1 timers>"
    assert not clock.join(0.0)
    timers[order[2]].dispose()
    assert clock.join(10)
    assert threads("cancelled") == []


@pytest.mark.parametrize("cancelled", [0, 1, 2])
def test_a_cancelled_timer_does_not_fire_and_the_others_do(cancelled: int) -> None:
    clock, fired = Clock(), list[int | None]()
    timers = [clock.schedule_relative(0.03 + n * 0.03, lambda _, n: fired.append(n), n) for n in range(3)]
    timers[cancelled].dispose()
    assert clock.join(10)
    assert fired == [n for n in range(3) if n != cancelled]


def test_an_earlier_timer_is_not_kept_waiting_by_a_later_one() -> None:
    clock, fired = Clock(), threading.Event()
    long = clock.schedule_relative(HOURS_12, lambda *_: None)
    clock.schedule_relative(0.01, lambda *_: fired.set())
    assert fired.wait(10)
    long.dispose()
    assert clock.join(10)


@pytest.mark.parametrize("seconds", [float("inf"), 1e12, threading.TIMEOUT_MAX * 2])
def test_a_timer_that_never_comes_holds_up_no_other(seconds: float) -> None:
    clock, fired = Clock(), threading.Event()
    never = clock.schedule_relative(seconds, lambda *_: None)
    clock.schedule_relative(0.05, lambda *_: fired.set())
    assert fired.wait(10)
    assert repr(clock) == "<Clock 1 timers>"
    never.dispose()
    assert clock.join(10)


@pytest.mark.parametrize("seconds", [0.0, -1.0, -1e300, float("nan")])
def test_a_time_that_is_over_is_now(seconds: float) -> None:
    clock, fired = Clock(), threading.Event()
    clock.schedule_relative(seconds, lambda *_: fired.set())
    assert fired.wait(10)


@pytest.mark.parametrize("raised", [ValueError("bad action"), SystemExit(3), KeyboardInterrupt()])
def test_what_an_action_raises_is_logged_and_the_others_go_on(
    raised: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    clock, fired = Clock("raising"), list[str]()

    def bad(*_: object) -> None:
        fired.append(threading.current_thread().name)
        raise raised

    with caplog.at_level(logging.ERROR, "rx_kucoin.clock"):
        clock.schedule(bad)
        clock.schedule_relative(0.02, lambda *_: fired.append("next"))
        assert clock.join(10)
    assert fired == ["raising", "next"]
    assert [record.getMessage() for record in caplog.records] == ["an action of the clock raised"]


def test_an_action_may_set_cancel_and_join() -> None:
    clock, fired, done = Clock("inside"), list[str](), threading.Event()
    victim = clock.schedule_relative(HOURS_12, lambda *_: fired.append("victim"))

    def first(scheduler: abc.SchedulerBase, _: object) -> abc.DisposableBase:
        victim.dispose()
        assert clock.join(10)
        fired.append("first")
        return scheduler.schedule_relative(0.01, second)

    def second(*_: object) -> None:
        fired.append("second")
        done.set()

    clock.schedule(first)
    assert done.wait(10)
    assert fired == ["first", "second"]
    assert clock.join(10)


def test_disposing_of_a_timer_disposes_of_what_its_action_returned() -> None:
    clock, began, fired = Clock(), threading.Event(), list[str]()

    def first(scheduler: abc.SchedulerBase, _: object) -> abc.DisposableBase:
        later = scheduler.schedule_relative(HOURS_12, lambda *_: fired.append("later"))
        began.set()
        return later

    timer = clock.schedule(first)
    assert began.wait(10)
    timer.dispose()
    assert clock.join(10)
    assert fired == []


@pytest.mark.parametrize("as_float", [False, True])
def test_a_moment_is_one_of_this_clocks(as_float: bool) -> None:  # noqa: FBT001
    clock, fired = Clock(), list[datetime]()
    moment: typing.AbsoluteTime = clock.now + timedelta(seconds=0.05)
    due = moment.timestamp() if as_float and isinstance(moment, datetime) else moment
    clock.schedule_absolute(due, lambda *_: fired.append(clock.now))
    assert clock.join(10)
    assert fired[0] >= clock.to_datetime(moment) - timedelta(microseconds=10)


@pytest.mark.parametrize("days", [-400, 400])
def test_a_wall_clock_that_was_set_wrong_when_the_clock_was_made_moves_no_timer(days: int) -> None:
    clock, fired = Clock(), threading.Event()
    clock._wall += timedelta(days=days)  # as if the machine's clock had been put right since
    assert abs(clock.now - datetime.now(UTC)) > timedelta(days=399)
    started = time.monotonic()
    clock.schedule_absolute(clock.now + timedelta(seconds=0.05), lambda *_: fired.set())
    assert fired.wait(10)
    assert time.monotonic() - started >= 0.049
    earlier = clock.now
    assert clock.now >= earlier
