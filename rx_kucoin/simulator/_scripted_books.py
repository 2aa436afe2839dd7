"""Scripted operations on the books of both markets: snapshot, move, change, cross, reset."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final

from rx_kucoin.protocol.limits import Market
from rx_kucoin.simulator._book import LevelChange, Side
from rx_kucoin.simulator._history import BookSnapshot, BookState
from rx_kucoin.simulator._instruments import Instrument, MarketInstruments
from rx_kucoin.simulator._streams import Streams

__all__ = ["BookChange", "ScriptedBooks"]

BookChange = tuple[Side, str, str]
"""A side, a price as it is to be written (0: an event that shows on no level), and a size (0 removes the level)."""

FURTHEST: Final = 19
"""Most ticks by which a book can be crossed: further away, its levels go on changing."""


class ScriptedBooks:
    """Scripted operations on books, used by the exchange's thread only. Changes are published like any other."""

    def __init__(self, instruments: Mapping[Market, MarketInstruments], streams: Mapping[Market, Streams]) -> None:
        self._instruments, self._streams = instruments, streams
        self._crossed: dict[str, int] = {}

    def find(self, symbol: str, market: Market | None = None) -> Instrument:
        """Look up a symbol, in either market if none is named."""
        for listed in self._instruments.values() if market is None else (self._instruments[market],):
            instrument = listed.get(symbol)
            if instrument is not None:
                return instrument
        raise ValueError(f"{symbol!r} is not listed on this exchange")

    def snapshot(self, symbol: str, market: Market | None) -> BookSnapshot:
        """Return a book as it stands, in exact prices and sizes."""
        instrument = self.find(symbol, market)
        bids, asks = (
            tuple(
                (Decimal(price).scaleb(-instrument.digits), Decimal(size).scaleb(-instrument.size_digits))
                for price, size in top
            )
            for top in (instrument.book.top("bids"), instrument.book.top("asks"))
        )
        return BookSnapshot(instrument.book.sequence, bids, asks)

    def remember(self, symbol: str, moves: int | None) -> BookState:
        """Return a book as it stands, and keep its last `moves` moves from now on."""
        instrument = self.find(symbol)
        instrument.history.remember(moves)
        return instrument.history.now(instrument.now_ns())

    def move(self, symbol: str, count: int, market: Market | None) -> int:
        """Move a book `count` times; return the last sequence."""
        instrument = self.find(symbol, market)
        for _ in range(count):
            self._streams[instrument.market].move(instrument)
        return instrument.book.sequence

    def change(
        self, symbol: str, changes: Sequence[BookChange], market: Market | None, *, skip: int, shuffle: bool
    ) -> int:
        """Apply changes, on spot as one range, on futures each as its own; return the last sequence."""
        instrument = self.find(symbol, market)
        wanted = [
            (_units(price, instrument.digits), _units(size, instrument.size_digits)) for _, price, size in changes
        ]
        start, rows = instrument.book.sequence + 1, list[LevelChange]()
        for (side, spelling, _), (price, size) in zip(changes, wanted, strict=True):
            row = instrument.book.put(side, price, size) if price else LevelChange(side, 0, 0, instrument.book.hide())
            rows.append(row._replace(spelling=spelling))
        for _ in range(skip):
            instrument.book.hide()
        if instrument.market == "spot":
            self._publish(instrument, start, instrument.rng.sample(rows, len(rows)) if shuffle else rows)
        else:
            for row in rows:
                self._publish(instrument, row.sequence, [row])
        return instrument.book.sequence

    def cross(self, symbol: str, ticks: int) -> int:
        """Put a bid above the best ask; return the sequence."""
        if not 0 <= ticks <= FURTHEST:
            raise ValueError(f"a book can be crossed by 0 to {FURTHEST} ticks, not by {ticks}")
        self.heal(symbol)
        instrument = self.find(symbol)
        price = self._crossed[symbol] = instrument.book.best[1] + ticks
        return self._put(instrument, price, instrument.book.bids[instrument.book.best[0]])

    def heal(self, symbol: str) -> int:
        """Remove that bid; return the sequence."""
        instrument = self.find(symbol)
        price = self._crossed.pop(symbol, None)
        return instrument.book.sequence if price is None else self._put(instrument, price, 0)

    def reset(self, symbol: str, sequence: int) -> int:
        """Refill a book around its price at a sequence, without publishing it."""
        instrument = self.find(symbol)
        before = self.heal(symbol)
        instrument.book.fill(instrument.book.best[0], sequence)
        instrument.history.note(instrument.now_ns(), before)
        instrument.earlier = instrument.changed = (sequence, [])
        return sequence

    def _put(self, instrument: Instrument, price: int, size: int) -> int:
        row = instrument.book.put("bids", price, size)
        self._publish(instrument, row.sequence, [row])
        return row.sequence

    def _publish(self, instrument: Instrument, start: int, rows: list[LevelChange]) -> None:
        instrument.applied(start, rows)
        self._streams[instrument.market].publish_change(instrument)


def _units(text: str, digits: int) -> int:
    units = Decimal(text).scaleb(digits)
    if units < 0 or units != int(units):
        raise ValueError(f"{text!r} is not a multiple of the smallest unit, which has {digits} decimals")
    return int(units)
