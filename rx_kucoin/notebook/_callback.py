"""`to_callback`: new items for a function of yours, such as one that draws."""

from collections.abc import Callable
from typing import Any, TypeVar

from reactivex import Observable

from rx_kucoin.notebook._batches import batches

__all__ = ["to_callback"]

T = TypeVar("T")


def to_callback(
    fn: Callable[[list[T]], Any], fps: float = 10, *, points: int = 10_000
) -> Callable[[Observable[T]], Observable[list[T]]]:
    """Call a function with the new items, at most `fps` times a second, and not without any.

        kucoin.match("BTC-USDT").pipe(to_callback(draw)).subscribe()

    It is called on the charts' thread ("rx_kucoin charts"), never on the stream's: items wait while it draws. An
    exception ends this stream.

    Args:
        fn: Called with a list of items, oldest first, never empty.
        fps: Most calls a second.
        points: Most items that wait; the oldest are dropped.

    Returns:
        An operator that emits each list after the call.

    Raises:
        ValueError: `fps` is not above 0, or `points` below 1.
    """

    def deliver(batch: list[T], done: Callable[[Exception | None], None]) -> None:
        fn(batch)
        done(None)

    return batches(deliver, fps, points)
