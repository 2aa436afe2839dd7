"""Values on their way from the thread of a stream into a loop."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from threading import Lock
from typing import Any, Final, Generic, Literal, TypeVar, cast

from reactivex import Observable
from reactivex.disposable import SingleAssignmentDisposable

from rx_kucoin.operators._buffer_bounded import BufferOverflow

__all__ = ["EMPTY", "Inbox", "Overflow"]

T = TypeVar("T")

Overflow = Literal["drop_oldest", "drop_newest", "latest", "error"]

EMPTY: Final[Any] = object()


class Inbox(Generic[T]):
    """What came and was not taken. Decides under a lock, speaks outside of it."""

    def __init__(self, maxsize: int, overflow: Overflow, on_drop: Callable[[int], object]) -> None:
        self._maxsize, self._overflow, self._on_drop = maxsize, overflow, on_drop
        self._lock = Lock()
        self._items: deque[T] = deque()
        self._dropped = 0
        self._arrival: asyncio.Future[None] | None = None
        """Set where somebody waits."""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ended = self._closed = False
        self._error: Exception | None = None
        self._source = SingleAssignmentDisposable()

    @property
    def state(self) -> str:
        """How things stand, in words."""
        state = "closed" if self._closed else "ended" if self._ended else "live" if self._loop else "not begun"
        return f"{state} | {len(self._items)} of {self._maxsize} wait | {self._dropped} dropped"

    def begin(self, source: Observable[T]) -> None:
        """Subscribe, from within a loop."""
        self._loop = asyncio.get_running_loop()
        self._source.disposable = source.subscribe(self._on_next, self._on_error, self._on_completed)

    def take(self) -> T:
        """Take what came first, or `EMPTY`."""
        with self._lock:
            return self._items.popleft() if self._items else cast("T", EMPTY)

    def arrival(self) -> "asyncio.Future[None] | None":
        """Tell what to wait for; None: there is something, or there will be nothing."""
        with self._lock:
            if self._items or self._ended or self._closed or self._loop is None:
                return None
            self._arrival = self._loop.create_future()
            return self._arrival

    def is_over(self) -> bool:
        """Tell whether everything was taken and nothing more will come; raises the error that the stream ended with."""
        with self._lock:
            over = not self._items and (self._ended or self._closed)
        if over and self._error is not None and not self._closed:
            raise self._error
        return over

    def close(self) -> None:
        """Let go of the stream and of what came."""
        with self._lock:
            self._closed = True
            items, self._items = self._items, deque()
            arrival, self._arrival = self._arrival, None
        self._source.dispose()
        self._wake(arrival)
        del items  # not under the lock: what they do when they go is their own

    def _on_next(self, value: T) -> None:
        if self._loop is None or self._loop.is_closed():  # nobody will ever take anything
            self.close()
            return
        with self._lock:
            if self._ended or self._closed:
                return
            gone = self._put(value)
            arrival, self._arrival = self._arrival, None
        self._wake(arrival)
        if self._error is not None:
            self._source.dispose()
        elif gone:
            try:
                self._on_drop(len(gone))
            except Exception as error:  # noqa: BLE001  a function of the caller's: his mistake ends his stream
                self._on_error(error)
                self._source.dispose()

    def _put(self, value: T) -> Sequence[T]:
        """Put it in. Returns what went for it."""
        items, gone = self._items, cast("Sequence[T]", ())
        if self._overflow == "latest":
            gone, self._items = items, deque([value])
        elif len(items) < self._maxsize:
            items.append(value)
        elif self._overflow == "error":
            self._ended = True
            self._error = BufferOverflow(f"the loop is more than {self._maxsize} values behind")
        elif self._overflow == "drop_newest":
            gone = (value,)
        else:
            gone = (items.popleft(),)
            items.append(value)
        self._dropped += len(gone)
        return gone

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
            with suppress(RuntimeError):  # it was closed just now
                self._loop.call_soon_threadsafe(_settle, arrival)


def _settle(arrival: "asyncio.Future[None]") -> None:
    if not arrival.done():
        arrival.set_result(None)
