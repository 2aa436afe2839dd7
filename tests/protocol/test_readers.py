"""From payloads to messages."""

import json
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from rx_kucoin.protocol.channels import CHANNELS
from rx_kucoin.protocol.frames import Frame, FrameError
from rx_kucoin.protocol.messages.base import Change, Level
from rx_kucoin.protocol.messages.spot import Candle, Depth, Level1, Level2Change, Match, Ticker
from rx_kucoin.protocol.raw import READER, decode
from rx_kucoin.protocol.readers import spot as readers
from rx_kucoin.protocol.readers.base import dig
from rx_kucoin.protocol.topics import Topic
from tests.protocol.material import CAPTURE, VECTORS, captured, documented, needs, push_of, pushes
from tests.protocol.reading import D, message_of, read, read_typed


def test_a_ticker_has_its_symbol_from_its_topic() -> None:
    assert read_typed("/market/ticker:BTC-USDT") == Ticker(
        symbol="BTC-USDT",
        sequence=38110100812,
        price=D("84521.3"),
        size=D("0.00231"),
        best_ask=D("84521.3"),
        best_ask_size=D("0.41172905"),
        best_bid=D("84521.2"),
        best_bid_size=D("1.0300471"),
        time_ns=1790984037207_000_000,
    )


def test_a_ticker_of_all_has_its_symbol_from_its_subject() -> None:
    ticker = read_typed("/market/ticker:all")
    assert (ticker.symbol, ticker.price, ticker.time_ns) == ("KCS-USDT", D("11.201"), 1790984038411_000_000)


def test_a_match_has_nanoseconds() -> None:
    assert read_typed("/market/match:BTC-USDT") == Match(
        symbol="BTC-USDT",
        sequence=14611067996711937,
        side="buy",
        price=D("84521.3"),
        size=D("0.00231"),
        trade_id="14611067996711937",
        maker_order_id="66f9c3a2d0e1f70007b1c0aa",
        taker_order_id="66f9c3a2e8b2a10008d0f2b1",
        time_ns=1790984037207000000,
        type="match",
    )


def test_a_level1_has_two_sides() -> None:
    assert read_typed("/spotMarket/level1:BTC-USDT") == Level1(
        "BTC-USDT", Level(D("84521.3"), D("0.41172905")), Level(D("84521.2"), D("1.0300471")), 1790984037218_000_000
    )


@pytest.mark.parametrize("empty", [[], None, "", ["1"]])
def test_a_side_of_level1_may_be_empty(empty: Any) -> None:
    message = read(readers.level1, "A-B", {"asks": empty, "bids": ["1", "2"], "timestamp": 5})
    assert message == Level1("A-B", None, Level(D(1), D(2)), 5_000_000)


@pytest.mark.parametrize("topic", ["/spotMarket/level2Depth5:BTC-USDT", "/callauction/level2Depth50:NEW-USDT"])
def test_a_depth_keeps_its_rows_in_order(topic: str) -> None:
    depth, sent = read_typed(topic), json.loads(bytes(push_of(topic).data))
    assert isinstance(depth, Depth)
    assert [[str(cell) for cell in row] for row in depth.asks] == sent["asks"]
    assert [[str(cell) for cell in row] for row in depth.bids] == sent["bids"]
    assert depth.symbol == topic.partition(":")[2]
    assert depth.time_ns == sent["timestamp"] * 1_000_000


def test_a_level2_change_has_rows_with_sequences() -> None:
    assert read_typed("/market/level2:BTC-USDT") == Level2Change(
        "BTC-USDT",
        38110279535,
        38110279538,
        asks=(Change(D("84271.2"), D(0), 38110279538),),
        bids=(
            Change(D(1), D("13329.23415421"), 38110279535),
            Change(D("82003.8"), D("0.00073166"), 38110279536),
        ),
        time_ns=1790984501513_000_000,
    )


def test_a_range_that_is_printed_the_wrong_way_round_is_turned() -> None:
    change = read(readers.level2, "A-B", {"sequenceStart": 9, "sequenceEnd": 7, "changes": {}})
    assert (change.sequence_start, change.sequence_end, change.asks, change.bids) == (7, 9, (), ())


@pytest.mark.parametrize("changes", [{}, {"changes": None}, {"changes": ""}])
def test_a_range_that_does_not_tell_what_changed_is_a_frame_error(changes: dict[str, Any]) -> None:
    with pytest.raises(FrameError, match="7 to 9"):
        read(readers.level2, "A-B", {"sequenceStart": 7, "sequenceEnd": 9, **changes})


def test_a_candle_is_open_close_high_low() -> None:
    assert read_typed("/market/candles:BTC-USDT_1hour") == Candle(
        symbol="BTC-USDT",
        interval="1hour",
        start_ns=1790982000_000_000_000,
        open=D("84529.7"),
        close=D("84521.3"),
        high=D("84555.7"),
        low=D("84483.1"),
        volume=D("30.4787595734952392"),
        turnover=D("2576256.90421548792765776"),
        time_ns=1790984037211164840,
    )


@pytest.mark.parametrize("count", [0, 6])
def test_a_candle_with_too_few_columns_cannot_be_read(count: int) -> None:
    with pytest.raises(FrameError):
        read(readers.candle, "A-B_1min", {"candles": ["1"] * count})


@pytest.mark.parametrize("start", ["NaN", "Infinity", "1.5", "1e999999999", "", None])
def test_a_candle_starts_at_a_whole_second(start: Any) -> None:
    with pytest.raises(FrameError):
        read(readers.candle, "A-B_1min", {"candles": [start, *"123456"]})


def test_a_push_without_data_has_none() -> None:
    push = READER.read(Frame(type="message", topic="/account/balance"), "")
    assert (push.topic, push.data, push.symbol, push.sequence) == ("/account/balance", None, "", None)


@pytest.mark.parametrize(
    ("topic", "symbol", "first", "last"),
    [
        ("/market/ticker:BTC-USDT", "BTC-USDT", 38110100812, 38110100812),
        ("/market/ticker:all", "KCS-USDT", 2210457733, 2210457733),
        ("/market/snapshot:KCS", "EWT-KCS", 352089952, 352089952),
        ("/market/level2:BTC-USDT", "BTC-USDT", 38110279535, 38110279538),
        ("/market/candles:BTC-USDT_1hour", "BTC-USDT", 1790984037211164840, 1790984037211164840),
        ("/spotMarket/level1:BTC-USDT", "BTC-USDT", 1790984037218, 1790984037218),
        ("/contractMarket/level2:XBTUSDTM", "XBTUSDTM", 1747821025245, 1747821025245),
        ("/contractMarket/snapshot:XBTUSDTM", "XBTUSDTM", 1790993335003748866, 1790993335003748866),
        ("/contract/announcement", "XBTUSDTM", None, None),
        ("/contractMarket/tradeOrders", "XBTUSDTM", None, None),
        ("/account/balance", "", None, None),
    ],
)
def test_a_push_knows_its_place_and_its_symbol(topic: str, symbol: str, first: int | None, last: int | None) -> None:
    push = READER.read(push_of(topic), "")
    assert (push.topic, push.symbol, push.first_sequence, push.sequence) == (topic, symbol, first, last)


def test_a_payload_is_exact_as_the_exchange_sent_it() -> None:
    push = READER.read(push_of("/market/snapshot:BTC-USDT"), "BTC-USDT")
    assert push.data["data"]["vol"] == D("4035.73181920417264091835")
    assert push.data["data"]["changeRate"] == D("-0.0030")
    assert push.data["data"]["close"] == 84521


@pytest.mark.parametrize("value", [True, 1.5, "1e5", "1_000", "true", "", "x", "9" * 5000, [], {}])
def test_a_place_is_a_whole_number_or_none(value: Any) -> None:
    assert read(READER, "", {"sequence": value}, topic="/market/ticker:A-B").sequence is None


def test_digging_leads_nowhere_where_there_is_nothing() -> None:
    assert dig({"a": {"b": 1}}, ("a", "b")) == 1
    assert dig({"a": []}, ("a", "b")) is None
    assert dig(None, ("a",)) is None
    assert dig(5, ()) == 5


@pytest.mark.parametrize("frame", pushes(), ids=lambda frame: f"{frame.topic} {frame.subject}")
def test_every_push_of_ours_is_read(frame: Frame) -> None:
    prefix, argument = Topic.parse(frame.topic)
    channel = CHANNELS[prefix]
    push = READER.read(frame, argument or "")
    assert push.data == json.loads(bytes(frame.data), parse_float=Decimal)
    assert decode(msgspec.json.encode(frame)) == push
    if not channel.private:
        assert message_of(frame).time_ns > 1_700_000_000_000_000_000


@needs(VECTORS)
@pytest.mark.parametrize("access", ["public", "private"])
def test_every_push_of_the_documentation_is_read(access: str) -> None:
    for frame in documented(access):
        assert READER.read(frame, Topic.parse(frame.topic).argument or "").topic == frame.topic
        assert message_of(frame).symbol or access == "private"


@needs(CAPTURE)
def test_every_captured_push_is_read_and_stands_in_order() -> None:
    last: dict[str, int] = {}
    for frame in captured():
        prefix, argument = Topic.parse(frame.topic)
        assert argument is not None
        message, order = message_of(frame), CHANNELS[prefix].typed_order(argument)
        assert order is not None
        first, end = order.first(message), order.last(message)
        assert first is not None
        assert end is not None
        if order.contiguous:
            assert first == last.get(frame.topic, first - 1) + 1
        last[frame.topic] = end
    assert len(last) > 20
