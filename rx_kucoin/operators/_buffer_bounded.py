"""buffer_bounded: hand items over to another thread through a buffer that has an end."""

import logging
from collections import OrderedDict
from collections.abc import Callable, Hashable
from contextlib import suppress
from functools import partial
from itertools import count
from threading import Lock
from typing import Generic, Literal, TypeVar, get_args

from reactivex import Observable, abc
from reactivex.disposable import Disposable, SingleAssignmentDisposable
from reactivex.internal import noop
from reactivex.internal.exceptions import DisposedException

from rx_kucoin.operators.internal.worker import Worker

__all__ = ["BufferOverflow", "Overflow", "buffer_bounded"]

T = TypeVar("T")

Overflow = Literal["drop_oldest", "drop_newest", "latest_by_key", "error"]

BATCH = 256  # items per scheduled action, so that others on the same scheduler get their turn

logger = logging.getLogger("rx_kucoin.operators")


class BufferOverflow(Exception):
    """The consumer is further behind than `buffer_bounded` was allowed to remember."""


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
    - `latest_by_key` replaces the item of the same key, full or not, in its place in the queue; an item of a new key
      drops the oldest,
    - `error` ends the stream with `BufferOverflow`.

    Any end of the stream comes after what is buffered. A consumer that raises is given its exception through `on_error`
    and is unsubscribed; if it has no `on_error` the exception is logged.

    Examples:
        >>> source.pipe(buffer_bounded(1_000))
        >>> source.pipe(buffer_bounded(100, "latest_by_key", key=lambda ticker: ticker.symbol))

    Args:
        capacity: How many items the buffer holds.
        overflow: What gives way when it is full.
        key: What makes two items replace each other; for `latest_by_key`, and only there.
        on_drop: Told how many items were dropped or replaced, each time, on the producer's thread.
        scheduler: Where to deliver. Defaults to the subscriber's, then to a daemon thread of this subscription's own,
            which starts with the first item and ends with the subscription.

    Returns:
        An operator function that takes an observable source and returns an observable that delivers elsewhere.

    Raises:
        ValueError: `capacity` is below 1, `overflow` is unknown, or `key` does not go with it.
    """
    if capacity < 1 or overflow not in get_args(Overflow) or (key is None) == (overflow == "latest_by_key"):
        raise ValueError(f"buffer_bounded cannot do {capacity=}, {overflow=}, {key=}")

    def operator(source: Observable[T]) -> Observable[T]:
        def subscribe(observer: abc.ObserverBase[T], scheduler_: abc.SchedulerBase | None = None) -> abc.DisposableBase:
            buffer = _Buffer(observer, capacity, overflow, key, on_drop, scheduler or scheduler_)
            buffer.source.disposable = source.subscribe(
                buffer.on_next, buffer.on_error, buffer.on_completed, scheduler=scheduler_
            )
            return Disposable(buffer.close)

        return Observable(subscribe)

    return operator


class _Buffer(Generic[T]):
    """One subscription: what the producer has put in and the consumer has not seen yet."""

    def __init__(
        self,
        observer: abc.ObserverBase[T],
        capacity: int,
        overflow: Overflow,
        key: Callable[[T], Hashable] | None,
        on_drop: Callable[[int], None] | None,
        scheduler: abc.SchedulerBase | None,
    ) -> None:
        self._observer = observer
        self._capacity = capacity
        self._overflow = overflow
        serial = count()
        self._key: Callable[[T], Hashable] = key or (lambda _: next(serial))  # without keys nothing is ever the same
        self._on_drop: Callable[[int], None] = on_drop or noop
        self._scheduler = scheduler
        self._worker = Worker("buffer_bounded")  # has no thread before it is given something to do
        self._lock = Lock()  # never held while calling out
        self._items: OrderedDict[Hashable, T] = OrderedDict()
        self._ending: Callable[[], None] | None = None  # what is said once the buffer is empty
        self._scheduled = False
        self._closed = False
        self.source = SingleAssignmentDisposable()

    def on_next(self, item: T) -> None:
        try:
            if self._put(self._key(item), item):
                self._on_drop(1)
        except Exception as error:  # noqa: BLE001 - BufferOverflow, or a mistake in the consumer's key or on_drop
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
            self._items.clear()
        self.source.dispose()
        self._worker.dispose()

    def _put(self, slot: Hashable, item: T) -> bool:
        """Take the item in; tell whether one was dropped for it, or it was."""
        with self._lock:
            if self._closed or self._ending is not None:
                return False
            known = slot in self._items
            full = len(self._items) >= self._capacity and not known
            if full and self._overflow == "error":
                raise BufferOverflow(f"the consumer is more than {self._capacity} items behind")
            if full and self._overflow != "drop_newest":
                self._items.popitem(last=False)
            if not full or self._overflow != "drop_newest":
                self._items[slot] = item
            return full or known

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
        with suppress(DisposedException):  # who closed the scheduler wants nothing delivered; the producer is not told
            self._scheduler.schedule(self._deliver)

    def _deliver(self, *_: object) -> None:
        for _batch in range(BATCH):
            call = self._take()
            if call is None:
                return
            try:
                call()
            except Exception as error:  # noqa: BLE001 - the consumer's own, and his alone
                self._end_consumer(error)
                return
        self._schedule()

    def _take(self) -> Callable[[], None] | None:
        with self._lock:
            if self._closed:
                return None
            if self._items:
                return partial(self._observer.on_next, self._items.popitem(last=False)[1])
            self._scheduled = False
            self._closed = self._ending is not None
            return self._ending

    def _end_consumer(self, error: Exception) -> None:
        self.close()
        try:
            if getattr(self._observer, "is_stopped", False):
                raise error  # noqa: TRY301 - it has ended before, and cannot be told any more
            self._observer.on_error(error)
        except Exception:
            logger.exception("A consumer behind buffer_bounded raised, and did not handle it")
