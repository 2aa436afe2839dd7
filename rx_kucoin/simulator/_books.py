"""Every book of both markets in a script's hand: looked at, moved, changed, crossed, begun anew."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final

from rx_kucoin.protocol.limits import Market
from rx_kucoin.simulator._book import Row, Side
from rx_kucoin.simulator._market import Instrument, Listing
from rx_kucoin.simulator._past import Standing, Stood
from rx_kucoin.simulator._streams import Streams

__all__ = ["Books", "Change"]

Change = tuple[Side, str, str]
"""A side, a price as it shall be written (0: an event that shows on no level), and a size (0: the level goes)."""

FURTHEST: Final = 19
"""Ticks by which a book can be crossed: changes go on beyond them."""


class Books:
    """Touched by the exchange's thread alone. What is done here is told as what happens by itself is."""

    def __init__(self, listings: Mapping[Market, Listing], streams: Mapping[Market, Streams]) -> None:
        self._listings, self._streams = listings, streams
        self._crossed: dict[str, int] = {}

    def find(self, symbol: str, market: Market | None = None) -> Instrument:
        """Look a symbol up, in either market where none is named."""
        for listing in self._listings.values() if market is None else (self._listings[market],):
            instrument = listing.get(symbol)
            if instrument is not None:
                return instrument
        raise ValueError(f"{symbol!r} is not listed on this exchange")

    def look(self, symbol: str, market: Market | None) -> Standing:
        """Tell how a book stands."""
        each = self.find(symbol, market)
        bids, asks = (
            tuple((Decimal(price).scaleb(-each.digits), Decimal(size).scaleb(-each.size_digits)) for price, size in top)
            for top in (each.book.top("bids"), each.book.top("asks"))
        )
        return Standing(each.book.sequence, bids, asks)

    def stood(self, symbol: str, moves: int | None) -> Stood:
        """Take a book down as it stands, and remember so many moves of it from now on."""
        each = self.find(symbol)
        each.past.remember(moves)
        return each.past.now(each.now_ns())

    def move(self, symbol: str, count: int, market: Market | None) -> int:
        """Let a book move; return the last sequence."""
        each = self.find(symbol, market)
        for _ in range(count):
            self._streams[each.market].move(each)
        return each.book.sequence

    def change(self, symbol: str, changes: Sequence[Change], market: Market | None, *, skip: int, shuffle: bool) -> int:
        """Let a range of these changes happen, or one after another where a range is one; return the last sequence."""
        each = self.find(symbol, market)
        wanted = [(_units(price, each.digits), _units(size, each.size_digits)) for _, price, size in changes]
        start, rows = each.book.sequence + 1, list[Row]()
        for (side, spelling, _), (price, size) in zip(changes, wanted, strict=True):
            row = each.book.put(side, price, size) if price else Row(side, 0, 0, each.book.hide())
            rows.append(row._replace(spelling=spelling))
        for _ in range(skip):
            each.book.hide()
        if each.market == "spot":
            self._tell(each, start, each.dice.sample(rows, len(rows)) if shuffle else rows)
        else:
            for row in rows:
                self._tell(each, row.sequence, [row])
        return each.book.sequence

    def cross(self, symbol: str, ticks: int) -> int:
        """Let a bid stand above the best ask; return the sequence."""
        if not 0 <= ticks <= FURTHEST:
            raise ValueError(f"a book can be crossed by 0 to {FURTHEST} ticks, not by {ticks}")
        self.heal(symbol)
        each = self.find(symbol)
        price = self._crossed[symbol] = each.book.best[1] + ticks
        return self._put(each, price, each.book.bids[each.book.best[0]])

    def heal(self, symbol: str) -> int:
        """Take that bid away; return the sequence."""
        each = self.find(symbol)
        price = self._crossed.pop(symbol, None)
        return each.book.sequence if price is None else self._put(each, price, 0)

    def reset(self, symbol: str, sequence: int) -> int:
        """Fill a book anew at a sequence, about where its price is; nobody is told."""
        each = self.find(symbol)
        before = self.heal(symbol)
        each.book.fill(each.book.best[0], sequence)
        each.past.note(each.now_ns(), before)
        each.earlier = each.changed = (sequence, [])
        return sequence

    def _put(self, each: Instrument, price: int, size: int) -> int:
        row = each.book.put("bids", price, size)
        self._tell(each, row.sequence, [row])
        return row.sequence

    def _tell(self, each: Instrument, start: int, rows: list[Row]) -> None:
        each.moved(start, rows)
        self._streams[each.market].moved(each)


def _units(text: str, digits: int) -> int:
    units = Decimal(text).scaleb(digits)
    if units < 0 or units != int(units):
        raise ValueError(f"{text!r} is no whole number of the smallest unit, which has {digits} decimals")
    return int(units)
