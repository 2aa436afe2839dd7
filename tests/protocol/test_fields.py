"""The tests' own eye: it sees what a message lost, and what it has under another name."""

from typing import Any

import msgspec
import pytest

from rx_kucoin.protocol.frames import Frame
from rx_kucoin.protocol.messages.base import Change
from rx_kucoin.protocol.messages.futures import MarkPrice
from rx_kucoin.protocol.messages.spot import Level2Change, MarketChange, Match, Snapshot, Ticker
from rx_kucoin.protocol.messages.words import Side
from tests.protocol.fields import distinct, lost
from tests.protocol.reading import D


def push(payload: Any) -> Frame:
    return Frame("/a:B", "message", data=msgspec.Raw(msgspec.json.encode(payload)))


SEEN = [
    ({"price": "1.50", "size": None, "x": "", "y": [], "z": {}}, Ticker(price=D("1.5"))),
    ({"bestAsk": 1.5}, Ticker(best_ask=D("1.5"))),
    ({"ts": 1790984037207}, Ticker(time_ns=1790984037207_000_000)),
    ({"start": "1790984037"}, Ticker(time_ns=1790984037_000_000_000)),
    ({"side": "BUY", "tradeId": "0017"}, Match(side=Side.BUY, trade_id="0017")),
    ({"change": "1.50,buy,3", "sequence": 7}, Level2Change("B", 7, 7, bids=(Change(D("1.5"), D(3), 7),))),
    ({"a": {"vol": 2}}, Snapshot(market_change1h=MarketChange(vol=D(2)))),
    ({"markPrice": 1, "new": {"deep": ["x", True]}}, MarkPrice("", {"new": {"deep": ["x", True]}}, D(1))),
]
LOST = [
    ({"price": "1.50"}, Ticker(price=D("1.51")), ["price"]),
    ({"price": "1.5", "size": "2"}, Ticker(price=D(2), size=D("1.5")), ["price", "size"]),
    ({"price": "1.5", "fee": "2.5"}, Ticker(price=D("1.5")), ["fee"]),
    ({"bestAsk": "1"}, Ticker(best_bid=D(1), best_ask=D(3)), ["bestAsk"]),
    ({"ts": 1790984037207}, Ticker(time_ns=1790984037207_000), ["ts"]),
    ({"ts": 1790984037207}, Ticker(sequence=1790984037207_000_000), ["ts"]),
    ({"a": {"vol": 2, "low": 3}}, Snapshot(market_change1h=MarketChange(vol=D(2))), ["a.low"]),
    ({"rows": [["1", "2"], ["3", "4"]]}, Level2Change(bids=(Change(D(1), D(2), 4),)), ["rows.[1].[0]"]),
    ({"trading": True}, Snapshot(board=1), ["trading"]),
    ({"trading": True}, Snapshot(trading=False), ["trading"]),
    ({"change": "1.50,buy,3"}, Level2Change(bids=(Change(D("1.5"), D(4), 7),)), ["change"]),
    ({"new": 1}, MarkPrice(extra={"new": 2}), ["new"]),
    ({"BTC": {"total": 1}}, Ticker(price=D(1)), ["{BTC}"]),
]


@pytest.mark.parametrize(("payload", "message"), SEEN, ids=range(len(SEEN)))
def test_what_a_message_has_is_seen(payload: Any, message: Any) -> None:
    assert lost(push(payload), message) == []


@pytest.mark.parametrize(("payload", "message", "missing"), LOST, ids=range(len(LOST)))
def test_what_a_message_lost_is_told(payload: Any, message: Any, missing: list[str]) -> None:
    assert lost(push(payload), message) == missing


def test_numbers_are_made_distinct_and_stay_what_they_are() -> None:
    payload = {
        "a": "1.5",
        "b": "1.5",
        "c": 7,
        "d": [7, True, None],
        "e": "x,buy,2",
        "ts": 1790984037207,
        "t": 1790984037207,
    }
    other = distinct(payload)
    assert [type(each) for each in other.values()] == [str, str, int, list, str, int, int]
    assert other["a"] != other["b"]
    assert other["c"] != other["d"][0]
    assert other["d"][1:] == [True, None]
    assert other["e"].startswith("x,buy,")
    assert other["ts"] == other["t"] != payload["t"]
