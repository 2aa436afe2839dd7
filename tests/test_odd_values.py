"""One odd value does not mute a stream: a message whose number or time is wrong costs itself, and a few at most."""

import json
from typing import Any, Final
from urllib.parse import quote

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from reactivex.scheduler import VirtualTimeScheduler

from rx_kucoin import KuCoin, events
from rx_kucoin.events import Event
from rx_kucoin.orderbook.book import OrderBook
from rx_kucoin.protocol.channels import CHANNELS, Channel
from rx_kucoin.protocol.raw import raw_order
from rx_kucoin.protocol.topics import Topic
from rx_kucoin.testing import VirtualTransport, VirtualWire
from tests.test_every_channel import ROWS, Row
from tests.test_every_stream_lives import Stream, example

MOST_LOST: Final = 3
"""Messages that one odd one may cost, with itself."""
REPORTS: Final = (events.SequenceReset, events.OutOfTurn, events.Gap, events.Malformed)
BEGUN: Final = 1_790_000_000_000
ORDERED: Final = [row for row in ROWS if CHANNELS[Topic.parse(row.subscribed).prefix].order is not None]


def channel_of(row: Row) -> Channel:
    return CHANNELS[Topic.parse(row.subscribed).prefix]


def numbered(row: Row, number: int) -> tuple[str, Any]:
    """The example of a channel with a number: of a sequence, or a time."""
    subject, payload = example(row)
    for path in filter(None, [channel_of(row).first, channel_of(row).last]):
        place(payload, path, number)
    return subject, payload


def place(payload: Any, path: tuple[str, ...], value: Any) -> None:
    for name in path[:-1]:
        payload = payload[name]
    payload[path[-1]] = value


def numbers(row: Row, received: list[Any], *, raw: bool) -> list[int | None]:
    channel, argument = channel_of(row), Topic.parse(row.subscribed).argument or ""
    order = raw_order(channel, argument) if raw else channel.typed_order(argument)
    assert order is not None
    return [order.last(message) for message in received]


odd_numbers = st.one_of(
    st.integers(BEGUN - 100, BEGUN + 100),
    st.integers(0, 2 * BEGUN),
    st.sampled_from([0, -1, 1, 2**53, 2**63 - 1, BEGUN * 1_000, BEGUN * 10**6]),
)
odd_values = odd_numbers | st.sampled_from([None, "", "x", 1.5, True, [], {}, "17", -(2**63), 2**70])


@pytest.mark.parametrize("row", ORDERED, ids=lambda row: row.documented)
@settings(max_examples=60, deadline=None, phases=[Phase.generate])
@given(data=st.data())
def test_one_odd_number_costs_itself_and_a_few_at_most_and_is_reported(row: Row, data: st.DataObject) -> None:
    raw, step = data.draw(st.booleans(), label="raw"), 1
    at, count = data.draw(st.integers(0, 12), label="which"), 12 + 8
    cut = data.draw(st.none() | st.integers(0, 12), label="cut after")
    value = data.draw(odd_values, label="value")
    paths = [path for path in (channel_of(row).first, channel_of(row).last) if path]
    path = data.draw(st.sampled_from(paths), label="path")
    stream = Stream(row, raw=raw)
    for index in range(count):
        subject, payload = numbered(row, BEGUN + index * step)
        if index == at:
            place(payload, path, value)
        stream.push(subject, payload)
        if index == cut:
            stream.exchange.drop()
            stream.clock.advance_to(stream.exchange.time + 3)
    assert not stream.ends
    good = Stream(row, raw=raw)
    for index in range(count - 5, count):
        good.push(*numbered(row, BEGUN + index * step))
    last = numbers(row, good.received, raw=raw)
    assert len(last) == 5
    assert numbers(row, stream.received, raw=raw)[-5:] == last
    lost = count - len(stream.received)
    assert lost <= MOST_LOST
    reports = [event for event in stream.told if isinstance(event, REPORTS)]
    if lost:
        assert reports
    if isinstance(value, int) and value > BEGUN + count and path == paths[-1] and lost == 0:
        assert [event for event in reports if isinstance(event, events.SequenceReset)]
    for each in (stream, good):
        each.kucoin.close()


@pytest.mark.parametrize("raw", [False, True])
@pytest.mark.parametrize("row", [row for row in ROWS if row.method in {"match", "futures.ticker", "level1"}])
def test_where_every_message_of_a_topic_is_malformed_the_log_names_it_once(
    row: Row, caplog: pytest.LogCaptureFixture, *, raw: bool
) -> None:
    stream = Stream(row)
    if raw:  # as if another stream read the same connection otherwise
        stream.kucoin.topic("/market/ticker:ETH-USDT" if "futures" not in row.method else row.subscribed).subscribe()
    for _ in range(20):
        stream.push("trade", "no object")
    named = [record for record in caplog.records if row.subscribed in record.getMessage()]
    assert [(record.levelname, "could not be read" in record.getMessage()) for record in named] == [("WARNING", True)]
    malformed = [event for event in stream.told if isinstance(event, events.Malformed)]
    assert [(event.topic, event.count) for event in malformed] == [(row.subscribed, each + 1) for each in range(20)]
    assert not stream.received
    stream.push(*example(row))
    assert len(stream.received) == 1
    stream.kucoin.close()


PUSHED: Final = [
    *(("ticker", "/market/ticker", ""), ("candles", "/market/candles", "_1min")),
    ("depth", "/spotMarket/level2Depth5", ""),
]


@pytest.mark.parametrize("symbol", ["龙-USDT", "AAPLx-USDT", "$A.B-USDT", "Ünï_1-USDT", "10000CAT-USDT"])
def test_a_symbol_of_any_letters_is_streamed_and_asked_for(symbol: str) -> None:
    clock = VirtualTimeScheduler(0.0)
    exchange = VirtualTransport(clock)
    asked: list[str] = []

    def answer(path: str) -> bytes:
        asked.append(path)
        return b'{"sequence":"1","bids":[["1","1"]],"asks":[]}' if "level2" in path else b"[]"

    exchange.answers = answer
    kucoin = KuCoin(scheduler=clock, transport=lambda market, private: exchange, silent_after=None)
    received: list[Any] = []
    kucoin.ticker(symbol, "BTC-USDT").subscribe(received.append)
    kucoin.candles(symbol, "1min").subscribe(received.append)
    kucoin.depth(symbol).subscribe(received.append)
    kucoin.book(symbol).subscribe(received.append)
    kucoin.closed_candles(symbol).subscribe()
    clock.advance_to(10.0)
    for method, prefix, interval in PUSHED:
        row = next(row for row in ROWS if row.method == method)
        subject, payload = example(row)
        topic = f"{prefix}:{symbol}{interval}"
        exchange.push(topic, json.dumps({"type": "message", "topic": topic, "subject": subject, "data": payload}))
    assert {message.symbol for message in received} == {symbol}
    assert {type(message).__name__ for message in received} == {"OrderBook", "Ticker", "Candle", "Depth"}
    paths = [path for path in asked if "symbol=" in path]
    assert {path.partition("symbol=")[2].partition("&")[0] for path in paths} == {quote(symbol)}
    assert any("candles" in path for path in paths)
    assert all(path.isascii() for path in paths)
    kucoin.close()


class Feed:
    """The trades of a symbol, or the changes of its book, as each connection brings them."""

    def __init__(self, name: str, **settings: Any) -> None:
        self.clock = VirtualTimeScheduler(0.0)
        self.exchange = VirtualTransport(self.clock)
        self.kucoin = KuCoin(
            scheduler=self.clock, transport=lambda market, private: self.exchange, silent_after=None, **settings
        )
        self.row = next(row for row in ROWS if row.method == name)
        self.told, self.received = list[Event](), list[Any]()
        self.kucoin.events.subscribe(self.told.append)
        self.row.ask(self.kucoin).subscribe(self.received.append)
        self.clock.advance_to(1.0)

    def push(self, wire: VirtualWire, *numbers_: int) -> None:
        for number in numbers_:
            subject, payload = numbered(self.row, number)
            frame = {"type": "message", "topic": self.row.subscribed, "subject": subject, "data": payload}
            wire.receive((json.dumps(frame),))

    def numbers(self) -> list[int | None]:
        return numbers(self.row, self.received, raw=False)

    def told_of(self, *kinds: type[Event]) -> list[Event]:
        self.clock.advance_to(self.exchange.time + 1)
        return [event for event in self.told if isinstance(event, kinds)]


@pytest.mark.parametrize("name", ["match", "level2"])
def test_a_fresh_connection_that_lags_by_20_s_after_a_renewal_is_no_new_beginning(name: str) -> None:
    feed = Feed(name, renew_every=100.0, random=lambda: 0.0)
    (old,) = feed.exchange.wires
    feed.push(old, *range(1, 20))
    feed.clock.advance_to(102.0)
    fresh = feed.exchange.wires[-1]
    assert fresh is not old
    feed.push(old, *range(20, 40))
    feed.clock.advance_to(125.0)
    feed.push(fresh, *range(20, 50))
    assert feed.numbers() == [*range(1, 50)]
    assert not feed.told_of(events.SequenceReset, events.Gap)
    feed.kucoin.close()


@pytest.mark.parametrize("name", ["match", "level2", "ticker"])
def test_numbers_that_begin_anew_with_a_reconnect_are_held_while_it_may_lag_and_none_is_lost(name: str) -> None:
    feed = Feed(name)
    feed.push(feed.exchange.wires[-1], *range(1_000, 1_300))
    feed.exchange.drop()
    begun = feed.exchange.time + 3
    for at, number in enumerate(range(1_100, 1_120)):
        feed.clock.advance_to(begun + at)
        feed.push(feed.exchange.wires[-1], number)
    assert feed.numbers() == [*range(1_000, 1_300), *range(1_100, 1_120)]
    assert feed.told_of(events.SequenceReset) == [events.SequenceReset(0, feed.row.subscribed, 1_299, 1_100)]
    feed.kucoin.close()


def test_an_odd_time_that_came_last_before_a_reconnect_does_not_mute_what_comes_after_it() -> None:
    feed = Feed("level1")
    feed.push(feed.exchange.wires[-1], BEGUN, BEGUN + 1, BEGUN + 10**9)
    feed.exchange.drop()
    feed.clock.advance_to(feed.exchange.time + 3)
    feed.push(feed.exchange.wires[-1], *range(BEGUN + 2, BEGUN + 202))
    assert len(feed.received) == 203
    assert feed.told_of(events.SequenceReset)
    feed.kucoin.close()


@pytest.mark.parametrize("odd", [10**12, 3, 1_010])
def test_a_book_is_live_again_after_a_change_with_an_odd_number(odd: int) -> None:
    clock = VirtualTimeScheduler(0.0)
    exchange = VirtualTransport(clock)
    asked = {"sequence": 1_000}
    snapshot = '{"sequence":"%d","bids":[["1","1"]],"asks":[["2","1"]]}'
    exchange.answers = lambda _: (snapshot % asked["sequence"]).encode()
    kucoin = KuCoin(scheduler=clock, transport=lambda market, private: exchange, silent_after=None)
    books: list[OrderBook] = []
    ends: list[object] = []
    kucoin.book("BTC-USDT").subscribe(books.append, ends.append)
    clock.advance_to(1.0)
    topic = "/market/level2:BTC-USDT"
    for number in range(1_001, 1_100):
        sent = odd if number == 1_005 else number
        changes = {"asks": [["2", str(number), str(sent)]], "bids": []}
        data = {"changes": changes, "sequenceStart": sent, "sequenceEnd": sent, "symbol": "BTC-USDT", "time": number}
        exchange.push(topic, json.dumps({"type": "message", "topic": topic, "subject": "trade.l2update", "data": data}))
        asked["sequence"] = number
        clock.advance_to(exchange.time + 0.5)
    assert not ends
    assert (books[-1].sequence, books[-1].stale, books[-1].asks[0].size) == (1_099, False, 1_099)
    kucoin.close()
