"""A bar: what a price did between two moments."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Generic, TypeVar

from rx_kucoin.operators._windows.exact import add, multiply

__all__ = ["Bar", "Forming"]

N = TypeVar("N", Decimal, float)


@dataclass(frozen=True, slots=True)
class Bar(Generic[N]):
    """What a price did in one stretch of time."""

    start_ns: int
    """When the bar begins, since 1970; a multiple of its length."""
    open: N
    high: N
    low: N
    close: N
    volume: N | int
    """All sizes; without these, how many events."""
    vwap: N | None
    """The average price, weighed by size; None: nothing was traded."""
    count: int
    """How many events; 0: it was filled in."""


class Forming:
    """A bar that is not over."""

    __slots__ = ("_close", "_count", "_high", "_low", "_open", "_value", "_volume", "start")

    def __init__(self, start: int, price: Any, size: Any) -> None:
        """Begin with the first event."""
        self.start = start
        self._open = self._high = self._low = self._close = price
        self._volume, self._value, self._count = size, multiply(price, size), 1

    def add(self, price: Any, size: Any) -> None:
        """Take in an event."""
        if price > self._high:
            self._high = price
        elif price < self._low:
            self._low = price
        self._close = price
        self._volume = add(self._volume, size)
        self._value = add(self._value, multiply(price, size))
        self._count += 1

    def bar(self) -> Bar[Any]:
        """Tell what it is so far."""
        vwap = self._value / self._volume if self._volume else None
        return Bar(self.start, self._open, self._high, self._low, self._close, self._volume, vwap, self._count)
