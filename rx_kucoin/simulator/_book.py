"""One order book that lives: each change is one row and keeps the two sides apart."""

from random import Random
from typing import Final, Literal, NamedTuple

__all__ = ["Book", "Row", "Side"]

Side = Literal["bids", "asks"]

DEEP: Final = 200
FEWEST, MOST = 60, 400


class Row(NamedTuple):
    """One level changed: its price in ticks, its new size in lots (0 deletes)."""

    side: Side
    price: int
    size: int
    sequence: int


class Book:
    """Levels by price in ticks, sizes in lots, and one sequence that every change advances by one."""

    def __init__(self, dice: Random, *, middle: int, lot: int, sequence: int) -> None:
        self.sequence = sequence
        self._dice = dice
        self._lot = lot
        near, far = range(100), range(100, DEEP, 2)
        self.bids = {middle - step: self._size() for step in (*near, *far) if middle > step}
        self.asks = {middle + 1 + step: self._size() for step in (*near, *far)}

    @property
    def best(self) -> tuple[int, int]:
        """Highest bid and lowest ask, in ticks."""
        return max(self.bids), min(self.asks)

    def top(self, side: Side, count: int | None = None) -> list[tuple[int, int]]:
        """Return the best levels of a side, best first."""
        levels = self.bids if side == "bids" else self.asks
        return [(price, levels[price]) for price in sorted(levels, reverse=side == "bids")[:count]]

    def change(self) -> Row:
        """Change one level and return it as a row."""
        side: Side = "bids" if self._dice.random() < 0.5 else "asks"  # noqa: PLR2004
        levels = self.bids if side == "bids" else self.asks
        price, size = self._pick(side, levels)
        if size:
            levels[price] = size
        else:
            del levels[price]
        self.sequence += 1
        return Row(side, price, size, self.sequence)

    def hide(self) -> int:
        """Advance by an event that shows on no level, such as a hidden order's; return its number."""
        self.sequence += 1
        return self.sequence

    def _pick(self, side: Side, levels: dict[int, int]) -> tuple[int, int]:
        """Choose what happens next on a side: narrow the spread, take the best away, resize, or stir the depths."""
        roll = self._dice.random()
        bid, ask = self.best
        best, away = (bid, -1) if side == "bids" else (ask, 1)
        if len(levels) > MOST:
            return (min(levels) if side == "bids" else max(levels)), 0
        if ask - bid > 1 and roll < 0.4:  # noqa: PLR2004
            return best - away, self._size()
        if roll < 0.15 and len(levels) > FEWEST:  # noqa: PLR2004
            return best, 0
        if roll < 0.8:  # noqa: PLR2004
            return max(1, best + away * self._dice.randrange(20)), self._size()
        price = max(1, best + away * self._dice.randrange(20, DEEP))
        return price, 0 if price in levels and len(levels) > FEWEST else self._size()

    def _size(self) -> int:
        return max(1, int(self._dice.expovariate(1 / self._lot)))
