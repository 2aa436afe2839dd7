"""The catalogue."""

import importlib
import json
import pkgutil
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from rx_kucoin import messages
from rx_kucoin.protocol import channels
from rx_kucoin.protocol import messages as defined
from rx_kucoin.protocol.channels import CHANNELS, INTERVALS, row_of
from rx_kucoin.protocol.frames import Frame
from rx_kucoin.protocol.limits import Market
from rx_kucoin.protocol.messages.base import Message, Unknown
from rx_kucoin.protocol.messages.margin import Indicator
from rx_kucoin.protocol.messages.orders import Order
from rx_kucoin.protocol.messages.positions import Position
from rx_kucoin.protocol.messages.spot import CallAuction, Depth, Snapshot, Ticker
from rx_kucoin.protocol.raw import READER, Push, raw_order
from rx_kucoin.protocol.topics import Topic
from rx_kucoin.protocol.validation import check
from tests.protocol.account_frames import ours
from tests.protocol.material import SYMBOLS, VECTORS, documented, needs, pushes
from tests.protocol.reading import message_of

GOOD = [
    "/market/ticker:BTC-USDT",
    "/market/ticker:all",
    "/market/ticker:BTC-USDT,ETH-USDT,BTC3L-USDT",
    "/market/snapshot:BTC-USDT",
    "/market/snapshot:USDS",
    "/market/snapshot:Layer1",
    "/market/candles:BTC-USDT_1min",
    "/market/candles:BTC-USDT_1month,ETH-USDT_5min",
    "/market/candles:BTCUSDT_1min",
    "/market/ticker:BTCUSDT",
    "/market/ticker:龙-USDT,AAPLx-USDT",
    "/market/match:$A.B-USDT",
    "/contractMarket/limitCandle:龙USDTM_1hour",
    "/indicator/markPrice:USDT-BTC",
    "/callauction/callauctionData:BTC-USDT",
    "/contractMarket/tickerV2:XBTUSDTM",
    "/contractMarket/limitCandle:XBTUSDTM_1hour",
    "/contract/instrument:XBTMZ26",
    "/contract/instrument:.KXBT",
    "/contract/announcement",
    "/contract/announcement:XBTUSDTM",
    "/account/balance",
    "/margin/isolatedPosition:BTC-USDT",
    "/contractMarket/tradeOrders",
    "/contractMarket/tradeOrders:XBTUSDTM",
    "/contract/positionAll",
    "/contract/position:XBTUSDTM",
]
BAD = {
    "": "is no channel",
    "/market/tickers:BTC-USDT": "is no channel",
    "market/ticker:BTC-USDT": "is no channel",
    "/market/ticker": "names no symbol; write /market/ticker:BTC-USDT",
    "/contractMarket/level2": "names no symbol; write /contractMarket/level2:XBTUSDTM",
    "/market/ticker:": "is not how KuCoin writes a symbol",
    "/market/ticker:BTC-USDT,": "is not how KuCoin writes a symbol",
    "/market/ticker:,BTC-USDT": "is not how KuCoin writes a symbol",
    "/market/ticker:btc-usdt": "is not how KuCoin writes a symbol",
    "/market/match:BTC USDT": "is not how KuCoin writes a symbol",
    "/market/ticker:BTC-USDT, ETH-USDT": "is not how KuCoin writes a symbol",
    "/market/ticker:BTC-USDT\n": "is not how KuCoin writes a symbol",
    "/market/match:all": "is not how KuCoin writes a symbol",
    "/market/snapshot:btc-usdt": "is not how KuCoin writes a symbol",
    "/market/snapshot:": "is not how KuCoin writes a symbol",
    "/contractMarket/level2:BTC-USDT": "is not how KuCoin writes a symbol",
    "/market/candles:BTC-USDT": "is no interval",
    "/market/candles:BTC-USDT_1m": "choose from 1min, 3min",
    "/contractMarket/limitCandle:XBTUSDTM_6hour": "no interval of the futures market; choose from 1min, 3min, 5min, "
    "15min, 30min, 1hour, 2hour, 4hour, 8hour, 12hour, 1day, 1week, 1month",
    "/market/candles:_1min": "is not how KuCoin writes a symbol",
    "/account/balance:BTC": "takes no symbol",
    "/contract/positionAll:XBTUSDTM": "takes no symbol",
}


@pytest.mark.parametrize("text", GOOD)
def test_a_good_topic_is_written_out(text: str) -> None:
    prefix, colon, arguments = text.partition(":")
    assert check(text) == ([f"{prefix}:{a}" for a in arguments.split(",")] if colon else [text])


@pytest.mark.parametrize("text", BAD)
def test_a_bad_topic_is_a_value_error_that_says_why(text: str) -> None:
    with pytest.raises(ValueError, match=r".+") as caught:
        check(text)
    assert BAD[text] in str(caught.value)


@pytest.mark.parametrize("interval", INTERVALS)
def test_every_interval_of_kucoins_is_good(interval: str) -> None:
    assert check(f"/market/candles:BTC-USDT_{interval}")
    assert interval == "6hour" or check(f"/contractMarket/limitCandle:XBTUSDTM_{interval}")


def test_a_topic_that_is_listed_twice_counts_once() -> None:
    assert check("/market/match:A-B,A-B,C-D") == ["/market/match:A-B", "/market/match:C-D"]


def test_a_list_fits_a_line() -> None:
    names = [f"C{number}-USDT" for number in range(101)]
    assert len(check("/market/match:" + ",".join(names[:100]))) == 100
    with pytest.raises(ValueError, match="101 symbols are more than the 100 of one request"):
        check("/market/match:" + ",".join(names))


@needs(VECTORS)
def test_every_topic_of_the_documentation_is_known() -> None:
    rows = [json.loads(line) for line in VECTORS.read_text().splitlines()]
    assert len(rows) == 38
    for row in rows:
        channel = CHANNELS[Topic.parse(row["topic"]).prefix]
        assert channel.private == (row["access"] == "private")
        assert channel.market == row["market"].replace("margin", "spot")


@needs(VECTORS)
@pytest.mark.parametrize("access", ["public", "private"])
def test_every_documented_field_is_in_a_push_of_ours(access: str) -> None:
    """So that what a clone without the documentation's examples tests is as much as is tested with them."""
    own = [*pushes(), *ours()]
    for frame in documented(access):
        prefix = Topic.parse(frame.topic).prefix
        same = [each for each in own if Topic.parse(each.topic).prefix == prefix]
        known = {path for each in same for path in _paths(json.loads(bytes(each.data)))}
        assert set(_paths(json.loads(bytes(frame.data)))) <= known, frame.topic
        assert not frame.id or any(each.id for each in same), frame.topic


def _paths(data: Any) -> Iterator[str]:
    """The paths of a payload's fields; a currency or a symbol is no field."""
    if isinstance(data, dict):
        for key, value in data.items():
            name = "*" if key.isupper() else key
            yield name
            yield from (f"{name}.{path}" for path in _paths(value))
    elif isinstance(data, list):
        for value in data:
            yield from _paths(value)


@needs(SYMBOLS)
def test_every_symbol_that_the_exchange_listed_is_good() -> None:
    listed = json.loads(SYMBOLS.read_bytes())["data"]
    assert listed
    for row in listed:
        assert check(f"/market/ticker:{row['symbol']}")
        assert check(f"/market/snapshot:{row['market']}")


def test_there_is_a_push_of_ours_for_every_channel() -> None:
    assert {Topic.parse(frame.topic).prefix for frame in pushes()} == set(CHANNELS)


@pytest.mark.parametrize(("prefix", "market"), [("/market/brandnew", "spot"), ("/contractMarket/brandnew", "futures")])
def test_a_channel_that_is_newer_has_a_row_as_well(prefix: str, market: str) -> None:
    assert row_of("/market/ticker") is CHANNELS["/market/ticker"]
    row = row_of(prefix)
    assert (row.prefix, row.market, row.reader, row.private) == (prefix, market, None, False)


def test_a_row_is_found_by_its_topic() -> None:
    assert channels.channel_of("/market/match:BTC-USDT").prefix == "/market/match"
    with pytest.raises(ValueError, match="known are /account/balance, "):
        channels.channel_of("/market/level3:BTC-USDT")


@pytest.mark.parametrize(
    ("topic", "private"),
    [
        ("/account/balance", True),
        ("/contract/position:XBTUSDTM", True),
        ("/contractMarket/tradeOrders", True),
        ("/market/ticker:BTC-USDT", False),
        ("/unheard/of", False),
    ],
)
def test_private_topics_are_known(topic: str, private: bool) -> None:  # noqa: FBT001
    assert channels.is_private(topic) is private


@pytest.mark.parametrize(
    ("pushed", "topic"),
    [
        ("/spotMarket/level2Depth50:BTC-USDT", "/callauction/level2Depth50:BTC-USDT"),
        ("/contract/position:XBTUSDTM", "/contract/positionAll"),
        ("/market/ticker:BTC-USDT", None),
        ("/account/balance", None),
    ],
)
def test_pushes_under_another_name_find_their_topic(pushed: str, topic: str | None) -> None:
    assert channels.elsewhere(pushed) == topic


@pytest.mark.parametrize(
    ("topic", "several"),
    [
        ("/market/ticker:all", True),
        ("/market/ticker:BTC-USDT", False),
        ("/market/snapshot:USDS", True),
        ("/market/snapshot:BTC-USDT", False),
        ("/market/match:BTC-USDT", False),
        ("/market/candles:BTC-USDT_1min", False),
    ],
)
def test_only_a_topic_of_many_symbols_has_a_sequence_for_each(topic: str, several: bool) -> None:  # noqa: FBT001
    channel, argument = channels.channel_of(topic), Topic.parse(topic).argument or ""
    typed, raw = channel.typed_order(argument), raw_order(channel, argument)
    assert typed is not None
    assert raw is not None
    assert (typed.key is not None, raw.key is not None) == (several, several)
    if typed.key is not None and raw.key is not None:
        assert typed.key(Ticker(symbol="A-B", price=Decimal(1))) == typed.key(Snapshot(symbol="A-B")) == "A-B"
        assert raw.key(Push(topic=topic, subject="A-B", data={"data": {"symbol": "A-B"}})) == "A-B"


@pytest.mark.parametrize(
    ("prefix", "contiguous", "strict"),
    [
        ("/market/ticker", False, True),
        ("/market/match", False, True),
        ("/market/level2", True, True),
        ("/contractMarket/level2", True, True),
        ("/contractMarket/execution", False, True),
        ("/market/snapshot", False, False),
        ("/spotMarket/level2Depth5", False, False),
        ("/market/candles", False, False),
        ("/indicator/index", False, False),
        ("/callauction/callauctionData", False, False),
        ("/contractMarket/tickerV2", False, True),
        ("/contractMarket/ticker", False, True),
        ("/contractMarket/level2Depth50", False, False),
        ("/contractMarket/limitCandle", False, False),
        ("/contractMarket/snapshot", False, False),
    ],
)
def test_orders_are_as_the_exchange_numbers_its_messages(prefix: str, contiguous: bool, strict: bool) -> None:  # noqa: FBT001
    for order in (raw_order(CHANNELS[prefix], "A-B"), CHANNELS[prefix].typed_order("A-B")):
        assert order is not None
        assert (order.contiguous, order.strict) == (contiguous, strict)


@pytest.mark.parametrize("prefix", ["/account/balance", "/contract/instrument", "/contract/announcement"])
def test_what_has_neither_sequence_nor_a_time_of_its_own_has_no_order(prefix: str) -> None:
    assert raw_order(CHANNELS[prefix], "") is None
    assert CHANNELS[prefix].typed_order("") is None


@pytest.mark.parametrize("frame", pushes(), ids=lambda frame: f"{frame.topic} {frame.subject}")
def test_what_has_an_order_has_a_place_in_it(frame: Frame) -> None:
    prefix, argument = Topic.parse(frame.topic)
    for order, message in [
        (CHANNELS[prefix].typed_order(argument or ""), message_of(frame)),
        (raw_order(CHANNELS[prefix], argument or ""), READER.read(frame, argument or "")),
    ]:
        assert order is None or (order.first(message) or 0) > 1_000_000 or prefix == "/callauction/callauctionData"


@pytest.mark.parametrize("channel", CHANNELS.values(), ids=CHANNELS)
def test_every_channel_is_typed_and_has_an_order_where_its_payloads_have_one(channel: channels.Channel) -> None:
    assert channel.reader is not None
    assert (channel.order is None) == (not channel.last)
    assert CHANNELS[channel.prefix] is channel


def test_no_two_channels_of_a_market_have_the_same_name() -> None:
    assert len({(row.market, row.name) for row in CHANNELS.values()}) == len(CHANNELS)
    assert all(row.name.isidentifier() and row.name == row.name.lower() for row in CHANNELS.values())
    assert all(prefix == row.prefix for prefix, row in CHANNELS.items())


def test_a_reader_makes_the_types_of_its_row_and_no_others() -> None:
    made: dict[str, set[type]] = {prefix: set() for prefix in CHANNELS}
    for frame in [*pushes(), *ours()]:
        made[Topic.parse(frame.topic).prefix].add(type(message_of(frame)))
    made["/contract/position"] |= made["/contract/positionAll"]  # their pushes are the same
    for prefix, row in CHANNELS.items():
        assert made[prefix] - {Unknown} == set(row.messages) - {Unknown}, prefix


def test_every_message_of_a_row_is_exported() -> None:
    exported = {getattr(messages, name) for name in messages.__all__}
    assert {kind for row in CHANNELS.values() for kind in row.messages} <= exported


def test_every_module_of_messages_is_exported_whole() -> None:
    for module in pkgutil.iter_modules(defined.__path__):
        if module.name != "record":  # what messages are made with, not what a stream emits
            names = importlib.import_module(f"{defined.__name__}.{module.name}").__all__
            missing = set(names) - set(messages.__all__)
            line = f"from {defined.__name__}.{module.name} import *"
            assert not missing, f"rx_kucoin/messages.py lacks the line `{line}`"


def test_a_row_is_found_by_its_name() -> None:
    assert channels.channel_named("spot", "ticker").prefix == "/market/ticker"
    assert channels.channel_named("futures", "ticker").prefix == "/contractMarket/tickerV2"
    with pytest.raises(ValueError, match=r"the spot market has no channel 'ticker_v1'; choose from balances, call_a"):
        channels.channel_named("spot", "ticker_v1")


@pytest.mark.parametrize(
    ("kind", "prefix"), [(Ticker, "/market/ticker"), (CallAuction, "/callauction/callauctionData")]
)
def test_a_row_is_found_by_its_type_of_message(kind: type[Message], prefix: str) -> None:
    assert channels.channel_emitting("spot", kind).prefix == prefix


@pytest.mark.parametrize(
    ("market", "kind", "says"),
    [
        ("spot", Depth, "Depth does not tell a channel of the spot market; name one of 'depth5' (Depth), 'depth50' ("),
        ("spot", Order, "'orders' (Order), 'orders_v1' (Order)"),
        ("spot", Indicator, "'mark_price' (Indicator), 'index_price' (Indicator)"),
        ("futures", Position, "'all_positions' (Position or PositionSettlement or RiskLimitChange or Unknown), 'posi"),
        ("futures", Unknown, "'instrument' (MarkPrice or FundingRate or Unknown), 'balances' ("),
        ("futures", Ticker, "no channel of the futures market emits Ticker"),
        ("futures", None, "no channel of the futures market emits None"),
    ],
)
def test_a_type_that_does_not_tell_a_single_row_is_a_value_error_that_names_them(
    market: Market, kind: type[Message], says: str
) -> None:
    with pytest.raises(ValueError, match=re.escape(says)):
        channels.channel_emitting(market, kind)
