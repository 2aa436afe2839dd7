"""What a cut of all lines costs the books on them: as much for each, however many lines and other books there are."""

import sys
from collections.abc import Callable
from types import FrameType

import pytest
from benchmarks.cuts.cut import Topics, Way

from rx_kucoin import Limits, Rate

PER_LINE = 10
UNLIMITED = Limits(dials=Rate(1_000, 60.0))
"""Or lines that wait for their dials let books run out of patience, and ask for snapshots."""


def calls(do: Callable[[], object]) -> int:
    """Count the calls of functions, but for those of the exchange."""
    counted = 0

    def note(frame: FrameType, event: str, _: object) -> None:
        nonlocal counted
        counted += event == "call" and "benchmarks" not in frame.f_code.co_filename

    sys.setprofile(note)
    try:
        do()
    finally:
        sys.setprofile(None)
    return counted


def topics_of(count: int, way: Way) -> Topics:
    return Topics(count, way, topics_per_connection=PER_LINE, limits=UNLIMITED)


def calls_of_a_start(count: int) -> float:
    """Count the calls for each book until all are right for the first time."""
    return calls(lambda: topics_of(count, "kept").begin()) / count


def calls_of_a_cut(count: int, way: Way) -> float:
    """Count the calls for each book from the cut until all are right again."""
    topics = topics_of(count, way)
    topics.begin()
    return calls(topics.cut) / count


@pytest.mark.parametrize("way", ["kept", "lost"])
def test_a_cut_costs_a_book_the_same_calls_among_few_and_among_many(way: Way) -> None:
    few, many = calls_of_a_cut(5 * PER_LINE, way), calls_of_a_cut(25 * PER_LINE, way)
    assert many < 1.05 * few, (few, many)


def test_a_start_costs_a_book_the_same_calls_among_few_and_among_many() -> None:
    few, many = calls_of_a_start(5 * PER_LINE), calls_of_a_start(25 * PER_LINE)
    assert many < 1.05 * few, (few, many)
