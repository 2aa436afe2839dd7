"""What `rolling` and `vwap` have in common: windows of events, and what is told of them at each event."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from reactivex import Observable, abc

from rx_kucoin.operators._windows.event_time import Dates
from rx_kucoin.operators._windows.folds import Fold
from rx_kucoin.operators._windows.numbers import is_missing
from rx_kucoin.operators.internal.clocks import nanoseconds
from rx_kucoin.operators.internal.unguarded import Sink, Unguarded, attach

__all__ = ["Running", "Sliding", "Whole", "Window", "Windowed"]

T = TypeVar("T")


class Window(Protocol):
    """A window of values."""

    def after(self, at: int, value: Any, until: int) -> Any:
        """Tell of the window after this value came, and those up to a moment have left."""


@dataclass(frozen=True, slots=True)
class Windowed(Generic[T]):
    """An operator that tells of a window at each event; without `seconds` an event's moment is its number."""

    window: Callable[[], Window]
    seconds: float | None
    count: int | None
    value: Callable[[T], Any] | None
    time: Callable[[T], int | None] | None
    scheduler: abc.SchedulerBase | None

    def __call__(self, source: Observable[T]) -> Observable[Any]:
        """Apply it to a source."""

        def subscribe(sink: Sink[Any], scheduler: abc.SchedulerBase | None) -> abc.DisposableBase:
            span = (self.count or 1) if self.seconds is None else max(1, nanoseconds(self.seconds))
            dates = None if self.seconds is None else Dates(self.time, self.scheduler or scheduler)
            return attach(source, _Windowing(sink, self.window(), span, self.value, dates), scheduler)

        return Unguarded(subscribe)


class Running:
    """A window that nothing leaves."""

    __slots__ = ("_fold", "_sum")

    def __init__(self, fold: Fold) -> None:
        self._fold = fold
        self._sum: list[Any] = []

    def after(self, at: int, value: Any, until: int) -> Any:
        """Tell of all that ever came."""
        del at, until
        part = self._fold.part(value)
        self._sum = [self._fold.combine(self._sum[0], part)] if self._sum else [part]
        return self._fold.read(self._sum[0])


class Sliding:
    """A figure that is kept up to date, at a cost that does not grow with the window.

    Nothing is ever subtracted, so that a sum of floats does not drift, and the least and the greatest are as easy. What
    comes is added to a sum of the young ones; when the old ones have all left, the young become old, and each of them
    is given the sum of itself and of those behind it. That is one more addition for each, and so two for each over its
    life.
    """

    __slots__ = ("_fold", "_old", "_sum", "_young")

    def __init__(self, fold: Fold) -> None:
        self._fold = fold
        self._old: list[tuple[int, Any]] = []  # the oldest is the last
        self._young: deque[tuple[int, Any]] = deque()
        self._sum: list[Any] = []  # of the young ones, if there are any

    def after(self, at: int, value: Any, until: int) -> Any:
        """Tell what those in the window add up to, in a wide sense."""
        old, combine, part = self._old, self._fold.combine, self._fold.part(value)
        while old and old[-1][0] <= until:
            old.pop()
        if self._young and self._young[0][0] <= until:
            self._grow_old(until)
        self._young.append((at, part))
        self._sum = [combine(self._sum[0], part) if self._sum else part]
        return self._fold.read(combine(old[-1][1], self._sum[0]) if old else self._sum[0])

    def _grow_old(self, until: int) -> None:
        young, self._young, self._sum = self._young, deque(), []
        while young and young[0][0] <= until:  # those leave at once
            young.popleft()
        while young:
            moment, part = young.pop()
            self._old.append((moment, self._fold.combine(part, self._old[-1][1]) if self._old else part))


class Whole:
    """Values that are looked at all together."""

    __slots__ = ("_fold", "_times", "_values")

    def __init__(self, fold: Any) -> None:
        self._fold: Callable[[Sequence[Any]], Any] = fold
        self._times: deque[int] = deque()
        self._values: deque[Any] = deque()

    def after(self, at: int, value: Any, until: int) -> Any:
        """Tell what the function makes of them."""
        self._times.append(at)
        self._values.append(value)
        while self._times[0] <= until:
            self._times.popleft()
            self._values.popleft()
        return self._fold(tuple(self._values))


class _Windowing(Generic[T]):
    """One subscription."""

    __slots__ = ("_dates", "_number", "_sink", "_span", "_value", "_window")

    def __init__(
        self,
        sink: Sink[Any],
        window: Window,
        span: int,
        value: Callable[[T], Any] | None,
        dates: Dates[T] | None,
    ) -> None:
        self._sink, self._window, self._span = sink, window, span
        self._value, self._dates = value, dates
        self._number = 0

    def on_next(self, event: T) -> None:
        try:
            value = event if self._value is None else self._value(event)
            if is_missing(value):
                return
            if self._dates is None:
                self._number += 1
                at = self._number
            else:
                self._dates.of(event)
                at = self._dates.latest
            figure = self._window.after(at, value, at - self._span)
        except Exception as error:  # noqa: BLE001  a function of the caller's: his mistake ends his stream
            self._sink.on_error(error)
        else:
            self._sink.on_next(figure)

    def on_error(self, error: Exception) -> None:
        self._sink.on_error(error)

    def on_completed(self) -> None:
        self._sink.on_completed()
