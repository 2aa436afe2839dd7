"""buffer_bounded: deliver items on another thread, through a buffer of limited size."""

import logging
from collections.abc import Callable, Hashable
from contextlib import suppress
from functools import partial
from threading import RLock
from typing import Any, Generic, NamedTuple, TypeVar

from reactivex import Observable, abc
from reactivex.disposable import Disposable, SingleAssignmentDisposable
from reactivex.internal.exceptions import DisposedException

from rx_kucoin.operators.internal.bounded_buffer import BoundedBuffer, BufferOverflow, Overflow, is_possible
from rx_kucoin.operators.internal.worker import Worker

__all__ = ["BufferOverflow", "Overflow", "buffer_bounded"]

T = TypeVar("T")

BATCH = 256  # items per scheduled action, so that others on the same scheduler get their turn

logger = logging.getLogger("rx_kucoin.operators")


def buffer_bounded(
    capacity: int,
    overflow: Overflow = "drop_oldest",
    *,
    key: Callable[[T], Hashable] | None = None,
    on_drop: Callable[[int], None] | None = None,
    scheduler: abc.SchedulerBase | None = None,
) -> Callable[[Observable[T]], Observable[T]]:
    """Deliver items on `scheduler`, keeping at most `capacity` of them in between: `observe_on` with a bounded buffer.

    .. marble::

        source: -(abcd)--e---|
        [ buffer_bounded(2, on_drop=drops) ]
        result: -(cd)----e---|
        drops:  -(11)

    The producer never waits, never runs the consumer and never sees its exceptions. When the buffer is full,

    - `drop_oldest` makes room,
    - `drop_newest` leaves the new item out,
    - `latest` replaces the item of the same key, full or not, in its place in the queue; an item of a new key drops the
      oldest. Without a key it keeps the newest item alone,
    - `error` ends the stream with `BufferOverflow`.

    Any end of the stream comes after what is buffered. A consumer that raises is given its exception through `on_error`
    and is unsubscribed; if it has no `on_error` the exception is logged.

    Examples:
        >>> source.pipe(buffer_bounded(1_000))
        >>> source.pipe(buffer_bounded(100, "latest", key=lambda ticker: ticker.symbol))

    Args:
        capacity: How many items the buffer holds.
        overflow: What gives way when it is full.
        key: The key of an item, for `latest` only.
        on_drop: Called with the number of items that were dropped or replaced, each time, on the producer's thread.
        scheduler: Where to deliver. Defaults to the subscriber's, then to a daemon thread of this subscription's own,
            which starts with the first item and ends with the subscription.

    Returns:
        An operator function that takes an observable source and returns an observable that delivers elsewhere.

    Raises:
        ValueError: `capacity` is below 1, `overflow` is unknown, or `key` does not go with it.
    """
    if not is_possible(capacity, overflow, keyed=key is not None):
        raise ValueError(f"buffer_bounded cannot do {capacity=}, {overflow=}, {key=}")
    rules = _Rules(capacity, overflow, key, on_drop)

    def operator(source: Observable[T]) -> Observable[T]:
        def subscribe(observer: abc.ObserverBase[T], scheduler_: abc.SchedulerBase | None = None) -> abc.DisposableBase:
            buffer = _Buffer(observer, rules, scheduler or scheduler_)
            buffer.source.disposable = source.subscribe(
                buffer.on_next, buffer.on_error, buffer.on_completed, scheduler=scheduler_
            )
            return Disposable(buffer.close)

        return Observable(subscribe)

    return operator


class _Rules(NamedTuple):
    capacity: int
    overflow: Overflow
    key: Callable[[Any], Hashable] | None
    on_drop: Callable[[int], None] | None


class _Buffer(Generic[T]):
    """One subscription: the items that the producer has put in and the consumer has not seen yet."""

    def __init__(self, observer: abc.ObserverBase[T], rules: _Rules, scheduler: abc.SchedulerBase | None) -> None:
        self._observer, self._rules, self._scheduler = observer, rules, scheduler
        self._worker = Worker("buffer_bounded")  # has no thread before it is given something to do
        self._lock = RLock()  # guards all below; never held while calling out
        self._items = BoundedBuffer[T](rules.capacity, rules.overflow)
        self._ending: Callable[[], None] | None = None  # the terminal call, made once the buffer is empty
        self._scheduled = False
        """Whether a delivery is scheduled or running; it goes on until it finds nothing more, and resets this then."""
        self._closed = False
        self.source = SingleAssignmentDisposable()

    def on_next(self, item: T) -> None:
        key, on_drop = self._rules.key, self._rules.on_drop
        try:
            dropped = self._put(item, None if key is None else key(item))
            if dropped and on_drop is not None:
                on_drop(len(dropped))
        except Exception as error:  # noqa: BLE001  BufferOverflow, or an exception of the caller's key or on_drop
            self.on_error(error)
            self.source.dispose()
        else:
            self._wake()

    def on_error(self, error: Exception) -> None:
        self._end(partial(self._observer.on_error, error))

    def on_completed(self) -> None:
        self._end(self._observer.on_completed)

    def close(self) -> None:
        with self._lock:
            self._closed = True
            items = self._items.take_all()
        self.source.dispose()
        self._worker.dispose()
        del items  # without the lock, see `BoundedBuffer`

    def _put(self, item: T, key: Hashable) -> tuple[T, ...]:
        """Add an item. Returns what was dropped for it, which lives until the lock is released."""
        with self._lock:
            is_over = self._closed or self._ending is not None
            return () if is_over else self._items.put(item, key)

    def _end(self, last_word: Callable[[], None]) -> None:
        with self._lock:
            self._ending = self._ending or last_word
        self._wake()

    def _wake(self) -> None:
        with self._lock:
            if self._closed or self._scheduled:
                return
            self._scheduled = True
        self._schedule()

    def _schedule(self) -> None:
        if self._scheduler is None:
            self._worker.give(self._deliver)
            return
        with suppress(DisposedException):  # nothing can be delivered on a scheduler that was closed
            self._scheduler.schedule(self._deliver)

    def _deliver(self, *_: object) -> None:
        """Make the calls that are due, on the scheduler; one delivery at a time, as `_scheduled` says."""
        for _batch in range(BATCH):
            call = self._take()
            if call is None:
                return
            try:
                call()
            except Exception as error:  # noqa: BLE001  the consumer's own, which ends it alone
                self._end_consumer(error)
                return
        self._schedule()

    def _take(self) -> Callable[[], None] | None:
        with self._lock:
            if self._closed:
                return None
            if self._items:
                return partial(self._observer.on_next, self._items.take())
            self._scheduled = False
            self._closed = self._ending is not None
            return self._ending

    def _end_consumer(self, error: Exception) -> None:
        self.close()
        try:
            if getattr(self._observer, "is_stopped", False):
                raise error  # noqa: TRY301  it has ended before, and takes no error any more
            self._observer.on_error(error)
        except Exception:
            logger.exception("A consumer behind buffer_bounded raised, and did not handle it")
