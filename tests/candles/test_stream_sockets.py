"""Candles that end, over real sockets: the exchange's clock leaps to each bar's end, and the line drops amid one."""

import time
from itertools import pairwise
from typing import Any

import pytest
import requests
from waiting import eventually, nothing_left

from rx_kucoin import KuCoin, Limits, Rate
from rx_kucoin.messages import ClosedCandle
from rx_kucoin.simulator import Simulator

pytestmark = pytest.mark.socket

MINUTE_NS = 60_000_000_000
BARS = 6


def test_bars_of_both_markets_come_once_in_order_and_are_what_rest_tells() -> None:
    spot, futures = list[ClosedCandle](), list[ClosedCandle]()
    with nothing_left(), Simulator(seed=5, rate_per_topic=50, dial_rate=Rate(1_000_000, 60.0)) as exchange:
        exchange.clock_offset = 20 - exchange.now_ns() / 1e9 % 60  # far from a minute's end
        settings: dict[str, Any] = {"backoff_initial": 0.1, "limits": Limits(dials=Rate(1_000_000, 60.0))}
        with KuCoin(rest_url=exchange.rest_url, futures_rest_url=exchange.futures_rest_url, **settings) as kucoin:
            kucoin.closed_candles("BTC-USDT", settle=0.3).subscribe(spot.append)
            kucoin.futures.closed_candles("XBTUSDTM", settle=0.3).subscribe(futures.append)
            assert eventually(lambda: len(exchange.open_connections) == 2)
            time.sleep(0.5)
            for number in range(1, BARS + 1):
                if number == BARS // 2:
                    exchange.faults.drop()
                exchange.clock_offset += 60
                assert eventually(lambda number=number: min(len(spot), len(futures)) >= number)
        query = {"symbol": "BTC-USDT", "type": "1min"}
        told = requests.get(f"{exchange.rest_url}/api/v1/market/candles", query, timeout=10).json()["data"]
    print(*[(bar.symbol, str(bar.origin), str(bar.close)) for bar in (*spot, *futures)], sep="\n")
    for bars in (spot, futures):
        assert [later.start_ns - bar.start_ns for bar, later in pairwise(bars)] == [MINUTE_NS] * (len(bars) - 1)
    rows = {int(start): [open_, close, high, low] for start, open_, close, high, low, *_ in told}
    for bar in spot:
        prices = [str(price) for price in (bar.open, bar.close, bar.high, bar.low)]
        assert prices == rows[bar.start_ns // 1_000_000_000], bar
    assert {bar.origin for bar in (*spot, *futures)} <= {"stream", "rest"}
