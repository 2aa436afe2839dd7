"""rolling: figures of the events of the last so many seconds, or of the last so many, at each event."""

from collections.abc import Callable, Sequence
from math import inf
from typing import Any, TypeVar, overload

from reactivex import Observable, abc

from rx_kucoin.operators._windows.folds import Name, fold_of
from rx_kucoin.operators._windows.windows import Sliding, Whole, Windowed

__all__ = ["rolling"]

T = TypeVar("T")
R = TypeVar("R")

Operator = Callable[[Observable[T]], Observable[R]]


@overload
def rolling(
    fold: Name | tuple[Name, ...],
    *,
    seconds: float | None = None,
    count: int | None = None,
    value: Callable[[T], Any] | None = None,
    time: Callable[[T], int | None] | None = None,
    scheduler: abc.SchedulerBase | None = None,
) -> Operator[T, Any]: ...
@overload
def rolling(
    fold: Callable[[Sequence[Any]], R],
    *,
    seconds: float | None = None,
    count: int | None = None,
    value: Callable[[T], Any] | None = None,
    time: Callable[[T], int | None] | None = None,
    scheduler: abc.SchedulerBase | None = None,
) -> Operator[T, R]: ...
def rolling(
    fold: Name | tuple[Name, ...] | Callable[[Sequence[Any]], Any],
    *,
    seconds: float | None = None,
    count: int | None = None,
    value: Callable[[T], Any] | None = None,
    time: Callable[[T], int | None] | None = None,
    scheduler: abc.SchedulerBase | None = None,
) -> Callable[[Observable[T]], Observable[Any]]:
    """At each event, tell what the events of a window that ends with it amount to.

    .. marble::

        source: -1-4-2-9-3|
        [ rolling("max", count=3, value=int) ]
        result: -1-4-4-9-9|

    The window is the last `count` events, or those of the last `seconds` by their own time: later than its beginning,
    up to its end. RxPY has windows, too (`buffer_with_count`, `window_with_time`): by the clock alone, and each one is
    looked at as a whole. Here an event costs the same however many are in the window.

    .. marble::

        source: -5-1-----2-|
        [ rolling("min", seconds=4, value=int) ]
        result: -5-1-----2-|

    `fold` is one of `count`, `sum`, `mean`, `std` (of a sample, and None of one event alone), `min`, `max`, `first` and
    `last`; several of them, for a tuple of figures; or any function of the values in the window, at a cost that grows
    with it. Decimals are summed exactly, and rounded once at the end where they are divided. Of other numbers the mean
    and the deviation are floats'; nothing is subtracted, so they do not drift.

    An event that comes late counts as the latest before it. One without a value (None, NaN) is left out.

    Examples:
        >>> matches.pipe(rolling(("mean", "std"), seconds=60, value=attrgetter("price"), time=attrgetter("time_ns")))
        >>> prices.pipe(rolling(statistics.median, count=101))

    Args:
        fold: What is told of a window.
        seconds: How long the window is; this or `count`.
        count: How many events it has at most.
        value: What is looked at in an event. Defaults to the event itself.
        time: When an event was, in nanoseconds since 1970. Defaults to when it comes, by the scheduler's clock.
        scheduler: Tells the time where events do not. Defaults to the subscriber's, then to the real one.

    Returns:
        An operator function that takes an observable source and returns an observable of figures, one for each event.

    Raises:
        ValueError: not exactly one of `seconds` and `count` is given, or it is not above 0, or `fold` is unknown.
    """
    if (seconds is None) == (count is None) or not 0 < (seconds or count or 0) < inf:
        raise ValueError(f"rolling needs seconds > 0 or count > 0, one of them; got {seconds=}, {count=}")
    if callable(fold):
        return Windowed(lambda: Whole(fold), seconds, count, value, time, scheduler)
    known = fold_of(fold)
    return Windowed(lambda: Sliding(known), seconds, count, value, time, scheduler)
