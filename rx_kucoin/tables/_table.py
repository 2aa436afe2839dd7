"""`to_frame`: a stream as a table of its latest rows."""

from html import escape
from threading import Event
from time import time_ns
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Literal, Self

from reactivex import Observable, abc
from reactivex.disposable import SingleAssignmentDisposable
from reactivex.scheduler import TimeoutScheduler

from rx_kucoin.operators.internal.clocks import wall_of
from rx_kucoin.operators.internal.unguarded import Sink, Unguarded, attach
from rx_kucoin.tables._frames import pandas_frame, polars_frame
from rx_kucoin.tables._ring import Origin, Ring
from rx_kucoin.tables._rows import RowReader, Time
from rx_kucoin.tables._selection import Fields

if TYPE_CHECKING:
    import pandas as pd  # type: ignore[import-untyped]  # pyright: ignore[reportMissingTypeStubs]
    import polars as pl

__all__ = ["Table", "to_frame"]

State = Literal["live", "completed", "failed", "disposed"]


def to_frame(
    source: Observable[Any],
    rows: int = 10_000,
    fields: Fields | None = None,
    *,
    levels: int | None = None,
    time: Time | None = None,
    exact: bool = False,
    scheduler: abc.SchedulerBase | None = None,
) -> "Table":
    """Subscribe to a stream and keep its latest rows; `table.pandas()` and `table.polars()` return them at any time.

    Every kind of message has columns: nested fields become `bid_price` or `asks_0_size`, a book has its best levels,
    mid, spread and `stale`, a `Push` the fields of its payload, an event its name, a dict its keys, a tuple `value_0`
    (or `value_0_price` and so on) or the names in `fields`, and anything else is a `value`. Columns are floats,
    `Int64`, booleans, categories (symbols, sides and the like), strings and times; the columns of a type do not
    depend on missing values.

    The index is the time in UTC, to the nanosecond: the message's `time_ns` (of a closed bar: its start), or the time
    of receipt if it has none. `table.origin` and the frame's `attrs["time"]` say which: "event", "receipt" or "mixed".

    Args:
        source: Any Observable.
        rows: Number of latest rows that are kept.
        fields: The columns, by name or path (`best_bid.price`; in a tuple by its places: `0.price`); or a dict of
            names with paths or functions.
        levels: Levels of a side that have columns. `None`: 5, and of an `OrderBook` only the best.
        time: The time of a message, in nanoseconds since 1970: the name of a field, or a function.
        exact: Keep prices as `Decimal`, in columns of objects.
        scheduler: The clock of receipt times. Defaults to that of a replay, then to the real time.

    Raises:
        ValueError: `rows` is below 1, `levels` is below 0, or `fields` are no names.
    """
    table = Table(Ring(rows, RowReader(fields, levels, time), time_ns, exact=exact))
    table.listen(source, scheduler)
    return table


class Table(abc.DisposableBase):
    """The latest rows of a stream. It may be read on any thread at any time, also after the end."""

    def __init__(self, ring: Ring) -> None:
        self._ring = ring
        self._source = SingleAssignmentDisposable()
        self._over = Event()
        self.state: State = "live"
        self.error: Exception | None = None
        """The stream's error, or that of a message that could not be converted."""

    def listen(self, source: Observable[Any], scheduler: abc.SchedulerBase | None = None) -> None:
        """Subscribe to the stream, once."""

        def subscribe(sink: Sink[Any], scheduler_: abc.SchedulerBase | None) -> abc.DisposableBase:
            self._ring.clock = wall_of(scheduler_ or TimeoutScheduler.singleton())
            return attach(source, sink, scheduler_)

        # `pipe` rather than `subscribe` alone: a stream of a replay passes its clock to piped operators.
        self._source.disposable = source.pipe(lambda _: Unguarded(subscribe)).subscribe(
            self._on_next, self._on_error, lambda: self._end("completed"), scheduler=scheduler
        )

    def pandas(self) -> "pd.DataFrame":
        """Return the current rows as a pandas DataFrame.

        Raises:
            ImportError: pandas is not installed.
        """
        return pandas_frame(self._ring.view())

    def polars(self) -> "pl.DataFrame":
        """Return the current rows as a polars DataFrame; the time is its first column.

        Raises:
            ImportError: polars is not installed.
        """
        return polars_frame(self._ring.view())

    @property
    def seen(self) -> int:
        """The number of messages so far, including those dropped since."""
        return self._ring.seen

    @property
    def origin(self) -> Origin:
        """The origin of the times: "event", "receipt" or "mixed"."""
        return self._ring.origin

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the stream has ended or is disposed of; return False after `timeout` seconds."""
        return self._over.wait(timeout)

    def dispose(self) -> None:
        """Unsubscribe; the rows stay."""
        self._end("disposed")
        self._source.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.dispose()

    def __len__(self) -> int:
        return len(self._ring)

    def __repr__(self) -> str:
        end = "" if self.error is None else f": {self.error!r}"
        return f"<Table {len(self):,} of {self._ring.rows:,} rows | {self.seen:,} seen | {self.state}{end}>"

    def _repr_html_(self) -> str:
        return f"<div><p>{escape(repr(self)[1:-1])}</p>{self._shown()}</div>"

    def _shown(self) -> str:
        try:
            frame: Any = self.pandas()
            return str(frame.tail(_SHOWN).to_html(notebook=True, border=0))
        except ImportError as missing:
            try:
                frame = self.polars()
                return str(frame.tail(_SHOWN)._repr_html_())
            except ImportError:
                return f"<p>{escape(str(missing))}</p>"

    def _on_next(self, message: Any) -> None:
        try:
            self._ring.append(message)
        except Exception as error:  # noqa: BLE001  a function of the caller's, or a missing field
            self._on_error(error)
            self._source.dispose()

    def _on_error(self, error: Exception) -> None:
        if self.state == "live":
            self.error = error
            self._end("failed")

    def _end(self, state: State) -> None:
        if self.state == "live":
            self.state = state
        self._over.set()


_SHOWN: Final = 10
