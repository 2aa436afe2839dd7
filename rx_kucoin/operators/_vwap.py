"""vwap: what was traded cost so much on average, weighed by size."""

from collections.abc import Callable
from decimal import Decimal
from math import inf
from typing import Any, Final, TypeVar

from reactivex import Observable, abc

from rx_kucoin.operators._windows.exact import add, multiply
from rx_kucoin.operators._windows.folds import Fold
from rx_kucoin.operators._windows.numbers import is_missing, number
from rx_kucoin.operators._windows.windows import Running, Sliding, Windowed

__all__ = ["vwap"]

T = TypeVar("T")
N = TypeVar("N", Decimal, float)


def vwap(
    *,
    price: Callable[[T], N | None],
    size: Callable[[T], N | int | None],
    seconds: float | None = None,
    count: int | None = None,
    time: Callable[[T], int | None] | None = None,
    scheduler: abc.SchedulerBase | None = None,
) -> Callable[[Observable[T]], Observable[N | None]]:
    """At each trade, tell the average price of all so far, or of a window that ends with it, weighed by size.

    .. marble::

        source: -1-3-1-7|
        [ source.pipe(vwap(price=int, size=lambda trade: 1, count=2)).map(round) ]
        result: -1-2-2-4|

    A window is the last `count` trades, or those of the last `seconds` by their own time, as in `rolling`; without one,
    it is all since the subscription. Decimals are multiplied and summed exactly, and rounded once, in the division;
    floats do not drift.

    A trade without a price or a size (None, NaN) is left out. Where only sizes of 0 were seen there is no such price:
    None.

    Examples:
        >>> matches.pipe(vwap(price=attrgetter("price"), size=attrgetter("size")))
        >>> matches.pipe(vwap(price=lambda m: m.price, size=lambda m: m.size, seconds=60, time=lambda m: m.time_ns))

    Args:
        price: At what price something was traded.
        size: How much of it.
        seconds: How long the window is.
        count: How many trades it has at most; this, `seconds` or neither.
        time: When a trade was, in nanoseconds since 1970. Defaults to when it comes, by the scheduler's clock.
        scheduler: Tells the time where trades do not. Defaults to the subscriber's, then to the real one.

    Returns:
        An operator function that takes an observable source and returns an observable of prices, one for each trade.

    Raises:
        ValueError: both `seconds` and `count` are given, or one that is not above 0.
    """
    spans = [span for span in (seconds, count) if span is not None]
    if len(spans) > 1 or not all(0 < span < inf for span in spans):
        raise ValueError(f"vwap needs seconds > 0 or count > 0, or neither; got {seconds=}, {count=}")

    def value(trade: T) -> tuple[Any, Any] | None:
        at, much = number(price(trade)), number(size(trade))
        return None if is_missing(at) or is_missing(much) else (multiply(at, much), much)

    kind = Running if seconds is None and count is None else Sliding
    return Windowed(lambda: kind(_WEIGHED), seconds, count, value, time, scheduler)


def _itself(value: Any) -> Any:
    return value


def _sums(one: tuple[Any, Any], other: tuple[Any, Any]) -> tuple[Any, Any]:
    return add(one[0], other[0]), add(one[1], other[1])


def _average(whole: tuple[Any, Any]) -> Any:
    return whole[0] / whole[1] if whole[1] else None


_WEIGHED: Final = Fold(_itself, _sums, _average)
