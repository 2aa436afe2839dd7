"""mark_stale: say at once that what was emitted last may not be true any more."""

from collections.abc import Callable
from typing import Final, Generic, TypeVar, cast

from reactivex import Observable, abc
from reactivex.disposable import CompositeDisposable

from rx_kucoin.operators._serialize import Turns
from rx_kucoin.operators.internal.unguarded import Sink, Unguarded, attach

__all__ = ["mark_stale"]

T = TypeVar("T")


def mark_stale(doubts: Observable[object], stale: Callable[[T], T]) -> Callable[[Observable[T]], Observable[T]]:
    """Pass values on; at a doubt emit the latest of them once more, marked, unless that was done.

    .. marble::

        source: -a-b-------c-|
        doubts: -----x-x------
        [ mark_stale(doubts, str.upper) ]
        result: -a-b-B-----c-|

    Args:
        doubts: Emits when the latest value may not be true any more. How it ends is of no interest.
        stale: Marks a value.

    Returns:
        An operator function that takes an observable source and returns an observable of its values, and marked ones.
    """

    def operator(source: Observable[T]) -> Observable[T]:
        def subscribe(sink: Sink[T], scheduler_: abc.SchedulerBase | None) -> abc.DisposableBase:
            turns: Turns[object] = Turns(_Marking(sink, stale))
            warning = doubts.subscribe(lambda _: turns.on_next(_DOUBT), lambda _: None)
            try:
                return CompositeDisposable(attach(source, cast("Sink[T]", turns), scheduler_), warning)
            except BaseException:
                warning.dispose()
                raise

        return Unguarded(subscribe)

    return operator


_DOUBT: Final = object()


class _Marking(Generic[T]):
    """One subscription: told of one thing at a time."""

    __slots__ = ("_latest", "_sink", "_stale")

    def __init__(self, sink: Sink[T], stale: Callable[[T], T]) -> None:
        self._sink, self._stale = sink, stale
        self._latest: list[T] = []
        """The one that is not marked yet, if there is any."""

    def on_next(self, value: object) -> None:
        if value is not _DOUBT:
            self._latest = [cast("T", value)]
            self._sink.on_next(self._latest[0])
        elif self._latest:
            try:
                marked = self._stale(self._latest.pop())
            except Exception as error:  # noqa: BLE001  a function of the caller's: his mistake ends his stream
                self._sink.on_error(error)
            else:
                self._sink.on_next(marked)

    def on_error(self, error: Exception) -> None:
        self._sink.on_error(error)

    def on_completed(self) -> None:
        self._sink.on_completed()
