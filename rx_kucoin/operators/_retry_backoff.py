"""retry_backoff: subscribe again to a source that failed, after waits that grow, a bounded number of times in a row."""

import math
import random as dice
from collections.abc import Callable
from typing import Generic, TypeVar

from reactivex import Observable, abc
from reactivex.disposable import SerialDisposable, SingleAssignmentDisposable
from reactivex.scheduler import TimeoutScheduler

from rx_kucoin.operators.internal.monotonic import clock_of, microseconds

__all__ = ["full_jitter", "retry_backoff"]

T = TypeVar("T")


def retry_backoff(
    max_attempts: int | None = 5,
    *,
    delay: Callable[[int, Exception], float] | None = None,
    healthy_after: float = 60.0,
    retryable: Callable[[Exception], bool] | None = None,
    on_retry: Callable[[int, float, Exception], None] | None = None,
    on_give_up: Callable[[int, Exception], Exception] | None = None,
    scheduler: abc.SchedulerBase | None = None,
) -> Callable[[Observable[T]], Observable[T]]:
    """Subscribe again to a failed source, at most `max_attempts` times in a row, after growing waits.

    .. marble::

        source:  -a#
        [ retry_backoff(2, delay=lambda attempt, error: attempt, on_retry=retries) ]
        result:  -a--a---a#
        retries: --1--2
        source:  ^-!^-!-^-!

    A row of failures ends when an attempt has emitted a value and has then lived for `healthy_after` seconds; the value
    alone does not end it, or a server that greets and hangs up would be dialled for ever. When the row is over the
    count starts again at 1.

    An exception that a subscriber raises is not a failure of the source. Should it come back as an error, as RxPY sends
    it back to sources that emit while they are being subscribed to, it passes without a retry.

    Examples:
        >>> source.pipe(retry_backoff())
        >>> source.pipe(retry_backoff(None, delay=full_jitter(cap=30.0), retryable=lambda e: isinstance(e, OSError)))

    Args:
        max_attempts: How many attempts to get the source back may fail in a row before the error passes; `None`: any.
        delay: Seconds to wait before an attempt, given its number in the row (1, 2, 3 ...) and the error.
            Defaults to `full_jitter()`.
        healthy_after: Seconds that an attempt has to live from its first value on to end the row.
        retryable: Tells whether an error is worth another attempt; others pass at once, untouched. Defaults to all.
        on_retry: Told the attempt's number, the wait in seconds and the error, before each wait.
        on_give_up: Makes the error that passes in the end of the number of attempts in the row and the last error.
        scheduler: Waits and tells the time. Defaults to the subscriber's, then to `TimeoutScheduler`.

    Returns:
        An operator function that takes an observable source and returns an observable that survives its failures.

    Raises:
        ValueError: `max_attempts` or `healthy_after` is below 0.
    """
    if (max_attempts is not None and max_attempts < 0) or healthy_after < 0:
        raise ValueError(
            f"retry_backoff needs max_attempts >= 0 and healthy_after >= 0: {max_attempts}, {healthy_after}"
        )
    wait_for = delay or full_jitter()

    def judge(attempt: int, error: Exception) -> float | Exception:
        """Seconds to wait before this attempt, or the error that passes instead."""
        if retryable is not None and not retryable(error):
            return error
        if max_attempts is not None and attempt > max_attempts:
            return error if on_give_up is None else on_give_up(max_attempts, error)
        wait = max(wait_for(attempt, error), 0.0)
        if on_retry is not None:
            on_retry(attempt, wait, error)
        return wait

    def operator(source: Observable[T]) -> Observable[T]:
        def subscribe(observer: abc.ObserverBase[T], scheduler_: abc.SchedulerBase | None = None) -> abc.DisposableBase:
            def connect(row: _Row[T]) -> abc.DisposableBase:
                return source.subscribe(row.on_next, row.on_error, observer.on_completed, scheduler=scheduler_)

            _scheduler = scheduler or scheduler_ or TimeoutScheduler.singleton()
            row = _Row(observer, connect, judge, healthy_after, _scheduler)
            row.attempt()
            return row.current

        return Observable(subscribe)

    return operator


def full_jitter(
    initial: float = 1.0, factor: float = 2.0, cap: float = 60.0, *, random: Callable[[], float] = dice.random
) -> Callable[[int, Exception], float]:
    """Waits for `retry_backoff`: anything from nothing to an exponentially growing, capped number of seconds.

    All of the wait is random, so that clients that lost the same server do not come back to it together. Where the
    error has a number `retry_after`, as a server may ask for, that many seconds are added: they come back neither
    early nor together.

    Examples:
        >>> full_jitter(initial=0.5, cap=10.0)

    Args:
        initial: The longest wait before the first attempt, in seconds.
        factor: How much longer it gets from attempt to attempt.
        cap: What it never exceeds.
        random: Throws the dice: a number in [0, 1).

    Returns:
        A function of the attempt's number (1, 2, 3 ...) and the error that returns seconds.

    Raises:
        ValueError: `initial` or `cap` is not above 0, or `factor` is below 1.
    """
    if initial <= 0 or factor < 1 or cap <= 0:
        raise ValueError(f"full_jitter needs initial > 0, factor >= 1 and cap > 0, got {initial}, {factor}, {cap}")
    # Steps until the cap is reached. More would change nothing and overflow in the end.
    steps = max(math.ceil(math.log(cap / initial, factor)), 0) if factor > 1 else 0

    def delay(attempt: int, error: Exception) -> float:
        asked: object = getattr(error, "retry_after", None)
        at_least = float(asked) if isinstance(asked, int | float) else 0.0
        return at_least + random() * min(cap, initial * factor ** min(attempt - 1, steps))

    return delay


class _Row(Generic[T]):
    """One subscription: the attempt that lives or is waited for, and how many have failed in a row."""

    def __init__(
        self,
        observer: abc.ObserverBase[T],
        connect: Callable[["_Row[T]"], abc.DisposableBase],
        judge: Callable[[int, Exception], float | Exception],
        healthy_after: float,
        scheduler: abc.SchedulerBase,
    ) -> None:
        self._observer = observer
        self._connect = connect
        self._judge = judge
        self._healthy_after = microseconds(healthy_after)
        self._scheduler = scheduler
        self._now = clock_of(scheduler)
        self._failures = 0
        self._first_value_at: int | None = None
        self._raised_downstream: Exception | None = None
        self.current = SerialDisposable()

    def attempt(self, *_: object) -> None:
        if self.current.is_disposed:
            return
        self._first_value_at = self._raised_downstream = None
        life = self._replace_current()
        life.disposable = self._connect(self)

    def on_next(self, value: T) -> None:
        if self._first_value_at is None:
            self._first_value_at = self._now()
        try:
            self._observer.on_next(value)
        except Exception as error:
            self._raised_downstream = error
            raise

    def on_error(self, error: Exception) -> None:
        if error is self._raised_downstream:
            self._observer.on_error(error)
            return
        healthy = self._first_value_at is not None and self._now() - self._first_value_at >= self._healthy_after
        self._failures = 1 if healthy else self._failures + 1
        try:
            verdict = self._judge(self._failures, error)
        except Exception as failed:  # noqa: BLE001 - a callback of the caller's: his mistake ends his stream
            verdict = failed
        if isinstance(verdict, Exception):
            self._observer.on_error(verdict)
            return
        wait = self._replace_current()
        wait.disposable = self._scheduler.schedule_relative(verdict, self.attempt)

    def _replace_current(self) -> SingleAssignmentDisposable:
        """Dispose of what was current, before what comes next can begin, and so cannot be disposed of in its place."""
        self.current.disposable = fresh = SingleAssignmentDisposable()
        return fresh
