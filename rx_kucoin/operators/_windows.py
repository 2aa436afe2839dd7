"""What `rolling` and `vwap` have in common: windows of events, and what is told of them at each event."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from reactivex import Observable, abc

from rx_kucoin.operators._dates import Dates
from rx_kucoin.operators._folds import Fold
from rx_kucoin.operators._lean import Lean, Sink, attach
from rx_kucoin.operators._sliding import Sliding
from rx_kucoin.operators._wall import nanoseconds

__all__ = ["ByName", "Running", "Whole", "Window", "Windowed"]

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

        return Lean(subscribe)


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


class ByName:
    """Figures that are kept up to date."""

    __slots__ = ("_folds", "_is_one", "_slides")

    def __init__(self, folds: list[Fold], *, is_one: bool) -> None:
        self._folds, self._is_one = folds, is_one
        self._slides = [Sliding[Any](fold.combine) for fold in folds]

    def after(self, at: int, value: Any, until: int) -> Any:
        """Tell one figure, or a tuple of them."""
        figures: list[Any] = []
        for fold, slide in zip(self._folds, self._slides, strict=True):
            slide.drop_until(until)
            slide.push(at, fold.part(value))
            figures.append(fold.read(slide.total()))
        return figures[0] if self._is_one else tuple(figures)


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
            if value is None:
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
