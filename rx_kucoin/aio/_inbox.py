"""The buffer between the thread of a stream and an event loop."""

import asyncio
from collections.abc import Callable, Hashable
from contextlib import suppress
from threading import RLock
from typing import Any, Final, Generic, TypeVar, cast

from reactivex import Observable
from reactivex.disposable import SingleAssignmentDisposable

from rx_kucoin.operators.internal.bounded_buffer import BoundedBuffer, Overflow

__all__ = ["EMPTY", "Inbox"]

T = TypeVar("T")

EMPTY: Final[Any] = object()


class Inbox(Generic[T]):
    """The values that have come and were not taken. The stream's thread puts them in, the loop takes them out."""

    def __init__(
        self,
        maxsize: int,
        overflow: Overflow,
        key: Callable[[T], Hashable] | None,
        on_drop: Callable[[int], object] | None,
    ) -> None:
        self._maxsize, self._key, self._on_drop = maxsize, key, on_drop
        self._lock = RLock()  # guards all below; never held while calling out
        self._items = BoundedBuffer[T](maxsize, overflow)
        self._arrival: asyncio.Future[None] | None = None
        """Settled by the next value; None while nothing waits for it."""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ended = self._closed = False
        self._error: Exception | None = None
        self._source = SingleAssignmentDisposable()

    @property
    def state(self) -> str:
        """The state, in words."""
        state = "closed" if self._closed else "ended" if self._ended else "live" if self._loop else "not begun"
        return f"{state} | {len(self._items)} of {self._maxsize} wait | {self._items.dropped} dropped"

    def begin(self, source: Observable[T]) -> None:
        """Subscribe. Called on the loop."""
        self._loop = asyncio.get_running_loop()
        self._source.disposable = source.subscribe(self._on_next, self._on_error, self._on_completed)

    def take(self) -> T:
        """Take the oldest value, or `EMPTY`."""
        try:
            with self._lock:
                return self._items.take()
        except LookupError:
            return cast("T", EMPTY)

    def arrival(self) -> "asyncio.Future[None] | None":
        """Return what to wait for; None: there is a value, or there will be none."""
        with self._lock:
            if self._items or self._ended or self._closed or self._loop is None:
                return None
            self._arrival = self._loop.create_future()
            return self._arrival

    def is_over(self) -> bool:
        """Whether all values were taken and no more will come. Raises the error that the stream ended with."""
        with self._lock:
            over = not self._items and (self._ended or self._closed)
        if over and self._error is not None and not self._closed:
            raise self._error
        return over

    def close(self) -> None:
        """Dispose of the subscription and drop what was not taken."""
        with self._lock:
            self._closed = True
            items = self._items.take_all()
            arrival, self._arrival = self._arrival, None
        self._source.dispose()
        self._wake(arrival)
        del items  # without the lock, see `BoundedBuffer`

    def _on_next(self, value: T) -> None:
        if self._loop is None or self._loop.is_closed():  # nothing will ever be taken
            self.close()
            return
        key, on_drop = self._key, self._on_drop
        try:
            dropped = self._put(value, None if key is None else key(value))
            if dropped and on_drop is not None:
                on_drop(len(dropped))
        except Exception as error:  # noqa: BLE001  BufferOverflow, or an exception of the caller's key or on_drop
            self._on_error(error)
            self._source.dispose()

    def _put(self, value: T, key: Hashable) -> tuple[T, ...]:
        """Add a value and wake the loop. Returns what was dropped for it, which lives until the lock is released."""
        with self._lock:
            if self._ended or self._closed:
                return ()
            dropped = self._items.put(value, key)
            arrival, self._arrival = self._arrival, None
        self._wake(arrival)
        return dropped

    def _on_error(self, error: Exception) -> None:
        self._end(error)

    def _on_completed(self) -> None:
        self._end(None)

    def _end(self, error: Exception | None) -> None:
        with self._lock:
            if not self._ended:
                self._ended, self._error = True, error
            arrival, self._arrival = self._arrival, None
        self._wake(arrival)

    def _wake(self, arrival: "asyncio.Future[None] | None") -> None:
        if arrival is not None and self._loop is not None:
            with suppress(RuntimeError):  # the loop was closed just now
                self._loop.call_soon_threadsafe(_settle, arrival)


def _settle(arrival: "asyncio.Future[None]") -> None:
    if not arrival.done():
        arrival.set_result(None)
