"""in_sequence: what moves on passes, and everything that does not is told."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reactivex.subject import Subject

from rx_kucoin.operators._in_sequence import Doubt, in_sequence


class Range(NamedTuple):
    first: int
    last: int


def run(
    values: list[Any], last: Callable[[Any], int | None] = lambda it: it, *, end: bool = False, **settings: Any
) -> list[Any]:
    """What is said and told, in one list: values as they are, tellings as tuples of a word and numbers."""
    told: list[Any] = []

    def tell(word: str) -> Callable[..., None]:
        return lambda *numbers: told.append((word, *numbers))

    source: Subject[Any] = Subject()
    source.pipe(
        in_sequence(last, **{"on_gap": tell("gap"), "on_repeat": tell("repeat"), "on_reset": tell("reset"), **settings})
    ).subscribe(told.append, lambda error: told.append(repr(error)), lambda: told.append("|"))
    for value in values:
        source.on_next(value)
    if end:
        source.on_completed()
    return told


def test_what_is_above_the_one_before_passes() -> None:
    assert run([5, 6, 9, 20]) == [5, 6, 9, 20]


def test_what_is_not_is_dropped_and_told() -> None:
    assert run([5, 7, 7, 6, 8]) == [5, 7, ("repeat", 7), ("repeat", 6), 8]


def test_a_value_without_a_number_passes() -> None:
    assert run([5, None, 6, None, 6]) == [5, None, 6, None, ("repeat", 6)]


def test_a_source_that_does_not_lag_starts_anew_wherever_it_likes() -> None:
    told = run([5, 6, 7, 8, 9, 6, 7, 8, 9, 10], contiguous=True, lags=lambda: False)
    assert told == [5, 6, 7, 8, 9, ("reset", 9, 6), 6, 7, 8, 9, 10]


def test_one_that_lags_repeats_what_was_said() -> None:
    told = run([5, 6, 7, 8, 9, 6, 7, 8, 9, 10], contiguous=True, lags=lambda: True)
    assert told == [5, 6, 7, 8, 9, *(("repeat", number) for number in (6, 7, 8, 9)), 10]


def test_a_few_repetitions_of_one_that_does_not_are_no_new_start() -> None:
    told = run([5, 6, 7, 6, 7, 8, 8, 8, 8, 9], contiguous=True, lags=lambda: False)
    assert [it for it in told if isinstance(it, int)] == [5, 6, 7, 8, 9]
    assert [it for it in told if not isinstance(it, int)] == [("repeat", number) for number in (6, 7, 8, 8, 8)]


def test_nobody_needs_to_be_told() -> None:
    said: list[int] = []
    source: Subject[int] = Subject()
    source.pipe(in_sequence(int, contiguous=True)).subscribe(said.append)
    for value in [5, 7, 7, 1, 2, 3]:
        source.on_next(value)
    assert said == [5, 7, 1, 2, 3]


def test_a_hole_is_told_before_what_comes_after_it() -> None:
    assert run([5, 6, 9, 10], contiguous=True) == [5, 6, ("gap", 6, 9), 9, 10]


def test_a_hole_is_nothing_where_numbers_are_not_contiguous() -> None:
    assert run([5, 9]) == [5, 9]


def test_a_range_starts_where_the_one_before_ended() -> None:
    ranges = [Range(1, 3), Range(4, 4), Range(6, 9), Range(8, 12)]
    assert run(ranges, lambda it: it.last, first=lambda it: it.first, contiguous=True) == [
        Range(1, 3),
        Range(4, 4),
        ("gap", 4, 6),
        Range(6, 9),
        Range(8, 12),
    ]


def test_a_range_without_a_start_has_no_hole_before_it() -> None:
    assert run([1, 5], first=lambda _: None, contiguous=True) == [1, 5]


def test_each_key_counts_for_itself() -> None:
    values = [("x", 5), ("y", 1), ("x", 6), ("y", 1), ("x", 8), ("y", 2)]
    assert run(values, lambda it: it[1], key=lambda it: it[0], contiguous=True) == [
        ("x", 5),
        ("y", 1),
        ("x", 6),
        ("repeat", 1),
        ("gap", 6, 8),
        ("x", 8),
        ("y", 2),
    ]


def test_where_a_number_does_not_stand_for_one_value_only_an_equal_value_is_a_repetition() -> None:
    values = [(5, "a"), (5, "b"), (5, "b"), (5, "a"), (6, "d"), (5, "e")]
    assert run(values, lambda it: it[0], strict=False) == [
        (5, "a"),
        (5, "b"),
        ("repeat", 5),
        (5, "a"),
        (6, "d"),
        ("repeat", 5),
    ]


def test_values_that_cannot_be_compared_are_no_repetitions() -> None:
    odd = [(5, Decimal("sNaN")), (5, Decimal("sNaN"))]
    assert list(map(repr, run(odd, lambda it: it[0], strict=False))) == list(map(repr, odd))


def test_where_it_does_an_equal_number_is_enough() -> None:
    assert run([(5, "a"), (5, "b")], lambda it: it[0]) == [(5, "a"), ("repeat", 5)]


# Resets


def test_three_in_a_row_below_everything_are_a_new_beginning_and_none_is_lost() -> None:
    assert run([7, 8, 1, 2, 3, 4, 4]) == [7, 8, ("reset", 8, 1), 1, 2, 3, 4, ("repeat", 4)]


def test_two_are_not() -> None:
    assert run([7, 8, 1, 2, 9]) == [7, 8, ("repeat", 1), ("repeat", 2), 9]


def test_what_may_have_passed_is_late_however_much_of_it() -> None:
    repeats = [("repeat", number) for number in (8, 9, 10)]
    assert run([7, 12, 20, 8, 9, 10]) == [7, 12, 20, *repeats]


def test_numbers_between_the_last_two_go_on_from_before_an_odd_one_and_none_is_lost() -> None:
    assert run([7, 8, 10**12, 9, 10, 11, 12]) == [7, 8, 10**12, ("reset", 10**12, 9), 9, 10, 11, 12]


def test_after_an_odd_number_everything_before_it_still_counts_as_passed() -> None:
    told = run([5, 6, 7, 99, 8, 9, 10, 5, 6, 7, 11], lags=lambda: True)
    assert told[4:] == [("reset", 99, 8), 8, 9, 10, ("repeat", 5), ("repeat", 6), ("repeat", 7), 11]


def test_an_odd_first_number_does_not_mute_the_rest() -> None:
    assert run([10**12, 9, 10, 11, 12], lags=lambda: True) == [10**12, ("reset", 10**12, 9), 9, 10, 11, 12]


def test_a_lagging_source_repeats_first_and_goes_on_from_before_an_odd_number() -> None:
    told = run([5, 6, 7, 99, 6, 7, 8, 9, 10, 11], lags=lambda: True)
    assert told == [5, 6, 7, 99, ("repeat", 6), ("repeat", 7), ("reset", 99, 8), 8, 9, 10, 11]


def test_what_is_held_while_a_source_lags_passes_once_it_does_not() -> None:
    lags = iter([True, False])
    told = run([5, 6, 7, 8, 9, 5, 6, 7, 8, 9], lags=lambda: next(lags))
    assert told == [5, 6, 7, 8, 9, ("reset", 9, 5), 5, 6, 7, 8, 9]


def test_no_more_than_64_are_held_while_a_source_lags() -> None:
    told = run([*range(200), *range(100)], lags=lambda: True)
    assert told[200:] == [("repeat", number) for number in range(36)]


def test_a_row_survives_a_repetition_within_it() -> None:
    assert run([7, 8, 1, 2, 2, 3]) == [7, 8, ("repeat", 2), ("reset", 8, 1), 1, 2, 3]


def test_a_row_may_have_equal_numbers_where_another_value_may_have_the_same() -> None:
    values = [(9, "a"), (1, "b"), (1, "b"), (1, "c"), (1, "d"), (1, "d"), (2, "e")]
    assert run(values, lambda it: it[0], strict=False) == [
        (9, "a"),
        ("repeat", 1),
        ("reset", 9, 1),
        *[(1, "b"), (1, "c"), (1, "d")],
        ("repeat", 1),
        (2, "e"),
    ]


@pytest.mark.parametrize("between", [9, 8, 7])
def test_in_a_row_means_without_anything_between(between: int) -> None:
    told = run([7, 8, 1, 2, between, 3])
    assert told[2:4] == [("repeat", 1), ("repeat", 2)]
    assert told[4:] == [9 if between == 9 else ("repeat", between)]


def test_an_equal_number_with_another_value_comes_between_as_well() -> None:
    values = [(7, "a"), (1, ""), (2, ""), (7, "b"), (3, "")]
    assert run(values, lambda it: it[0], strict=False) == [(7, "a"), ("repeat", 1), ("repeat", 2), (7, "b")]


def test_a_row_rises_and_what_does_not_begins_another() -> None:
    assert run([7, 3, 4, 2, 3, 4]) == [7, ("repeat", 3), ("repeat", 4), ("reset", 7, 2), 2, 3, 4]


def test_a_hole_in_the_new_beginning_is_told_too() -> None:
    assert run([7, 1, 2, 5], contiguous=True) == [7, ("reset", 7, 1), ("gap", 2, 5), 1, 2, 5]


def test_after_a_new_beginning_everything_below_it_counts_anew() -> None:
    assert run([90, 50, 51, 52, 60, 55, 10, 11, 12, 13]) == [
        90,
        ("reset", 90, 50),
        50,
        51,
        52,
        60,
        ("repeat", 55),
        ("reset", 60, 10),
        10,
        11,
        12,
        13,
    ]


def test_another_key_is_not_between() -> None:
    values = [("x", 7), ("y", 7), ("x", 1), ("y", 8), ("x", 2), ("x", 3)]
    assert run(values, lambda it: it[1], key=lambda it: it[0])[2:] == [
        ("y", 8),
        ("reset", 7, 1),
        ("x", 1),
        ("x", 2),
        ("x", 3),
    ]


def test_what_is_still_held_at_the_end_is_told() -> None:
    assert run([7, 1, 2], end=True) == [7, ("repeat", 1), ("repeat", 2), "|"]


@pytest.mark.parametrize("wrong", ["last", "first", "key", "on_gap", "on_repeat"])
def test_a_function_that_raises_ends_the_stream(wrong: str) -> None:
    def fail(*_: object) -> Any:
        raise KeyError(wrong)

    functions: dict[str, Any] = {"last": int, wrong: fail}
    told = run([1, 1, 5], functions.pop("last"), contiguous=True, **functions)
    assert told[-1] == f"KeyError('{wrong}')"


def test_what_a_subscriber_raises_is_the_sources_to_see() -> None:
    source: Subject[int] = Subject()
    errors: list[Exception] = []

    def take(value: int) -> None:
        raise KeyError(value)

    source.pipe(in_sequence(int)).subscribe(take, errors.append)
    with pytest.raises(KeyError, match="1"):
        source.on_next(1)
    assert errors == []


def test_each_subscription_counts_for_itself() -> None:
    source: Subject[int] = Subject()
    sequence = source.pipe(in_sequence(int))
    first: list[int] = []
    second: list[int] = []
    sequence.subscribe(first.append)
    source.on_next(5)
    sequence.subscribe(second.append)
    for value in (4, 6):
        source.on_next(value)
    assert (first, second) == ([5, 6], [4, 6])


# A model that looks at all there was instead of keeping state


def expected(values: list[tuple[str, int]]) -> dict[str, list[int]]:
    """For each key: whatever is above all before it; and what begins anew, three in a row that cannot have passed."""
    said: dict[str, list[int]] = {}
    for key in {key for key, _ in values}:
        said[key] = []
        passed: list[int] = []  # since the last beginning, without odd ones
        row: list[int] = []
        for number in [number for of, number in values if of == key]:
            if not passed or number > passed[-1]:
                passed, row = [*passed, number], []
                said[key].append(number)
            elif row and number == row[-1]:
                pass
            elif number < min(passed) or max(passed[:-1], default=number) < number < passed[-1]:
                row = [*row, number] if row and number > row[-1] else [number]
                if len(row) == 3:
                    goes_on = passed[:-1] if row[0] > max(passed[:-1], default=row[0]) else []
                    passed, said[key], row = [*goes_on, *row], [*said[key], *row], []
            else:
                row = []
    return said


@settings(max_examples=500, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("xy"), st.integers(0, 12)), max_size=40))
def test_it_agrees_with_the_model_and_every_value_is_said_or_told(values: list[tuple[str, int]]) -> None:
    told = run(values, lambda it: it[1], key=lambda it: it[0], end=True)
    said = [item for item in told if item[0] in ("x", "y")]
    repeats = [number for word, *number in told[:-1] if word == "repeat"]
    model = expected(values)
    assert {key: [number for of, number in said if of == key] for key in model} == model
    assert len(said) + len(repeats) == len(values)


def test_a_step_that_somebody_doubts_is_told_once() -> None:
    told: list[Any] = []
    doubt, source = Doubt(), Subject[int]()
    source.pipe(in_sequence(int, on_gap=lambda *sides: told.append(sides), doubt=doubt)).subscribe(told.append)
    for value in (1, 2):
        source.on_next(value)
    doubt.raised = True
    for value in (2, 5, 6):
        source.on_next(value)
    assert told == [1, 2, (2, 5), 5, 6]


def test_where_numbers_tell_a_doubt_adds_nothing() -> None:
    told: list[Any] = []
    doubt, source = Doubt(raised=True), Subject[int]()
    settings: dict[str, Any] = {"contiguous": True, "on_gap": lambda *sides: told.append(sides), "doubt": doubt}
    source.pipe(in_sequence(int, **settings)).subscribe(told.append)
    for value in (1, 2, 4):
        source.on_next(value)
    assert told == [1, 2, (2, 4), 4]


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ([("a", None), ("a", 6)], ["gap None None", ("a", None), ("a", 6)]),
        ([("b", 5), ("a", 6)], ["gap None 5", ("b", 5), ("a", 6)]),
        ([("a", 1), ("a", 2), ("a", 3)], ["gap 4 1", "reset 4 1", ("a", 1), ("a", 2), ("a", 3)]),
    ],
)
def test_a_doubt_is_told_before_whatever_passes_first(values: list[Any], told: list[Any]) -> None:
    said: list[Any] = []
    doubt, source = Doubt(), Subject[Any]()
    source.pipe(
        in_sequence(
            lambda it: it[1],
            key=lambda it: it[0],
            on_gap=lambda before, after: said.append(f"gap {before} {after}"),
            on_reset=lambda before, after: said.append(f"reset {before} {after}"),
            doubt=doubt,
        )
    ).subscribe(said.append)
    source.on_next(("a", 4))
    doubt.raised = True
    for value in values:
        source.on_next(value)
    assert said == [("a", 4), *told]
