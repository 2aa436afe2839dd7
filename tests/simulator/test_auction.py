from typing import Any

import pytest
import requests

from rx_kucoin.simulator import Simulator
from tests.simulator.raw import PATIENCE, dialled

pytestmark = pytest.mark.socket

PRICES = "/callauction/callauctionData"
BOOK = "/callauction/level2Depth50"


def test_one_symbol_is_in_its_auction_and_both_channels_live_by_themselves() -> None:
    with Simulator(rate_per_topic=50) as exchange, dialled(exchange) as caller:
        symbol = exchange.listed["spot"][-1]
        for prefix in (PRICES, BOOK):
            assert caller.subscribe(f"{prefix}:{symbol}")["type"] == "ack"
        prices = caller.until(topic=f"{PRICES}:{symbol}")
        book = caller.until(topic=f"{BOOK}:{symbol}")
    assert (prices["subject"], book["subject"]) == ("callauction.callauctionData", "level2")
    data = prices["data"]
    assert data["symbol"] == symbol
    low, high = float(data["sellOrderRangeLowPrice"]), float(data["buyOrderRangeHighPrice"])
    assert low < float(data["estimatedPrice"]) < high
    assert len(book["data"]["asks"]) == len(book["data"]["bids"]) == 50


def test_a_symbol_that_is_not_in_its_auction_is_acked_and_silent() -> None:
    with Simulator(rate=0, auctions=["KCS-USDT"]) as exchange, dialled(exchange) as caller:
        for topic in (f"{PRICES}:BTC-USDT", f"{PRICES}:KCS-USDT"):
            assert caller.subscribe(topic)["type"] == "ack"
        assert exchange.tick(f"{PRICES}:BTC-USDT", 2) == exchange.tick(f"{PRICES}:KCS-USDT", 2) == 1
        assert [frame["topic"] for frame in caller.meanwhile()] == [f"{PRICES}:KCS-USDT"] * 2
        answer: dict[str, Any] = requests.get(f"{exchange.rest_url}/api/v2/symbols", timeout=PATIENCE).json()
    assert [row["symbol"] for row in answer["data"] if row["callauctionIsEnabled"]] == ["KCS-USDT"]


@pytest.mark.parametrize("topic", ["/contract/announcement", "/contract/announcement:XBTUSDTM"])
def test_settlements_are_announced_with_a_symbol_and_without(topic: str) -> None:
    with Simulator(rate_per_topic=50) as exchange, dialled(exchange, "futures") as caller:
        assert caller.subscribe(topic)["type"] == "ack"
        frame = caller.until(topic=topic)
    assert frame["subject"] in {"funding.begin", "funding.end"}
    assert frame["data"]["symbol"] in ({"XBTUSDTM"} if ":" in topic else set(exchange.listed["futures"]))
