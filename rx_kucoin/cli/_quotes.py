"""The facts that the table shows, read from the messages of any channel."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from operator import attrgetter
from typing import Any, Final, NamedTuple, cast, get_args

import msgspec

from rx_kucoin.orderbook.book import OrderBook
from rx_kucoin.protocol.messages.base import Change, Level
from rx_kucoin.protocol.messages.closed import ClosedCandle
from rx_kucoin.protocol.messages.futures import FundingRate, FuturesSnapshot, FuturesTicker
from rx_kucoin.protocol.messages.spot import Candle, Depth, Level1, Level2Change, Match, Snapshot, Ticker

__all__ = ["WEIGHED", "Quote", "quote"]

WEIGHED: Final = 10
"""Levels of each side of a book that its imbalance is computed from."""


class Quote(NamedTuple):
    """A price and the facts that come with it. A fact that a channel does not have is None."""

    price: Decimal | None = None
    """The last price; of a book, the middle of best bid and best ask."""
    bid: Decimal | None = None
    ask: Decimal | None = None
    size: Decimal | None = None
    """The size traded or changed at the price."""
    bid_size: Decimal | None = None
    ask_size: Decimal | None = None
    open: Decimal | None = None
    high: Decimal | None = None
    low: Decimal | None = None
    volume: Decimal | None = None
    day: Decimal | None = None
    """The change within 24 h, as a fraction."""
    imbalance: Decimal | None = None
    """From -1, only asks, to 1, only bids."""
    levels: tuple[int, int] | None = None
    """The number of known bids and asks."""
    side: str | None = None
    start_ns: int | None = None
    """Start of a bar."""
    origin: str | None = None
    """Origin of a closed bar."""
    is_stale: bool = False


def quote(message: Any) -> Quote:
    """Return the facts of a message. A type without a reader below has one: its price, or else its first number."""
    kind = cast("type[msgspec.Struct]", type(message))
    if kind not in _READERS:
        _READERS[kind] = _reader_of(kind)
    return _READERS[kind](message)


def _reader_of(kind: type[msgspec.Struct]) -> Callable[[Any], Quote]:
    fields = msgspec.structs.fields(kind)
    names = [field.name for field in fields if Decimal in (field.type, *get_args(field.type))]
    if not names:
        return lambda _: Quote()
    value = attrgetter("price" if "price" in names else names[0])
    return lambda message: Quote(value(message))


def _top(bid: Level | None, ask: Level | None, **more: Any) -> Quote:
    """Return a quote of best bid, best ask, and their middle."""
    if bid is None or ask is None:
        return Quote(None, bid and bid.price, ask and ask.price, None, bid and bid.size, ask and ask.size, **more)
    return Quote((bid.price + ask.price) / 2, bid.price, ask.price, None, bid.size, ask.size, **more)


def _depth(message: Depth) -> Quote:
    bids, asks = message.bids, message.asks
    weighed = sum((level.size for level in bids[:WEIGHED]), _NONE), sum((level.size for level in asks[:WEIGHED]), _NONE)
    both = sum(weighed)
    share = (weighed[0] - weighed[1]) / both if both else None
    return _top(_best(bids), _best(asks), imbalance=share, levels=(len(bids), len(asks)))


def _book(book: OrderBook) -> Quote:
    levels = len(book.bids), len(book.asks)
    return _top(book.best_bid, book.best_ask, imbalance=book.imbalance(WEIGHED), levels=levels, is_stale=book.stale)


def _bar(candle: Candle | ClosedCandle) -> Quote:
    return Quote(
        candle.close,
        open=candle.open,
        high=candle.high,
        low=candle.low,
        volume=candle.volume,
        start_ns=candle.start_ns,
        origin=candle.origin.value if isinstance(candle, ClosedCandle) else None,
    )


def _best(levels: Sequence[Level]) -> Level | None:
    return levels[0] if levels else None


def _changes(message: Level2Change) -> Quote:
    def latest(changes: Sequence[Change]) -> Decimal | None:
        return changes[-1].price if changes else None

    newest = max((*message.bids, *message.asks), key=lambda change: change.sequence, default=None)
    return Quote(newest and newest.price, latest(message.bids), latest(message.asks), newest and newest.size)


def _level(price: Decimal | None, size: Decimal | None) -> Level | None:
    return None if price is None or size is None else Level(price, size)


def _snapshot(it: Snapshot) -> Quote:
    return Quote(
        *(it.last_traded_price, it.buy, it.sell, None, it.bid_size, it.ask_size, it.open, it.high, it.low, it.vol),
        day=it.change_rate,
    )


_NONE: Final = Decimal(0)
_READERS: Final[dict[type, Callable[[Any], Quote]]] = {
    Ticker: lambda it: Quote(it.price, it.best_bid, it.best_ask, it.size, it.best_bid_size, it.best_ask_size),
    Match: lambda it: Quote(it.price, size=it.size, side=it.side and it.side.value),
    Candle: _bar,
    ClosedCandle: _bar,
    FuturesTicker: lambda it: _top(
        _level(it.best_bid_price, it.best_bid_size), _level(it.best_ask_price, it.best_ask_size)
    ),
    FuturesSnapshot: lambda it: Quote(
        it.last_price, high=it.high_price, low=it.low_price, volume=it.volume, day=it.price_chg_pct
    ),
    FundingRate: lambda _: Quote(),  # comes between mark prices, which are the value of the channel
    Level1: lambda it: _top(it.bid, it.ask),
    Depth: _depth,
    Level2Change: _changes,
    OrderBook: _book,
    Snapshot: _snapshot,
}
