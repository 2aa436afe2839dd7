"""Share one subscription among many subscribers, and start anew once it has ended."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from reactivex import Observable, abc
from reactivex.disposable import Disposable, SingleAssignmentDisposable
from reactivex.scheduler import TimeoutScheduler

from rx_kucoin.operators._hub import Hub, log_failure
from rx_kucoin.operators._timers import Timer

__all__ = ["share_anew"]

T = TypeVar("T")


def share_anew(
    *,
    linger: float = 0.0,
    replay: bool = False,
    on_failure: Callable[[BaseException], None] = log_failure,
    scheduler: abc.SchedulerBase | None = None,
) -> Callable[[Observable[T]], Observable[T]]:
    """Share one subscription to the source; the first subscriber begins it, the last one's leaving ends it.

    Unlike RxPY's `share`: a subscriber who comes after the source has ended begins a new life of it; one who comes
    while the last is leaving is never left with nothing; one who raises is ended alone.

    .. marble::

        source: a-b-c-d-#
        first:  ^---!
        second: --^
        [ share_anew() ]
        first:  a-b-c
        second: --b-c-d-#

    Args:
        linger: Seconds to keep the source after the last subscriber left, so that flapping costs nothing.
        replay: Give the latest value to whoever comes later.
        on_failure: Told of an exception that a subscriber raised.
        scheduler: Where the linger is waited out.

    Returns:
        An operator function that takes an observable source and returns it shared.
    """

    def share(source: Observable[T]) -> Observable[T]:
        lock = threading.Lock()
        current: _Life[T] | None = None

        def end(life: _Life[T]) -> bool:
            nonlocal current
            with lock:
                mine = current is life
                if mine:
                    current = None
                return mine

        def leave(life: _Life[T], member: abc.DisposableBase) -> None:
            member.dispose()
            with lock:
                life.members -= 1
                last = life.members == 0 and current is life
                if last and linger > 0:
                    life.leaving = object()
                leaving = life.leaving
            if not last:
                return
            if linger > 0:
                life.timer.set(linger, lambda: close(life, leaving))
            else:
                close(life, leaving)

        def close(life: _Life[T], leaving: object) -> None:
            nonlocal current
            with lock:
                if life.members or current is not life or life.leaving is not leaving:
                    return
                current = None
            life.connection.dispose()

        def subscribe(observer: abc.ObserverBase[T], scheduler_: abc.SchedulerBase | None = None) -> abc.DisposableBase:
            nonlocal current
            clock = scheduler or scheduler_ or TimeoutScheduler.singleton()
            with lock:
                first = current is None
                life = current = current or _Life(on_failure, clock, replay=replay)
                life.members += 1
                life.leaving = None
            member = life.add(observer)
            life.timer.cancel()
            if first:
                try:
                    life.begin(source, end, scheduler_)
                except BaseException:
                    end(life)
                    raise
            return Disposable(lambda: leave(life, member))

        return Observable(subscribe)

    return share


class _Life(Generic[T]):
    """From the first subscriber to the source's end, or the last subscriber's leaving."""

    def __init__(self, on_failure: Callable[[BaseException], None], clock: abc.SchedulerBase, *, replay: bool) -> None:
        self.hub: Hub[T] = Hub(on_failure)
        self.latest: list[T] = []
        self._order = threading.RLock() if replay else None
        self.members = 0
        self.leaving: object = None
        self.timer = Timer(clock)
        self.connection = SingleAssignmentDisposable()

    def add(self, observer: abc.ObserverBase[T]) -> abc.DisposableBase:
        if self._order is None:
            return self.hub.add(observer)
        with self._order:  # the latest value, then each newer one: never the other way around
            for value in self.latest:
                observer.on_next(value)
            return self.hub.add(observer)

    def on_next(self, value: T) -> None:
        if self._order is None:
            self.hub.on_next(value)
            return
        with self._order:
            self.latest[:] = [value]
            self.hub.on_next(value)

    def begin(
        self, source: Observable[T], end: Callable[["_Life[T]"], bool], scheduler: abc.SchedulerBase | None
    ) -> None:
        def on_error(error: Exception) -> None:
            end(self)
            self.hub.on_error(error)

        def on_completed() -> None:
            end(self)
            self.hub.on_completed()

        self.connection.disposable = source.subscribe(self.on_next, on_error, on_completed, scheduler=scheduler)
