"""vwap: what was paid, by what was got for it."""

from decimal import Decimal
from math import inf, nan
from typing import Any

import pytest
import reactivex as rx
from hypothesis import given, settings
from hypothesis import strategies as st

from rx_kucoin.operators._vwap import vwap

SECOND = 1_000_000_000
DECIMALS = st.decimals("-99999", "99999", places=8)


def told(source: list[Any], operator: Any) -> list[Any]:
    found: list[Any] = []
    rx.from_iterable(source).pipe(operator).subscribe(found.append)
    return found


@settings(deadline=None)
@given(st.lists(st.tuples(DECIMALS, st.decimals(0, 99, places=8)), max_size=40), st.integers(1, 12))
def test_a_vwap_is_what_was_paid_by_what_was_got(trades: list[tuple[Decimal, Decimal]], count: int) -> None:
    def by_hand(window: list[tuple[Decimal, Decimal]]) -> Decimal | None:
        volume = sum(size for _, size in window)
        return sum(price * size for price, size in window) / volume if volume else None

    pair: dict[str, Any] = {"price": lambda trade: trade[0], "size": lambda trade: trade[1]}
    ends = range(1, len(trades) + 1)
    assert told(trades, vwap(**pair)) == [by_hand(trades[:end]) for end in ends]
    assert told(trades, vwap(**pair, count=count)) == [by_hand(trades[max(0, end - count) : end]) for end in ends]


def test_a_vwap_of_seconds_forgets_by_the_trades_own_time() -> None:
    trades = [(0, 1, 1), (1, 3, 1), (11, 8, 1), (11, None, 1), (11, 9, nan)]
    by_time = vwap(price=lambda it: it[1], size=lambda it: it[2], seconds=10, time=lambda it: it[0] * SECOND)
    assert told(trades, by_time) == [1, 2, 8]


def test_text_is_no_price_and_no_size() -> None:
    for text in ({"price": str, "size": int}, {"price": float, "size": str}):
        errors: list[Exception] = []
        rx.of(2).pipe(vwap(**text)).subscribe(on_error=errors.append)
        assert [str(error) for error in errors] == ["'2' is text, and no number"]


@pytest.mark.parametrize(
    "wrong", [{"seconds": 1, "count": 1}, {"seconds": 0}, {"count": 0}, {"seconds": -1}, {"seconds": inf}]
)
def test_a_window_has_one_width_at_most(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="vwap needs"):
        vwap(price=float, size=float, **wrong)
