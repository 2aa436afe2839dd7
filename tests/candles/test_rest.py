"""Bars of REST, the starts of bars, and the difference of two clocks."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from rx_kucoin.candles import rest as klines
from rx_kucoin.candles.closer import ClockOffset
from rx_kucoin.candles.intervals import LENGTHS_NS, Starts
from rx_kucoin.candles.rest import CandleBar
from rx_kucoin.protocol.channels import INTERVALS

S = 1_000_000_000
SPOT = b'[["1729839660","2","1","3","0.5","7","8"],["1729839600","67644.9","67437.6","67724.8","67243.8","44.8","3.0"]]'
FUTURES = b"[[1729839600000,67644.9,67724.8,67243.8,67437.6,44,3.10],[1729839660000,1,2,0.1,1,5,6]]"


def test_both_hosts_are_read_alike_oldest_first() -> None:
    first = CandleBar(1_729_839_600 * S, *map(Decimal, ("67644.9", "67437.6", "67724.8", "67243.8", "44.8", "3.0")))
    assert klines.read("spot", "1min", SPOT, Starts("1min").of)[0] == first
    first = first._replace(volume=Decimal(44), turnover=Decimal("3.10"))
    assert klines.read("futures", "1min", FUTURES, Starts("1min").of)[0] == first
    assert len(klines.read("futures", "1min", FUTURES, Starts("1min").of)) == 2


def test_what_the_futures_host_has_no_bars_of_is_put_together() -> None:
    (bar,) = klines.read("futures", "3min", FUTURES, Starts("3min").of)
    assert bar == CandleBar(1_729_839_600 * S, *map(Decimal, ("67644.9", "1", "67724.8", "0.1", "49", "9.10")))
    assert "granularity=1&" in klines.path("futures", "XBTUSDTM", "3min", 0, S)
    assert "granularity=1440&" in klines.path("futures", "XBTUSDTM", "1month", 0, S)


@pytest.mark.parametrize("market", ["spot", "futures"])
@pytest.mark.parametrize("data", [b"{}", b"[[1]]", b'[["x","1","1","1","1","1","1"]]', b"[[1,1,1,1,1,1,null]]", b"<"])
def test_what_is_no_answer_is_a_value_error(market: str, data: bytes) -> None:
    with pytest.raises(ValueError, match="no bars"):
        klines.read(market, "1min", data, Starts("1min").of)  # type: ignore[arg-type]


def test_no_bars_are_no_rows_or_null() -> None:
    assert klines.read("spot", "1min", b"[]", int) == klines.read("futures", "1min", b"null", int) == []


def test_the_time_is_a_number_of_ms() -> None:
    assert klines.read_time(b"1729100692873") == 1_729_100_692_873_000_000
    with pytest.raises(ValueError, match="no time"):
        klines.read_time(b"{}")


def test_the_requests_are_those_of_each_host() -> None:
    assert (
        klines.path("spot", "BTC-USDT", "1hour", 3_600 * S, 7_200 * S)
        == "/api/v1/market/candles?symbol=BTC-USDT&type=1hour&startAt=3600&endAt=7200"
    )
    assert (
        klines.path("futures", "XBTUSDTM", "1hour", -1, 7_200 * S)
        == "/api/v1/kline/query?symbol=XBTUSDTM&granularity=60&from=0&to=7200000"
    )
    assert klines.at_once("spot", "3min") == 1_500
    assert [klines.at_once("futures", interval) for interval in ("1min", "3min", "1month")] == [200, 66, 6]


def test_the_futures_market_has_no_bars_of_six_hours() -> None:
    with pytest.raises(ValueError, match="6hour"):
        klines.check_interval("futures", "6hour")
    for interval in INTERVALS:
        klines.check_interval("spot", interval)


@pytest.mark.parametrize("interval", INTERVALS)
def test_bars_follow_each_other_without_a_hole(interval: str) -> None:
    starts, time = Starts(interval), 1_729_842_192 * S
    starts.learn(starts.of(time))
    for _ in range(30):
        start = starts.of(time)
        end = starts.after(start)
        assert start <= time < end <= start + LENGTHS_NS[interval]
        assert (starts.of(end - 1), starts.of(end)) == (start, end)
        time = end


def test_months_are_the_calendars() -> None:
    def ns(year: int, month: int) -> int:
        return int(datetime(year, month, 1, tzinfo=UTC).timestamp()) * S

    starts = Starts("1month")
    assert starts.are_known
    assert starts.of(ns(2_024, 3) - 1) == ns(2_024, 2)
    assert [starts.after(ns(2_024, 2)), starts.after(ns(2_024, 12))] == [ns(2_024, 3), ns(2_025, 1)]


def test_a_clock_is_ahead_by_what_it_was_at_its_best_and_drifts_slowly() -> None:
    clock = ClockOffset()
    bounds = []
    for theirs, ours in [(5_000, 1_000), (5_000, 1_010), (5_031, 1_030), (6_000, 11_030), (9_000, 11_031)]:
        clock.sample(theirs * S, ours * S, is_sure=True)
        bounds.append(clock.ns / S)
    assert bounds == pytest.approx([4_000, 4_000, 4_001, 4_000, 4_000], abs=0.01)
    clock.sample(20_000 * S, 11_031 * S, is_sure=True)
    assert clock.ns == 8_969 * S


def bounds_of(*ahead: float) -> list[float | None]:
    """The bound after each message, in seconds; None: unknown. The messages come at once."""
    clock = ClockOffset()
    bounds: list[float | None] = []
    for seconds in ahead:
        clock.sample(round(seconds * S), 0)
        bounds.append(clock.ns / S if clock.is_known else None)
    return bounds


@pytest.mark.parametrize("odd", [86_400.0, 600.0, 7.0, -7.0, -86_400.0, -1.7e9])
@pytest.mark.parametrize("at", range(6))
def test_one_odd_time_moves_no_clock_but_the_first_until_the_second_message(odd: float, at: int) -> None:
    ahead = [0.5, 0.4, 0.45, 0.5, 0.3, 0.5]
    ahead[at] = odd
    bounds = bounds_of(*ahead)
    assert bounds[-1] is not None
    assert 0.3 <= bounds[-1] <= 0.5
    assert bounds[1:] == [each for each in bounds[1:] if each is not None and each <= 0.5]
    if at == 0:
        assert bounds[0] == (odd if abs(odd) < 60 else None)


def test_a_clock_that_is_far_from_ours_is_believed_with_the_second_message_and_at_once_if_asked_for() -> None:
    assert bounds_of(-4e6, -4e6 - 1, -4e6 + 1) == [None, -4e6 - 1, -4e6 - 1]
    clock = ClockOffset()
    clock.sample(4_000_000 * S, 0, is_sure=True)
    assert clock.ns == 4_000_000 * S
    clock.sample(9_000_000 * S, 0)
    assert clock.ns == 4_000_000 * S


def test_a_clock_that_steps_forward_is_followed_with_the_second_message() -> None:
    assert bounds_of(0, 0, 70, 70) == [0, 0, 0, 70]
