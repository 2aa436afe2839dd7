"""The order book: a value. A change makes the next one of it, and whoever keeps the old one still has it as it was."""

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
    """What stands in a market, as it was at `sequence`. Immutable: keep as many as you like, they share what is equal.

    Of contracts, sizes are in contracts.
    """

    sequence: int | None = None
    """The last change that is in it. None: a source without numbers (`level1` and `depth` of spot)."""
    bids: Ladder = _NO_BIDS
    """Highest first."""
    asks: Ladder = _NO_ASKS
    """Lowest first."""
    time_ns: int | None = None
    """The exchange's, of the last change or of the snapshot."""
    stale: bool = False
    """True: it may differ from the exchange's by now. Changes are missing and are being made up for, or the line is
    down, no change has yet confirmed the snapshot that it stems from, or no known level of a side is left."""
    depth: int | None = None
    """How many levels a side its source tells of, at most; None: all. A side that had fewer is there whole."""
    known_from: Decimal | None = None
    """No bid below this price is known; None: all are."""
    known_to: Decimal | None = None
    """No ask above this price is known."""

    @property
    def best_bid(self) -> Level | None:
        """The highest bid; None: there is none."""
        return self.bids.best

    @property
    def best_ask(self) -> Level | None:
        """The lowest ask."""
        return self.asks.best

    @property
    def spread(self) -> Decimal | None:
        """What lies between the best bid and the best ask; None where a side is empty, as below."""
        bid, ask = self.bids.best, self.asks.best
        return None if bid is None or ask is None else ask.price - bid.price

    @property
    def mid(self) -> Decimal | None:
        """The middle between the best bid and the best ask."""
        bid, ask = self.bids.best, self.asks.best
        return None if bid is None or ask is None else (bid.price + ask.price) / 2

    @property
    def microprice(self) -> Decimal | None:
        """The middle, drawn to the side that has less to give: each best price weighs as the other side's size."""
        bid, ask = self.bids.best, self.asks.best
        if bid is None or ask is None:
            return None
        return (bid.price * ask.size + ask.price * bid.size) / (bid.size + ask.size)

    @property
    def is_crossed(self) -> bool:
        """Whether somebody bids as much as another asks for, or more: which no market leaves standing."""
        bid, ask = self.bids.best, self.asks.best
        return bid is not None and ask is not None and bid.price >= ask.price

    def imbalance(self, levels: int = 1) -> Decimal | None:
        """Tell which side has more in its best levels: from -1 (only asks) to 1 (only bids).

        Raises:
            ValueError: fewer than one level.
        """
        if levels < 1:
            raise ValueError(f"levels must be 1 or more, not {levels}")
        bid, ask = (sum((level.size for level in side[:levels]), Decimal()) for side in (self.bids, self.asks))
        return (bid - ask) / (bid + ask) if bid + ask else None

    def after(self, change: Level2Change) -> "OrderBook":
        """Return the book after a change that follows on. Rows of it that the book has already are left out.

        So are rows beyond what is known, whatever they hold. A change that has nothing new leaves the book as it is.

        Raises:
            ValueError: it has a price or a size that nothing can have, or no number.
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
    """Put rows into the order of their numbers, which decides where two are at one price."""
    return rows if len(rows) < _SEVERAL else sorted(rows, key=_NUMBER)


_NUMBER: Final = attrgetter("sequence")
_SEVERAL: Final = 2
