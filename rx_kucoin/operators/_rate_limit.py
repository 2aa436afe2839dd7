"""rate_limit: delay items so that no window of time ever holds too many, and lose none."""

from collections import deque
from collections.abc import Callable
from functools import partial
from threading import Lock
from typing import Generic, TypeVar

from reactivex import Observable, abc
from reactivex.disposable import CompositeDisposable, Disposable, SerialDisposable, SingleAssignmentDisposable
from reactivex.internal import noop
from reactivex.scheduler import TimeoutScheduler

from rx_kucoin.operators.internal.monotonic import clock_of, microseconds

__all__ = ["QueueOverflow", "rate_limit"]

T = TypeVar("T")


class QueueOverflow(Exception):
    """More items wait for their turn than `rate_limit` was allowed to keep."""


def rate_limit(
    count: int, per: float, *, max_queue: int | None = None, scheduler: abc.SchedulerBase | None = None
) -> Callable[[Observable[T]], Observable[T]]:
    """Let at most `count` items pass in any window of `per` seconds; the others wait, in order.

    .. marble::

        source: -abc-d-----|
        [ rate_limit(2, per=4) ]
        result: -ab--cd----|

    Nothing is dropped, nothing waits longer than it must. The window slides and includes both of its ends: an item
    leaves strictly later than `per` seconds after the item `count` places before it. (A token bucket would let twice
    as many through around the moment at which it is full.) An item counts at the time at which `on_next` has returned,
    so whatever a subscriber does with it, like writing to a socket, keeps the limit as well.

    Completion waits for the queue. An error does not: it passes at once, and what still waits is dropped.

    Examples:
        >>> source.pipe(rate_limit(100, per=10.0))
        >>> source.pipe(rate_limit(1, per=0.5, max_queue=1_000))

    Args:
        count: How many items may pass in a window.
        per: The length of the window, in seconds.
        max_queue: How many items may wait; one more ends the stream with `QueueOverflow`. Unlimited if omitted.
        scheduler: Runs the one timer and tells the time. Defaults to the subscriber's, then to `TimeoutScheduler`,
            which is timed with the monotonic clock.

    Returns:
        An operator function that takes an observable source and returns an observable of the same items, delayed.

    Raises:
        ValueError: `count` or `max_queue` is below 1, or `per` is not above 0.
    """
    if count < 1 or per <= 0 or (max_queue is not None and max_queue < 1):
        raise ValueError(f"rate_limit needs count >= 1, per > 0, max_queue >= 1, got {count}, {per}, {max_queue}")

    def operator(source: Observable[T]) -> Observable[T]:
        def subscribe(observer: abc.ObserverBase[T], scheduler_: abc.SchedulerBase | None = None) -> abc.DisposableBase:
            _scheduler = scheduler or scheduler_ or TimeoutScheduler.singleton()
            gate = _Gate(observer, count, per, max_queue, _scheduler)
            subscription = source.subscribe(gate.on_next, gate.on_error, gate.on_completed, scheduler=scheduler_)
            return CompositeDisposable(subscription, gate.timer, Disposable(gate.close))

        return Observable(subscribe)

    return operator


class _Gate(Generic[T]):
    """One subscription: who waits, and when the last ones passed."""

    def __init__(
        self, observer: abc.ObserverBase[T], count: int, per: float, max_queue: int | None, scheduler: abc.SchedulerBase
    ) -> None:
        self._observer = observer
        self._span = microseconds(per) + 1  # strictly later than `per`: both ends belong to the window
        self._max_queue = max_queue
        self._scheduler = scheduler
        self._now = clock_of(scheduler)
        self._lock = Lock()  # never held while calling out
        self._queue: deque[T] = deque()
        self._passed: deque[int] = deque(maxlen=count)
        self._ending: Callable[[], None] | None = None  # what is said once the queue is empty
        self._busy = False  # some thread is emitting
        self._armed = False  # the timer is running
        self.timer = SerialDisposable()

    def on_next(self, item: T) -> None:
        with self._lock:
            if self._ending is not None:
                return
            full = len(self._queue) == self._max_queue
            if not full:
                self._queue.append(item)
        if full:
            self.on_error(QueueOverflow(f"{self._max_queue} items wait already for their turn to pass"))
        else:
            self._drain()

    def on_error(self, error: Exception) -> None:
        self._end(partial(self._observer.on_error, error), drop=True)

    def on_completed(self) -> None:
        self._end(self._observer.on_completed, drop=False)

    def close(self) -> None:
        with self._lock:
            self._queue.clear()
            self._ending = noop

    def _end(self, last_word: Callable[[], None], *, drop: bool) -> None:
        with self._lock:
            if drop:
                self._queue.clear()
            self._ending = self._ending or last_word
        self._drain()

    def _drain(self) -> None:
        """Emit what may pass, one thread at a time; leave what may not to the timer."""
        while (turn := self._take_turn()) is not None:
            turn()

    def _take_turn(self) -> Callable[[], None] | None:
        with self._lock:
            if self._busy:
                return None  # whoever is emitting will look again
            if self._queue:
                pause = self._pause()
                if pause <= 0:
                    self._busy = True
                    return partial(self._emit, self._queue.popleft())
                if self._armed:
                    return None
                self._armed = True
                return partial(self._arm, pause)
            if self._ending is not None:
                self._busy = True  # and for good: there is nothing to say after the last word
            return self._ending

    def _emit(self, item: T) -> None:
        returned = False
        try:
            self._observer.on_next(item)
            returned = True
        finally:
            with self._lock:
                self._passed.append(self._now())
                self._busy = False
                rearm = not returned and not self._armed
                self._armed = self._armed or rearm
                pause = self._pause()
            if rearm:  # the exception is the producer's to see, and the timer's to carry on after
                self._arm(pause)

    def _pause(self) -> int:
        """Microseconds until the next item may pass; not above 0 if it may pass now."""
        if len(self._passed) < (self._passed.maxlen or 0):
            return 0
        return self._passed[0] + self._span - self._now()

    def _arm(self, pause: int) -> None:
        fresh = SingleAssignmentDisposable()
        self.timer.disposable = fresh  # before scheduling: a real timer may fire, and arm the next, before we return
        fresh.disposable = self._scheduler.schedule_relative(max(pause, 0) / 1e6, self._fire)

    def _fire(self, *_: object) -> None:
        with self._lock:
            self._armed = False
        self._drain()
