import time
from decimal import Decimal

from rx_kucoin.cli._rows import SymbolRow
from rx_kucoin.protocol.messages.spot import Ticker

SECOND = 1_000_000_000


def row(*prices: str) -> SymbolRow:
    made = SymbolRow()
    for price in prices:
        made.take(Ticker("X", price=Decimal(price), time_ns=time.time_ns()))
        made.look(time.monotonic())
    return made


def test_a_row_that_heard_nothing_knows_nothing() -> None:
    made, now = row(), time.monotonic()
    made.look(now)
    assert (made.first, made.age(now), made.lag_ns(0), made.moved(now), list(made.past())) == (None, None, None, 0, [])
    assert made.rate(now) == 0


def test_the_first_price_is_that_of_the_first_message_whenever_it_is_looked_at() -> None:
    made = SymbolRow()
    for price in (1, 2, 3):
        made.take(Ticker("X", price=Decimal(price)))
    made.look(time.monotonic())
    assert (made.first, made.quote.price, made.count) == (1, 3, 3)


def test_a_move_is_seen_for_a_moment() -> None:
    now = time.monotonic()
    assert [row(*prices).moved(now) for prices in (("1",), ("1", "1"), ("1", "2"), ("2", "1"))] == [0, 0, 1, -1]
    assert row("1", "2").moved(now + 5) == 0


def test_only_news_tell_the_lag() -> None:
    made = SymbolRow()
    sent = time.time_ns() - 5 * SECOND
    made.take(Ticker("X", time_ns=sent))
    assert made.lag_ns(0) is None  # of a trade that may have been long ago
    made.take(Ticker("X", time_ns=sent))
    assert made.lag_ns(0) is None
    made.take(Ticker("X", time_ns=sent + SECOND))
    lag = made.lag_ns(0)
    assert lag is not None
    assert 4 * SECOND <= lag < 6 * SECOND
    assert made.lag_ns(SECOND) == lag - SECOND  # this clock is ahead
    made.take(Ticker("X", time_ns=sent + SECOND))
    assert made.lag_ns(0) == lag


def test_the_rate_is_that_of_the_last_seconds() -> None:
    made, now = SymbolRow(), time.monotonic()
    for second in range(10):
        made.mark(now + second)
        for _ in range(7):
            made.take(Ticker("X"))
    assert made.rate(now + 10) == 7


def test_the_last_minute_is_kept_by_the_second_and_no_more() -> None:
    made = row(*map(str, range(500)))
    assert len(list(made.past())) <= 3
    assert list(made.past())[-1][1] == 499.0
