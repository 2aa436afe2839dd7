"""What books hold in memory, and what it holds to keep one of every change."""

import gc
import tracemalloc
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from itertools import accumulate
from typing import Any, Final, NamedTuple

from benchmarks.books.timing import LEVELS
from benchmarks.books.work import Levels, changes, side
from rx_kucoin.orderbook.book import OrderBook
from rx_kucoin.orderbook.levels import Ladder
from rx_kucoin.protocol.messages.base import Change
from rx_kucoin.protocol.messages.spot import Level2Change

__all__ = ["KEPT", "Held", "held"]

KEPT: Final = 1_000
"""Books, one change apart."""
_COPIES: Final = 10
"""As many where each is a copy; what 1,000 of them hold is reckoned."""

_Dicts = tuple[dict[Decimal, Decimal], dict[Decimal, Decimal]]
_Make = Callable[[Levels, Levels], Any]
_After = Callable[[Any, Level2Change], Any]


class Held(NamedTuple):
    """Bytes: of a book, its decimals among them; and of each that is kept beside it, one change later."""

    label: str
    levels: int
    book: int
    more: float


def held(sizes: Iterable[int] = LEVELS) -> Iterator[Held]:
    """Trace what is allocated, way by way, for books of so many levels a side."""
    for levels in sizes:
        yield _held("OrderBook", levels, KEPT, _book, OrderBook.after)
        yield _held(f"dict a side, copied (from {_COPIES})", levels, _COPIES, _dicts, _dicts_after)


def _held(label: str, levels: int, count: int, make: _Make, after: _After) -> Held:
    gc.collect()
    tracemalloc.start()
    try:
        first = make(side(-1, levels), side(1, levels))
        alone = _traced()
        kept = list(accumulate(changes(levels, count, "near"), after, initial=first))
        return Held(label, levels, alone, (_traced() - alone) / (len(kept) - 1))
    finally:
        tracemalloc.stop()


def _traced() -> int:
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


def _book(bids: Levels, asks: Levels) -> OrderBook:
    return OrderBook("BTC-USDT", 0, Ladder(bids, falls=True), Ladder(asks))


def _dicts(bids: Levels, asks: Levels) -> _Dicts:
    return dict(bids), dict(asks)


def _dicts_after(sides: _Dicts, change: Level2Change) -> _Dicts:
    bids, asks = (_copied(side, rows) for side, rows in zip(sides, (change.bids, change.asks), strict=True))
    return bids, asks


def _copied(side: dict[Decimal, Decimal], rows: tuple[Change, ...]) -> dict[Decimal, Decimal]:
    if not rows:
        return side
    changed = side | {price: size for price, size, _ in rows}
    for price, size, _ in rows:
        if not size:
            del changed[price]
    return changed
