"""Waiting topics, put into few lines."""

import pytest

from rx_kucoin.protocol.batches import Batch, Batches, Kind
from tests.protocol.conversation import tickers

BTC, ALL, MATCH = "/market/ticker:BTC-USDT", "/market/ticker:all", "/market/match:BTC-USDT"


def asking(_: str) -> Kind:
    return "subscribe"


def batches(*topics: str, most: int = 100) -> Batches:
    waiting = Batches(most)
    for topic in topics:
        waiting.add(topic)
    return waiting


def drain(waiting: Batches) -> list[tuple[str, ...]]:
    taken: list[tuple[str, ...]] = []
    while waiting:
        taken.append(waiting.take(asking).topics)
    return taken


def test_topics_leave_in_the_order_of_their_arrival() -> None:
    assert drain(batches(*tickers(5), most=2)) == [
        tuple(tickers(2)),
        tuple(tickers(2, start=2)),
        tuple(tickers(1, start=4)),
    ]


def test_a_topic_waits_at_most_once() -> None:
    assert drain(batches(BTC, BTC)) == [(BTC,)]


def test_a_dropped_topic_waits_no_more() -> None:
    waiting = batches(BTC, MATCH)
    waiting.drop(BTC)
    waiting.drop("/market/ticker:never-there")
    assert drain(waiting) == [(MATCH,)]
    assert not waiting


def test_what_is_asked_for_and_what_is_not_any_more_do_not_share_a_line() -> None:
    first, second = tickers(2)
    waiting = batches(first, second)
    assert waiting.take(lambda topic: "subscribe" if topic == first else "unsubscribe").topics == (first,)


@pytest.mark.parametrize(
    "topics",
    [
        (BTC, ALL),
        (ALL, BTC),
        ("/market/snapshot:BTC", "/market/snapshot:USDS"),
        ("/market/snapshot:BTC-USDT", "/market/snapshot:USDS"),
        ("/callauction/level2Depth50:A-B", "/callauction/level2Depth50:C-D"),
        ("/callauction/callauctionData:A-B", "/callauction/callauctionData:C-D"),
        ("/contract/announcement", "/contract/announcement:XBTUSDTM"),
        ("/contract/announcement:XBTUSDTM", "/contract/announcement"),
        ("/contract/position:XBTUSDTM", "/contract/position:ETHUSDTM"),
        ("/unheard/of", "/unheard/of:A-B"),
        ("/spotMarket/level2Depth5:A-B", "/spotMarket/level2Depth50:A-B"),
    ],
)
def test_topics_that_must_not_share_a_line(topics: tuple[str, ...]) -> None:
    assert drain(batches(*topics)) == [(topic,) for topic in topics]


@pytest.mark.parametrize(
    "prefix",
    ["/market/candles:{}-USDT_1min", "/contractMarket/level2:{}", "/market/snapshot:{}-USDT", "/unheard/of:{}"],
)
def test_topics_that_share_a_line(prefix: str) -> None:
    topics = tuple(prefix.format(name) for name in "ABC")
    assert drain(batches(*topics)) == [topics]


def test_a_line_is_written_as_a_comma_list() -> None:
    assert batches("/market/match:A-B", "/market/match:C-D").take(asking).text == "/market/match:A-B,C-D"
    assert batches("/account/balance").take(asking) == Batch("subscribe", ("/account/balance",), private=True)


def test_suspects_are_asked_for_in_lines_of_half_the_size() -> None:
    waiting = batches(*tickers(5))
    waiting.halve(waiting.take(asking).topics)
    for topic in tickers(5):
        waiting.add(topic)
    assert [len(topics) for topics in drain(waiting)] == [3, 2]


def test_a_suspect_never_joins_a_longer_line_again() -> None:
    waiting = batches(*tickers(4))
    waiting.halve(tuple(tickers(2)))
    waiting.halve(tuple(tickers(4)))
    assert [len(topics) for topics in drain(waiting)] == [1, 1, 2]


def test_a_topic_is_a_suspect_until_it_is_forgotten() -> None:
    waiting = batches(*tickers(4))
    waiting.halve(tuple(tickers(4)))
    waiting.forget(tickers(4))
    assert drain(waiting) == [tuple(tickers(4))]
