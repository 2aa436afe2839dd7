"""rate_limit: delay items so that no window of time ever holds too many, and lose none."""

from collections import deque
from collections.abc import Callable
from functools import partial
from threading import RLock
from typing import Generic, Literal, TypeVar

from reactivex import Observable, abc
from reactivex.disposable import CompositeDisposable, Disposable
from reactivex.internal import noop
from reactivex.scheduler import TimeoutScheduler

from rx_kucoin.operators.internal.clocks import clock_of, microseconds
from rx_kucoin.operators.internal.drain_queue import DrainQueue
from rx_kucoin.operators.internal.rate_budget import RateBudget
from rx_kucoin.operators.internal.timers import Timer

__all__ = ["QueueOverflow", "rate_limit"]

T = TypeVar("T")


class QueueOverflow(Exception):
    """More items wait for their turn than `rate_limit` was allowed to keep."""


def rate_limit(
    count: int,
    per: float,
    *,
    max_queue: int | None = None,
    overflow: Literal["error", "drop_oldest"] = "error",
    scheduler: abc.SchedulerBase | None = None,
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

    Where items only say that there is something to do, one that waits is enough. What is done is then decided by the
    subscriber, when the item passes:

    .. marble::

        source: -abcd------|
        [ rate_limit(1, per=4, max_queue=1, overflow="drop_oldest") ]
        result: -a---d-----|

    Examples:
        >>> source.pipe(rate_limit(100, per=10.0))
        >>> source.pipe(rate_limit(1, per=0.5, max_queue=1_000))

    Args:
        count: How many items may pass in a window.
        per: The length of the window, in seconds.
        max_queue: How many items may wait. Unlimited if omitted.
        overflow: What one more does: `error` ends the stream with `QueueOverflow`, `drop_oldest` makes room.
        scheduler: Runs the one timer and tells the time. Defaults to the subscriber's, then to `TimeoutScheduler`,
            which is timed with the monotonic clock.

    Returns:
        An operator function that takes an observable source and returns an observable of the same items, delayed.

    Raises:
        ValueError: `count` or `max_queue` is below 1, `per` is not above 0, or `overflow` is unknown.
    """
    if count < 1 or per <= 0 or (max_queue is not None and max_queue < 1):
        raise ValueError(f"rate_limit needs count >= 1, per > 0, max_queue >= 1, got {count}, {per}, {max_queue}")
    if overflow not in {"error", "drop_oldest"}:
        raise ValueError(f"rate_limit needs an overflow of 'error' or 'drop_oldest', got {overflow!r}")

    def operator(source: Observable[T]) -> Observable[T]:
        def subscribe(observer: abc.ObserverBase[T], scheduler_: abc.SchedulerBase | None = None) -> abc.DisposableBase:
            _scheduler = scheduler or scheduler_ or TimeoutScheduler.singleton()
            budget = RateBudget(count, microseconds(per))
            gate = _Gate(observer, budget, max_queue, drops=overflow == "drop_oldest", scheduler=_scheduler)
            subscription = source.subscribe(gate.on_next, gate.on_error, gate.on_completed, scheduler=scheduler_)
            return CompositeDisposable(subscription, Disposable(gate.close))

        return Observable(subscribe)

    return operator


class _Gate(Generic[T]):
    """One subscription: the items that wait, and the budget of those that passed.

    Every change puts a `_look` into the drain queue, under the lock. In its turn it decides under the lock what may be
    done, and does it outside: so one thread at a time emits, and a thread that comes meanwhile does not wait for it.
    """

    def __init__(
        self,
        observer: abc.ObserverBase[T],
        budget: RateBudget,
        max_queue: int | None,
        *,
        drops: bool,
        scheduler: abc.SchedulerBase,
    ) -> None:
        self._observer, self._budget, self._max_queue, self._drops = observer, budget, max_queue, drops
        self._now, self._timer = clock_of(scheduler), Timer(scheduler)
        self._turns = DrainQueue()
        self._lock = RLock()  # guards all below, and the budget; never held while calling out
        self._items: deque[T] = deque()
        self._ending: Callable[[], None] | None = None  # the terminal call, made once no item waits
        self._is_timed = False  # the timer is set

    def on_next(self, item: T) -> None:
        dropped: T | None = None  # released without the lock: a finaliser may run any code
        with self._lock:
            if self._ending is not None:
                return
            full = len(self._items) == self._max_queue
            if full and self._drops:
                dropped = self._items.popleft()
            if not full or self._drops:
                self._items.append(item)
                self._turns.put(self._look)
        del dropped
        if full and not self._drops:
            self.on_error(QueueOverflow(f"{self._max_queue} items wait already for their turn to pass"))
        else:
            self._turns.deliver()

    def on_error(self, error: Exception) -> None:
        self._end(partial(self._observer.on_error, error), drop=True)

    def on_completed(self) -> None:
        self._end(self._observer.on_completed, drop=False)

    def close(self) -> None:
        with self._lock:
            items, self._items = self._items, deque()
            self._ending = noop
        self._turns.close()
        self._timer.dispose()
        items.clear()  # without the lock, see above

    def _end(self, last_word: Callable[[], None], *, drop: bool) -> None:
        items: deque[T] = deque()
        with self._lock:
            if drop:
                items, self._items = self._items, items
            self._ending = self._ending or last_word
            self._turns.put(self._look)
        items.clear()
        self._turns.deliver()

    def _look(self) -> None:
        """Do what may be done next. There are three cases."""
        with self._lock:
            pause = self._budget.pause(1, self._now()) or 0  # never None, as no item is under way
            if self._items and pause == 0:  # 1. The next item may pass, and what is behind it is looked at after that.
                self._budget.begin(1)
                act: Callable[[], None] = partial(self._emit, self._items.popleft())
                if self._items or self._ending is not None:
                    self._turns.put(self._look)
            elif self._items:  # 2. It has to wait for the timer. Woken early, that looks again.
                if self._is_timed:
                    return
                self._is_timed = True
                act = partial(self._timer.set, pause / 1e6, self._wake)
            else:  # 3. Nothing is left but the end, once.
                act = self._ending or noop
                self._ending = self._ending and noop
        act()

    def _emit(self, item: T) -> None:
        try:
            self._observer.on_next(item)
        except BaseException as error:  # the producer's to see
            if not isinstance(error, Exception):  # the drain queue stops at it, so the timer carries on
                self._timer.set(0.0, self._wake)
            raise
        finally:
            with self._lock:
                self._budget.end(1, self._now())

    def _wake(self) -> None:
        with self._lock:
            self._is_timed = False
            self._turns.put(self._look)
        self._turns.deliver()
