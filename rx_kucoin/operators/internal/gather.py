"""gather: one value for all that come within a moment of the first."""

import threading
from collections.abc import Callable
from functools import partial
from typing import Generic, TypeVar

from reactivex import Observable, abc
from reactivex.disposable import CompositeDisposable

from rx_kucoin.operators.internal.timers import Timer
from rx_kucoin.operators.internal.unguarded import Sink, Unguarded, attach

__all__ = ["gather"]

T = TypeVar("T")


def gather(
    seconds: float, *, at_once: Callable[[T], bool], scheduler: abc.SchedulerBase
) -> Callable[[Observable[T]], Observable[T]]:
    """Emit the first value `seconds` after it came, and drop those that come meanwhile, but for those that cannot wait.

    .. marble::

        source: -abc-D---e-#
        [ gather(3, at_once=str.isupper) ]
        result: ----aD-----#

    An end does not wait, and drops what does. Values may come on several threads, and then they are emitted on several
    threads, even at one time: the next operator has to be `serialize` or another one that allows that.
    """

    def operator(source: Observable[T]) -> Observable[T]:
        def subscribe(sink: Sink[T], scheduler_: abc.SchedulerBase | None) -> abc.DisposableBase:
            gathering = _Gathering(sink, seconds, at_once, scheduler)
            return CompositeDisposable(attach(source, gathering, scheduler_), gathering.timer)

        return Unguarded(subscribe)

    return operator


class _Gathering(Generic[T]):
    """One subscription. `_lock` guards whether a value waits."""

    def __init__(
        self, sink: Sink[T], seconds: float, at_once: Callable[[T], bool], scheduler: abc.SchedulerBase
    ) -> None:
        self._sink, self._seconds, self._at_once = sink, seconds, at_once
        self._lock = threading.RLock()
        self._waits = False
        self.timer = Timer(scheduler)

    def on_next(self, value: T) -> None:
        if self._at_once(value):
            self._sink.on_next(value)
            return
        with self._lock:
            if self._waits:
                return
            self._waits = True
        self.timer.set(self._seconds, partial(self._emit, value))

    def on_error(self, error: Exception) -> None:
        self.timer.dispose()
        self._sink.on_error(error)

    def on_completed(self) -> None:
        self.timer.dispose()
        self._sink.on_completed()

    def _emit(self, value: T) -> None:
        with self._lock:  # before the value is emitted: one that comes from now on is gathered anew
            self._waits = False
        self._sink.on_next(value)
