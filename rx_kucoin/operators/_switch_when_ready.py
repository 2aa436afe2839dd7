"""Switch to the next inner source when it is ready, and not before: make before break."""

import threading
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from reactivex import Observable, abc
from reactivex.disposable import CompositeDisposable, Disposable, SerialDisposable, SingleAssignmentDisposable
from reactivex.scheduler import TimeoutScheduler

from rx_kucoin.operators._timers import Timer

__all__ = ["switch_when_ready"]

T = TypeVar("T")


def switch_when_ready(
    ready: Callable[[T], Observable[Any]] | None = None,
    *,
    grace: float = 0.0,
    ready_timeout: float | None = None,
    try_again: Callable[[int, Exception], float] | None = None,
    on_failed: Callable[[Exception, float | None], None] | None = None,
    scheduler: abc.SchedulerBase | None = None,
) -> Callable[[Observable[Observable[T]]], Observable[T]]:
    """Relay the newest inner source, but keep the one before until the newest is ready.

    The first value of a candidate is given to `ready`; when what it returns emits or completes, the candidate takes
    over: its values so far are relayed, and the source before it is let go after `grace` seconds. Where there is
    nothing to keep alive (at the start, or once the one before has failed) there is nothing to wait for.

    A candidate that fails does no harm: the one before stays, and the candidate is tried again. The failure of the one
    that is relayed ends the whole, unless a candidate is on its way to take its place.

    Args:
        ready: Says when a candidate is ready, from its first value. None: with its first value.
        grace: Seconds to let the one before live on once the candidate took over.
        ready_timeout: Seconds after which a candidate that is not ready has failed.
        try_again: The wait before a failed candidate is tried again, from the number of its failures and the last
            error. None: it is not; the next inner source is the next candidate.
        on_failed: Told of a candidate's failure, with the wait until it is tried again (None: it is not).
        scheduler: Where grace, timeouts and waits pass.

    Returns:
        An operator function that takes a source of sources and returns the values of the one that is relayed.
    """

    def switch(source: Observable[Observable[T]]) -> Observable[T]:
        def subscribe(observer: abc.ObserverBase[T], scheduler_: abc.SchedulerBase | None = None) -> abc.DisposableBase:
            clock = scheduler or scheduler_ or TimeoutScheduler.singleton()
            state = _Switch(observer, clock, ready, grace, ready_timeout, try_again, on_failed)
            outer = source.subscribe(state.candidate, observer.on_error, state.outer_completed, scheduler=scheduler_)
            return CompositeDisposable(outer, Disposable(state.dispose))

        return Observable(subscribe)

    return switch


class _Inner(Generic[T]):
    """One inner source: a candidate, then the one that is relayed, then on its way out."""

    def __init__(self, source: Observable[T], clock: abc.SchedulerBase) -> None:
        self.source = source
        self.subscription = SerialDisposable()
        self.gate, self.timer = SerialDisposable(), Timer(clock)
        self.held: list[T] = []
        self.failures = 0
        self.waiting = False

    def dispose(self) -> None:
        self.gate.dispose()
        self.timer.dispose()
        self.subscription.dispose()


class _Switch(Generic[T]):
    """Which inner source is relayed, which is the candidate. Decides under a lock, speaks outside it."""

    def __init__(
        self,
        observer: abc.ObserverBase[T],
        clock: abc.SchedulerBase,
        ready: Callable[[T], Observable[Any]] | None,
        grace: float,
        ready_timeout: float | None,
        try_again: Callable[[int, Exception], float] | None,
        on_failed: Callable[[Exception, float | None], None] | None,
    ) -> None:
        self._observer, self._clock = observer, clock
        self._ready, self._grace, self._ready_timeout = ready, grace, ready_timeout
        self._try_again, self._on_failed = try_again, on_failed
        self._lock = threading.Lock()
        self._current: _Inner[T] | None = None
        self._candidate: _Inner[T] | None = None
        self._retiring: list[_Inner[T]] = []
        self._outer_done = self._disposed = False

    def candidate(self, source: Observable[T]) -> None:
        """Begin with a new inner source; one that is not ready yet is given up for it."""
        inner = _Inner(source, self._clock)
        with self._lock:
            older, self._candidate = self._candidate, inner
        if older is not None:
            older.dispose()
        self._start(inner)

    def outer_completed(self) -> None:
        """No inner source will follow; the ones there are may still speak."""
        with self._lock:
            self._outer_done = True
            finished = self._current is None and self._candidate is None
        if finished:
            self._observer.on_completed()

    def dispose(self) -> None:
        """Let go of everything."""
        with self._lock:
            self._disposed = True
            inners = [*self._retiring, *filter(None, (self._current, self._candidate))]
            self._current = self._candidate = None
            self._retiring = []
        for inner in inners:
            inner.dispose()

    def _start(self, inner: _Inner[T]) -> None:
        inner.waiting = False
        attempt = SingleAssignmentDisposable()
        inner.subscription.disposable = attempt
        if self._ready_timeout is not None:
            late = TimeoutError(f"the candidate was not ready within {self._ready_timeout:g} s")
            inner.timer.set(self._ready_timeout, lambda: self._give_up(inner, late))
        attempt.disposable = inner.source.subscribe(
            lambda value: self._value(inner, value),
            lambda error: self._failed(inner, error),
            lambda: self._completed(inner),
            scheduler=self._clock,
        )

    def _value(self, inner: _Inner[T], value: T) -> None:
        if inner is self._current:
            self._observer.on_next(value)
            return
        with self._lock:
            if inner is not self._candidate:
                return
            inner.held.append(value)
            first = len(inner.held) == 1
            alone = self._current is None
        if alone or (first and self._ready is None):
            self._promote(inner)
        elif first and self._ready is not None:
            self._await(inner, self._ready(value))

    def _await(self, inner: _Inner[T], gate: Observable[Any]) -> None:
        waiting = SingleAssignmentDisposable()
        inner.gate.disposable = waiting
        waiting.disposable = gate.subscribe(
            lambda _: self._promote(inner),
            lambda error: self._give_up(inner, error),
            lambda: self._promote(inner),
            scheduler=self._clock,
        )

    def _promote(self, inner: _Inner[T]) -> None:
        with self._lock:
            if inner is not self._candidate or self._disposed:
                return
            old, self._current, self._candidate = self._current, inner, None
            held, inner.held = inner.held, []
            if old is not None:
                self._retiring.append(old)
        inner.timer.cancel()
        for value in held:
            self._observer.on_next(value)
        inner.gate.disposable = Disposable()  # only now: what made it ready may hold what the next operator takes up
        if old is not None and self._grace > 0:
            old.timer.set(self._grace, lambda: self._retire(old))
        elif old is not None:
            self._retire(old)

    def _retire(self, inner: _Inner[T]) -> None:
        with self._lock:
            if inner in self._retiring:
                self._retiring.remove(inner)
        inner.dispose()

    def _give_up(self, inner: _Inner[T], error: Exception) -> None:
        with self._lock:
            if inner is not self._candidate:
                return
        inner.subscription.disposable = Disposable()
        self._failed(inner, error)

    def _failed(self, inner: _Inner[T], error: Exception) -> None:
        with self._lock:
            successor = self._candidate
            if inner is self._current:
                self._current = None
                ends = successor is None or successor.waiting
                promote = None if ends or successor is None or not successor.held else successor
            elif inner is successor:
                ends, promote = self._current is None, None
            else:
                return
        if ends:
            self._observer.on_error(error)
        elif inner is not successor:
            if promote is not None:
                self._promote(promote)
        else:
            self._retry(inner, error)

    def _retry(self, inner: _Inner[T], error: Exception) -> None:
        inner.failures += 1
        inner.held = []
        wait = self._try_again(inner.failures, error) if self._try_again is not None else None
        with self._lock:
            if inner is not self._candidate:
                return
            inner.waiting = True
            if wait is None:
                self._candidate = None
        inner.gate.disposable = Disposable()
        inner.timer.cancel()
        if wait is not None:
            inner.timer.set(wait, lambda: self._start(inner))
        if self._on_failed is not None:
            self._on_failed(error, wait)

    def _completed(self, inner: _Inner[T]) -> None:
        with self._lock:
            if inner is self._current:
                self._current = None
            elif inner is self._candidate and not inner.held:
                self._candidate = None
            finished = self._outer_done and self._current is None and self._candidate is None
        if finished:
            self._observer.on_completed()
