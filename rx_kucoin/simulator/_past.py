"""What a book was like before: enough to hand it out as it stood some moves ago."""

from collections import deque
from decimal import Decimal
from typing import Final, NamedTuple

from rx_kucoin.simulator._book import Book, Side

__all__ = ["Past", "Standing", "Stood"]

KEPT: Final = 100
"""Moves remembered of a book that nobody asked to lag."""
LONG: Final = 100_000
"""Moves remembered where a lag is told in seconds."""


class Standing(NamedTuple):
    """A book as it stood: prices and sizes are exact, both sides are best first."""

    sequence: int
    bids: tuple[tuple[Decimal, Decimal], ...]
    asks: tuple[tuple[Decimal, Decimal], ...]


class Stood(NamedTuple):
    """The same in ticks and lots, and until when it stood."""

    sequence: int
    sides: dict[Side, list[tuple[int, int]]]
    time_ns: int


class Move(NamedTuple):
    """What one move changed: when, the sequence before, and what each level held before."""

    time_ns: int
    sequence: int
    undo: list[tuple[Side, int, int]]


class Past:
    """The last moves of one book."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._moves: deque[Move] = deque(maxlen=KEPT)

    def remember(self, moves: int | None) -> None:
        """Keep at least so many moves from now on; `None` for as many as there may be."""
        wanted = LONG if moves is None else moves
        if wanted > (self._moves.maxlen or 0):
            self._moves = deque(self._moves, maxlen=wanted)

    def note(self, time_ns: int, sequence: int) -> None:
        """Remember a move that has just been made, by the sequence before it."""
        self._moves.append(Move(time_ns, sequence, self._book.undo))
        self._book.undo = []

    def now(self, time_ns: int) -> Stood:
        """The book as it stands."""
        return self.stood(time_ns, moves=0)

    def stood(self, time_ns: int, *, moves: int | None = None, since_ns: int | None = None) -> Stood:
        """The book as it stood before the last `moves`, or at a time, or the oldest that is known."""
        bids, asks, sequence = dict(self._book.bids), dict(self._book.asks), self._book.sequence
        for number, move in enumerate(reversed(self._moves)):
            if (moves is not None and number >= moves) or (since_ns is not None and move.time_ns <= since_ns):
                break
            for side, price, size in reversed(move.undo):
                levels = bids if side == "bids" else asks
                if size:
                    levels[price] = size
                else:
                    levels.pop(price, None)
            sequence, time_ns = move.sequence, move.time_ns
        return Stood(sequence, {"bids": sorted(bids.items(), reverse=True), "asks": sorted(asks.items())}, time_ns)
