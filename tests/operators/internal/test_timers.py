"""Timers: one action, later; and a timer that is set again and again."""

from collections.abc import Callable
from typing import Any

import pytest
from reactivex import abc
from reactivex.disposable import Disposable
from reactivex.scheduler import CurrentThreadScheduler, ImmediateScheduler, VirtualTimeScheduler

from rx_kucoin.operators.internal.timers import Timer, after


class AtOnce(VirtualTimeScheduler):
    """Does what is scheduled before `schedule_relative` has returned, and notes what is cancelled."""

    def __init__(self) -> None:
        super().__init__()
        self.cancelled: list[float] = []

    def schedule_relative(self, duetime: Any, action: Any, state: Any = None) -> abc.DisposableBase:
        if duetime <= 0:
            action(self, state)
        return Disposable(lambda: self.cancelled.append(duetime))


def bench() -> tuple[VirtualTimeScheduler, Timer, list[tuple[float, str]], Callable[[str], Callable[[], None]]]:
    clock = VirtualTimeScheduler(0.0)
    done: list[tuple[float, str]] = []

    def do(what: str) -> Callable[[], None]:
        return lambda: done.append((clock.to_seconds(clock.clock), what))

    return clock, Timer(clock), done, do


def pending(clock: VirtualTimeScheduler) -> int:
    return len([item for item, _ in clock._queue.items if not item.is_cancelled()])


def test_after_some_seconds_it_is_done_once() -> None:
    clock, _, done, do = bench()
    after(clock, 2.5, do("a"))
    clock.advance_to(100.0)
    assert done == [(2.5, "a")]


def test_unless_it_is_disposed_of_before() -> None:
    clock, _, done, do = bench()
    after(clock, 2.5, do("a")).dispose()
    clock.advance_to(100.0)
    assert done == []


def test_what_an_action_returns_is_nobodys_business() -> None:
    clock, _, _, _ = bench()
    disposed: list[int] = []
    place = after(clock, 1.0, lambda: Disposable(lambda: disposed.append(1)))
    clock.advance_to(5.0)
    place.dispose()
    assert disposed == []


def test_a_timer_is_set_again_and_again() -> None:
    clock, timer, done, do = bench()
    timer.set(1.0, do("a"))
    clock.advance_to(1.0)
    timer.set(1.0, do("b"))
    clock.advance_to(5.0)
    assert done == [(1.0, "a"), (2.0, "b")]


def test_setting_it_drops_what_it_was_set_for() -> None:
    clock, timer, done, do = bench()
    timer.set(1.0, do("a"))
    timer.set(3.0, do("b"))
    assert pending(clock) == 1
    clock.advance_to(9.0)
    assert done == [(3.0, "b")]


def test_cancelled_it_may_be_set_again() -> None:
    clock, timer, done, do = bench()
    timer.set(1.0, do("a"))
    timer.cancel()
    assert pending(clock) == 0
    timer.cancel()
    timer.set(2.0, do("b"))
    clock.advance_to(9.0)
    assert done == [(2.0, "b")]


def test_disposed_of_it_may_not() -> None:
    clock, timer, done, do = bench()
    timer.set(1.0, do("a"))
    timer.dispose()
    timer.set(1.0, do("b"))
    timer.cancel()
    timer.set(1.0, do("c"))
    assert pending(clock) == 0
    clock.advance_to(9.0)
    assert done == []


def test_an_action_sets_its_own_timer() -> None:
    clock, timer, done, do = bench()

    def beat() -> None:
        do("beat")()
        timer.set(1.0, beat)

    timer.set(1.0, beat)
    clock.advance_to(3.5)
    assert [at for at, _ in done] == [1.0, 2.0, 3.0]
    timer.cancel()
    clock.advance_to(9.0)
    assert len(done) == 3


@pytest.mark.parametrize("clock", [ImmediateScheduler(), CurrentThreadScheduler()])
def test_an_action_that_is_done_at_once_sets_its_own_timer(clock: abc.SchedulerBase) -> None:
    timer = Timer(clock)
    done: list[int] = []

    def step() -> None:
        done.append(len(done))
        if len(done) < 5:
            timer.set(0.0, step)

    timer.set(0.0, step)
    assert done == [0, 1, 2, 3, 4]


def test_what_it_was_set_to_by_an_action_that_was_done_at_once_is_kept() -> None:
    clock = AtOnce()
    timer = Timer(clock)
    timer.set(0.0, lambda: timer.set(7.0, lambda: None))
    assert clock.cancelled == [0.0]
    timer.cancel()
    assert clock.cancelled == [0.0, 7.0]


def test_a_timer_that_is_disposed_of_by_an_action_that_is_done_at_once_is_left_with_nothing() -> None:
    clock = AtOnce()
    timer = Timer(clock)
    timer.set(0.0, timer.dispose)
    assert clock.cancelled == [0.0]
