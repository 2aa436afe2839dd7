"""What values can be asked for by name: parts that are put together, and what is read from the whole."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from math import sqrt
from typing import Any, Final, Literal, NamedTuple, cast

from rx_kucoin.operators._windows.exact import add, multiply, subtract
from rx_kucoin.operators._windows.numbers import number

__all__ = ["Fold", "Name", "fold_of"]

Name = Literal["count", "sum", "mean", "std", "min", "max", "first", "last"]


class Fold(NamedTuple):
    """How values are put together."""

    part: Callable[[Any], Any]
    """What one value is by itself."""
    combine: Callable[[Any, Any], Any]
    """What two parts are together, the earlier one first."""
    read: Callable[[Any], Any]
    """What is told of the whole."""


def fold_of(name: Name | Sequence[Name]) -> Fold:
    """Find what a name means, or several, for a tuple of figures.

    Raises:
        ValueError: it means nothing.
    """
    names: Sequence[Name] = name if isinstance(name, (tuple, list)) else (cast("Name", name),)
    if not names or not all(each in _FOLDS for each in names):
        raise ValueError(f"a figure is one of {', '.join(_FOLDS)}, several of them, or a function, not {name!r}")
    folds = [_FOLDS[each] for each in names]
    return _beside(folds) if names is name else folds[0]


def _beside(folds: Sequence[Fold]) -> Fold:
    """Keep several figures up to date together."""

    def part(value: Any) -> Any:
        return [fold.part(value) for fold in folds]

    def combine(one: Any, other: Any) -> Any:
        return [fold.combine(left, right) for fold, left, right in zip(folds, one, other, strict=True)]

    def read(whole: Any) -> Any:
        return tuple([fold.read(each) for fold, each in zip(folds, whole, strict=True)])

    return Fold(part, combine, read)


class _Exact(NamedTuple):
    """Sums of which nothing is lost, so that the deviation can be had from them."""

    many: int
    total: Decimal | int
    squares: Decimal | int


class _Rounded(NamedTuple):
    """Of floats the mean and the squares of the distances from it are kept: sums of squares would drown these."""

    many: int
    mean: float
    apart: float


def _moments(value: Any) -> Any:
    exact = type(value) is Decimal or type(value) is int
    return _Exact(1, value, multiply(value, value)) if exact else _Rounded(1, float(number(value)), 0.0)


def _together(one: Any, other: Any) -> Any:
    if type(one) is not type(other):
        one, other = _rounded(one), _rounded(other)
    if type(one) is _Exact:
        return _Exact(one.many + other.many, add(one.total, other.total), add(one.squares, other.squares))
    many, step = one.many + other.many, other.mean - one.mean
    share = other.many / many
    return _Rounded(many, one.mean + step * share, one.apart + other.apart + step * step * one.many * share)


def _rounded(whole: Any) -> Any:
    """Make floats of whole numbers."""
    if type(whole) is _Rounded:
        return whole
    if type(whole.total) is Decimal:
        raise TypeError("Decimals and floats are not put together")
    return _Rounded(whole.many, whole.total / whole.many, _scatter(whole) / whole.many)


def _scatter(whole: _Exact) -> Any:
    """What the squares of the distances from the mean add up to, as often as there are values."""
    return subtract(multiply(whole.squares, whole.many), multiply(whole.total, whole.total))


def _deviation(whole: Any) -> Any:
    """The standard deviation of a sample; None: of one alone there is none."""
    count = whole.many
    if count == 1:
        return None
    if type(whole) is _Rounded:
        return sqrt(whole.apart / (count - 1))
    variance = _scatter(whole) / (count * (count - 1))
    return variance.sqrt() if type(variance) is Decimal else sqrt(variance)


def _itself(value: Any) -> Any:
    return value


def _one(_: Any) -> int:
    return 1


def _counted(value: Any) -> tuple[int, Any]:
    return 1, number(value)


def _sums(one: tuple[int, Any], other: tuple[int, Any]) -> tuple[int, Any]:
    return one[0] + other[0], add(one[1], other[1])


def _mean(whole: tuple[int, Any]) -> Any:
    return whole[1] / whole[0]


def _earlier(one: Any, _: Any) -> Any:
    return one


def _later(_: Any, other: Any) -> Any:
    return other


_FOLDS: Final[dict[str, Fold]] = {
    "count": Fold(_one, add, _itself),
    "sum": Fold(number, add, _itself),
    "mean": Fold(_counted, _sums, _mean),
    "std": Fold(_moments, _together, _deviation),
    "min": Fold(number, min, _itself),
    "max": Fold(number, max, _itself),
    "first": Fold(_itself, _earlier, _itself),
    "last": Fold(_itself, _later, _itself),
}
