"""Share one subscription among many subscribers, and start anew once it has ended."""

import threading
from collections.abc import Callable
from functools import partial
from typing import Any, Generic, TypeVar

from reactivex import Observable, abc
from reactivex.disposable import Disposable, SingleAssignmentDisposable
from reactivex.scheduler import TimeoutScheduler

from rx_kucoin.operators._hub import Hub, log_failure
from rx_kucoin.operators._outbox import Outbox
from rx_kucoin.operators._timers import after

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

        def end(life: _Life[T]) -> None:
            nonlocal current
            with lock:
                if current is life:
                    current = None
                leaving, life.leaving = life.leaving, None
            if leaving is not None:
                leaving.dispose()

        def leave(life: _Life[T], member: abc.DisposableBase) -> None:
            member.dispose()
            with lock:
                life.members -= 1
                if life.members or current is not life:
                    return
                life.leaving = leaving = SingleAssignmentDisposable()
            if linger > 0:
                leaving.disposable = after(life.clock, linger, lambda: close(life, leaving))
            else:
                close(life, leaving)

        def close(life: _Life[T], leaving: abc.DisposableBase) -> None:
            nonlocal current
            with lock:
                if current is not life or life.leaving is not leaving:
                    return  # somebody came, though it may be gone again
                current = None
            life.connection.dispose()

        def subscribe(observer: abc.ObserverBase[T], scheduler_: abc.SchedulerBase | None = None) -> abc.DisposableBase:
            nonlocal current
            with lock:
                life, first = current, current is None
                if life is None:
                    clock = scheduler or scheduler_ or TimeoutScheduler.singleton()
                    life = current = (_ReplayingLife if replay else _Life)(on_failure, clock)
                life.members += 1
                leaving, life.leaving = life.leaving, None
            if leaving is not None:
                leaving.dispose()
            member = SingleAssignmentDisposable()
            stay = Disposable(lambda: leave(life, member))
            try:
                member.disposable = life.add(observer)
                if first:
                    life.begin(source, end, scheduler_)
            except BaseException:
                stay.dispose()
                raise
            return stay

        return Observable(subscribe)

    return share


class _Life(Generic[T]):
    """From the first subscriber to the source's end, or the last subscriber's leaving."""

    def __init__(self, on_failure: Callable[[BaseException], None], clock: abc.SchedulerBase) -> None:
        self.hub: Hub[Any] = Hub(on_failure)
        self.clock = clock
        self.members = 0
        self.leaving: abc.DisposableBase | None = None
        """Ends the life after the linger; another one each time that the last member left."""
        self.connection = SingleAssignmentDisposable()

    def add(self, observer: abc.ObserverBase[T]) -> abc.DisposableBase:
        return self.hub.add(observer)

    def begin(
        self, source: Observable[T], end: Callable[["_Life[T]"], None], scheduler: abc.SchedulerBase | None
    ) -> None:
        def on_error(error: Exception) -> None:
            end(self)
            self.hub.on_error(error)

        def on_completed() -> None:
            end(self)
            self.hub.on_completed()

        try:
            self.connection.disposable = source.subscribe(self._give(), on_error, on_completed, scheduler=scheduler)
        except BaseException as error:  # others may have joined meanwhile
            on_error(error if isinstance(error, Exception) else RuntimeError(repr(error)))
            raise

    def _give(self) -> Callable[[T], None]:
        return self.hub.on_next


class _ReplayingLife(_Life[T]):
    """One that gives the latest value to whoever joins. In its hub a value is a list of one: known by its identity."""

    def __init__(self, on_failure: Callable[[BaseException], None], clock: abc.SchedulerBase) -> None:
        super().__init__(on_failure, clock)
        self._latest: list[T] = []
        self._joining = threading.Lock()

    def add(self, observer: abc.ObserverBase[T]) -> abc.DisposableBase:
        with self._joining:
            late = _Latecomer(observer, self._latest)
            member = self.hub.add(late)
        try:
            late.catch_up()
        except (Exception, SystemExit) as error:  # noqa: BLE001  as in the hub: it is ended alone
            self.hub.fail(late, error)
        return member

    def _give(self) -> Callable[[T], None]:
        def give(value: T) -> None:
            cell = [value]
            with self._joining:
                self._latest = cell
            self.hub.on_next(cell)

        return give


class _Latecomer(abc.ObserverBase[list[T]]):
    """A subscriber who is given the latest value, then each newer one: never the other way around, and none twice."""

    def __init__(self, observer: abc.ObserverBase[T], latest: list[T]) -> None:
        self._observer = observer
        self._known: list[T] | None = latest
        self._outbox = Outbox()
        self._outbox.turn.acquire()
        for value in latest:
            self._outbox.put(partial(observer.on_next, value))

    def catch_up(self) -> None:
        """Say the latest value, and what has come since; from now on say what comes."""
        self._outbox.turn.release()
        self._outbox.deliver()

    def on_next(self, value: list[T]) -> None:
        known, self._known = self._known, None
        if value is not known:  # the latest may have been on its way to the others
            self._say(partial(self._observer.on_next, value[0]))

    def on_error(self, error: Exception) -> None:
        self._say(partial(self._observer.on_error, error))

    def on_completed(self) -> None:
        self._say(self._observer.on_completed)

    def _say(self, call: Callable[[], None]) -> None:
        self._outbox.put(call)
        self._outbox.deliver()
