"""The series of a line chart: one curve for each field or symbol, in one window of points."""

import math
from array import array
from collections import deque
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any, Final

from rx_kucoin.notebook._fields import Field, fields_of, label_of, number, reader, unit_of
from rx_kucoin.notebook._series import DAY, PALETTE, Update, count_of, label

__all__ = ["LineSeries"]


class LineSeries:
    """The newest points of all curves together, so that they span the same time and memory is bounded."""

    kind = "lines"

    def __init__(self, y: Sequence[Field], x: Field | None, by: Field | None, points: int) -> None:
        self.points = self.backlog = points
        self._y, self._x, self._by = list(y), x, by
        self._read_y = [reader(field) for field in y]
        self._read_x, self._read_by = (None if field is None else reader(field) for field in (x, by))
        self._rows: deque[tuple[float, float, int]] = deque(maxlen=points)
        self._lines: dict[tuple[str, int], int] = {}
        """Number of each curve, by the value of `by` and the index of the field."""
        self._unsent = 0
        self._is_time = x is None or (isinstance(x, str) and x.endswith("_ns"))
        self._x_label = ""
        self._symbols: dict[str, None] = {}
        self._unit: str | None = None

    def __len__(self) -> int:
        return len(self._rows)

    def take(self, received_at: float, item: Any) -> None:
        """Add an item received at a time."""
        x, values = self._numbers(received_at, item)
        symbol = getattr(item, "symbol", "")
        if symbol:
            self._symbols[symbol] = None
        name = "" if self._read_by is None else str(self._read_by(item))
        for place, (value, field) in enumerate(zip(values, self._y or [""], strict=True)):
            y = number(value)
            if y is None or x is None or not (math.isfinite(x) and math.isfinite(y)):
                continue
            self._rows.append((x, y, self._line(name, place)))
            self._unsent += 1
            unit = unit_of(item, field)
            self._unit = unit if self._unit in {None, unit} else ""

    def update(self, *, whole: bool) -> Update:
        """Return the points since the last update, or all."""
        whole = whole or self._unsent >= len(self._rows)
        rows = list(self._rows) if whole else [*islice(reversed(self._rows), self._unsent)][::-1]
        self._unsent = 0
        columns = [array("d", column) for column in zip(*rows, strict=True)] or [array("d")] * 3
        return {"whole": whole, "lines": self._names()}, columns

    def labels(self) -> dict[str, Any]:
        """Return title and axis labels."""
        fields = [label_of(field) for field in self._y]
        by = label([label_of(self._by)]) if self._by is not None and not self._symbols else ""
        symbols = list(self._symbols)
        many = f"{len(symbols)} symbols" if len(symbols) > _NAMED else ", ".join(symbols)
        return {
            "title": " ".join(filter(None, (many, ", ".join(filter(None, fields)), by and f"by {by}"))) or "values",
            "x": self._x_label,
            "y": label(fields, self._unit or "") or "value",
            "time": self._is_time,
        }

    def status(self) -> tuple[str, str]:
        """Return the chart's state while the stream is live."""
        return "live", f"live, {count_of(len(self._rows), 'point')}"

    def draw_on(self, axes: Any) -> None:
        """Draw on matplotlib axes."""
        scale = DAY if self._is_time else 1.0
        style = "steps-post" if self._is_time else "default"  # a value holds until the next one
        rows = sorted(self._rows)
        for line, name in enumerate(self._names()):
            mine = [(x / scale, y) for x, y, which in rows if which == line]
            colour = PALETTE[line % len(PALETTE)]
            if mine:
                axes.plot(*zip(*mine, strict=True), drawstyle=style, lw=1.3, color=colour, label=name)
        if len(self._lines) > 1:
            axes.legend(frameon=False, fontsize=9, loc="upper left")

    def _numbers(self, received_at: float, item: Any) -> tuple[float | None, list[Any]]:
        """Return an item's x, and its values."""
        values = [read(item) for read in self._read_y]
        if not values and isinstance(item, tuple):
            return self._pair(item)
        if not values:
            values = [_own_value(item)]
        if self._read_x is not None:
            return self._given(self._read_x, item), values
        time_ns = getattr(item, "time_ns", None)
        self._x_label = "time of receipt (UTC)" if time_ns is None else "time (UTC)"
        return received_at if time_ns is None else time_ns / 1e9, values

    def _pair(self, item: Any) -> tuple[float | None, list[Any]]:
        if len(item) != _PAIR:
            raise ValueError(f"a tuple of {len(item)}: say what is drawn of it, as in y=1, x=0")
        if self._read_x is not None:
            return self._given(self._read_x, item), [item[1]]
        self._is_time = hasattr(item[0], "timestamp")
        self._x_label = "time (UTC)" if self._is_time else "x"
        return number(item[0]), [item[1]]

    def _given(self, read: Callable[[Any], Any], item: Any) -> float | None:
        value = read(item)
        if hasattr(value, "timestamp"):
            self._is_time = True
        x = number(value)
        is_ns = isinstance(self._x, str) and self._x.endswith("_ns")
        self._x_label = "time (UTC)" if self._is_time else (self._x is not None and label_of(self._x)) or "x"
        return x / 1e9 if is_ns and x is not None else x

    def _line(self, name: str, place: int) -> int:
        line = self._lines.setdefault((name, place), len(self._lines))
        if line >= MOST_LINES:
            raise ValueError(f"more than {MOST_LINES} lines: filter the stream, or choose another by=")
        return line

    def _names(self) -> list[str]:
        if len(self._y) < _PAIR:
            alone = label_of(self._y[0]) if self._y else ""
            return [name or alone or "value" for name, _ in self._lines]
        own = [label_of(field) or f"value {place}" for place, field in enumerate(self._y, 1)]
        return [f"{name} {own[place]}".strip() for name, place in self._lines]


def _own_value(item: Any) -> float | None:
    try:
        return number(item)
    except (TypeError, ValueError):
        known = ", ".join(fields_of(item)) or "no fields"
        raise ValueError(f"{type(item).__name__} is no number: say y=...; it has {known}") from None


MOST_LINES: Final = 40
_NAMED: Final = 3
_PAIR: Final = 2
