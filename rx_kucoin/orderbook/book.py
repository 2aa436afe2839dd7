"""The order book, an immutable value. A change returns the next book and leaves the old one as it was."""

from collections.abc import Iterable
from decimal import Decimal
from operator import attrgetter
from typing import Final

from rx_kucoin.orderbook.levels import Ladder, shown
from rx_kucoin.protocol.messages.base import Change, Level, Message
from rx_kucoin.protocol.messages.spot import Level2Change

__all__ = ["OrderBook"]

_NO_BIDS: Final = Ladder(falls=True)
_NO_ASKS: Final = Ladder()


class OrderBook(Message, frozen=True, gc=False):
    """The bids and asks of a market at `sequence`. Immutable; books that are kept share their equal parts.

    Sizes of futures are in contracts.
    """

    sequence: int | None = None
    """Sequence of the last change. `None`: a source without sequences (`level1` and `depth` of spot)."""
    bids: Ladder = _NO_BIDS
    """Highest first."""
    asks: Ladder = _NO_ASKS
    """Lowest first."""
    time_ns: int | None = None
    """The exchange's time of the last change or of the snapshot."""
    stale: bool = False
    """Whether the book may differ from the exchange's: changes are missing until the next snapshot, the line is down,
    no change has confirmed the snapshot yet, or no known level of a side is left."""
    depth: int | None = None
    """Most levels of a side in its source; `None`: all. A side that had fewer is complete."""
    known_from: Decimal | None = None
    """Bids below this price are unknown; `None`: all are known."""
    known_to: Decimal | None = None
    """Asks above this price are unknown; `None`: all are known."""

    @property
    def best_bid(self) -> Level | None:
        """The highest bid, if any."""
        return self.bids.best

    @property
    def best_ask(self) -> Level | None:
        """The lowest ask, if any."""
        return self.asks.best

    @property
    def spread(self) -> Decimal | None:
        """Best ask minus best bid; `None` if a side is empty, as below."""
        bid, ask = self.bids.best, self.asks.best
        return None if bid is None or ask is None else ask.price - bid.price

    @property
    def mid(self) -> Decimal | None:
        """The mean of best bid and best ask."""
        bid, ask = self.bids.best, self.asks.best
        return None if bid is None or ask is None else (bid.price + ask.price) / 2

    @property
    def microprice(self) -> Decimal | None:
        """The mean of best bid and best ask, each weighted by the size of the other side."""
        bid, ask = self.bids.best, self.asks.best
        if bid is None or ask is None:
            return None
        return (bid.price * ask.size + ask.price * bid.size) / (bid.size + ask.size)

    @property
    def is_crossed(self) -> bool:
        """Whether the best bid is at or above the best ask, which does not persist in a real market."""
        bid, ask = self.bids.best, self.asks.best
        return bid is not None and ask is not None and bid.price >= ask.price

    def imbalance(self, levels: int = 1) -> Decimal | None:
        """Return the imbalance of sizes in the best levels, from -1 (only asks) to 1 (only bids).

        Raises:
            ValueError: `levels` is below 1.
        """
        if levels < 1:
            raise ValueError(f"levels must be 1 or more, not {levels}")
        bid, ask = (sum((level.size for level in side[:levels]), Decimal()) for side in (self.bids, self.asks))
        return (bid - ask) / (bid + ask) if bid + ask else None

    def after(self, change: Level2Change) -> "OrderBook":
        """Return the book after a change. Rows that the book has already, or beyond the known levels, are ignored.

        A change without any new row returns the book itself.

        Raises:
            ValueError: It has an invalid price or size, or no sequence.
        """
        since, until = self.sequence or 0, change.sequence_end
        if until is None:
            raise ValueError(f"{self.symbol}: a change without a number")
        if until <= since:
            return self
        bids, asks, lowest, highest = self.bids, self.asks, self.known_from, self.known_to
        try:
            for price, size, number in _in_order(change.bids):
                if number > since and price and (lowest is None or price >= lowest):
                    bids = bids.put(price, size)
            for price, size, number in _in_order(change.asks):
                if number > since and price and (highest is None or price <= highest):
                    asks = asks.put(price, size)
        except ArithmeticError as error:
            raise ValueError(f"{self.symbol}: a price or a size is no number") from error
        return OrderBook(self.symbol, until, bids, asks, change.time_ns, False, self.depth, lowest, highest)

    def __repr__(self) -> str:
        bid, ask = (shown(best) if best else "none" for best in (self.best_bid, self.best_ask))
        known = "" if self.known_from is None and self.known_to is None else f", the best {self.depth}"
        state = ", stale" if self.stale else ""
        return (
            f"<OrderBook {self.symbol} #{self.sequence} | bid {bid} | ask {ask} | "
            f"{len(self.bids)} and {len(self.asks)} levels{known}{state}>"
        )


def _in_order(rows: tuple[Change, ...]) -> Iterable[Change]:
    """Sort rows by sequence, which matters if two have the same price."""
    return rows if len(rows) < _SEVERAL else sorted(rows, key=_NUMBER)


_NUMBER: Final = attrgetter("sequence")
_SEVERAL: Final = 2
