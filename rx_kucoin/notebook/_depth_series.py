"""The series of a book chart: the cumulated size of a book up to each price."""

from array import array
from collections.abc import Iterable
from decimal import Decimal
from itertools import chain
from typing import Any

from rx_kucoin.notebook._fields import fields_of, unit_of
from rx_kucoin.notebook._series import DOWN, MUTED, UP, Update, label

__all__ = ["DepthSeries"]


class DepthSeries:
    """The latest book. Books between two frames are skipped."""

    kind = "book"
    backlog = 1

    def __init__(self, levels: int) -> None:
        self.points = levels
        self._book: Any = None
        self._best: list[list[Any]] = [[], []]
        """The best levels of each side."""
        self._sums: list[list[tuple[float, float]]] = [[], []]

    def __len__(self) -> int:
        return sum(map(len, self._sums))

    def take(self, received_at: float, item: Any) -> None:
        """Replace the book."""
        del received_at
        if not (hasattr(item, "bids") and hasattr(item, "asks")):
            known = ", ".join(fields_of(item)) or "no fields"
            raise ValueError(f"{type(item).__name__} is no book; it has {known}")
        best = [list(side[: self.points]) for side in (item.bids, item.asks)]
        self._book, self._best, self._sums = item, best, [_cumulated(side) for side in best]

    def update(self, *, whole: bool) -> Update:
        """Return the latest book, always as a whole."""
        del whole
        message: dict[str, Any] = {"whole": True, "stale": self._is_stale, "best": [None] * 4, "mid": "", "spread": ""}
        message["best"] = [each for side in self._best for each in (map(_formatted, side[0]) if side else (None, None))]
        if all(self._best):
            bid, ask = (side[0][0] for side in self._best)
            message |= {"mid": _formatted((bid + ask) / 2), "spread": _formatted(ask - bid)}
        return message, [array("d", chain.from_iterable(side)) for side in self._sums]

    def labels(self) -> dict[str, Any]:
        """Return title and axis labels."""
        symbol = getattr(self._book, "symbol", "")
        return {
            "title": f"{symbol} order book".strip(),
            "x": label(["price"], unit_of(self._book, "price")),
            "y": label(["size up to the price"], unit_of(self._book, "size")),
            "time": False,
        }

    def status(self) -> tuple[str, str]:
        """Return the chart's state while the stream is live."""
        if self._is_stale:
            return "stale", "stale: it may differ from the exchange's book until it is right again"
        return "live", f"live, {' and '.join(str(len(side)) for side in self._best)} levels"

    def draw_on(self, axes: Any) -> None:
        """Draw on matplotlib axes."""
        for side, rows, colour, name in zip(self._best, self._sums, (UP, DOWN), ("bids", "asks"), strict=True):
            if not rows:
                continue
            prices, sizes = [rows[0][0], *(price for price, _ in rows)], [0.0, *(size for _, size in rows)]
            shown = MUTED if self._is_stale else colour
            axes.step(prices, sizes, where="post", color=shown, lw=1.5, label=f"{name}: best {_formatted(side[0][0])}")
            axes.fill_between(prices, sizes, step="post", color=shown, alpha=0.16)
        axes.set_ylim(bottom=0)
        if len(self):
            axes.legend(frameon=False, fontsize=9, loc="upper center")

    @property
    def _is_stale(self) -> bool:
        return bool(getattr(self._book, "stale", False))


def _cumulated(side: Iterable[tuple[Any, Any]]) -> list[tuple[float, float]]:
    """Return prices, best first, each with the total size at it or better."""
    total, rows = 0, list[tuple[float, float]]()
    for price, size in side:
        total += size
        rows.append((float(price), float(total)))
    return rows


def _formatted(value: Any) -> str:
    """Format a number with all of its digits, in groups."""
    return f"{Decimal(str(value)).normalize():,f}"
