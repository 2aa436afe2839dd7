"""Whole books by REST: where they are asked for, how deep they are, and how the answer is read.

Sources: "Get Full OrderBook", "Get Part OrderBook" (spot and futures) of KuCoin's documentation, and live answers of
September 2026.
"""

from decimal import Decimal
from typing import Final, NamedTuple

import msgspec

from rx_kucoin.orderbook.book import OrderBook
from rx_kucoin.orderbook.levels import Ladder
from rx_kucoin.protocol.frames import UNREADABLE
from rx_kucoin.protocol.limits import Market
from rx_kucoin.protocol.messages.base import Level

__all__ = ["BEST", "WHOLE", "Source", "read"]


class Source(NamedTuple):
    """A REST call that answers with a book."""

    market: Market
    path: str
    is_signed: bool
    deepest: int | None
    """How many levels a side it answers with, at most; None: all."""

    def of(self, symbol: str) -> str:
        """Write the request for a symbol."""
        return f"{self.path}?symbol={symbol}"


WHOLE: Final[dict[Market, Source]] = {
    "spot": Source("spot", "/api/v3/market/orderbook/level2", is_signed=True, deepest=None),
    "futures": Source("futures", "/api/v1/level2/snapshot", is_signed=False, deepest=1_000),
}
"""The deepest there is. That of a contract is called full, and had 1,000 levels a side at most whenever looked at."""
BEST: Final = Source("spot", "/api/v1/market/orderbook/level2_100", is_signed=False, deepest=100)
"""What there is without a key, on spot."""


class _Answer(msgspec.Struct, gc=False):
    sequence: int | None = None
    bids: tuple[Level, ...] | None = None
    asks: tuple[Level, ...] | None = None
    time: int | None = None
    """In ms: spot."""
    ts: int | None = None
    """In ns: futures."""


def read(source: Source, symbol: str, data: bytes) -> OrderBook:
    """Read an answer.

    Where a side has as many levels as the call answers with at most, there may be more: nothing is known of what lies
    beyond its last one.

    Raises:
        ValueError: it is no book, or an empty one.
    """
    try:
        answer = _decode(data)
        bids, asks = Ladder(answer.bids or (), falls=True), Ladder(answer.asks or ())
    except (*UNREADABLE, ValueError) as error:
        raise ValueError(f"this is no book of {symbol}: {error}") from None
    if answer.sequence is None or not (bids or asks):
        raise ValueError(f"{symbol} has no book: no levels, or no sequence")
    time = answer.ts if answer.time is None else answer.time * _MS
    return OrderBook(
        symbol,
        answer.sequence,
        bids,
        asks,
        time,
        depth=source.deepest,
        known_from=_end(bids, source.deepest),
        known_to=_end(asks, source.deepest),
    )


def _end(side: Ladder, deepest: int | None) -> Decimal | None:
    return side[-1].price if deepest is not None and len(side) >= deepest else None


_MS: Final = 1_000_000
_decode: Final = msgspec.json.Decoder(_Answer, strict=False).decode
