"""rolling: figures of windows, as anybody would compute them by hand."""

import math
import statistics
import time
from decimal import Decimal, localcontext
from typing import Any

import pytest
import reactivex as rx
from hypothesis import given, settings
from hypothesis import strategies as st
from reactivex.scheduler import VirtualTimeScheduler
from reactivex.subject import Subject

from rx_kucoin.operators._rolling import rolling

SECOND = 1_000_000_000
FIGURES = ("count", "sum", "mean", "std", "min", "max", "first", "last")
DECIMALS = st.decimals("-99999", "99999", places=8)
EVENTS = st.lists(st.tuples(st.integers(0, 30 * SECOND), DECIMALS), max_size=40)


def told(source: list[Any], operator: Any) -> list[Any]:
    found: list[Any] = []
    rx.from_iterable(source).pipe(operator).subscribe(found.append)
    return found


def figures(window: list[Decimal]) -> tuple[Any, ...]:
    with localcontext() as exact:
        exact.prec = 200
        total = sum(window)
        squares = sum(each * each for each in window) * len(window) - total * total
    std = (squares / (len(window) * (len(window) - 1))).sqrt() if len(window) > 1 else None
    return len(window), total, total / len(window), std, min(window), max(window), window[0], window[-1]


@settings(deadline=None)
@given(st.lists(DECIMALS, max_size=40), st.integers(1, 12))
def test_the_last_so_many_are_counted_to_the_last_digit(values: list[Decimal], count: int) -> None:
    expected = [figures(values[max(0, at + 1 - count) : at + 1]) for at in range(len(values))]
    assert told(values, rolling(FIGURES, count=count)) == expected


@settings(deadline=None)
@given(EVENTS, st.integers(1, 12))
def test_the_last_seconds_are_those_of_the_events(events: list[tuple[int, Decimal]], seconds: int) -> None:
    expected: list[object] = []
    seen: list[tuple[int, Decimal]] = []
    for at, value in events:
        seen.append((max(at, seen[-1][0] if seen else at), value))
        expected.append(figures([each for then, each in seen if then > seen[-1][0] - seconds * SECOND]))
    by_time = {"value": lambda event: event[1], "time": lambda event: event[0]}
    assert told(events, rolling(FIGURES, seconds=seconds, **by_time)) == expected
    assert [told(events, rolling(name, seconds=seconds, **by_time)) for name in FIGURES] == [
        [row[at] for row in expected] for at in range(len(FIGURES))
    ]


@settings(deadline=None)
@given(EVENTS, st.integers(1, 12))
def test_a_function_sees_the_window_whole(events: list[tuple[int, Decimal]], count: int) -> None:
    windows = told(events, rolling(list, count=count))
    assert windows == [events[max(0, at + 1 - count) : at + 1] for at in range(len(events))]
    events.sort(key=lambda event: event[0])
    by_time = told(events, rolling(list, seconds=count, time=lambda event: event[0]))
    assert by_time == [
        [each for each in events[: at + 1] if each[0] > events[at][0] - count * SECOND] for at in range(len(events))
    ]


@settings(deadline=None)
@given(st.lists(st.floats(60_000, 70_000), min_size=2, max_size=60), st.integers(2, 20))
def test_floats_are_as_good_as_the_standard_library_s(values: list[float], count: int) -> None:
    for at, (mean, std) in enumerate(told(values, rolling(("mean", "std"), count=count))):
        window = values[max(0, at + 1 - count) : at + 1]
        assert math.isclose(mean, statistics.fmean(window), rel_tol=1e-12)
        if len(window) > 1:
            assert math.isclose(std, statistics.stdev(window), rel_tol=1e-9, abs_tol=1e-9)


def test_what_was_huge_or_no_number_leaves_no_trace_when_it_has_left() -> None:
    values = [1e300, math.nan, *[67_000.01, 67_000.02, 67_000.03] * 3]
    mean, std = told(values, rolling(("mean", "std"), count=3))[-1]
    assert math.isclose(mean, 67_000.02, rel_tol=1e-15)
    assert math.isclose(std, 0.01, rel_tol=1e-6)


@pytest.mark.parametrize("nothing", [None, math.nan, Decimal("nan")])
def test_what_is_no_number_is_left_out_wherever_it_stands(nothing: Any) -> None:
    numbers = [Decimal(3), Decimal(1), Decimal(2), Decimal(5)]
    expected = told(numbers, rolling(FIGURES, count=3))
    for at in range(5):
        assert told([*numbers[:at], nothing, *numbers[at:]], rolling(FIGURES, count=3)) == expected


@pytest.mark.parametrize("name", ["sum", "mean", "std", "min", "max"])
def test_text_is_no_number_though_it_can_be_compared_and_added(name: Any) -> None:
    """Prices as they stand in the exchange's payloads are text."""
    errors: list[Exception] = []
    rx.of("9.5", "10.5").pipe(rolling(name, count=2)).subscribe(on_error=errors.append)
    assert [str(error) for error in errors] == ["'9.5' is text, and no number"]
    assert told(["9.5", "10.5"], rolling(("first", "last", "count"), count=2))[-1] == ("9.5", "10.5", 2)


def test_arrays_are_values_as_good_as_any() -> None:
    numpy = pytest.importorskip("numpy")
    [_, both] = told([numpy.array([1.0, 2.0]), numpy.array([3.0, math.nan])], rolling("first", count=2))
    assert both.tolist() == [1, 2]


@given(st.lists(st.integers(-(10**12), 10**12), min_size=2, max_size=30))
def test_whole_numbers_go_with_decimals_and_with_floats(values: list[int]) -> None:
    expected = statistics.stdev(values)
    for kinds in ((int,), (int, Decimal), (Decimal, int), (int, float), (float, int)):
        mixed = [kinds[at % len(kinds)](value) for at, value in enumerate(values)]
        assert math.isclose(told(mixed, rolling("std", count=30))[-1], expected, rel_tol=1e-9, abs_tol=1e-3)


def test_a_wide_window_costs_an_event_no_more_than_a_narrow_one() -> None:
    values = [Decimal(at % 97) for at in range(30_000)]

    def seconds(count: int) -> float:
        begin = time.perf_counter()
        told(values, rolling(("mean", "max"), count=count))
        return time.perf_counter() - begin

    narrow, wide = min(seconds(10) for _ in range(3)), min(seconds(10_000) for _ in range(3))
    print(f"rolling mean and max: {narrow / 3e-5:,.0f} ns an event of 10, {wide / 3e-5:,.0f} ns of 10,000")
    assert wide < 4 * narrow


def test_without_a_time_of_their_own_events_are_as_old_as_the_clock_says() -> None:
    clock, source, said = VirtualTimeScheduler(0.0), Subject[int](), []
    source.pipe(rolling("sum", seconds=2, scheduler=clock)).subscribe(said.append)
    for second in range(4):
        clock.advance_to(second)
        source.on_next(second)
    assert said == [0, 1, 3, 5]


def test_an_event_without_a_value_is_left_out_and_one_without_a_time_is_as_late_as_the_last() -> None:
    events = [(SECOND, 1), (None, 2), (2 * SECOND, None), (3 * SECOND, 4)]
    assert told(events, rolling("sum", seconds=2, value=lambda it: it[1], time=lambda it: it[0])) == [1, 3, 4]


def test_values_that_do_not_add_up_end_the_stream_and_the_subscription() -> None:
    source, errors = Subject[object](), []
    source.pipe(rolling("std", count=3)).subscribe(on_error=errors.append)
    source.on_next(Decimal(1))
    source.on_next(2.0)
    assert [type(error) for error in errors] == [TypeError]
    assert not source.observers


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"seconds": 1, "count": 1},
        *({"seconds": it} for it in (0, -1, math.nan, math.inf)),
        {"count": 0},
        {"count": -3},
    ],
)
def test_a_window_has_one_width(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="rolling needs"):
        rolling("mean", **wrong)


@pytest.mark.parametrize("wrong", ["median", ("mean", "median"), ()])
def test_a_figure_that_nobody_knows_is_refused(wrong: Any) -> None:
    with pytest.raises(ValueError, match="a figure is one of"):
        rolling(wrong, count=2)
