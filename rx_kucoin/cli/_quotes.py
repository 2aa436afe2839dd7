"""What a message says of the price: the same few columns, whatever the channel."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, Final, NamedTuple

from rx_kucoin.protocol.messages.base import Change, Level
from rx_kucoin.protocol.messages.closed import ClosedCandle
from rx_kucoin.protocol.messages.futures import FuturesSnapshot, FuturesTicker
from rx_kucoin.protocol.messages.spot import Candle, Depth, Level1, Level2Change, Match, Snapshot, Ticker

__all__ = ["Quote", "quote"]


class Quote(NamedTuple):
    """A price, the best bid and ask where they are known, and the size or volume that goes with the price."""

    price: Decimal | None = None
    bid: Decimal | None = None
    ask: Decimal | None = None
    size: Decimal | None = None


def quote(message: Any) -> Quote:
    """Read the columns out of a message."""
    return _READERS[type(message)](message)


def _top(bid: Level | None, ask: Level | None) -> Quote:
    """A book has no last price: the middle stands for it, and the size of both best levels."""
    if bid is None or ask is None:
        return Quote(None, bid and bid.price, ask and ask.price)
    return Quote((bid.price + ask.price) / 2, bid.price, ask.price, bid.size + ask.size)


def _best(levels: Sequence[Level]) -> Level | None:
    return levels[0] if levels else None


def _changes(message: Level2Change) -> Quote:
    def latest(changes: Sequence[Change]) -> Decimal | None:
        return changes[-1].price if changes else None

    newest = max((*message.bids, *message.asks), key=lambda change: change.sequence, default=None)
    return Quote(newest and newest.price, latest(message.bids), latest(message.asks), newest and newest.size)


def _level(price: Decimal | None, size: Decimal | None) -> Level | None:
    return None if price is None or size is None else Level(price, size)


_READERS: Final[dict[type, Callable[[Any], Quote]]] = {
    Ticker: lambda it: Quote(it.price, it.best_bid, it.best_ask, it.size),
    Match: lambda it: Quote(it.price, size=it.size),
    Candle: lambda it: Quote(it.close, it.low, it.high, it.volume),
    ClosedCandle: lambda it: Quote(it.close, it.low, it.high, it.volume),
    FuturesTicker: lambda it: _top(
        _level(it.best_bid_price, it.best_bid_size), _level(it.best_ask_price, it.best_ask_size)
    ),
    FuturesSnapshot: lambda it: Quote(it.last_price, it.low_price, it.high_price, it.volume),
    Level1: lambda it: _top(it.bid, it.ask),
    Depth: lambda it: _top(_best(it.bids), _best(it.asks)),
    Level2Change: _changes,
    Snapshot: lambda it: Quote(it.last_traded_price, it.buy, it.sell, it.vol),
}
