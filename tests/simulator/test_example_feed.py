"""A channel that nothing livelier is written for is served the example of its row."""

import json
from typing import Any

import pytest

from rx_kucoin.protocol.channels import RANGE, SEQUENCE, TIME, Channel
from rx_kucoin.simulator._example_feed import ExampleFeed
from rx_kucoin.simulator._instruments import Instrument

NOW = 1_800_000_000_123_456_789


def instrument(symbol: str) -> Instrument:
    return Instrument(symbol, "3000.1", market="spot", rank=0, seed=1, age=0.0, clock=lambda: NOW)


def feed(data: Any, topic: str = "/new/thing:BTC-USDT", subject: str = "thing", **row: Any) -> ExampleFeed:
    example = json.dumps({"topic": topic, "type": "message", "subject": subject, "data": data})
    return ExampleFeed(Channel("thing", "spot", "/new/thing", **{"takes": "symbol", **row}, example=example))


def test_the_symbol_is_the_one_that_is_asked_for_wherever_it_stands() -> None:
    make = feed({"symbol": "BTC-USDT", "of": [{"s": "BTC-USDT"}, "BTC", 7, None]}, subject="BTC-USDT")
    assert make(instrument("ETH-USDT"), "") == {
        "subject": "ETH-USDT",
        "data": {"symbol": "ETH-USDT", "of": [{"s": "ETH-USDT"}, "BTC", 7, None]},
    }


def test_a_bare_topic_tells_the_symbol_in_its_payload() -> None:
    make = feed({"coin": "BTC-USDT"}, "/new/thing", takes="nothing", symbol=("coin",))
    assert make(instrument("ETH-USDT"), "")["data"] == {"coin": "ETH-USDT"}


def test_the_interval_is_the_one_that_is_asked_for() -> None:
    make = feed({"id": "BTC-USDT_1min", "of": "BTC-USDT", "every": "1min"}, "/new/thing:BTC-USDT_1min", takes="candles")
    assert make(instrument("ETH-USDT"), "8hour")["data"] == {"id": "BTC-USDT_1min", "of": "ETH-USDT", "every": "8hour"}


@pytest.mark.parametrize(
    ("printed", "served"),
    [
        (1_729_852_800, NOW // 10**9),
        (1_729_852_800_000, NOW // 10**6),
        ("1729852800000000", str(NOW // 10**3)),
        (1_729_852_800_000_000_000, NOW),
    ],
)
def test_a_time_is_the_simulator_s_in_the_unit_of_the_example(printed: int | str, served: int | str) -> None:
    make = feed({"at": {"ts": printed}, "due": 1}, order=TIME, last=("at", "ts"))
    assert make(instrument("BTC-USDT"), "")["data"] == {"at": {"ts": served}, "due": 1}


def test_a_sequence_goes_on_by_one_for_each_symbol() -> None:
    make = feed({"sequence": "41"}, order=SEQUENCE, last=("sequence",))
    btc, eth = instrument("BTC-USDT"), instrument("ETH-USDT")
    served = [make(each, "")["data"]["sequence"] for each in (btc, btc, eth, btc)]
    assert served == ["41", "42", "41", "43"]


def test_ranges_join() -> None:
    make = feed({"from": 40, "to": 41}, order=RANGE, first=("from",), last=("to",))
    btc = instrument("BTC-USDT")
    assert [make(btc, "")["data"] for _ in range(2)] == [{"from": 41, "to": 41}, {"from": 42, "to": 42}]


def test_an_example_of_another_channel_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="the example of /new/thing is a push of /old/thing"):
        feed({}, "/old/thing:BTC-USDT")
