"""What is odd about a book's changes, and still right: spellings, repetitions, rows that stand in no order."""

from collections.abc import Callable
from random import Random
from typing import Final, NamedTuple

from rx_kucoin.simulator._book import Book, Row, Side

__all__ = ["Quirks"]

NEAR: Final = 20
SIDES: Final[tuple[Side, ...]] = ("bids", "asks")


class Quirks(NamedTuple):
    """The share of changes, or of ranges, that each oddity befalls."""

    respell: float = 0.0
    repeat: float = 0.0
    crowd: float = 0.0
    shuffle: float = 0.0

    def change(self, book: Book, dice: Random) -> Row:
        """Change one level, or tell again what it holds."""
        if dice.random() >= self.repeat:
            return book.change()
        side = dice.choice(SIDES)
        return book.put(side, *dice.choice(book.top(side, NEAR)))

    def range(self, rows: list[Row], book: Book, dice: Random) -> list[Row]:
        """Let some levels of a range change again and again within it, and tell its rows in any order."""
        for row in tuple(rows):
            if row.price and dice.random() < self.crowd and self._apart(row, book):
                size = row.size or 1
                rows += [book.put(row.side, row.price, each) for each in (size + 2, 0, size + 1)]
        if dice.random() < self.shuffle:
            dice.shuffle(rows)
        return rows

    def spell(self, rows: list[Row], dice: Random, write: Callable[[int], str]) -> list[Row]:
        """Write some prices otherwise: 1.50 for 1.5, and 84521.0 for 84521."""
        return [
            row._replace(spelling=_longer(write(row.price))) if row.price and dice.random() < self.respell else row
            for row in rows
        ]

    @staticmethod
    def _apart(row: Row, book: Book) -> bool:
        bid, ask = book.best
        return row.price < ask if row.side == "bids" else row.price > bid


def _longer(price: str) -> str:
    return f"{price}0" if "." in price else f"{price}.0"
