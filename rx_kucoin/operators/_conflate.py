"""conflate: at most one value in any `every` seconds, and always the latest."""

from collections.abc import Callable
from functools import partial
from threading import RLock
from typing import Any, Final, Generic, TypeVar, cast

from reactivex import Observable, abc
from reactivex.scheduler import TimeoutScheduler

from rx_kucoin.operators.internal.clocks import clock_of, microseconds
from rx_kucoin.operators.internal.drain_queue import DrainQueue
from rx_kucoin.operators.internal.timers import Timer
from rx_kucoin.operators.internal.unguarded import Holder, Sink, Unguarded, attach

__all__ = ["conflate"]

T = TypeVar("T")


def conflate(
    every: float, *, at_once: Callable[[T], bool] | None = None, scheduler: abc.SchedulerBase | None = None
) -> Callable[[Observable[T]], Observable[T]]:
    """Pass at most one value in any `every` seconds: the first at once, then the latest of those that have come.

    .. marble::

        source: -abc----de|
        [ conflate(3) ]
        result: -a--c---d-(e|)

    The pause begins when `on_next` has returned, so that a slow subscriber has it as well. A value that is replaced by
    a later one costs next to nothing. A value for which `at_once` returns True passes at once, and an older one that
    waits is dropped:

    .. marble::

        source: -abCd----#
        [ conflate(3, at_once=str.isupper) ]
        result: -a-C--d--#

    The end does not wait; a value that waits passes before it.

    Examples:
        >>> books.pipe(conflate(0.1, at_once=lambda book: book.stale)).subscribe(draw)

    Args:
        every: Seconds from one value to the next.
        at_once: Whether a value must not wait.
        scheduler: Runs the one timer and tells the time. Defaults to the subscriber's, then to `TimeoutScheduler`.

    Returns:
        An operator function that takes an observable source and returns some of its values, the last one included.

    Raises:
        ValueError: `every` is not above 0.
    """
    if every <= 0:
        raise ValueError(f"conflate needs every > 0, got {every}")

    def operator(source: Observable[T]) -> Observable[T]:
        def subscribe(sink: Sink[T], scheduler_: abc.SchedulerBase | None) -> abc.DisposableBase:
            gate = _Gate(sink, every, at_once, scheduler or scheduler_ or TimeoutScheduler.singleton())
            gate.source.hold(attach(source, gate, scheduler_))
            return gate

        return Unguarded(subscribe)

    return operator


_NOTHING: Final[Any] = object()


class _Gate(abc.DisposableBase, Generic[T]):
    """One subscription: decides under a lock what passes, and passes it outside."""

    def __init__(
        self, sink: Sink[T], every: float, at_once: Callable[[T], bool] | None, clock: abc.SchedulerBase
    ) -> None:
        self._sink, self._every, self._at_once = sink, microseconds(every), at_once
        self._now, self._timer = clock_of(clock), Timer(clock)
        self._queue = DrainQueue()
        self._lock = RLock()  # a value that is dropped may have a finaliser that does anything
        self._latest: T = _NOTHING
        """The value that waits. Under the lock."""
        self._shut = False
        """Whether a value has passed, or is about to, so that the next one has to wait. Under the lock."""
        self._passed = 0  # when a value has passed; this and the next are touched in calls of the queue only
        self._timed = False  # whether the timer is set
        self.source = Holder()

    def on_next(self, value: T) -> None:
        urgent = False
        if self._at_once is not None:
            try:
                urgent = self._at_once(value)
            except Exception as error:  # noqa: BLE001  a function of the caller's: his mistake ends his stream
                self.on_error(error)
                return
        with self._lock:
            if self._shut and not urgent:
                self._latest = value
                return
            self._latest = _NOTHING
            self._shut = True
            self._queue.put(partial(self._pass, value))
        self._queue.deliver()

    def on_error(self, error: Exception) -> None:
        self._end(partial(self._sink.on_error, error))

    def on_completed(self) -> None:
        self._end(self._sink.on_completed)

    def dispose(self) -> None:
        """Dispose of the source and the timer."""
        self._queue.close()
        self._timer.dispose()
        self.source.dispose()

    def _end(self, last_word: Callable[[], object]) -> None:
        with self._lock:
            latest, self._latest = self._latest, cast("T", _NOTHING)
            if latest is not _NOTHING:
                self._queue.put(partial(self._say, latest))
            self._queue.put(last_word)
            self._queue.put(self.dispose)
        self._queue.deliver()

    def _pass(self, value: T) -> None:
        try:
            self._sink.on_next(value)
        finally:
            self._passed = self._now()
            if not self._timed:
                self._timed = True
                self._set_timer(self._every)

    def _say(self, value: T) -> None:
        self._sink.on_next(value)

    def _set_timer(self, pause: int) -> None:
        self._timer.set(pause / 1e6, self._ring)

    def _ring(self) -> None:
        with self._lock:
            self._queue.put(self._open)
        self._queue.deliver()

    def _open(self) -> None:
        """The pause may be over. There are three cases."""
        remains = self._passed + self._every - self._now()
        if remains > 0:  # 1. A value has passed meanwhile that did not have to wait: the pause began anew.
            self._set_timer(remains)
            return
        with self._lock:
            if len(self._queue):  # 2. Such a value is queued: it goes first, as the one that waits may be newer.
                self._queue.put(self._open)
                return
            # 3. The value that waits passes now, or, if there is none, the next one will pass at once.
            latest, self._latest = self._latest, cast("T", _NOTHING)
            self._shut = latest is not _NOTHING
        self._timed = False
        if latest is not _NOTHING:
            self._pass(latest)
