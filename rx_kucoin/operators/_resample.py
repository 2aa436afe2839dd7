"""resample: a figure at each point of a regular grid of time, whatever comes in between."""

from collections.abc import Callable, Sequence
from math import inf
from typing import Any, Final, Literal, TypeVar, cast, get_args

from reactivex import Observable, abc
from reactivex.disposable import CompositeDisposable, Disposable
from reactivex.scheduler import TimeoutScheduler

from rx_kucoin.operators._serialize import Turns
from rx_kucoin.operators._windows.folds import Fold, Name, fold_of
from rx_kucoin.operators._windows.numbers import is_missing
from rx_kucoin.operators.internal.clocks import nanoseconds, wall_of
from rx_kucoin.operators.internal.timers import Timer
from rx_kucoin.operators.internal.unguarded import Sink, Unguarded, attach

__all__ = ["resample"]

T = TypeVar("T")

Empty = Literal["carry", "none", "skip"]


def resample(
    every: float,
    how: Name | tuple[Name, ...] | Callable[[Sequence[T]], Any] = "last",
    *,
    empty: Empty | None = None,
    scheduler: abc.SchedulerBase | None = None,
) -> Callable[[Observable[T]], Observable[Any]]:
    """Tell something at every point of a grid of time: by itself the latest value, again and again if none comes.

    .. marble::

        source: -a---bc------|
        [ resample(2) ]
        result: --a-a-c-c-c-c|

    The points are the multiples of `every` since 1970, by the scheduler's clock. RxPY's `sample` says nothing where
    nothing has come since the last time, which makes no grid, and begins to count where it is subscribed to.

    `how` is one of `last`, `first`, `min`, `max`, `sum`, `mean`, `std` and `count`, at a cost that does not depend on
    how many values came; several of them, for a tuple of figures; or any function of the values that came since the
    point before. A None or a NaN is no value. When none came, `empty` says what is emitted: `carry`, what was emitted
    last, if anything was; `none`, a None; or `skip`, nothing at all. It is `carry` for `last`, and `none` for all
    others.

    .. marble::

        source: -1---23------|
        [ source.map(int).pipe(resample(2, "max", empty="skip")) ]
        result: --1---3------|

    When the source completes, what came since the last point is told before that. Points that nobody could tell of,
    because a subscriber took too long, are left out, and are not made up for all at once.

    Examples:
        >>> prices.pipe(resample(1.0))

    Args:
        every: Seconds from one point to the next.
        how: What is made of the values since the point before.
        empty: What is emitted when there are none.
        scheduler: The clock. Defaults to the subscriber's, then to `TimeoutScheduler`.

    Returns:
        An operator function that takes an observable source and returns an observable of figures.

    Raises:
        ValueError: `every` is not above 0, or `how` or `empty` is unknown.
    """
    step = nanoseconds(every) if 0 < every < inf else 0
    if step <= 0 or empty not in {None, *get_args(Empty)}:
        raise ValueError(f"resample cannot do {every=}, {empty=}")
    fold = Fold(_alone, _listed, how) if callable(how) else fold_of(how)
    otherwise: Empty = empty or ("carry" if how == "last" else "none")

    def operator(source: Observable[T]) -> Observable[Any]:
        def subscribe(sink: Sink[Any], scheduler_: abc.SchedulerBase | None) -> abc.DisposableBase:
            turns: Turns[object] = Turns(_Grid(sink, fold, otherwise))  # both the timer and the source speak
            ticks = _Ticks(turns, step, scheduler or scheduler_ or TimeoutScheduler.singleton())
            ticks.begin()
            stop = Disposable(ticks.dispose)
            try:
                return CompositeDisposable(
                    attach(source, cast("Sink[T]", turns), scheduler_), stop, Disposable(turns.close)
                )
            except BaseException:
                stop.dispose()
                raise

        return Unguarded(subscribe)

    return operator


_TICK: Final = object()
_NOTHING: Final[Any] = object()


class _Ticks:
    """Says when a point of the grid is reached."""

    def __init__(self, turns: Turns[object], step: int, clock: abc.SchedulerBase) -> None:
        self._turns, self._step = turns, step
        self._now, self._timer = wall_of(clock), Timer(clock)
        self.dispose = self._timer.dispose

    def begin(self) -> None:
        now = self._now()
        self._wait(now, now // self._step + 1)

    def _ring(self) -> None:
        try:
            self._turns.on_next(_TICK)
        finally:  # what a subscriber raises is for the clock's thread to tell of; the grid goes on
            now = self._now()
            # The nearest point is the one that this was about, even if the timer was a little early; and where the
            # clock was set in the meantime, the next one is never farther away than a step and a half.
            self._wait(now, (now + self._step // 2) // self._step + 1)

    def _wait(self, now: int, point: int) -> None:
        self._timer.set((point * self._step - now) / 1e9, self._ring)


class _Grid:
    """One subscription: told of one thing at a time."""

    __slots__ = ("_empty", "_fold", "_said", "_sink", "_so_far")

    def __init__(self, sink: Sink[Any], fold: Fold, empty: Empty) -> None:
        self._sink, self._fold, self._empty = sink, fold, empty
        self._so_far = self._said = _NOTHING

    def on_next(self, value: object) -> None:
        try:
            if value is not _TICK:
                if is_missing(value):
                    return
                part = self._fold.part(value)
                self._so_far = part if self._so_far is _NOTHING else self._fold.combine(self._so_far, part)
                return
            said = self._tell()
        except Exception as error:  # noqa: BLE001  of values that do not add up, or a mistake of the caller's
            self._sink.on_error(error)
            return
        if said is not _NOTHING:
            self._sink.on_next(said)

    def on_error(self, error: Exception) -> None:
        self._sink.on_error(error)

    def on_completed(self) -> None:
        if self._so_far is not _NOTHING:
            self.on_next(_TICK)
        self._sink.on_completed()

    def _tell(self) -> Any:
        if self._so_far is _NOTHING:
            return {"carry": self._said, "none": None, "skip": _NOTHING}[self._empty]
        so_far, self._so_far = self._so_far, _NOTHING
        self._said = self._fold.read(so_far)
        return self._said


def _alone(value: Any) -> list[Any]:
    return [value]


def _listed(one: list[Any], other: list[Any]) -> list[Any]:
    one += other
    return one
