"""retry_backoff: subscribe again to a source that failed, after waits that grow, a bounded number of times in a row."""

import math
import random as dice
from collections.abc import Callable
from typing import Any, Generic, NamedTuple, TypeVar

from reactivex import Observable, abc
from reactivex.disposable import SerialDisposable, SingleAssignmentDisposable
from reactivex.scheduler import TimeoutScheduler

from rx_kucoin.operators.internal.clocks import clock_of, microseconds

__all__ = ["full_jitter", "growing_waits", "retry_backoff"]

T = TypeVar("T")


def retry_backoff(
    max_attempts: int | None = 5,
    *,
    delay: Callable[[int, Exception], float] | None = None,
    healthy_after: float = 60.0,
    succeeded: Callable[[T], bool] | None = None,
    at_once: Callable[[], float] | None = None,
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

    .. marble::

        source:  ---a--#
        [ retry_backoff(1, delay=lambda number, error: 5, healthy_after=3, at_once=lambda: 1, on_retry=retries) ]
        result:  ---a------a------a--
        retries: ------1------1------
        source:  ^-----!^-----!^-----

    Two things are counted, and each ends in its own way:

    1. Attempts that failed in a row; one more than `max_attempts` passes the error. The row ends with an attempt that
       succeeded: at the latest once it has emitted a value and lived for `healthy_after` seconds after it, or as soon
       as `succeeded` says so.
    2. Waits that have grown. They go on growing over attempts that succeed and fail again at once, so that a server
       that greets and hangs up is not flooded, and begin anew after an attempt that was healthy.

    An error whose attribute `retry_after` is a number asks for patience: the attempt after it is not counted. Where the
    number is 0, the server did not say for how long, and the waits grow.

    An exception that a subscriber raises is not a failure of the source. Should it come back as an error, as RxPY sends
    it back to sources that emit while they are being subscribed to, it passes without a retry.

    Examples:
        >>> source.pipe(retry_backoff())
        >>> source.pipe(retry_backoff(None, delay=full_jitter(cap=30.0), retryable=lambda e: isinstance(e, OSError)))

    Args:
        max_attempts: How many attempts to get the source back may fail in a row before the error passes; `None`: any.
        delay: Seconds to wait before an attempt, given how many waits have grown (1, 2, 3 ...) and the error.
            Defaults to `full_jitter()`.
        healthy_after: Seconds that an attempt has to live from its first value on to be healthy, which ends both
            counts.
        succeeded: Tells, of the latest value of an attempt that failed, whether the attempt had succeeded before. None:
            only one that was healthy has.
        at_once: Seconds to wait before the first attempt after one that was healthy or succeeded; the second one then
            waits as the first one does otherwise. None: no attempt is special.
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

    rules = _Rules(
        max_attempts, wait_for, at_once, microseconds(healthy_after), succeeded, retryable, on_retry, on_give_up
    )

    def operator(source: Observable[T]) -> Observable[T]:
        def subscribe(observer: abc.ObserverBase[T], scheduler_: abc.SchedulerBase | None = None) -> abc.DisposableBase:
            def connect(attempts: _Attempts[T]) -> abc.DisposableBase:
                return source.subscribe(
                    attempts.on_next, attempts.on_error, observer.on_completed, scheduler=scheduler_
                )

            clock = scheduler or scheduler_ or TimeoutScheduler.singleton()
            attempts = _Attempts(observer, connect, rules, clock)
            attempts.begin()
            return attempts.current

        return Observable(subscribe)

    return operator


def growing_waits(
    initial: float = 1.0,
    factor: float = 3.0,
    cap: float = 60.0,
    *,
    jitter: float = 0.25,
    random: Callable[[], float] = dice.random,
) -> Callable[[int, Exception], float]:
    """Waits for `retry_backoff` that grow exponentially up to a cap, and of which a part is random.

    The fixed part makes sure that a few attempts cover a certain time: five attempts from 2 s on, the first of them at
    once, outlast an outage of a minute. The random part keeps clients that lost the same server from coming back
    together. Where the error has a number `retry_after`, as a server may ask for, the wait is that, and up to `initial`
    more.

    Examples:
        >>> growing_waits(initial=0.5, cap=10.0)

    Args:
        initial: The longest first wait, in seconds.
        factor: How much longer each wait is than the one before.
        cap: The longest wait of all, in seconds.
        jitter: The part of each wait that is random, from 0 (none) to 1 (all of it).
        random: Returns a random number in [0, 1).

    Returns:
        A function of the wait's number (1, 2, 3 ...) and the error that returns seconds.

    Raises:
        ValueError: `initial` or `cap` is not above 0, `factor` is below 1, or `jitter` is not in [0, 1].
    """
    if initial <= 0 or factor < 1 or cap <= 0 or not 0 <= jitter <= 1:
        raise ValueError(
            "growing_waits needs initial > 0, factor >= 1, cap > 0 and 0 <= jitter <= 1, "
            f"got {initial}, {factor}, {cap}, {jitter}"
        )
    # Steps until the cap is reached. More would change nothing and overflow in the end.
    steps = max(math.ceil(math.log(cap / initial, factor)), 0) if factor > 1 else 0

    def delay(number: int, error: Exception) -> float:
        if asked := _asked_for(error):
            return asked + random() * min(cap, initial)
        return (1 - jitter + jitter * random()) * min(cap, initial * factor ** min(number - 1, steps))

    return delay


def full_jitter(
    initial: float = 1.0, factor: float = 2.0, cap: float = 60.0, *, random: Callable[[], float] = dice.random
) -> Callable[[int, Exception], float]:
    """Waits for `retry_backoff` that are random altogether: from nothing to an exponentially growing, capped number.

    A row of attempts may be over within moments by chance: see `growing_waits`, which has a fixed part. Where the error
    has a number `retry_after`, as a server may ask for, that many seconds are added.

    Examples:
        >>> full_jitter(initial=0.5, cap=10.0)

    Args:
        initial: The longest first wait, in seconds.
        factor: How much longer each wait may be than the one before.
        cap: The longest wait of all, in seconds.
        random: Returns a random number in [0, 1).

    Returns:
        A function of the wait's number (1, 2, 3 ...) and the error that returns seconds.

    Raises:
        ValueError: `initial` or `cap` is not above 0, or `factor` is below 1.
    """
    if initial <= 0 or factor < 1 or cap <= 0:
        raise ValueError(f"full_jitter needs initial > 0, factor >= 1 and cap > 0, got {initial}, {factor}, {cap}")
    steps = max(math.ceil(math.log(cap / initial, factor)), 0) if factor > 1 else 0

    def delay(number: int, error: Exception) -> float:
        return (_asked_for(error) or 0.0) + random() * min(cap, initial * factor ** min(number - 1, steps))

    return delay


def _asked_for(error: Exception) -> float | None:
    """Seconds for which a server asked for patience; 0: it did not say for how long. None: it did not ask."""
    asked: object = getattr(error, "retry_after", None)
    return max(float(asked), 0.0) if isinstance(asked, int | float) else None


class _Rules(NamedTuple):
    max_attempts: int | None
    delay: Callable[[int, Exception], float]
    at_once: Callable[[], float] | None
    healthy_after: int
    succeeded: Callable[[Any], bool] | None
    retryable: Callable[[Exception], bool] | None
    on_retry: Callable[[int, float, Exception], None] | None
    on_give_up: Callable[[int, Exception], Exception] | None


class _Attempts(Generic[T]):
    """One subscription: the attempt that lives or is waited for, and the two counts.

    An attempt's notifications and the timer between two attempts follow one another, so no lock is needed.
    """

    def __init__(
        self,
        observer: abc.ObserverBase[T],
        connect: Callable[["_Attempts[T]"], abc.DisposableBase],
        rules: _Rules,
        scheduler: abc.SchedulerBase,
    ) -> None:
        self._observer, self._connect, self._rules, self._scheduler = observer, connect, rules, scheduler
        self._now = clock_of(scheduler)
        self._failed = 0
        """Attempts that failed in a row."""
        self._grown = 0
        """Waits that have grown since an attempt was healthy."""
        self._went_at_once = False
        """Whether an attempt was made at once since then."""
        self._first_value_at: int | None = None
        self._latest: list[T] = []
        """The latest value of the attempt, if it has emitted any."""
        self._raised_downstream: Exception | None = None
        self.current = SerialDisposable()

    def begin(self, *_: object) -> None:
        """Subscribe to the source."""
        if self.current.is_disposed:
            return
        self._first_value_at = self._raised_downstream = None
        self._latest = []
        life = self._replace_current()
        life.disposable = self._connect(self)

    def on_next(self, value: T) -> None:
        """Pass a value on."""
        if self._first_value_at is None:
            self._first_value_at = self._now()
        self._latest = [value]
        try:
            self._observer.on_next(value)
        except Exception as error:
            self._raised_downstream = error
            raise

    def on_error(self, error: Exception) -> None:
        """Wait for the next attempt, or pass the error on."""
        if error is self._raised_downstream:
            self._observer.on_error(error)
            return
        try:
            verdict = self._judge(error)
        except Exception as failed:  # noqa: BLE001  a callback of the caller's: its mistake ends the stream
            verdict = failed
        self._latest = []
        if isinstance(verdict, Exception):
            self._observer.on_error(verdict)
            return
        waiting = self._replace_current()
        waiting.disposable = self._scheduler.schedule_relative(verdict, self.begin)

    def _judge(self, error: Exception) -> float | Exception:
        """Count a failure. Returns the seconds until the next attempt, or the error that passes instead."""
        rules = self._rules
        is_healthy = self._first_value_at is not None and self._now() - self._first_value_at >= rules.healthy_after
        has_succeeded = is_healthy or (rules.succeeded is not None and any(map(rules.succeeded, self._latest)))
        if has_succeeded:
            self._failed = 0
        if is_healthy:
            self._grown, self._went_at_once = 0, False
        if rules.retryable is not None and not rules.retryable(error):
            return error
        asked = _asked_for(error)
        self._failed += asked is None
        attempt = max(self._failed, 1)
        if rules.max_attempts is not None and attempt > rules.max_attempts:
            return error if rules.on_give_up is None else rules.on_give_up(rules.max_attempts, error)
        if has_succeeded and asked is None and rules.at_once is not None and not self._went_at_once:
            self._went_at_once = True
            wait = rules.at_once()
        else:
            self._grown += not asked
            wait = rules.delay(max(self._grown, 1), error)
        wait = max(wait, 0.0)
        if rules.on_retry is not None:
            rules.on_retry(attempt, wait, error)
        return wait

    def _replace_current(self) -> SingleAssignmentDisposable:
        """Dispose of what was current, before what comes next can begin, and so cannot be disposed of in its place."""
        self.current.disposable = fresh = SingleAssignmentDisposable()
        return fresh
