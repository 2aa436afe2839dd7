"""to_streamz: what comes goes into a Stream, on its loop; hvplot draws from there."""

from collections.abc import Callable
from typing import Any, TypeVar

from reactivex import Observable

from rx_kucoin.notebook._batches import batches

__all__ = ["to_streamz"]

T = TypeVar("T")


def to_streamz(stream: Any, *, points: int = 10_000, fps: float = 50) -> Callable[[Observable[T]], Observable[list[T]]]:
    """Emit every item into a `streamz.Stream`, in order, on the stream's loop.

    Into one without a loop, on the charts' thread.

        stream = streamz.Stream(asynchronous=True)
        kucoin.match("BTC-USDT").pipe(to_streamz(stream)).subscribe()

    A stream that holds its producer back (`buffer`, `rate_limit`) is waited for; meanwhile items gather.

    Args:
        stream: Where they go.
        points: How many items may wait; the oldest give way.
        fps: Hand-overs a second, at most.

    Returns:
        An operator that emits what went over, together.

    Raises:
        ValueError: `fps` is not above 0, or `points` below 1.
    """

    def hand(batch: list[T], done: Callable[[Exception | None], None]) -> None:
        loop = stream.loop
        if loop is None:
            for item in batch:
                stream.emit(item)
            done(None)
            return

        async def emit() -> None:
            try:
                for item in batch:
                    await stream.emit(item, asynchronous=True)
            except Exception as error:  # noqa: BLE001  whatever it is, it belongs to this stream
                done(error)
            else:
                done(None)

        loop.add_callback(emit)

    return batches(hand, fps, points)
