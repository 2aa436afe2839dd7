"""resample: one figure at each point of the grid, whatever comes in between."""

import math
import threading
from typing import Any

import pytest
import reactivex as rx
from hypothesis import given, settings
from hypothesis import strategies as st
from reactivex import abc
from reactivex.scheduler import VirtualTimeScheduler
from reactivex.subject import Subject
from waiting import eventually

from rx_kucoin.operators._resample import resample


class Live:
    """A source in virtual time, and what came of it, with the second."""

    def __init__(self, every: float, how: Any = "last", begin: float = 0.0, **more: Any) -> None:
        self.clock, self.source, self.said = VirtualTimeScheduler(begin), Subject[Any](), []
        sampled = self.source.pipe(resample(every, how, **more, scheduler=self.clock))
        self.subscription = sampled.subscribe(self.say, self.say, lambda: self.say("|"))

    def say(self, what: object) -> None:
        self.said.append((self.clock.to_seconds(self.clock.clock), what))

    def at(self, second: float, *values: Any) -> None:
        self.clock.advance_to(second)
        for value in values:
            self.source.on_next(value)


MOMENTS = st.lists(st.integers(1, 399).filter(lambda at: at % 20), max_size=30).map(sorted)
BY_HAND: dict[str, Any] = {
    "last": lambda values: values[-1],
    "first": lambda values: values[0],
    "min": min,
    "max": max,
    "sum": sum,
    "count": len,
    "mean": lambda values: sum(values) / len(values),
}


@settings(deadline=None)
@given(MOMENTS, st.sampled_from([*BY_HAND, tuple]), st.sampled_from(["carry", "none", "skip"]))
def test_at_each_point_it_tells_what_came_since_the_one_before(moments: list[int], how: Any, empty: Any) -> None:
    live = Live(2, how, empty=empty)
    for moment in moments:  # tenths of a second
        live.at(moment / 10, moment)
    live.clock.advance_to(40.5)
    expected: list[tuple[float, Any]] = []
    for second in range(2, 41, 2):
        came = [moment for moment in moments if (second - 2) * 10 < moment < second * 10]
        if came:
            expected.append((second, (BY_HAND[how] if isinstance(how, str) else how)(came)))
        elif empty == "none":
            expected.append((second, None))
        elif empty == "carry":
            told = [value for _, value in expected]
            expected += [(second, told[-1])] if told else []
    assert live.said == expected


def test_the_latest_is_carried_forward_unless_one_says_otherwise() -> None:
    live = Live(1)
    live.at(1.5, "a")
    live.clock.advance_to(4.5)
    assert live.said == [(2, "a"), (3, "a"), (4, "a")]


def test_other_figures_are_none_where_nothing_came() -> None:
    live = Live(1, "count")
    live.at(1.5, "a", "b")
    live.clock.advance_to(3.5)
    assert live.said == [(1, None), (2, 2), (3, None)]


def test_the_grid_is_the_clock_s_whenever_one_subscribes() -> None:
    live = Live(5, begin=12.3)
    live.at(13, "a")
    live.clock.advance_to(21)
    assert live.said == [(15, "a"), (20, "a")]


class Early(VirtualTimeScheduler):
    """A clock whose timers ring a little before their time, as real ones do when the date is being corrected."""

    def schedule_relative(self, duetime: Any, action: Any, state: Any = None) -> abc.DisposableBase:
        return super().schedule_relative(self.to_seconds(duetime) - 0.01, action, state)


def test_a_point_is_not_told_twice_where_a_timer_is_early() -> None:
    clock, said = Early(0.0), []
    rx.never().pipe(resample(1, "count", scheduler=clock)).subscribe(said.append)
    clock.advance_to(5.5)
    assert len(said) == 5


@pytest.mark.parametrize(("end", "said"), [("on_completed", [(2, "a"), (2.5, "b"), (2.5, "|")]), ("on_error", None)])
def test_at_its_end_what_came_is_told_and_at_an_error_it_is_not(end: str, said: Any) -> None:
    live = Live(2)
    live.at(1, "a")
    live.at(2.5, "b")
    error = ValueError()
    getattr(live.source, end)(*[error][: end == "on_error"])
    live.clock.advance_to(20)
    assert live.said == (said or [(2, "a"), (2.5, error)])


def test_nothing_is_left_on_the_clock_when_one_leaves() -> None:
    live = Live(2)
    live.at(1, "a")
    live.subscription.dispose()
    live.clock.advance_to(20)
    assert live.said == []
    assert not live.source.observers


def test_a_mistake_of_the_caller_s_ends_his_stream() -> None:
    live = Live(2, lambda _: 1 / 0)
    live.at(1, "a")
    live.clock.advance_to(20)
    assert [(second, type(what)) for second, what in live.said] == [(2, ZeroDivisionError)]
    assert not live.source.observers


def test_on_the_real_clock_it_tells_one_after_the_other_with_values_from_another_thread() -> None:
    source, said, busy, clashes = Subject[int](), [], threading.Lock(), []

    def say(value: int) -> None:
        if not busy.acquire(blocking=False):
            clashes.append(value)
            return
        said.append(value)
        busy.release()

    with source.pipe(resample(0.005)).subscribe(say):
        stop = threading.Event()

        def speak() -> None:
            at = 0
            while not stop.is_set():
                at += 1
                source.on_next(at)

        thread = threading.Thread(target=speak)
        thread.start()
        came = eventually(lambda: len(said) >= 20)
        stop.set()
        thread.join()
    assert came
    assert said == sorted(said)
    assert not clashes


def test_a_subscriber_that_raises_does_not_stop_the_grid() -> None:
    clock, source, said = VirtualTimeScheduler(0.0), Subject[str](), []

    def say(value: str) -> None:
        said.append(clock.to_seconds(clock.clock))
        if len(said) == 1:
            raise KeyError(value)

    source.pipe(resample(1, scheduler=clock)).subscribe(say)
    source.on_next("a")
    with pytest.raises(KeyError):
        clock.advance_to(1.5)
    clock.stop()
    clock.advance_to(3.5)
    assert said == [1, 2, 3]


@pytest.mark.parametrize(("how", "expected"), [("last", 4), ("mean", 3), ("count", 2), (("min", "max"), (2, 4))])
def test_what_is_no_number_is_no_value(how: Any, expected: Any) -> None:
    """As the first deviation of `rolling`, or a `vwap` of nothing: both are piped into a grid."""
    live = Live(1, how, empty="skip")
    live.at(0.5, None, 2.0, math.nan, 4.0, None)
    live.at(1.5, None)
    live.clock.advance_to(3.5)
    assert live.said == [(1, expected)]


@pytest.mark.parametrize("wrong", [{"every": 0}, {"every": math.nan}, {"every": 1, "empty": "zero"}])
def test_what_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="resample cannot"):
        resample(**wrong)


@pytest.mark.parametrize("how", ["median", ("mean", "median"), (), None])
def test_a_figure_that_nobody_knows_is_refused(how: Any) -> None:
    with pytest.raises(ValueError, match="a figure is one of"):
        resample(1, how)
