"""detect_gaps: everything passes, and missing numbers are told."""

import pytest
import reactivex

from rx_kucoin.operators._detect_gaps import detect_gaps

Numbered = tuple[str, int, int]


def seen_and_told(*items: Numbered) -> tuple[list[Numbered], list[tuple[str, int, int]]]:
    told: list[tuple[str, int, int]] = []
    seen: list[Numbered] = []
    reactivex.of(*items).pipe(
        detect_gaps(
            lambda it: it[0],
            lambda it: it[1],
            lambda it: it[2],
            on_gap=lambda key, expected, got: told.append((key, expected, got)),
        )
    ).subscribe(seen.append)
    assert seen == list(items)
    return seen, told


@pytest.mark.parametrize(
    ("items", "gaps"),
    [
        pytest.param([("a", 7, 7), ("a", 8, 8)], [], id="the first number is any"),
        pytest.param([("a", 1, 3), ("a", 4, 9), ("a", 10, 10)], [], id="ranges that follow each other"),
        pytest.param([("a", 1, 3), ("a", 5, 5)], [("a", 4, 5)], id="one missing"),
        pytest.param([("a", 1, 1), ("a", 9, 9), ("a", 10, 10)], [("a", 2, 9)], id="told once"),
        pytest.param([("a", 1, 1), ("b", 5, 5), ("a", 2, 2), ("b", 6, 6)], [], id="each key by itself"),
        pytest.param([("a", 1, 5), ("a", 2, 3), ("a", 6, 6)], [], id="late or twice is no gap"),
        pytest.param([("a", 1, 5), ("a", 4, 7), ("a", 8, 8)], [], id="an overlap is no gap"),
    ],
)
def test_gaps(items: list[Numbered], gaps: list[tuple[str, int, int]]) -> None:
    assert seen_and_told(*items)[1] == gaps


def test_a_gap_is_told_before_its_item() -> None:
    order: list[str] = []
    reactivex.of(1, 3).pipe(detect_gaps(lambda _: "", int, int, on_gap=lambda *_: order.append("gap"))).subscribe(
        lambda item: order.append(str(item))
    )
    assert order == ["1", "gap", "3"]


def test_each_subscription_counts_by_itself() -> None:
    told: list[object] = []
    source = reactivex.of(1, 2).pipe(detect_gaps(lambda _: "", int, int, on_gap=lambda *_: told.append(1)))
    source.subscribe()
    source.subscribe()
    assert not told


def test_a_mistake_of_the_callers_ends_the_stream() -> None:
    def mistake(_: int) -> int:
        raise ZeroDivisionError

    errors: list[Exception] = []
    seen: list[int] = []
    reactivex.of(1, 2).pipe(detect_gaps(mistake, int, int, on_gap=lambda *_: None)).subscribe(
        seen.append, errors.append
    )
    assert [type(error) for error in errors] == [ZeroDivisionError]
    assert seen == []


def test_an_exception_of_the_subscriber_is_not_taken_for_the_callers() -> None:
    source: reactivex.Subject[int] = reactivex.Subject()
    errors: list[Exception] = []

    def refuse(_: int) -> None:
        raise KeyError

    source.pipe(detect_gaps(lambda _: "", int, int, on_gap=lambda *_: None)).subscribe(refuse, errors.append)
    with pytest.raises(KeyError):
        source.on_next(1)
    assert not errors
