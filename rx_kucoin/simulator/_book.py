"""One live order book: each change affects one level and keeps the two sides apart."""

from random import Random
from typing import Final, Literal, NamedTuple

__all__ = ["LEVELS", "Book", "LevelChange", "Side"]

Side = Literal["bids", "asks"]

LEVELS: Final = 150
"""Initial levels of a side: the nearest hundred at every tick, the others at every second tick."""
DENSE: Final = 100
FEWEST, MOST = 60, 400
NARROWEST: Final = 40
"""Fewest ticks over which the changes of a side spread."""


class LevelChange(NamedTuple):
    """The change of one level: its price in ticks, its new size in lots (0 removes it)."""

    side: Side
    price: int
    size: int
    sequence: int
    spelling: str = ""
    """The price as it is written, if not in its usual form."""


class Book:
    """Levels by price in ticks, sizes in lots, and a sequence that every change advances by one."""

    def __init__(self, rng: Random, *, middle: int, lot: int, sequence: int, levels: int = LEVELS) -> None:
        self._rng = rng
        self._lot = lot
        self._levels = levels
        self._deep = max(levels, 2 * levels - DENSE, NARROWEST)
        self._fewest, self._most = min(FEWEST, levels), max(MOST, 2 * levels)
        self.bids: dict[int, int] = {}
        self.asks: dict[int, int] = {}
        self.undo: list[tuple[Side, int, int]] = []
        """The size that each changed level had before; the book's history takes it and empties the list."""
        self.fill(middle, sequence)

    def fill(self, middle: int, sequence: int) -> None:
        """Replace all levels by new ones around a price, at the given sequence."""
        before = self.bids, self.asks
        near, far = range(min(DENSE, self._levels)), range(DENSE, self._deep, 2)
        self.bids = {middle - step: self._size() for step in (*near, *far) if middle > step}
        self.asks = {middle + 1 + step: self._size() for step in (*near, *far)}
        self._note_removed("bids", before[0], self.bids)
        self._note_removed("asks", before[1], self.asks)
        self._bid, self._ask = middle, middle + 1
        self.sequence = sequence

    @property
    def best(self) -> tuple[int, int]:
        """Highest bid and lowest ask, in ticks."""
        return self._bid, self._ask

    def top(self, side: Side, count: int | None = None) -> list[tuple[int, int]]:
        """Return the best levels of a side, best first."""
        levels = self.bids if side == "bids" else self.asks
        return [(price, levels[price]) for price in sorted(levels, reverse=side == "bids")[:count]]

    def change(self) -> LevelChange:
        """Change one level at random and return the change."""
        side: Side = "bids" if self._rng.random() < 0.5 else "asks"  # noqa: PLR2004
        return self.put(side, *self._pick(side, self.bids if side == "bids" else self.asks))

    def put(self, side: Side, price: int, size: int) -> LevelChange:
        """Set the size of a level, 0 to remove it, and return the change."""
        levels = self.bids if side == "bids" else self.asks
        if not size and len(levels) == 1:
            raise ValueError(f"the last of the {side} cannot be removed")
        self.undo.append((side, price, levels.get(price, 0)))
        if size:
            levels[price] = size
        else:
            levels.pop(price, None)
        if side == "bids":
            if price >= self._bid:
                self._bid = price if size else max(levels)
        elif price <= self._ask:
            self._ask = price if size else min(levels)
        self.sequence += 1
        return LevelChange(side, price, size, self.sequence)

    def hide(self) -> int:
        """Advance by an event that shows on no level, such as a hidden order's; return its sequence."""
        self.sequence += 1
        return self.sequence

    def _pick(self, side: Side, levels: dict[int, int]) -> tuple[int, int]:
        """Choose the next change of a side: narrow the spread, remove the best, resize near it, or change deeper."""
        roll = self._rng.random()
        bid, ask = self.best
        if bid >= ask:  # crossed by script: only deeper levels change, so that it stays crossed
            bid, roll = ask - 1, 1.0
        best, away = (bid, -1) if side == "bids" else (ask, 1)
        if len(levels) > self._most:
            return (min(levels) if side == "bids" else max(levels)), 0
        if ask - bid > 1 and roll < 0.4:  # noqa: PLR2004
            return best - away, self._size()
        if roll < 0.15 and len(levels) > self._fewest:  # noqa: PLR2004
            return best, 0
        if roll < 0.8:  # noqa: PLR2004
            return max(1, best + away * self._rng.randrange(20)), self._size()
        price = max(1, best + away * self._rng.randrange(20, self._deep))
        return price, 0 if price in levels and len(levels) > self._fewest else self._size()

    def _note_removed(self, side: Side, old: dict[int, int], new: dict[int, int]) -> None:
        if old:
            self.undo.extend((side, price, old.get(price, 0)) for price in {**old, **new})

    def _size(self) -> int:
        return max(1, int(self._rng.expovariate(1 / self._lot)))
