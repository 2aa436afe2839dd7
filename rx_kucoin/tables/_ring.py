"""A ring of the latest rows, packed into columns. It can be read without blocking the thread that appends."""

from array import array
from collections import deque
from collections.abc import Callable, Sequence
from itertools import chain
from operator import index
from threading import RLock
from typing import Any, Final, Literal, NamedTuple

from rx_kucoin.tables._columns import Column, join, pack
from rx_kucoin.tables._kinds import Kind, kind_of_values
from rx_kucoin.tables._rows import Columns, RowReader

__all__ = ["Origin", "Ring", "View"]

Origin = Literal["event", "receipt", "mixed"]


_Row = tuple[Columns, Sequence[Any], int]
"""Columns, values and time."""


class View(NamedTuple):
    """The rows at a point in time."""

    times: "array[int]"
    """Nanoseconds since 1970."""
    columns: dict[str, Column]
    origin: Origin
    """Whether these are times of the messages, or of their receipt."""


class _Block(NamedTuple):
    """Packed rows; immutable."""

    times: "array[int]"
    columns: dict[str, Column]


class Ring:
    """The latest rows. New rows are collected and packed in blocks of 256."""

    def __init__(self, rows: int, reader: RowReader, clock: Callable[[], int], *, exact: bool) -> None:
        """Make an empty ring of `rows` rows.

        Raises:
            ValueError: `rows` is below 1.
        """
        if rows < 1 or rows != int(rows):
            raise ValueError(f"rows must be a whole number, 1 or more, not {rows}")
        self.rows, self.seen = int(rows), 0
        self.clock = clock
        """Returns the time of receipt, for messages without a time."""
        self._read, self._named, self._exact = reader.row, reader.named, exact
        self._lock = RLock()
        self._blocks: deque[_Block] = deque()
        self._packed = self._received = 0
        self._pending: list[_Row] = []

    def __len__(self) -> int:
        return min(self.rows, self.seen)

    @property
    def origin(self) -> Origin:
        """The origin of the times, over all rows so far."""
        return "event" if not self._received else "receipt" if self._received == self.seen else "mixed"

    def append(self, message: Any) -> None:
        """Append a message."""
        columns, at, values = self._read(message)
        when = self.clock() if at is None else _as_time(at)
        row = columns, values, when
        with self._lock:
            self.seen += 1
            self._received += at is None
            self._pending.append(row)
            if len(self._pending) >= _BLOCK:
                self._pack()

    def view(self) -> View:
        """Return the current rows."""
        with self._lock:
            blocks, young = [*self._blocks], [*self._pending]
        if young:
            blocks.append(self._block(young))
        times = array("q")
        for block in blocks:
            times.extend(block.times)
        names = dict.fromkeys(chain(self._named, *(block.columns for block in blocks)))
        columns = {name: join((block.columns.get(name), len(block.times)) for block in blocks) for name in names}
        if (surplus := len(times) - self.rows) > 0:
            times = times[surplus:]
            columns = {name: Column(column.kind, column.data[surplus:]) for name, column in columns.items()}
        return View(times, columns, self.origin)

    def _pack(self) -> None:
        """Pack the collected rows, and drop blocks that are too old. Called under the lock."""
        self._blocks.append(self._block(self._pending))
        self._packed += len(self._pending)
        self._pending = []
        while self._packed - len(self._blocks[0].times) >= self.rows:
            self._packed -= len(self._blocks.popleft().times)

    def _block(self, rows: Sequence[_Row]) -> _Block:
        times = array("q", [when for *_, when in rows])
        shapes = {id(columns): columns for columns, *_ in rows}
        if len(shapes) > 1:
            return _Block(times, self._mixed([*shapes.values()], rows))
        [(names, kinds)] = shapes.values()
        columns = zip(*[values for _, values, _ in rows], strict=True)
        return _Block(times, {each[0]: self._column(*each) for each in zip(names, kinds, columns, strict=True)})

    def _mixed(self, shapes: Sequence[Columns], rows: Sequence[_Row]) -> dict[str, Column]:
        """Pack rows of several types: each column has a value for every row."""
        known: dict[str, set[Kind | None]] = {}
        for shape in shapes:
            for name, kind in zip(*shape, strict=True):
                known.setdefault(name, set()).add(kind)
        found: dict[str, list[Any]] = {name: [None] * len(rows) for name in known}
        for at, (columns, values, _) in enumerate(rows):
            for name, value in zip(columns.names, values, strict=True):
                found[name][at] = value
        columns_: dict[str, Column] = {}
        for name, kinds in known.items():
            agreed: Kind | None = kinds.pop() if len(kinds) == 1 else None
            columns_[name] = self._column(name, agreed, found[name])
        return columns_

    def _column(self, name: str, kind: Kind | None, values: Sequence[Any]) -> Column:
        kind = kind or kind_of_values(name, values)
        return pack("float" if kind == "decimal" and not self._exact else kind, values)


def _as_time(at: Any) -> int:
    try:
        when = index(at)
    except TypeError:
        raise TypeError(f"a time is a whole number of nanoseconds since 1970, not {at!r}") from None
    if not _EARLIEST < when < _LATEST:
        raise ValueError(f"{when} is no time in nanoseconds")
    return when


_BLOCK: Final = 256
_EARLIEST: Final = -(2**63)
_LATEST: Final = 2**63
