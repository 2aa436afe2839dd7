"""to_frame: a stream as a table that grows by itself and forgets what is old."""

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
from rx_kucoin.tables._choosing import Fields
from rx_kucoin.tables._frames import pandas_frame, polars_frame
from rx_kucoin.tables._reading import Reading, Time
from rx_kucoin.tables._ring import Origin, Ring

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
    """Subscribe to a stream and keep its latest rows; `table.pandas()` and `table.polars()` show them at any time.

    Every kind of message has a place: what is nested becomes columns such as `bid_price` or `asks_0_size`, a book shows
    its best levels, mid, spread and whether it is stale, a `Push` what its payload holds, an event its name, dicts
    their keys, tuples `value_0` or the names in `fields`, and anything else is a `value`. Columns are floats, `Int64`,
    booleans, categories (symbols, sides and other words), strings and times; a type keeps its types, whatever is
    missing.

    The index is the time, to the nanosecond, in UTC: the message's `time_ns` (of a bar that is over: when it began),
    and where it has none, when it came. `table.origin` and the frame's `attrs["time"]` say which: "event", "receipt" or
    "mixed".

    Args:
        source: Any Observable.
        rows: How many rows are kept, the latest ones.
        fields: Which columns, by their names or by paths (`best_bid.price`); or what each is made of: a dict of names,
            with paths or functions of a message.
        levels: How many levels a side are shown. None: 5, and of an `OrderBook` the best alone.
        time: When a message was, in nanoseconds since 1970: the name of a field, or a function.
        exact: Whether prices stay Decimals, in columns of objects.
        scheduler: Tells the time of receipt. Defaults to a replay's, then to the real one.

    Raises:
        ValueError: `rows` is below 1, `levels` is below 0, or `fields` are no names.
    """
    table = Table(Ring(rows, Reading(fields, levels, time), time_ns, exact=exact))
    table.listen(source, scheduler)
    return table


class Table(abc.DisposableBase):
    """The latest rows of a stream. It may be read on any thread, at any time, and after its end."""

    def __init__(self, ring: Ring) -> None:
        self._ring = ring
        self._source = SingleAssignmentDisposable()
        self._over = Event()
        self.state: State = "live"
        self.error: Exception | None = None
        """What the stream ended with, or what could not be put into a row."""

    def listen(self, source: Observable[Any], scheduler: abc.SchedulerBase | None = None) -> None:
        """Subscribe: once."""

        def subscribe(sink: Sink[Any], scheduler_: abc.SchedulerBase | None) -> abc.DisposableBase:
            self._ring.clock = wall_of(scheduler_ or TimeoutScheduler.singleton())
            return attach(source, sink, scheduler_)

        # Piped, and not subscribed to as it is, because what is piped from a stream of a replay is told its clock.
        self._source.disposable = source.pipe(lambda _: Unguarded(subscribe)).subscribe(
            self._on_next, self._on_error, lambda: self._end("completed"), scheduler=scheduler
        )

    def pandas(self) -> "pd.DataFrame":
        """Make a pandas DataFrame of the rows as they stand.

        Raises:
            ImportError: pandas is not installed.
        """
        return pandas_frame(self._ring.view())

    def polars(self) -> "pl.DataFrame":
        """Make a polars DataFrame of the rows as they stand; the time is its first column.

        Raises:
            ImportError: polars is not installed.
        """
        return polars_frame(self._ring.view())

    @property
    def seen(self) -> int:
        """How many messages came, those that were forgotten included."""
        return self._ring.seen

    @property
    def origin(self) -> Origin:
        """Whose the times are: "event", the messages' own; "receipt", when they came; or "mixed"."""
        return self._ring.origin

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the stream has ended or is disposed of. Returns False after `timeout` seconds without that."""
        return self._over.wait(timeout)

    def dispose(self) -> None:
        """Let go of the stream; the rows stay."""
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
        except Exception as error:  # noqa: BLE001  a function of the caller's, or a field that there is not
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
