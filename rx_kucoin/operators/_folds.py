"""What a window can be asked for by name: parts that are put together, and what is read from the whole."""

from collections.abc import Callable
from decimal import Decimal
from math import sqrt
from typing import Any, Final, Literal, NamedTuple

from rx_kucoin.operators._exact import add, multiply, subtract

__all__ = ["FOLDS", "Fold", "Name"]

Name = Literal["count", "sum", "mean", "std", "min", "max", "first", "last"]


class Fold(NamedTuple):
    """How values are put together."""

    part: Callable[[Any], Any]
    """What one value is by itself."""
    combine: Callable[[Any, Any], Any]
    """What two parts are together, the earlier one first."""
    read: Callable[[Any], Any]
    """What is told of the whole."""


class _Exact(NamedTuple):
    """Sums of which nothing is lost, so that the deviation can be had from them."""

    many: int
    total: Decimal
    squares: Decimal


class _Rounded(NamedTuple):
    """Of floats the mean and the squares of the distances from it are kept: sums of squares would drown these."""

    many: int
    mean: float
    apart: float


def _moments(value: Any) -> Any:
    return _Exact(1, value, multiply(value, value)) if type(value) is Decimal else _Rounded(1, float(value), 0.0)


def _together(one: Any, other: Any) -> Any:
    if isinstance(one, _Exact) and isinstance(other, _Exact):
        return _Exact(one.many + other.many, add(one.total, other.total), add(one.squares, other.squares))
    if isinstance(one, _Rounded) and isinstance(other, _Rounded):
        many, step = one.many + other.many, other.mean - one.mean
        share = other.many / many
        return _Rounded(many, one.mean + step * share, one.apart + other.apart + step * step * one.many * share)
    raise TypeError("Decimals and other numbers are not put together")


def _deviation(whole: Any) -> Any:
    """The standard deviation of a sample; None: of one alone there is none."""
    count = whole.many
    if count == 1:
        return None
    if type(whole) is _Rounded:
        return sqrt(whole.apart / (count - 1))
    scatter = subtract(multiply(whole.squares, count), multiply(whole.total, whole.total))
    return (scatter / (count * (count - 1))).sqrt()


def _itself(value: Any) -> Any:
    return value


def _one(_: Any) -> int:
    return 1


def _counted(value: Any) -> tuple[int, Any]:
    return 1, value


def _sums(one: tuple[int, Any], other: tuple[int, Any]) -> tuple[int, Any]:
    return one[0] + other[0], add(one[1], other[1])


def _mean(whole: tuple[int, Any]) -> Any:
    return whole[1] / whole[0]


def _earlier(one: Any, _: Any) -> Any:
    return one


def _later(_: Any, other: Any) -> Any:
    return other


FOLDS: Final[dict[str, Fold]] = {
    "count": Fold(_one, add, _itself),
    "sum": Fold(_itself, add, _itself),
    "mean": Fold(_counted, _sums, _mean),
    "std": Fold(_moments, _together, _deviation),
    "min": Fold(_itself, min, _itself),
    "max": Fold(_itself, max, _itself),
    "first": Fold(_itself, _earlier, _itself),
    "last": Fold(_itself, _later, _itself),
}
