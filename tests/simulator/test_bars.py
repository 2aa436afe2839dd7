import itertools
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from rx_kucoin.simulator import Simulator
from rx_kucoin.simulator._bars import TradeBars, start_of
from tests.simulator.raw import PATIENCE, Caller, dialled

pytestmark = pytest.mark.socket

MINUTE = 1_795_000_020


@pytest.fixture
def exchange() -> Iterator[Simulator]:
    with Simulator(rate=0) as exchange:
        exchange.clock_offset = 30 - exchange.now_ns() / 1e9 % 60  # far from a minute's end
        yield exchange


def get(exchange: Simulator, path: str, market: str = "spot") -> Any:
    url = exchange.rest_url if market == "spot" else exchange.futures_rest_url
    return requests.get(url + path, timeout=PATIENCE).json()["data"]


def streamed(caller: Caller) -> dict[str, list[str]]:
    """The last frame of each bar, by its start."""
    return {frame["data"]["candles"][0]: frame["data"]["candles"] for frame in caller.meanwhile()}


def live(exchange: Simulator, candles: str, matches: str) -> None:
    """Trade in three bars of five minutes; the second candle frame of each is not the last word on it."""
    for minutes in (0, 1, 3):
        exchange.clock_offset += 60 * minutes
        exchange.tick(candles, 2)
        exchange.tick(matches, 3)
    exchange.clock_offset += 60
    exchange.tick(candles)


def test_what_was_streamed_on_spot_is_what_rest_remembers(exchange: Simulator) -> None:
    topic = "/market/candles:BTC-USDT_1min"
    with dialled(exchange) as caller:
        caller.subscribe(topic)
        live(exchange, topic, "/market/match:BTC-USDT")
        heard = streamed(caller)
    since, until = min(heard), int(max(heard)) + 1
    path = f"/api/v1/market/candles?symbol=BTC-USDT&type=1min&startAt={since}&endAt={until}"
    remembered = get(exchange, path)
    starts = [int(row[0]) for row in remembered]
    assert [newer - older for older, newer in itertools.pairwise(starts[::-1])] == [60, 180, 60]
    assert remembered == [heard[row[0]] for row in remembered]


def test_what_was_streamed_on_futures_is_what_rest_remembers(exchange: Simulator) -> None:
    topic = "/contractMarket/limitCandle:XBTUSDTM_1min"
    with dialled(exchange, "futures") as caller:
        caller.subscribe(topic)
        live(exchange, topic, "/contractMarket/execution:XBTUSDTM")
        heard = streamed(caller)
    since, until = int(min(heard)) * 1000, int(max(heard)) * 1000 + 1
    remembered = get(exchange, f"/api/v1/kline/query?symbol=XBTUSDTM&granularity=1&from={since}&to={until}", "futures")
    assert len(remembered) == 4
    for start, first, high, low, last, volume, turnover in remembered:
        bar = [float(text) for text in heard[str(start // 1000)][1:]]
        assert [first, last, high, low] == bar[:4]
        assert (turnover, volume) == pytest.approx(bar[4:])
    assert [row[0] for row in remembered] == sorted(row[0] for row in remembered)


def test_a_longer_bar_first_asked_for_later_is_made_of_its_minutes(exchange: Simulator) -> None:
    live(exchange, "/market/candles:KCS-USDT_1min", "/market/match:KCS-USDT")
    minutes = get(exchange, "/api/v1/market/candles?symbol=KCS-USDT&type=1min")[:4]
    hours = get(exchange, "/api/v1/market/candles?symbol=KCS-USDT&type=1hour")
    hour = [row for row in minutes if int(row[0]) >= int(hours[0][0])]
    assert hours[0][2] == hour[0][2]
    assert float(hours[0][3]) == max(float(row[3]) for row in hour)
    assert float(hours[0][5]) == pytest.approx(sum(float(row[5]) for row in hour))


def test_before_its_first_trade_a_past_is_made_up_that_stays_the_same(exchange: Simulator) -> None:
    path = "/api/v1/market/candles?symbol=ETH-USDT&type=1hour"
    newest = int(get(exchange, path)[0][0])
    window = f"{path}&startAt={newest - 50 * 3600}&endAt={newest - 10 * 3600}"
    bars = get(exchange, window)
    assert [int(bar[0]) for bar in bars] == [newest - 3600 * back for back in range(11, 51)]
    exchange.tick("/market/match:ETH-USDT", 5)
    assert get(exchange, window) == bars
    assert len(get(exchange, f"{path}&startAt=1")) == 1500


def test_futures_bars_come_two_hundred_at_once_from_where_they_are_asked_for(exchange: Simulator) -> None:
    path = "/api/v1/kline/query?symbol=ETHUSDTM&granularity=60"
    newest = get(exchange, path, "futures")
    assert len(newest) == 200
    since = newest[-1][0] - 900 * 3_600_000
    page = get(exchange, f"{path}&from={since}", "futures")
    assert [row[0] for row in page] == [since + hour * 3_600_000 for hour in range(200)]
    refused = requests.get(f"{exchange.futures_rest_url}{path}1", timeout=PATIENCE)
    assert refused.json()["code"] == "400100"


def test_a_bar_in_which_nobody_trades_is_left_out_and_one_opens_where_the_last_closed() -> None:
    bars = TradeBars(MINUTE, 100, 5)
    bars.add(MINUTE + 59, 100, 110, 1)
    bars.add(MINUTE + 240, 110, 90, 2)
    kept = list(bars.backwards("1min", MINUTE, MINUTE + 1000))
    assert [(bar.start - MINUTE, bar.open, bar.close, bar.high, bar.low, bar.volume) for bar in kept] == [
        (240, 110, 90, 110, 90, 2),
        (0, 100, 110, 110, 100, 6),
    ]


def test_a_clock_that_is_set_back_makes_no_bar_of_the_past() -> None:
    bars = TradeBars(MINUTE, 100, 5)
    bars.add(MINUTE - 120, 100, 110, 1)
    assert (bars.last("1min").start, bars.last("1min").volume) == (MINUTE, 6)


def test_a_month_is_the_calendar_s() -> None:
    assert start_of("1month", 1_709_251_199) == 1_706_745_600  # the last second of a leap year's February
    assert start_of("1month", 1_709_251_200) == 1_709_251_200
