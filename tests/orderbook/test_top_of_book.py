"""Books of channels that bring a few levels, whole each time."""

from decimal import Decimal

import pytest

from rx_kucoin.orderbook import top_of_book as shallow
from rx_kucoin.protocol.messages.base import Level
from rx_kucoin.protocol.messages.futures import FuturesTicker
from rx_kucoin.protocol.messages.spot import Depth, Level1
from tests.protocol.material import push_of
from tests.protocol.reading import message_of

D = Decimal


def rows(*pairs: tuple[str, str]) -> tuple[Level, ...]:
    return tuple(Level(D(price), D(size)) for price, size in pairs)


def test_a_depth_that_is_full_hides_what_is_beyond() -> None:
    asks, bids = rows(("11", "1"), ("12", "1")), rows(("9", "1"), ("8", "1"))
    book = shallow.of_depth(Depth("S", asks, bids, 5, 7), 2)
    assert (book.symbol, book.sequence, book.time_ns, book.depth, book.stale) == ("S", 7, 5, 2, False)
    assert (book.bids[:], book.asks[:]) == (bids, asks)
    assert (book.known_from, book.known_to) == (D(8), D(12))


def test_a_side_that_has_fewer_levels_is_there_whole() -> None:
    book = shallow.of_depth(Depth("S", rows(("11", "1"), ("12", "1")), rows(("9", "1"))), 2)
    assert (book.known_from, book.known_to, book.sequence, book.time_ns) == (None, D(12), None, None)


@pytest.mark.parametrize("prefix", ["/spotMarket/level2Depth5", "/contractMarket/level2Depth5"])
def test_a_depth_as_it_is_sent_becomes_a_book(prefix: str) -> None:
    symbol = "BTC-USDT" if prefix.startswith("/spot") else "XBTUSDTM"
    message: Depth = message_of(push_of(f"{prefix}:{symbol}"))
    book = shallow.of_depth(message, 5)
    assert (book.bids[:], book.asks[:]) == (message.bids, message.asks)
    assert (book.sequence, book.time_ns) == (message.sequence, message.time_ns)
    assert not book.is_crossed


def test_levels_may_come_in_any_order() -> None:
    asks, bids = rows(("11", "1"), ("12", "1"), ("13", "1")), rows(("9", "1"), ("8", "1"), ("7", "1"))
    assert shallow.of_depth(Depth("S", asks[::-1], bids[::-1]), 5) == shallow.of_depth(Depth("S", asks, bids), 5)


def test_a_depth_may_be_empty() -> None:
    book = shallow.of_depth(Depth("S"), 5)
    assert (book.best_bid, book.best_ask, book.known_from, book.known_to) == (None, None, None, None)


@pytest.mark.parametrize(
    "nonsense",
    [
        ("0", "1"),
        ("9", "0"),
        ("-9", "1"),
        ("9", "-1"),
        ("NaN", "1"),
        ("9", "NaN"),
        ("Infinity", "1"),
        ("9", "sNaN"),
        ("8.0", "1"),
    ],
    ids="@".join,
)
def test_levels_that_none_can_be_are_refused(nonsense: tuple[str, str]) -> None:
    for side in ("asks", "bids"):
        with pytest.raises(ValueError, match=r"can stand at|the same price"):
            shallow.of_depth(Depth("S", **{side: rows(("8", "1"), nonsense)}), 5)


def test_level_1_is_a_book_of_one_level() -> None:
    book = shallow.of_level1(Level1("S", *rows(("11", "1"), ("9", "2")), time_ns=5))
    assert (book.best_bid, book.best_ask) == rows(("9", "2"), ("11", "1"))
    assert (book.sequence, book.time_ns, book.depth, book.known_from, book.known_to) == (None, 5, 1, D(9), D(11))


def test_a_side_of_level_1_may_be_empty() -> None:
    book = shallow.of_level1(Level1("S", None, Level(D(9), D(2))))
    assert (book.best_bid, book.best_ask, book.known_from, book.known_to) == (Level(D(9), D(2)), None, D(9), None)


def test_level_1_at_a_price_of_0_is_refused() -> None:
    with pytest.raises(ValueError, match="can stand at 0"):
        shallow.of_level1(Level1("S", Level(D(0), D(1)), None))


def test_a_ticker_of_a_contract_is_a_book_of_one_level() -> None:
    ticker: FuturesTicker = message_of(push_of("/contractMarket/tickerV2:XBTUSDTM"))
    book = shallow.of_ticker(ticker)
    assert (book.symbol, book.sequence, book.time_ns) == (ticker.symbol, ticker.sequence, ticker.time_ns)
    assert book.best_bid == (ticker.best_bid_price, ticker.best_bid_size)
    assert book.best_ask == (ticker.best_ask_price, ticker.best_ask_size)
    assert (book.depth, book.known_from, book.known_to) == (1, ticker.best_bid_price, ticker.best_ask_price)


@pytest.mark.parametrize(
    "missing",
    [
        {},
        {"best_bid_price": D(9)},
        {"best_bid_price": D(9), "best_bid_size": D(0)},
        {"best_bid_price": D(0), "best_bid_size": D(1)},
    ],
    ids=str,
)
def test_a_ticker_that_names_no_bid_has_none(missing: dict[str, Decimal]) -> None:
    book = shallow.of_ticker(FuturesTicker("S", best_ask_price=D(11), best_ask_size=D(1), **missing))  # type: ignore[arg-type]
    assert (book.best_bid, book.best_ask, book.known_from, book.known_to) == (None, Level(D(11), D(1)), None, D(11))
