"""ohlc: bars as anybody would compute them by hand."""

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from itertools import groupby, pairwise
from math import inf, nan
from typing import Any, NamedTuple

import pytest
import reactivex as rx
from hypothesis import given, settings
from hypothesis import strategies as st
from reactivex.scheduler import VirtualTimeScheduler
from reactivex.subject import Subject

from rx_kucoin.operators._ohlc import Bar, ohlc

SECOND = 1_000_000_000


class Trade(NamedTuple):
    at: int
    price: Decimal | None = Decimal(1)
    size: Decimal | None = Decimal(1)


AS_TRADES: dict[str, Callable[[Trade], Any]] = {
    "price": lambda trade: trade.price,
    "size": lambda trade: trade.size,
    "time": lambda trade: trade.at,
}
PRICES = st.decimals("0.00000001", "99999", places=8)
TRADES = st.lists(st.builds(Trade, st.integers(0, 40 * SECOND), PRICES, PRICES), max_size=40)


def bars_of(trades: list[Trade], every: float = 4, **more: Any) -> list[Bar[Decimal]]:
    found: list[Bar[Decimal]] = []
    rx.from_iterable(trades).pipe(ohlc(every, **AS_TRADES, **more)).subscribe(found.append)
    return found


def by_hand(trades: list[Trade], every: int) -> list[Bar[Decimal]]:
    bars: list[Bar[Decimal]] = []
    for start, members in groupby(trades, lambda trade: trade.at // every * every):
        group = list(members)
        prices, sizes = [each.price for each in group], [each.size for each in group]
        volume, value = sum(sizes), sum(price * size for price, size in zip(prices, sizes, strict=True))
        bars.append(Bar(start, prices[0], max(prices), min(prices), prices[-1], volume, value / volume, len(group)))
    return bars


@settings(deadline=None)
@given(TRADES)
def test_bars_are_those_that_one_computes_by_hand(trades: list[Trade]) -> None:
    trades.sort(key=lambda trade: trade.at)
    assert bars_of(trades) == by_hand(trades, 4 * SECOND)


@settings(deadline=None)
@given(TRADES, st.booleans())
def test_late_events_are_told_of_and_change_nothing(trades: list[Trade], fill: bool) -> None:  # noqa: FBT001
    late: list[Trade] = []
    bars = bars_of(trades, fill=fill, on_late=late.append)
    assert bars == bars_of([trade for trade in trades if not any(trade is each for each in late)], fill=fill)
    assert sum(bar.count for bar in bars) + len(late) == len(trades)
    assert [bar.start_ns for bar in bars] == sorted({bar.start_ns for bar in bars})


@settings(deadline=None)
@given(TRADES)
def test_filled_in_there_is_a_bar_for_every_stretch(trades: list[Trade]) -> None:
    trades.sort(key=lambda trade: trade.at)
    bars = bars_of(trades, fill=True)
    assert [bar for bar in bars if bar.count] == bars_of(trades)
    for before, bar in pairwise(bars):
        assert bar.start_ns == before.start_ns + 4 * SECOND
        if not bar.count:
            assert bar == Bar(bar.start_ns, *[before.close] * 4, Decimal(0), None, 0)


def test_sums_lose_no_digit() -> None:
    huge, tiny = Decimal("1e20"), Decimal("0.00000000000000000001")
    [bar] = bars_of([Trade(0, Decimal(1), huge), Trade(1, Decimal(1), tiny), Trade(2, Decimal(1), tiny)])
    assert bar.volume == Decimal("100000000000000000000.00000000000000000002")


def test_an_event_without_a_price_or_a_size_is_left_out() -> None:
    trades = [Trade(0), Trade(1, price=None), Trade(2, size=None), Trade(5 * SECOND)]
    assert [bar.count for bar in bars_of(trades)] == [1, 1]
    no_number = Decimal("nan")
    assert bars_of([Trade(0, price=no_number), *trades, Trade(6 * SECOND, size=no_number)]) == bars_of(trades)


def test_without_sizes_events_are_counted() -> None:
    found: list[Any] = []
    rx.of(3, 5).pipe(ohlc(1e9, price=float)).subscribe(found.append)
    assert (found[0].volume, found[0].vwap, found[0].count) == (2, 4.0, 2)


def test_where_nothing_was_traded_there_is_no_average() -> None:
    [bar] = bars_of([Trade(0, Decimal(5), Decimal(0))])
    assert (bar.vwap, bar.volume) == (None, 0)


def test_a_weekend_of_seconds_is_filled_in() -> None:
    trades = [Trade(0), Trade(2 * 86_400 * SECOND, Decimal(2))]
    counts = [bar.count for bar in bars_of(trades, every=1, fill=True)]
    assert (len(counts), sum(counts)) == (2 * 86_400 + 1, 2)


def test_a_time_that_cannot_be_ends_the_stream_instead_of_filling_in_for_ever() -> None:
    errors: list[Exception] = []
    source = rx.of(Trade(0), Trade(10**18))
    source.pipe(ohlc(1, **AS_TRADES, fill=True)).subscribe(on_error=errors.append)
    assert "too many bars" in str(errors[0])


class Live:
    """A source in virtual time, and what came of it."""

    def __init__(self, **more: Any) -> None:
        self.clock, self.source, self.said = VirtualTimeScheduler(0.0), Subject[Trade](), []
        bars = self.source.pipe(ohlc(4, **AS_TRADES, **more, scheduler=self.clock))
        self.subscription = bars.subscribe(lambda bar: self.said.append((self.second, bar.start_ns // SECOND)))

    @property
    def second(self) -> float:
        return self.clock.to_seconds(self.clock.clock)


def test_the_clock_closes_a_bar_by_the_time_that_went_by_and_not_by_the_hour_it_shows() -> None:
    live = Live(settle=1.0)
    live.source.on_next(Trade(1_000_001 * SECOND))  # our own clock shows 0, and theirs something else
    live.clock.advance_to(3.9)
    assert live.said == []
    live.clock.advance_to(60)
    assert live.said == [(4, 1_000_000)]


def test_the_clock_goes_on_filling_in() -> None:
    live = Live(settle=0.5, fill=True)
    live.source.on_next(Trade(2 * SECOND))
    live.clock.advance_to(11)
    assert live.said == [(2.5, 0), (6.5, 4), (10.5, 8)]
    live.source.on_next(Trade(13 * SECOND))
    live.clock.advance_to(20)
    assert live.said[3:] == [(14.5, 12), (18.5, 16)]


def test_an_event_closes_a_bar_before_the_clock_does() -> None:
    live = Live(settle=5)
    live.source.on_next(Trade(2 * SECOND))
    live.clock.advance_to(3)
    live.source.on_next(Trade(5 * SECOND))
    assert live.said == [(3, 0)]
    live.clock.advance_to(30)
    assert live.said == [(3, 0), (11, 4)]


@pytest.mark.parametrize("end", ["dispose", "complete", "fail"])
def test_nothing_is_left_on_the_clock_at_the_end(end: str) -> None:
    live = Live(settle=1, fill=True)
    live.source.on_next(Trade(0))
    if end == "dispose":
        live.subscription.dispose()
    elif end == "complete":
        live.source.on_completed()
    else:
        with pytest.raises(ZeroDivisionError):
            live.source.on_error(ZeroDivisionError())
    said = list(live.said)
    live.clock.advance_to(100)
    assert live.said == said
    assert not live.source.observers


def test_a_mistake_of_the_caller_s_ends_his_stream() -> None:
    source, errors = Subject[int](), []
    source.pipe(ohlc(1, price=lambda it: 1 / it)).subscribe(on_error=errors.append)
    source.on_next(0)
    assert [type(error) for error in errors] == [ZeroDivisionError]
    assert not source.observers


def test_what_cannot_be_computed_ends_the_stream_even_in_the_last_bar() -> None:
    errors: list[Exception] = []
    rx.of(Trade(0, Decimal("inf"), Decimal("inf"))).pipe(ohlc(1, **AS_TRADES)).subscribe(on_error=errors.append)
    assert [type(error) for error in errors] == [InvalidOperation]


def test_text_is_no_price_and_no_size() -> None:
    for text in ({"price": str}, {"price": float, "size": str}):
        errors: list[Exception] = []
        rx.of(1.5).pipe(ohlc(1, **text)).subscribe(on_error=errors.append)
        assert [str(error) for error in errors] == ["'1.5' is text, and no number"]


@pytest.mark.parametrize(
    "wrong", [{"every": it} for it in (0, -1, nan, inf)] + [{"every": 1, "settle": it} for it in (-0.1, nan, inf)]
)
def test_what_makes_no_sense_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="ohlc needs"):
        ohlc(**wrong, price=float)


@settings(max_examples=20, deadline=None)
@given(TRADES)
def test_each_subscription_has_bars_of_its_own(trades: list[Trade]) -> None:
    bars = rx.from_iterable(trades).pipe(ohlc(4, **AS_TRADES))
    first: list[object] = []
    second: list[object] = []
    bars.subscribe(first.append)
    bars.subscribe(second.append)
    assert first == second
