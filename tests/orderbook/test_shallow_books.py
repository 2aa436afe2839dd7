"""Books of few levels: the channels that bring them whole, as the same type, and as honest about their line."""

from typing import Any

import msgspec
import pytest
from book_market import Books

from rx_kucoin import Level, OrderBook, events

SPOT, FUTURES = "BTC-USDT", "XBTUSDTM"
LEVELS = {
    "asks": [["101.0", "5"], ["101.5", "6"], ["102", "7"], ["103", "8"], ["104", "9"]],
    "bids": [["100.5", "4"], ["100", "3"], ["99", "2"]],
}
WHERE: dict[tuple[str, int], tuple[str, str, dict[str, Any]]] = {
    (SPOT, 1): (
        "/spotMarket/level1",
        "level1",
        {"asks": ["101.0", "5"], "bids": ["100.5", "4"], "timestamp": 1_700_000_000_123},
    ),
    (SPOT, 5): ("/spotMarket/level2Depth5", "level2", {**LEVELS, "timestamp": 1_700_000_000_123}),
    (SPOT, 50): ("/spotMarket/level2Depth50", "level2", {**LEVELS, "timestamp": 1_700_000_000_123}),
    (FUTURES, 1): (
        "/contractMarket/tickerV2",
        "tickerV2",
        {
            "symbol": FUTURES,
            "sequence": 77,
            "bestBidSize": 4,
            "bestBidPrice": "100.5",
            "bestAskPrice": "101.0",
            "bestAskSize": 5,
            "ts": 1_700_000_000_123_000_000,
        },
    ),
    (FUTURES, 5): ("/contractMarket/level2Depth5", "level2", {**LEVELS, "sequence": 77, "ts": 1_700_000_000_123}),
    (FUTURES, 50): ("/contractMarket/level2Depth50", "level2", {**LEVELS, "sequence": 77, "ts": 1_700_000_000_123}),
}


class Whole:
    """A book of few levels, subscribed to."""

    def __init__(self, symbol: str, depth: Any, books: Books | None = None) -> None:
        self.books = books or Books(SPOT, FUTURES)
        self.prefix, self.subject, self.data = WHERE[symbol, depth]
        self.topic = f"{self.prefix}:{symbol}"
        self.seen: list[OrderBook] = []
        market = self.books.kucoin if symbol == SPOT else self.books.kucoin.futures
        market.book(symbol, depth).subscribe(self.seen.append)
        self.books.pass_time(1)

    def push(self, **changed: Any) -> None:
        frame = {"topic": self.topic, "type": "message", "subject": self.subject, "data": {**self.data, **changed}}
        self.books.exchange.push(self.topic, msgspec.json.encode(frame).decode())


@pytest.mark.parametrize(("symbol", "depth"), WHERE)
def test_a_book_of_few_levels_is_a_book(symbol: str, depth: int) -> None:
    whole = Whole(symbol, depth)
    whole.push()
    (book,) = whole.seen
    assert (book.symbol, book.depth, book.stale) == (symbol, depth, False)
    assert book.sequence == (77 if symbol == FUTURES else None)
    assert (f"{book.mid}", f"{book.spread}") == ("100.75", "0.5")
    assert (len(book.bids), len(book.asks)) == ((1, 1) if depth == 1 else (3, 5))
    assert book.asks.best == Level(book.asks[0].price, book.asks[0].size)
    assert book.time_ns == 1_700_000_000_123_000_000
    assert not whole.books.snapshots


@pytest.mark.parametrize(("symbol", "depth"), WHERE)
def test_what_lies_beyond_is_unknown_where_a_side_is_full(symbol: str, depth: int) -> None:
    whole = Whole(symbol, depth)
    whole.push()
    known = [f"{each}" if each else None for each in (whole.seen[0].known_from, whole.seen[0].known_to)]
    assert known == {1: ["100.5", "101.0"], 5: [None, "104"], 50: [None, None]}[depth]


@pytest.mark.parametrize(("symbol", "depth"), WHERE)
def test_it_is_stale_while_its_line_is_down(symbol: str, depth: int) -> None:
    whole = Whole(symbol, depth)
    whole.push()
    whole.books.exchange.drop()
    assert [book.stale for book in whole.seen] == [False, True]
    assert whole.seen[1] == msgspec.structs.replace(whole.seen[0], stale=True)
    whole.books.pass_time(5)
    whole.push(sequence=78, timestamp=1_700_000_000_456)
    assert [book.stale for book in whole.seen] == [False, True, False]


def test_the_loss_of_another_line_is_of_no_concern() -> None:
    whole = Whole(SPOT, 5)
    whole.push()
    futures: list[object] = []
    whole.books.kucoin.futures.book(FUTURES, 5).subscribe(futures.append)
    whole.books.pass_time(1)
    (line,) = [
        wire for wire in whole.books.exchange.open_wires if "/contractMarket/level2Depth5:XBTUSDTM" in wire.topics
    ]
    line.lose(ConnectionError())
    assert [book.stale for book in whole.seen] == [False]


def test_nor_is_it_of_concern_to_a_book_whose_topic_was_live_before() -> None:
    books = Books(SPOT, FUTURES)
    topic = f"/spotMarket/level2Depth5:{SPOT}"
    books.kucoin.topic(topic).subscribe()
    books.kucoin.futures.ticker(FUTURES).subscribe()
    books.pass_time(1)
    whole = Whole(SPOT, 5, books)
    whole.push()
    mine, other = sorted(books.exchange.open_wires, key=lambda wire: topic in wire.topics, reverse=True)
    other.lose(ConnectionError())
    assert [book.stale for book in whole.seen] == [False]
    mine.lose(ConnectionError())
    assert [book.stale for book in whole.seen] == [False, True]


@pytest.mark.parametrize(
    "levels",
    [
        [["1", "1"], ["1.0", "2"]],
        [["NaN", "1"]],
        [["1", "-1"]],
        [["-1", "1"]],
        [["1", "Infinity"]],
        [["1", "0"]],
    ],
)
def test_one_that_makes_no_sense_is_left_out_and_told(levels: list[list[str]]) -> None:
    whole = Whole(SPOT, 5)
    whole.push(bids=levels)
    whole.push()
    whole.books.pass_time(0.1)
    assert len(whole.seen) == 1
    assert len(whole.books.told_of(events.Malformed)) == 1


def test_an_empty_side_is_one() -> None:
    whole = Whole(SPOT, 5)
    whole.push(bids=[], asks=[])
    (book,) = whole.seen
    assert (book.best_bid, book.best_ask, book.mid, book.spread, book.microprice, book.imbalance()) == (None,) * 6
    assert not book.is_crossed


@pytest.mark.parametrize("bids", [[["101.0", "4"]], [["103", "4"], ["102", "1"]]])
def test_one_that_is_crossed_is_stale(bids: list[list[str]]) -> None:
    whole = Whole(SPOT, 5)
    whole.push(bids=bids)
    whole.push(timestamp=1_700_000_000_124)
    assert [book.stale for book in whole.seen] == [True, False]
