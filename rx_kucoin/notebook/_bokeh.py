"""`to_bokeh`: new items for a `ColumnDataSource`."""

from collections.abc import Callable, Mapping
from typing import Any

from reactivex import Observable
from reactivex import operators as ops
from reactivex.subject import Subject

from rx_kucoin.notebook._batches import batches
from rx_kucoin.notebook._fields import Field, reader

__all__ = ["to_bokeh"]


def to_bokeh(
    source: Any,
    columns: Mapping[str, Field] | None = None,
    *,
    document: Any = None,
    rollover: int = 10_000,
    fps: float = 10,
) -> Callable[[Observable[Any]], Observable[list[Any]]]:
    """Stream items into bokeh's `ColumnDataSource`, so that only new rows are sent to the browser.

        source = ColumnDataSource({"time_ns": [], "price": []})
        kucoin.match("BTC-USDT").pipe(to_bokeh(source)).subscribe()

    With a document this happens in its next tick, as bokeh requires, one tick at a time; without one, on the charts'
    thread. When the document's session ends, the stream completes.

    Args:
        source: The `ColumnDataSource`.
        columns: The value of each column: a field, an index into a tuple, or a function. `None`: the fields with the
            names of the source's columns.
        document: The document whose ticks are used. `None`: the source's own, if it is in one.
        rollover: Rows that the source keeps.
        fps: Most batches a second.

    Returns:
        An operator that emits each batch once it was streamed.

    Raises:
        ValueError: `fps` is not above 0, `rollover` is below 1, or there are no columns.
    """
    wanted: Mapping[str, Field] = columns or {name: name for name in source.column_names}
    if not wanted:
        raise ValueError("no columns: give the source some, or name them")
    readers = {name: reader(field) for name, field in wanted.items()}

    def operator(items: Observable[Any]) -> Observable[list[Any]]:
        gone, owners = Subject[Any](), list[Any]()

        def deliver(batch: list[Any], done: Callable[[Exception | None], None]) -> None:
            rows = {name: [_plain(read(item)) for item in batch] for name, read in readers.items()}

            def stream() -> None:
                try:
                    source.stream(rows, rollover)
                except Exception as error:  # noqa: BLE001  any error ends this stream
                    done(error)
                else:
                    done(None)

            owner = source.document if document is None else document
            if owner is None:
                stream()
                return
            if owner not in owners:  # a source may be added to a document later
                owners.append(owner)
                owner.on_session_destroyed(gone.on_next)
            owner.add_next_tick_callback(stream)

        return items.pipe(batches(deliver, fps, rollover), ops.take_until(gone))

    return operator


def _plain(value: Any) -> Any:
    """Convert a `Decimal` to a float, which a browser can draw."""
    return (
        value if value is None or isinstance(value, str | int | float) or hasattr(value, "timestamp") else float(value)
    )
