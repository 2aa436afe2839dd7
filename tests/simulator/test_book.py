import itertools
from random import Random

import pytest

from rx_kucoin.simulator._book import FEWEST, MOST, Book
from rx_kucoin.simulator._instruments import amount


def book(seed: int = 1) -> Book:
    return Book(Random(seed), middle=10_000, lot=100, sequence=7)


@pytest.mark.parametrize("seed", range(5))
def test_the_sides_stay_apart_and_neither_dries_up(seed: int) -> None:
    one = book(seed)
    for _ in range(5_000):
        one.change()
        bid, ask = one.best
        assert bid < ask
        assert FEWEST <= len(one.bids) <= MOST + 1
        assert FEWEST <= len(one.asks) <= MOST + 1


def test_the_best_prices_walk_both_ways() -> None:
    one = book()
    bids = list[int]()
    for _ in range(2_000):
        one.change()
        bids.append(one.best[0])
    steps = {later - earlier for earlier, later in itertools.pairwise(bids)}
    assert min(steps) < 0 < max(steps)


def test_each_change_is_one_number_and_says_what_the_level_holds_now() -> None:
    one = book()
    for number in range(8, 500):
        row = one.change()
        assert row.sequence == one.sequence == number
        levels = one.bids if row.side == "bids" else one.asks
        assert levels.get(row.price, 0) == row.size


def test_a_hidden_event_takes_a_number_and_changes_nothing() -> None:
    one = book()
    before = (dict(one.bids), dict(one.asks))
    assert one.hide() == 8
    assert (one.bids, one.asks) == before


def test_the_top_is_best_first() -> None:
    one = book()
    assert one.top("bids", 1)[0][0] == one.best[0]
    assert [price for price, _ in one.top("asks", 3)] == sorted(one.asks)[:3]


@pytest.mark.parametrize(
    ("units", "digits", "text"),
    [(845213, 1, "84521.3"), (100, 2, "1"), (5, 8, "0.00000005"), (0, 8, "0"), (1200, 0, "1200"), (10, 1, "1")],
)
def test_amounts_are_exact_and_without_trailing_zeros(units: int, digits: int, text: str) -> None:
    assert amount(units, digits) == text
