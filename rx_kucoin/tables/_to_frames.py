"""`to_frames`: the latest rows of a stream as data frames, at a fixed rate."""

from collections.abc import Callable
from typing import Any

from reactivex import Observable, abc
from reactivex import operators as ops
from reactivex.scheduler import TimeoutScheduler

from rx_kucoin.operators import conflate
from rx_kucoin.operators.internal.clocks import wall_of
from rx_kucoin.operators.internal.unguarded import Sink, Unguarded, attach
from rx_kucoin.tables._frames import Library, frame_in
from rx_kucoin.tables._ring import Ring
from rx_kucoin.tables._rows import RowReader, Time
from rx_kucoin.tables._selection import Fields

__all__ = ["to_frames"]


def to_frames(
    rows: int = 500,
    every: float = 1.0,
    fields: Fields | None = None,
    *,
    library: Library = "pandas",
    levels: int | None = None,
    time: Time | None = None,
    exact: bool = False,
    scheduler: abc.SchedulerBase | None = None,
) -> Callable[[Observable[Any]], Observable[Any]]:
    """Emit the latest `rows` rows as a DataFrame, at most once in `every` seconds, while there are messages.

    The first frame is emitted at the first message and the last one before the end, as by `conflate`: after a pause on
    the stream's thread, else on the clock's. For rows, columns and index see `to_frame`.

    Examples:
        >>> kucoin.ticker("BTC-USDT").pipe(to_frames(rows=500, every=1.0)).subscribe(draw)

    Args:
        rows: Most rows of a frame.
        every: Seconds between two frames.
        fields: The columns; see `to_frame` for this and the following.
        library: "pandas" or "polars".
        levels: Levels of a side that have columns.
        time: The time of a message.
        exact: Keep prices as `Decimal`.
        scheduler: The clock. Defaults to the subscriber's, then to `TimeoutScheduler`.

    Raises:
        ImportError: The library is not installed.
        ValueError: `rows` is below 1, `every` is not above 0, or `fields` are no names.
    """
    frame = frame_in(library)
    reader = RowReader(fields, levels, time)
    Ring(rows, reader, int, exact=exact)  # raises here for invalid arguments, not at the subscription
    calm: Callable[[Observable[Ring]], Observable[Ring]] = conflate(every, scheduler=scheduler)

    def framed(ring: Ring) -> Any:
        return frame(ring.view())

    def operator(source: Observable[Any]) -> Observable[Any]:
        def subscribe(sink: Sink[Ring], scheduler_: abc.SchedulerBase | None) -> abc.DisposableBase:
            clock = wall_of(scheduler or scheduler_ or TimeoutScheduler.singleton())
            return attach(
                source, _Filling(sink, Ring(rows, RowReader(fields, levels, time), clock, exact=exact)), scheduler_
            )

        return Unguarded(subscribe).pipe(calm, ops.map(framed))

    return operator


class _Filling:
    """One subscription."""

    __slots__ = ("_ring", "_sink")

    def __init__(self, sink: Sink[Ring], ring: Ring) -> None:
        self._sink, self._ring = sink, ring

    def on_next(self, message: Any) -> None:
        try:
            self._ring.append(message)
        except Exception as error:  # noqa: BLE001  a function of the caller's, or a missing field
            self._sink.on_error(error)
        else:
            self._sink.on_next(self._ring)

    def on_error(self, error: Exception) -> None:
        self._sink.on_error(error)

    def on_completed(self) -> None:
        self._sink.on_completed()
