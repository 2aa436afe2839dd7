"""`to_streamz`: emit items into a `streamz.Stream` on its loop, from which hvplot draws."""

from collections.abc import Callable
from typing import Any, TypeVar

from reactivex import Observable

from rx_kucoin.notebook._batches import batches

__all__ = ["to_streamz"]

T = TypeVar("T")


def to_streamz(stream: Any, *, points: int = 10_000, fps: float = 50) -> Callable[[Observable[T]], Observable[list[T]]]:
    """Emit every item into a `streamz.Stream`, in order, on the stream's loop.

    A `Stream` without a loop gets them on the charts' thread.

        stream = streamz.Stream(asynchronous=True)
        kucoin.match("BTC-USDT").pipe(to_streamz(stream)).subscribe()

    The back-pressure of a `Stream` (`buffer`, `rate_limit`) is respected: items wait meanwhile.

    Args:
        stream: The `streamz.Stream`.
        points: Most items that wait; the oldest are dropped.
        fps: Most batches a second.

    Returns:
        An operator that emits each batch once it was emitted.

    Raises:
        ValueError: `fps` is not above 0, or `points` below 1.
    """

    def deliver(batch: list[T], done: Callable[[Exception | None], None]) -> None:
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
            except Exception as error:  # noqa: BLE001  any error ends this stream
                done(error)
            else:
                done(None)

        loop.add_callback(emit)

    return batches(deliver, fps, points)
