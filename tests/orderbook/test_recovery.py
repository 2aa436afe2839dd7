"""What a cut of all lines costs the books on them: as much for each, however many lines and other books there are."""

import sys
from types import FrameType

import pytest
from benchmarks.cuts.cut import Topics, Way

from rx_kucoin import Limits, Rate

PER_LINE = 10
UNLIMITED = Limits(dials=Rate(1_000, 60.0))
"""Or lines that wait for their dials let books run out of patience, and ask for snapshots."""


def calls_of_a_cut(count: int, way: Way) -> float:
    """Count the calls of functions for each book, from the cut until all books are right again."""
    topics, calls = Topics(count, way, topics_per_connection=PER_LINE, limits=UNLIMITED), 0
    topics.begin()

    def note(frame: FrameType, event: str, _: object) -> None:
        nonlocal calls
        calls += event == "call" and "benchmarks" not in frame.f_code.co_filename

    sys.setprofile(note)
    try:
        topics.cut()
    finally:
        sys.setprofile(None)
    return calls / count


@pytest.mark.parametrize("way", ["kept", "lost"])
def test_a_book_costs_the_same_calls_among_few_and_among_many(way: Way) -> None:
    few, many = calls_of_a_cut(5 * PER_LINE, way), calls_of_a_cut(25 * PER_LINE, way)
    assert many < 1.1 * few, (few, many)
