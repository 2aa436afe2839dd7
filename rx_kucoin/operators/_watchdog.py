"""watchdog: an error where a source has been silent for too long."""

from collections.abc import Callable
from threading import RLock
from typing import Generic, TypeVar

from reactivex import Observable, abc
from reactivex.disposable import CompositeDisposable, SerialDisposable, SingleAssignmentDisposable
from reactivex.scheduler import TimeoutScheduler

from rx_kucoin.operators._serialize import serialize
from rx_kucoin.operators.internal.clocks import clock_of, microseconds

__all__ = ["watchdog"]

T = TypeVar("T")


def watchdog(timeout: float, *, scheduler: abc.SchedulerBase | None = None) -> Callable[[Observable[T]], Observable[T]]:
    """Fail with `TimeoutError` when no item has come for `timeout` seconds.

    .. deprecated:: 0.2.0
        The library does not use it. It will be removed in a later version; RxPY's `timeout` does the same,
        with a timer for each item.

    .. marble::

        source: -a--b-----c-|
        [ watchdog(4) ]
        result: -a--b---#

    The silence begins with the subscription or the last item. RxPY's `timeout` starts a timer for each item; this one
    has a single timer, which looks at the time of the last item when it rings and is set again for what remains. The
    time for which the subscriber itself holds the source up is not counted as silence.

    Examples:
        >>> source.pipe(watchdog(30.0), retry_backoff())

    Args:
        timeout: The longest silence, in seconds.
        scheduler: Runs the timer and tells the time. Defaults to the subscriber's, then to `TimeoutScheduler`.

    Returns:
        An operator function that takes an observable source and returns an observable that does not stay silent.

    Raises:
        ValueError: `timeout` is not above 0.
    """
    if timeout <= 0:
        raise ValueError(f"watchdog needs timeout > 0, got {timeout}")

    def operator(source: Observable[T]) -> Observable[T]:
        def subscribe(observer: abc.ObserverBase[T], scheduler_: abc.SchedulerBase | None = None) -> abc.DisposableBase:
            _scheduler = scheduler or scheduler_ or TimeoutScheduler.singleton()
            watch = _Watch(observer, timeout, _scheduler)
            watch.start()
            subscription = source.subscribe(
                watch.on_next, observer.on_error, observer.on_completed, scheduler=scheduler_
            )
            return CompositeDisposable(subscription, watch.timer)

        watched: Observable[T] = Observable(subscribe)
        return watched.pipe(serialize())  # the timer and the source may speak at the same time

    return operator


class _Watch(Generic[T]):
    """One subscription: when it last heard something."""

    def __init__(
        self,
        observer: abc.ObserverBase[T],
        timeout: float,
        scheduler: abc.SchedulerBase,
    ) -> None:
        self._observer = observer
        self._timeout = microseconds(timeout)
        self._error = TimeoutError(f"nothing has come for {timeout} s")
        self._scheduler = scheduler
        self._now = clock_of(scheduler)
        self._heard = self._now()
        self._delivering = 0  # calls of `on_next` that have not returned
        self._lock = RLock()
        self.timer = SerialDisposable()

    def start(self) -> None:
        self._arm(self._timeout)

    def on_next(self, item: T) -> None:
        with self._lock:
            self._delivering += 1
        try:
            self._observer.on_next(item)
        finally:
            with self._lock:
                self._delivering -= 1
                self._heard = self._now()

    def _arm(self, pause: int) -> None:
        fresh = SingleAssignmentDisposable()
        self.timer.disposable = fresh  # before scheduling: a real timer may ring, and be set again, before we return
        fresh.disposable = self._scheduler.schedule_relative(pause / 1e6, self._ring)

    def _ring(self, *_: object) -> None:
        with self._lock:
            remains = self._timeout if self._delivering else self._heard + self._timeout - self._now()
        if remains > 0:
            self._arm(remains)
        else:
            self._observer.on_error(self._error)
