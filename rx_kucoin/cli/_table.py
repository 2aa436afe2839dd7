"""Rows into lines of cells: which columns there is room for, how wide each is, and what stands in them."""

from collections.abc import Sequence
from typing import Final

from rx_kucoin.cli._columns import COLUMNS, Cell, Glyphs, Sight, groups
from rx_kucoin.cli._numbers import cells, clean, fitted
from rx_kucoin.cli._spark import spark

__all__ = ["Line", "Table"]

Line = list[Cell]
"""Texts with their styles, side by side."""

_CHART: Final = "minute"
_ROOMY: Final = 100
"""Columns of a terminal from which on cells stand two apart."""
_LONG: Final = 14
"""Characters of a symbol that are shown where there is little room."""


class Table:
    """Lays rows out. A column that has become wide stays so while the terminal is as it is: nothing dances."""

    def __init__(self, channel: str, glyphs: Glyphs) -> None:
        self._groups = groups(channel)
        self._names = [name for name in COLUMNS if any(name in group for group in self._groups)]
        self._glyphs = glyphs
        self._width = 0
        self._wide: dict[str, int] = {}

    def lines(self, sights: Sequence[Sight], width: int) -> list[Line]:
        """Draw the head and a line for each row, none wider than this."""
        read = [self._cells(sight) for sight in sights]
        self._grow(read, width)
        gap = 2 if width >= _ROOMY else 1
        shown, widths = self._fit(width, gap)
        head: Line = []
        for name in shown:
            column = COLUMNS[name]
            head += [(" " * gap, "bold underline")] * bool(head)
            title = fitted(column.head, widths[name], right=column.is_right, more=self._glyphs.more)
            head.append((title, "bold underline"))
        return [head, *(self._line(*row, shown, widths, gap) for row in zip(sights, read, strict=True))]

    def _cells(self, sight: Sight) -> dict[str, Cell]:
        read = {name: COLUMNS[name].cell(sight) for name in self._names}
        read["symbol"] = clean(read["symbol"][0]), read["symbol"][1]
        return read

    def _grow(self, rows: list[dict[str, Cell]], width: int) -> None:
        if width != self._width:
            self._width, self._wide = width, {name: COLUMNS[name].least for name in self._names}
        for name in self._names:
            column = COLUMNS[name]
            most = min(column.most, _LONG) if name == "symbol" and width < _ROOMY else column.most
            longest = max((cells(row[name][0]) for row in rows), default=0)
            self._wide[name] = max(self._wide[name], min(longest, most))

    def _fit(self, width: int, gap: int) -> tuple[list[str], dict[str, int]]:
        """Take columns by their importance until one has no room; give what is left to the chart."""
        widths = self._wide.copy()
        taken: set[str] = set()
        left = width + gap
        for group in self._groups:
            need = sum(widths[name] + gap for name in group)
            if need > left:
                break
            taken.update(group)
            left -= need
        if not taken:  # not even the symbol
            return ["symbol"], {"symbol": max(width, 0)}
        if _CHART in taken:
            widths[_CHART] = min(widths[_CHART] + left, COLUMNS[_CHART].most)
        return [name for name in self._names if name in taken], widths

    def _line(self, sight: Sight, read: dict[str, Cell], shown: list[str], widths: dict[str, int], gap: int) -> Line:
        line: Line = []
        is_dim = read.get("line", ("", ""))[0] == "stale"
        for name in shown:
            before = " " * gap if line else ""
            text, style = self._chart(sight, widths[name]) if name == _CHART else read[name]
            text = fitted(text, widths[name], right=COLUMNS[name].is_right, more=self._glyphs.more)
            line.append((before + text, "dim" if is_dim and name not in {"symbol", "line"} else style))
        return line

    def _chart(self, sight: Sight, width: int) -> Cell:
        points = list(sight.row.past())
        text = spark(points, sight.now, width, self._glyphs.steps)
        if not points or points[0][1] == points[-1][1]:
            return text, "dim"
        return text, "green" if points[-1][1] > points[0][1] else "red"
