"""to_callback: batches of what is new, for an artist of one's own."""

from collections.abc import Callable
from typing import Any, TypeVar

from reactivex import Observable

from rx_kucoin.notebook._batches import batches

__all__ = ["to_callback"]

T = TypeVar("T")


def to_callback(
    fn: Callable[[list[T]], Any], fps: float = 10, *, points: int = 10_000
) -> Callable[[Observable[T]], Observable[list[T]]]:
    """Call a function with what has come, `fps` times a second at most, and not at all when nothing has.

        kucoin.match("BTC-USDT").pipe(to_callback(draw)).subscribe()

    It is called on one thread, that of all charts ("rx_kucoin charts"), never on the stream's: while it draws, items
    wait. What it raises ends this stream.

    Args:
        fn: Given a list, oldest first, never an empty one.
        fps: Calls a second, at most.
        points: How many items may wait; the oldest give way.

    Returns:
        An operator that emits each list when it was drawn.

    Raises:
        ValueError: `fps` is not above 0, or `points` below 1.
    """

    def hand(batch: list[T], done: Callable[[Exception | None], None]) -> None:
        fn(batch)
        done(None)

    return batches(hand, fps, points)
