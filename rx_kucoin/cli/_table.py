"""Lays out the table: which columns fit, how wide each is, and the text of their cells."""

from collections.abc import Sequence
from typing import Final

from rx_kucoin.cli._columns import COLUMNS, Cell, Glyphs, RowView, groups
from rx_kucoin.cli._numbers import cells, clean, fitted
from rx_kucoin.cli._spark import spark

__all__ = ["StyledRow", "TableLayout"]

StyledRow = list[Cell]
"""One row of the screen: texts with their styles."""

_CHART: Final = "minute"
_ROOMY: Final = 100
"""Terminal width from which on two spaces separate cells."""
_LONG: Final = 14
"""Characters of a symbol that are shown on a narrow terminal."""


class TableLayout:
    """Lays out the table. A column never shrinks while the terminal keeps its width, so that columns do not jump."""

    def __init__(self, channel: str, glyphs: Glyphs) -> None:
        self._groups = groups(channel)
        self._names = [name for name in COLUMNS if any(name in group for group in self._groups)]
        self._glyphs = glyphs
        self._width = 0
        self._wide: dict[str, int] = {}

    def rows(self, views: Sequence[RowView], width: int) -> list[StyledRow]:
        """Return the head and a row for each symbol, none wider than `width`."""
        read = [self._cells(view) for view in views]
        self._grow(read, width)
        gap = 2 if width >= _ROOMY else 1
        shown, widths = self._fit(width, gap)
        head: StyledRow = []
        for name in shown:
            column = COLUMNS[name]
            head += [(" " * gap, "bold underline")] * bool(head)
            title = fitted(column.head, widths[name], right=column.is_right, more=self._glyphs.more)
            head.append((title, "bold underline"))
        return [head, *(self._row(*row, shown, widths, gap) for row in zip(views, read, strict=True))]

    def _cells(self, view: RowView) -> dict[str, Cell]:
        read = {name: COLUMNS[name].cell(view) for name in self._names}
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
        """Choose columns by importance until one does not fit; the rest of the width goes to the chart."""
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

    def _row(
        self, view: RowView, read: dict[str, Cell], shown: list[str], widths: dict[str, int], gap: int
    ) -> StyledRow:
        row: StyledRow = []
        is_dim = read.get("line", ("", ""))[0] == "stale"
        for name in shown:
            before = " " * gap if row else ""
            text, style = self._chart(view, widths[name]) if name == _CHART else read[name]
            text = fitted(text, widths[name], right=COLUMNS[name].is_right, more=self._glyphs.more)
            row.append((before + text, "dim" if is_dim and name not in {"symbol", "line"} else style))
        return row

    def _chart(self, view: RowView, width: int) -> Cell:
        points = list(view.row.past())
        text = spark(points, view.now, width, self._glyphs.steps)
        if not points or points[0][1] == points[-1][1]:
            return text, "dim"
        return text, "green" if points[-1][1] > points[0][1] else "red"
