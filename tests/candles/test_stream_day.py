"""Twenty-four hours of closed bars in virtual time: each once, in order, and what the trades make."""

import random
from collections import Counter, defaultdict

import pytest
from bars_market import DAY, START, Market, is_futures, length, trades

from rx_kucoin import events
from rx_kucoin.candles.stream import closed_candles
from rx_kucoin.protocol.messages.closed import ClosedCandle, Origin

HOUR = 3_600.0
SERIES = {
    "BUSY-USDT": ("1min", "15min"),
    "QUIET-USDT": ("1min", "5min", "1hour"),
    "DEAD-USDT": ("1min", "4hour"),
    "XBTUSDTM": ("1min", "3min"),
    "QUIETM": ("1min", "30min"),
}
DROPS = [1.3 * HOUR, 1.3 * HOUR + 20, 7.7 * HOUR, 13.25 * HOUR, 20 * HOUR]
OUTAGES = [(4 * HOUR, 4 * HOUR + 8), (10 * HOUR, 10 * HOUR + 900)]


@pytest.mark.parametrize(("ahead", "hours"), [(0.0, 24), (-17.25, 5), (5_000.5, 5)])
def test_a_day_of_bars_is_what_the_trades_make_and_each_comes_once(ahead: float, hours: int) -> None:
    day = hours * HOUR
    market = Market(ahead, renew_every=3 * HOUR, max_reconnects=None, backoff_cap=20.0)
    dice, begin, lag = random.Random(7), START + ahead, random.Random(8)
    means = {"BUSY-USDT": 15.0, "QUIET-USDT": 240.0, "DEAD-USDT": 2e9, "XBTUSDTM": 20.0, "QUIETM": 500.0}
    for symbol, mean in means.items():
        market.trades[symbol] = trades(dice, begin - 2 * HOUR, begin + day, mean, 0.01 if "QUIET" in symbol else 0.0)
    market.trades["DEAD-USDT"] = trades(dice, begin - 9 * DAY, begin - 8 * DAY, 8 * HOUR)
    market.intervals = SERIES
    got: dict[tuple[str, str], list[ClosedCandle]] = defaultdict(list)
    waits: dict[Origin, list[float]] = defaultdict(list)

    def keep(bar: ClosedCandle) -> None:
        got[bar.symbol, bar.interval].append(bar)
        waits[bar.origin].append(market.now - bar.start_ns / 1e9 - length(bar.interval))

    streams = []
    for symbol, intervals in SERIES.items():
        for interval in intervals:
            stream = closed_candles(market.engine, "futures" if is_futures(symbol) else "spot", symbol, interval)
            streams.append(stream.subscribe(keep))
    for drop in DROPS:
        market.clock.schedule_absolute(START + drop, lambda *_: market.exchange.drop())
    for since, until in OUTAGES:
        market.clock.schedule_absolute(START + since, lambda *_: setattr(market.exchange, "down", True))
        market.clock.schedule_absolute(START + since + 1, lambda *_: market.exchange.drop())
        market.clock.schedule_absolute(START + until, lambda *_: setattr(market.exchange, "down", False))
    market.run(begin + day, lag)
    market.run(begin + day + 60)

    print(f"\nclock {ahead:+} s:", Counter(type(event).__name__ for event in market.told if event.line))
    print("REST calls:", Counter(path.split("?")[0] for _, path in market.exchange.fetches))
    for (symbol, interval), bars in got.items():
        print(f"{symbol:>10} {interval:<6} {len(bars):>5}", dict(Counter(bar.origin.value for bar in bars)))
    for origin, seconds in waits.items():
        ordered = sorted(seconds)
        print(f"{origin:>8}: after {ordered[len(ordered) // 2]:.1f} s in the middle, {ordered[-1]:.1f} s at most")

    for symbol, intervals in SERIES.items():
        for interval in intervals:
            bars = got[symbol, interval]
            expected = market.expected(symbol, interval, begin, begin + day)
            brought = {bar.start_ns // 10**9: tuple(getattr(bar, name) for name in FIGURES) for bar in bars}
            starts = [bar.start_ns // 10**9 for bar in bars if bar.start_ns // 10**9 in expected]
            assert starts == list(expected)
            assert all(brought[start] == expected[start] for start in expected)
    assert sum(isinstance(event, events.Renewed) for event in market.told) >= hours // 3
    assert {bar.origin for bars in got.values() for bar in bars} == {Origin.STREAM, Origin.REST, Origin.EMPTY}
    for stream in streams:
        stream.dispose()
    market.clock.advance_to(market.exchange.time + 60)
    assert not market.exchange.open_wires
    fetches = len(market.exchange.fetches)
    market.clock.advance_to(market.exchange.time + DAY)
    assert len(market.exchange.fetches) == fetches


FIGURES = ("open", "close", "high", "low", "volume", "turnover")
