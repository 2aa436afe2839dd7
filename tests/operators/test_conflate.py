"""conflate: few values, the latest ones, and the last one always."""

import sys
import threading
import time
from collections.abc import Callable
from datetime import datetime
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reactivex import Observable, abc
from reactivex.disposable import Disposable
from reactivex.scheduler import VirtualTimeScheduler
from reactivex.subject import Subject

from rx_kucoin.operators._conflate import conflate


class Counting(VirtualTimeScheduler):
    def __init__(self) -> None:
        super().__init__(0.0)
        self.set = 0

    def schedule_relative(self, duetime, action, state=None):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
        self.set += 1
        return super().schedule_relative(duetime, action, state)

    @property
    def time(self) -> float:
        return self.to_seconds(self.clock)


class Desk:
    def __init__(self, every: float = 3.0, at_once: Callable[[Any], bool] | None = None) -> None:
        self.clock = Counting()
        self.source: Subject[Any] = Subject()
        self.seen: list[Any] = []
        self.at: list[float] = []
        self.subscription = self.source.pipe(conflate(every, at_once=at_once)).subscribe(
            self.take, lambda error: self.seen.append(repr(error)), lambda: self.seen.append("|"), scheduler=self.clock
        )

    def take(self, value: object) -> None:
        self.seen.append(value)
        self.at.append(self.clock.time)

    def say(self, *values: object) -> list[Any]:
        for value in values:
            self.source.on_next(value)
        return self.news()

    def wait(self, seconds: float) -> list[Any]:
        self.clock.advance_by(seconds)
        return self.news()

    def news(self) -> list[Any]:
        seen, self.seen = self.seen, []
        return seen


def urgent(value: object) -> bool:
    return isinstance(value, str)


def test_the_first_passes_at_once_and_then_the_latest_of_what_came() -> None:
    desk = Desk()
    assert desk.say(1, 2, 3) == [1]
    assert desk.wait(2.9) == []
    assert desk.say(4) == []
    assert desk.wait(0.1) == [4]
    assert desk.say(5) == []
    assert desk.wait(3) == [5]


def test_after_a_pause_the_next_passes_at_once() -> None:
    desk = Desk()
    desk.say(1)
    desk.wait(3)
    assert desk.say(2) == [2]


def test_many_values_set_no_timer() -> None:
    desk = Desk()
    desk.say(*range(10_000))
    assert desk.clock.set == 1
    assert desk.wait(3) == [9_999]
    assert desk.clock.set == 2
    desk.wait(1000)
    assert desk.clock.set == 2


def test_nor_do_many_that_must_not_wait() -> None:
    desk = Desk(at_once=urgent)
    assert len(desk.say(*"abcdefgh")) == 8
    assert desk.clock.set == 1


def test_what_must_not_wait_passes_at_once_and_drops_what_does() -> None:
    desk = Desk(at_once=urgent)
    desk.say(1, 2)
    assert desk.say("now") == ["now"]
    assert desk.wait(1000) == []


def test_several_that_must_not_wait_all_pass() -> None:
    desk = Desk(at_once=urgent)
    assert desk.say("a", "b", 1, "c") == ["a", "b", "c"]


def test_after_one_that_did_not_wait_the_next_waits_for_as_long_as_ever() -> None:
    desk = Desk(at_once=urgent)
    desk.say(1)
    desk.wait(2)
    desk.say("now", 2)
    assert desk.wait(2.9) == []
    assert desk.wait(0.1) == [2]


@pytest.mark.parametrize(("end", "last"), [("on_completed", "|"), ("on_error", "OSError()")])
def test_at_the_end_the_one_that_waits_passes_first(end: str, last: str) -> None:
    desk = Desk()
    desk.say(1, 2, 3)
    getattr(desk.source, end)(*[OSError()][: end == "on_error"])
    assert desk.news() == [3, last]
    assert desk.wait(1000) == []


def test_an_end_with_nothing_waiting_is_just_an_end() -> None:
    desk = Desk()
    desk.say(1)
    desk.source.on_completed()
    assert desk.news() == ["|"]


def test_disposal_drops_what_waits() -> None:
    desk = Desk()
    desk.say(1, 2)
    desk.subscription.dispose()
    assert desk.wait(1000) == []
    assert not desk.source.observers


def test_a_subscriber_may_leave_from_within_on_next() -> None:
    source: Subject[int] = Subject()
    clock, seen = VirtualTimeScheduler(0.0), list[int]()

    def once(value: int) -> None:
        seen.append(value)
        source.on_next(2)
        subscription.dispose()

    subscription = source.pipe(conflate(1.0)).subscribe(once, scheduler=clock)
    source.on_next(1)
    clock.advance_by(1000)
    assert seen == [1]


def test_a_value_from_within_on_next_waits_and_one_that_must_not_comes_behind() -> None:
    desk = Desk(at_once=urgent)
    order: list[Any] = []

    def feed(value: object) -> None:
        if value == 1:
            desk.source.on_next(2)
            desk.source.on_next("now")
            desk.source.on_next(3)
        order.append(value)

    desk.source.pipe(conflate(3.0, at_once=urgent)).subscribe(feed, scheduler=desk.clock)
    desk.say(1)
    assert order == [1, "now"]
    desk.wait(3)
    assert order == [1, "now", 3]


class Meddling(VirtualTimeScheduler):
    """Has something happen when it is asked for the time, from 3 s on: between two lines, as a thread would."""

    meddle: Callable[[], object] | None = None

    @property
    def now(self) -> datetime:
        if self.meddle is not None and self.to_seconds(self._clock) >= 3.0:
            act, self.meddle = self.meddle, None
            act()
        return super().now


def test_what_must_not_wait_is_before_what_came_after_it_though_the_time_of_that_has_come() -> None:
    clock, source, seen = Meddling(0.0), Subject[Any](), list[Any]()
    source.pipe(conflate(3.0, at_once=urgent)).subscribe(seen.append, scheduler=clock)
    source.on_next(1)
    source.on_next(2)
    clock.meddle = lambda: (source.on_next("now"), source.on_next(3))
    clock.advance_to(3.5)
    assert seen == [1, "now"]
    clock.advance_to(5.9)
    assert seen == [1, "now"]
    clock.advance_to(6.1)
    assert seen == [1, "now", 3]


def test_a_slow_subscriber_has_its_pause_as_well() -> None:
    clock, source, at = VirtualTimeScheduler(0.0), Subject[int](), list[float]()

    def slow(_: int) -> None:
        at.append(clock.to_seconds(clock.clock))
        clock.sleep(5)
        source.on_next(0)

    source.pipe(conflate(3.0)).subscribe(slow, scheduler=clock)
    source.on_next(0)
    clock.advance_to(30.0)
    assert at == [0.0, 8.0, 16.0, 24.0]


def test_at_once_that_raises_ends_the_stream_behind_what_waits() -> None:
    desk = Desk(at_once=lambda value: {2: False, 3: False}[value])
    assert desk.say(2, 3, 0) == [2, 3, "KeyError(0)"]
    assert not desk.source.observers


def test_what_the_subscriber_raises_is_the_sources_to_see_and_the_rest_goes_on() -> None:
    source, clock, seen = Subject[int](), VirtualTimeScheduler(0.0), list[int]()

    def refuse(value: int) -> None:
        seen.append(value)
        if value == 1:
            raise KeyError

    source.pipe(conflate(3.0)).subscribe(refuse, scheduler=clock)
    with pytest.raises(KeyError):
        source.on_next(1)
    source.on_next(2)
    clock.advance_by(2.9)
    assert seen == [1]
    clock.advance_by(0.1)
    assert seen == [1, 2]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 2), st.booleans()), max_size=40))
def test_values_keep_their_order_and_distance_and_the_last_one_comes(values: list[tuple[float, bool]]) -> None:
    desk = Desk(1.0, at_once=lambda value: bool(value[1]))
    for number, (pause, now) in enumerate(values):
        desk.clock.advance_by(pause)
        desk.source.on_next((number, now))
    desk.clock.advance_by(1.0)
    assert [value[0] for value in desk.seen] == sorted({value[0] for value in desk.seen})
    assert {number for number, (_, now) in enumerate(values) if now} <= {value[0] for value in desk.seen}
    assert desk.seen[-1:] == [(number, now) for number, (_, now) in enumerate(values)][-1:]
    for before, after, (_, now) in zip(desk.at, desk.at[1:], desk.seen[1:], strict=False):
        assert now or after - before >= 1.0 - 2e-6  # schedulers round


def test_from_several_threads_it_speaks_to_one_at_a_time_and_nothing_that_matters_is_lost() -> None:
    every, threads, each = 0.001, 3, 40_000
    observers: list[abc.ObserverBase[tuple[int, int]]] = []
    seen: list[tuple[tuple[int, int], float, float]] = []
    inside = overlaps = 0
    ended = threading.Event()

    def take(value: tuple[int, int]) -> None:
        nonlocal inside, overlaps
        inside += 1
        overlaps += inside > 1
        begun = time.monotonic()
        seen.append((value, begun, time.monotonic()))
        inside -= 1

    def produce(name: int) -> Callable[[], None]:
        def work() -> None:
            for number in range(each):
                observers[0].on_next((name, number))

        return work

    def subscribe(observer: abc.ObserverBase[Any], _: abc.SchedulerBase | None = None) -> abc.DisposableBase:
        observers.append(observer)  # called as it is: a Subject would make the calls serial
        return Disposable()

    Observable(subscribe).pipe(conflate(every, at_once=lambda value: value[1] % 10_000 == 9_999)).subscribe(
        take, on_completed=ended.set
    )
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        working = [threading.Thread(target=produce(name), daemon=True) for name in range(threads)]
        for thread in working:
            thread.start()
        for thread in working:
            thread.join(60)
            assert not thread.is_alive()
    finally:
        sys.setswitchinterval(interval)
    observers[0].on_next((9, 1))
    observers[0].on_completed()
    assert ended.wait(60)
    assert overlaps == 0
    assert len(seen) > 2 + threads * each // 10_000
    assert seen[-1][0] == (9, 1)
    for name in range(threads):
        numbers = [number for (of, number), _, _ in seen if of == name]
        assert numbers == sorted(set(numbers))
        assert set(range(9_999, each, 10_000)) <= set(numbers)
    for (_, _, returned), (value, begun, _) in pairwise(seen[:-1]):
        assert value[1] % 10_000 == 9_999 or begun - returned >= every - 1e-5


@pytest.mark.parametrize("every", [0.0, -1.0])
def test_what_makes_no_sense_is_refused(every: float) -> None:
    with pytest.raises(ValueError, match="conflate"):
        conflate(every)
