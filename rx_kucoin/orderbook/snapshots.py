"""Book snapshots by REST: endpoints, their depth, and parsing of the answers.

Sources: "Get Full OrderBook", "Get Part OrderBook" (spot and futures) of KuCoin's documentation, and live answers of
September 2026.
"""

from decimal import Decimal
from typing import Final, NamedTuple
from urllib.parse import quote

import msgspec

from rx_kucoin.orderbook.book import OrderBook
from rx_kucoin.orderbook.levels import Ladder
from rx_kucoin.protocol.frames import UNREADABLE
from rx_kucoin.protocol.limits import Market
from rx_kucoin.protocol.messages.base import Level
from rx_kucoin.protocol.readers.base import decoder_of

__all__ = ["BEST", "WHOLE", "SnapshotEndpoint", "read"]


class SnapshotEndpoint(NamedTuple):
    """A REST call that returns a book."""

    market: Market
    path: str
    is_signed: bool
    deepest: int | None
    """Most levels of a side in an answer; `None`: all."""

    def of(self, symbol: str) -> str:
        """Return the path of the request for a symbol."""
        return f"{self.path}?symbol={quote(symbol)}"


WHOLE: Final[dict[Market, SnapshotEndpoint]] = {
    "spot": SnapshotEndpoint("spot", "/api/v3/market/orderbook/level2", is_signed=True, deepest=None),
    "futures": SnapshotEndpoint("futures", "/api/v1/level2/snapshot", is_signed=False, deepest=1_000),
}
"""The deepest snapshots. KuCoin calls that of a contract full, but it never had more than 1,000 levels a side."""
BEST: Final = SnapshotEndpoint("spot", "/api/v1/market/orderbook/level2_100", is_signed=False, deepest=100)
"""The deepest snapshot without an API key, on spot."""


class _SnapshotPayload(msgspec.Struct, gc=False):
    sequence: int | None = None
    bids: tuple[Level, ...] | None = None
    asks: tuple[Level, ...] | None = None
    time: int | None = None
    """Milliseconds, on spot."""
    ts: int | None = None
    """Nanoseconds, on futures."""


def read(source: SnapshotEndpoint, symbol: str, data: bytes) -> OrderBook:
    """Parse an answer.

    A side with as many levels as the endpoint returns at most may have more: levels beyond its last one are unknown.

    Raises:
        ValueError: It is no book, or an empty one.
    """
    try:
        answer = _decode(msgspec.Raw(data))
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
_decode: Final = decoder_of(_SnapshotPayload)
