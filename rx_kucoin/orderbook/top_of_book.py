"""Books of a few levels, from channels whose messages have all of them."""

from collections.abc import Iterable
from decimal import Decimal

from rx_kucoin.orderbook.book import OrderBook
from rx_kucoin.orderbook.levels import Ladder
from rx_kucoin.protocol.messages.base import Level
from rx_kucoin.protocol.messages.futures import FuturesTicker
from rx_kucoin.protocol.messages.spot import Depth, Level1

__all__ = ["of_depth", "of_level1", "of_ticker"]


def of_depth(message: Depth, levels: int) -> OrderBook:
    """Make a book of a message with at most `levels` levels a side.

    Raises:
        ValueError: A level is invalid, or two have the same price.
    """
    return _book(message.symbol, message.sequence, message.bids, message.asks, message.time_ns, levels)


def of_level1(message: Level1) -> OrderBook:
    """Make a book of best bid and best ask.

    Raises:
        ValueError: A level is invalid.
    """
    bids, asks = [message.bid] if message.bid else [], [message.ask] if message.ask else []
    return _book(message.symbol, None, bids, asks, message.time_ns, 1)


def of_ticker(message: FuturesTicker) -> OrderBook:
    """Make a book of best bid and best ask of a contract.

    Raises:
        ValueError: A level is invalid.
    """
    bids = _level(message.best_bid_price, message.best_bid_size)
    asks = _level(message.best_ask_price, message.best_ask_size)
    return _book(message.symbol, message.sequence, bids, asks, message.time_ns, 1)


def _level(price: Decimal | None, size: Decimal | None) -> list[Level]:
    return [Level(price, size)] if price and size else []


def _book(
    symbol: str, sequence: int | None, bids: Iterable[Level], asks: Iterable[Level], time_ns: int | None, levels: int
) -> OrderBook:
    falling, rising = Ladder(bids, falls=True), Ladder(asks)
    known_from, known_to = (side[-1].price if len(side) >= levels else None for side in (falling, rising))
    return OrderBook(symbol, sequence, falling, rising, time_ns, False, levels, known_from, known_to)
