"""to_bokeh: what is new goes into a ColumnDataSource."""

from collections.abc import Callable, Mapping
from typing import Any

from reactivex import Observable
from reactivex import operators as ops
from reactivex.subject import Subject

from rx_kucoin.notebook._batches import batches
from rx_kucoin.notebook._reading import Field, reader

__all__ = ["to_bokeh"]


def to_bokeh(
    source: Any,
    columns: Mapping[str, Field] | None = None,
    *,
    document: Any = None,
    rollover: int = 10_000,
    fps: float = 10,
) -> Callable[[Observable[Any]], Observable[list[Any]]]:
    """Stream items into a `ColumnDataSource` of bokeh's, so that only what is new is sent.

        source = ColumnDataSource({"time_ns": [], "price": []})
        kucoin.match("BTC-USDT").pipe(to_bokeh(source)).subscribe()

    With a document it is done by the document's next tick, as bokeh demands, and no more than one tick is under way;
    without any, on the thread of all charts. When the document's session ends, the stream completes.

    Args:
        source: The `ColumnDataSource`.
        columns: What goes into which column: a field, a place in a tuple, or a function. None: the fields that are
            named as the source's columns are.
        document: Whose ticks; None: those of the source's own document, when it is in one.
        rollover: How many rows the source keeps.
        fps: Batches a second, at most.

    Returns:
        An operator that emits each batch when it was streamed.

    Raises:
        ValueError: `fps` is not above 0, `rollover` is below 1, or there are no columns.
    """
    wanted: Mapping[str, Field] = columns or {name: name for name in source.column_names}
    if not wanted:
        raise ValueError("no columns: give the source some, or name them")
    readers = {name: reader(field) for name, field in wanted.items()}

    def operator(items: Observable[Any]) -> Observable[list[Any]]:
        gone, owners = Subject[Any](), list[Any]()

        def hand(batch: list[Any], done: Callable[[Exception | None], None]) -> None:
            rows = {name: [_plain(read(item)) for item in batch] for name, read in readers.items()}

            def stream() -> None:
                try:
                    source.stream(rows, rollover)
                except Exception as error:  # noqa: BLE001  whatever it is, it belongs to this stream
                    done(error)
                else:
                    done(None)

            owner = source.document if document is None else document
            if owner is None:
                stream()
                return
            if owner not in owners:  # a source may be put into its document late
                owners.append(owner)
                owner.on_session_destroyed(gone.on_next)
            owner.add_next_tick_callback(stream)

        return items.pipe(batches(hand, fps, rollover), ops.take_until(gone))

    return operator


def _plain(value: Any) -> Any:
    """A value that a browser can draw: no `Decimal`."""
    return (
        value if value is None or isinstance(value, str | int | float) or hasattr(value, "timestamp") else float(value)
    )
