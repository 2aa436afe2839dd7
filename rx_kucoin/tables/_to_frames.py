"""to_frames: the latest rows of a stream as data frames, one every so many seconds."""

from collections.abc import Callable
from typing import Any

from reactivex import Observable, abc
from reactivex import operators as ops
from reactivex.scheduler import TimeoutScheduler

from rx_kucoin.operators._conflate import conflate
from rx_kucoin.operators.internal.clocks import wall_of
from rx_kucoin.operators.internal.unguarded import Sink, Unguarded, attach
from rx_kucoin.tables._choosing import Fields
from rx_kucoin.tables._frames import Library, frame_in
from rx_kucoin.tables._reading import Reading, Time
from rx_kucoin.tables._ring import Ring

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
    """Emit the latest `rows` rows as a DataFrame, at most once in `every` seconds, while anything comes.

    The first is emitted at the first message and the last one before the end, as `conflate` does it: after a pause on
    the stream's thread, else on the clock's. What makes rows, columns and their index is told at `to_frame`.

    Examples:
        >>> kucoin.ticker("BTC-USDT").pipe(to_frames(rows=500, every=1.0)).subscribe(draw)

    Args:
        rows: How many rows a frame has at most.
        every: Seconds from one frame to the next.
        fields: Which columns; see `to_frame`, as for what follows.
        library: "pandas", or "polars".
        levels: How many levels a side are shown.
        time: When a message was.
        exact: Whether prices stay Decimals.
        scheduler: The clock. Defaults to the subscriber's, then to `TimeoutScheduler`.

    Raises:
        ImportError: the library is not installed.
        ValueError: `rows` is below 1, `every` is not above 0, or `fields` are no names.
    """
    frame = frame_in(library)
    reading = Reading(fields, levels, time)
    Ring(rows, reading, int, exact=exact)  # a mistake shows here, and not when it is subscribed to
    calm: Callable[[Observable[Ring]], Observable[Ring]] = conflate(every, scheduler=scheduler)

    def framed(ring: Ring) -> Any:
        return frame(ring.view())

    def operator(source: Observable[Any]) -> Observable[Any]:
        def subscribe(sink: Sink[Ring], scheduler_: abc.SchedulerBase | None) -> abc.DisposableBase:
            clock = wall_of(scheduler or scheduler_ or TimeoutScheduler.singleton())
            return attach(
                source, _Filling(sink, Ring(rows, Reading(fields, levels, time), clock, exact=exact)), scheduler_
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
        except Exception as error:  # noqa: BLE001  a function of the caller's, or a field that there is not
            self._sink.on_error(error)
        else:
            self._sink.on_next(self._ring)

    def on_error(self, error: Exception) -> None:
        self._sink.on_error(error)

    def on_completed(self) -> None:
        self._sink.on_completed()
