"""The recent history of a book: enough to return it as it stood some moves ago."""

from collections import deque
from decimal import Decimal
from typing import Final, NamedTuple

from rx_kucoin.simulator._book import Book, Side

__all__ = ["BookHistory", "BookSnapshot", "BookState"]

KEPT: Final = 100
"""Moves kept of every book."""
LONG: Final = 100_000
"""Moves kept of a book whose lag is given in seconds."""


class BookSnapshot(NamedTuple):
    """A book between two moves: exact prices and sizes, both sides best first."""

    sequence: int
    bids: tuple[tuple[Decimal, Decimal], ...]
    asks: tuple[tuple[Decimal, Decimal], ...]


class BookState(NamedTuple):
    """The same in ticks and lots, with the time until which it stood."""

    sequence: int
    sides: dict[Side, list[tuple[int, int]]]
    time_ns: int


class BookMove(NamedTuple):
    """One move: when, the sequence before it, and the size that each changed level had before it."""

    time_ns: int
    sequence: int
    undo: list[tuple[Side, int, int]]


class BookHistory:
    """The last moves of one book."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._moves: deque[BookMove] = deque(maxlen=KEPT)

    def remember(self, moves: int | None) -> None:
        """Keep at least `moves` moves from now on; `None` means as many as possible."""
        wanted = LONG if moves is None else moves
        if wanted > (self._moves.maxlen or 0):
            self._moves = deque(self._moves, maxlen=wanted)

    def note(self, time_ns: int, sequence: int) -> None:
        """Record the move that has just been made; `sequence` is the one before it."""
        self._moves.append(BookMove(time_ns, sequence, self._book.undo))
        self._book.undo = []

    def now(self, time_ns: int) -> BookState:
        """Return the book as it stands."""
        return self.before(time_ns, moves=0)

    def before(self, time_ns: int, *, moves: int | None = None, since_ns: int | None = None) -> BookState:
        """Return the book as it stood before the last `moves`, or at a time, or the oldest known."""
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
        return BookState(sequence, {"bids": sorted(bids.items(), reverse=True), "asks": sorted(asks.items())}, time_ns)
