"""What of a book stands in a row: its best prices and what follows from them, and levels where they are asked for."""

from collections.abc import Callable
from typing import Any

from rx_kucoin.orderbook.book import OrderBook
from rx_kucoin.tables._kinds import Kind

__all__ = ["book_columns", "book_reader"]


def book_columns(levels: int) -> tuple[tuple[str, ...], tuple[Kind | None, ...]]:
    """Name the columns and their kinds."""
    best = ("best_bid_price", "best_bid_size", "best_ask_price", "best_ask_size", "mid", "spread")
    deep = tuple(f"{side}_{at}_{what}" for side in _SIDES for at in range(levels) for what in ("price", "size"))
    numbers: list[Kind | None] = ["decimal" for _ in best + deep]
    return ("symbol", "sequence", *best, *deep, "stale"), ("word", "int", *numbers, "bool")


def book_reader(levels: int) -> Callable[[OrderBook], tuple[Any, ...]]:
    """Make what reads them."""

    def read(book: OrderBook) -> tuple[Any, ...]:
        bid, ask = book.bids.best, book.asks.best
        both = (None, None)
        mid, spread = both if bid is None or ask is None else ((bid.price + ask.price) / 2, ask.price - bid.price)
        deep: list[Any] = []
        for side in (book.bids, book.asks) if levels else ():
            found = side[:levels]
            for level in found:
                deep += level
            deep += both * (levels - len(found))
        return (book.symbol, book.sequence, *(bid or both), *(ask or both), mid, spread, *deep, book.stale)

    return read


_SIDES = ("bids", "asks")
