"""switch_when_ready: switch to the newest inner source once it is ready (make before break)."""

import threading
from collections.abc import Callable
from functools import partial
from typing import Any, Generic, TypeVar

import reactivex
from reactivex import Observable, abc
from reactivex.disposable import CompositeDisposable, Disposable, SerialDisposable, SingleAssignmentDisposable
from reactivex.scheduler import TimeoutScheduler

from rx_kucoin.operators.internal.drain_queue import DrainQueue
from rx_kucoin.operators.internal.timers import Timer

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
    """Relay the newest inner source, but keep the current one until the newest is ready.

    The first value of a candidate is passed to `ready`. When the Observable that this returns emits or completes, the
    candidate takes over: its values so far are relayed, and the source before it is disposed of after `grace` seconds.
    Without a current source (at the start, or once it has failed) a candidate takes over with its first value.

    If a candidate fails, the current source stays, and the candidate is tried again. If the current source fails, the
    whole fails, unless a candidate is subscribed to, which then takes its place; one that waits to be tried again does
    not count. A source that completes leaves its place empty.

    .. marble::

        source: -a---b---------
        a:       1-2-3-4-5-6-7-
        b:           x-y----z-u
        ok:          ---|
        [ switch_when_ready(lambda value: ok) ]
        result: -1-2-3-4(xy)z-u
        a:       ^------!

    .. marble::

        source:  -a---b---------
        a:        1-2-3-4-5-6-7-
        b (hot): ------x---y-z-u
        no:            -#
        ok:                |
        [ switch_when_ready(lambda value: no if value == "x" else ok, try_again=lambda failures, error: 1) ]
        result:  -1-2-3-4-5y-z-u
        a:        ^--------!
        b:            ^-!^

    Args:
        ready: Maps the first value of a candidate to an Observable that says when it is ready. None: with that value.
        grace: Seconds for which the source before is kept once the candidate has taken over.
        ready_timeout: Seconds after which a candidate that is not ready has failed.
        try_again: The seconds before a failed candidate is tried again, from the number of its failures and the last
            error. None: it is not tried again; the next inner source is the next candidate.
        on_failed: Called with a candidate's error and the seconds until it is tried again (None: it is not).
        scheduler: Times the grace, the timeouts and the waits. Defaults to the subscriber's, then to
            `TimeoutScheduler`.

    Returns:
        An operator function that takes a source of sources and returns the values of the one that is relayed.
    """

    def switch(source: Observable[Observable[T]]) -> Observable[T]:
        def subscribe(observer: abc.ObserverBase[T], scheduler_: abc.SchedulerBase | None = None) -> abc.DisposableBase:
            clock = scheduler or scheduler_ or TimeoutScheduler.singleton()
            state = _Switch(observer, clock, ready, grace, ready_timeout, try_again, on_failed)
            outer = source.subscribe(state.candidate, state.outer_failed, state.outer_completed, scheduler=scheduler_)
            return CompositeDisposable(outer, Disposable(state.dispose))

        return Observable(subscribe)

    return switch


class _Inner(Generic[T]):
    """One attempt at an inner source. It waits, is the candidate, then the current source, and then it retires."""

    def __init__(self, source: Observable[T], clock: abc.SchedulerBase, failures: int = 0) -> None:
        self.source, self.failures = source, failures
        self.subscription = SingleAssignmentDisposable()
        self.gate, self.timer = SerialDisposable(), Timer(clock)
        self.held: list[T] = []
        self.waiting = failures > 0
        self.ended = False

    def dispose(self) -> None:
        self.gate.dispose()
        self.timer.dispose()
        self.subscription.dispose()


class _Switch(Generic[T]):
    """One subscription: which inner source is current, and which is the candidate.

    Each event of a source, a timer or `ready` may come on any thread. It is decided under the lock what follows; the
    calls are put into the queue there and made outside, in the order of the decisions.
    """

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
        self._lock = threading.RLock()  # guards all below, and `held`, `waiting`, `ended` of each inner source
        self._queue = DrainQueue()
        self._current: _Inner[T] | None = None
        self._candidate: _Inner[T] | None = None
        self._retiring: list[_Inner[T]] = []
        self._outer_done = self._disposed = False

    def candidate(self, source: Observable[T]) -> None:
        """Take a new inner source as the candidate, instead of one that is not ready yet."""
        inner = _Inner(source, self._clock)
        with self._lock:
            if self._disposed:
                return
            older, self._candidate = self._candidate, inner
        if older is not None:
            older.dispose()
        self._start(inner)

    def outer_failed(self, error: Exception) -> None:
        """The source has failed, and so does the whole, at once."""
        with self._lock:
            self._queue.put(partial(self._observer.on_error, error))
        self._queue.deliver()

    def outer_completed(self) -> None:
        """No inner source will follow; the whole completes with the last of those that there are."""
        with self._lock:
            self._outer_done = True
            self._finish()
        self._queue.deliver()

    def dispose(self) -> None:
        """Dispose of all inner sources."""
        with self._lock:
            self._disposed = True
            inners = [*self._retiring, *filter(None, (self._current, self._candidate))]
            self._current = self._candidate = None
            self._retiring = []
        self._queue.close()
        for inner in inners:
            inner.dispose()

    def _start(self, inner: _Inner[T]) -> None:
        with self._lock:
            if inner is not self._candidate:
                return
            inner.waiting = False
        if self._ready_timeout is not None:
            late = TimeoutError(f"the candidate was not ready within {self._ready_timeout:g} s")
            inner.timer.set(self._ready_timeout, lambda: self._give_up(inner, late))
        inner.subscription.disposable = inner.source.subscribe(
            lambda value: self._value(inner, value),
            lambda error: self._failed(inner, error),
            lambda: self._completed(inner),
            scheduler=self._clock,
        )

    def _value(self, inner: _Inner[T], value: T) -> None:
        ready = None
        with self._lock:
            if inner is self._current:
                self._queue.put(partial(self._observer.on_next, value))
            elif inner is self._candidate:
                inner.held.append(value)
                first = len(inner.held) == 1
                if self._current is None or (first and self._ready is None):
                    self._promote(inner)
                elif first:
                    ready = self._ready
        self._queue.deliver()
        if ready is not None:
            self._await(inner, partial(ready, value))

    def _await(self, inner: _Inner[T], ready: Callable[[], Observable[Any]]) -> None:
        waiting = SingleAssignmentDisposable()
        inner.gate.disposable = waiting
        waiting.disposable = reactivex.defer(lambda _: ready()).subscribe(
            lambda _: self._take_over(inner),
            lambda error: self._give_up(inner, error),
            lambda: self._take_over(inner),
            scheduler=self._clock,
        )

    def _take_over(self, inner: _Inner[T]) -> None:
        with self._lock:
            if inner is self._candidate:
                self._promote(inner)
        self._queue.deliver()

    def _promote(self, inner: _Inner[T]) -> None:
        """Make the candidate the current source. Called under the lock."""
        old, self._current, self._candidate = self._current, inner, None
        held, inner.held = inner.held, []
        if old is not None:
            self._retiring.append(old)
        for value in held:
            self._queue.put(partial(self._observer.on_next, value))
        self._queue.put(partial(self._taken_over, inner, old))
        if inner.ended:
            self._current = None
            self._finish()

    def _taken_over(self, inner: _Inner[T], old: _Inner[T] | None) -> None:
        inner.timer.cancel()
        inner.gate.disposable = Disposable()  # only now: `ready` may hold a resource that the next operator takes over
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
            given_up = inner is self._candidate
        if given_up:
            self._candidate_failed(inner, error)

    def _failed(self, inner: _Inner[T], error: Exception) -> None:
        with self._lock:
            was_candidate = inner is self._candidate
            if inner is self._current:
                self._current = None
                successor = self._candidate
                if successor is None or successor.waiting:
                    self._queue.put(partial(self._observer.on_error, error))
                elif successor.held:
                    self._promote(successor)
        self._queue.deliver()
        if was_candidate:
            self._candidate_failed(inner, error)
        else:
            self._retire(inner)

    def _candidate_failed(self, inner: _Inner[T], error: Exception) -> None:
        inner.dispose()
        wait = None if self._try_again is None else self._try_again(inner.failures + 1, error)
        next_try = _Inner(inner.source, self._clock, inner.failures + 1)
        with self._lock:
            replaced = inner is self._candidate
            alone = self._current is None
            if replaced and alone:
                self._queue.put(partial(self._observer.on_error, error))
            elif replaced:
                self._candidate = None if wait is None else next_try
        self._queue.deliver()
        if not replaced or alone:
            return
        if wait is not None:
            next_try.timer.set(wait, lambda: self._start(next_try))
        if self._on_failed is not None:
            self._on_failed(error, wait)

    def _completed(self, inner: _Inner[T]) -> None:
        with self._lock:
            inner.ended = True
            held = inner is self._candidate and bool(inner.held)
            if inner is self._current:
                self._current = None
                if self._candidate is not None and self._candidate.held:
                    self._promote(self._candidate)
            elif inner is self._candidate and not held:
                self._candidate = None
            self._finish()
        self._queue.deliver()
        if not held:
            self._retire(inner)

    def _finish(self) -> None:
        """Complete, if no inner source is left that could emit. Called under the lock."""
        if self._outer_done and self._current is None and self._candidate is None:
            self._queue.put(self._observer.on_completed)
