"""detect_gaps: notice where numbers are missing in what passes."""

from collections.abc import Callable, Hashable
from typing import TypeVar

from reactivex import Observable, abc

__all__ = ["detect_gaps"]

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)


def detect_gaps(
    key: Callable[[T], K],
    first: Callable[[T], int],
    last: Callable[[T], int],
    on_gap: Callable[[K, int, int], None],
) -> Callable[[Observable[T]], Observable[T]]:
    """Pass everything on, and call `on_gap` where numbers are missing.

    .. deprecated:: 0.2.0
        The library does not use it. It will be removed in a later version. To restore the order as well,
        use `in_sequence`.

    .. marble::

        source: -1-2-4-3-5-|
        [ detect_gaps(key=lambda item: "k", first=int, last=int, on_gap=gaps) ]
        result: -1-2-4-3-5-|
        gaps:   -----k

    Items are numbered from `first` to `last`, per key, and follow each other without a gap if `first` is the number
    after the greatest one seen. An item that comes late or twice is no gap. A gap is told before its item is passed on.

    Examples:
        >>> source.pipe(detect_gaps(lambda m: m.symbol, lambda m: m.sequence, lambda m: m.sequence, on_gap=print))

    Args:
        key: What the item is numbered with, like its symbol. One number is kept for each key.
        first: The first number of the item.
        last: The last number of the item; the same function where an item has only one.
        on_gap: Told the key, the number expected and the number that came.

    Returns:
        An operator function that takes an observable source and returns an observable of the same items.
    """

    def operator(source: Observable[T]) -> Observable[T]:
        def subscribe(observer: abc.ObserverBase[T], scheduler_: abc.SchedulerBase | None = None) -> abc.DisposableBase:
            seen: dict[K, int] = {}

            def on_next(item: T) -> None:
                try:
                    of, came = key(item), first(item)
                    greatest = seen.get(of, came - 1)
                    seen[of] = max(greatest, last(item))
                    if came > greatest + 1:
                        on_gap(of, greatest + 1, came)
                except Exception as error:  # noqa: BLE001 - a function of the caller's: his mistake ends his stream
                    observer.on_error(error)
                else:
                    observer.on_next(item)

            return source.subscribe(on_next, observer.on_error, observer.on_completed, scheduler=scheduler_)

        return Observable(subscribe)

    return operator
