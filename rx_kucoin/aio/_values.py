"""`aiter_of`, `first_of`, `last_of`: the values of a stream in a running asyncio loop."""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Generator, Hashable
from contextlib import suppress
from types import TracebackType, coroutine
from typing import Final, Self, TypeVar

from reactivex import Observable
from reactivex import operators as ops
from reactivex.internal.exceptions import SequenceContainsNoElementsError

from rx_kucoin.aio._inbox import EMPTY, Inbox
from rx_kucoin.operators.internal.bounded_buffer import Overflow, is_possible

__all__ = ["Values", "aiter_of", "first_of", "last_of"]

T = TypeVar("T")


def aiter_of(
    source: Observable[T],
    *,
    maxsize: int = 1_000,
    overflow: Overflow = "drop_oldest",
    key: Callable[[T], Hashable] | None = None,
    on_drop: Callable[[int], None] | None = None,
) -> "Values[T]":
    """Iterate over a stream with `async for`, in a loop that runs; nothing needs to be started or patched for it.

    The stream is subscribed to when the first value is asked for. Its thread leaves values in a buffer and never waits;
    the loop is woken once for as many as have come. When the buffer is full,

    - `drop_oldest` makes room,
    - `drop_newest` leaves the new value out,
    - `latest` keeps the newest value alone, full or not, so that a slow loop sees the current state; with a `key`, the
      newest value of each key,
    - `error` ends the iteration with `BufferOverflow`.

    An error of the stream is raised, and its completion ends the iteration, behind what is buffered. A `break`, an
    exception, the cancellation of the task and the end of the loop dispose of the subscription, and so does leaving
    `async with aiter_of(...) as values`, at once: elsewhere a `break` takes effect at the loop's next turn. As with any
    asynchronous generator, waiting for a value that is cancelled, by a timeout too, ends the iteration.

    Examples:
        >>> async for ticker in aiter_of(kucoin.ticker("BTC-USDT")): ...

    Args:
        source: Any Observable.
        maxsize: How many values the buffer holds.
        overflow: What gives way when it is full.
        key: The key of a value, for `latest` only.
        on_drop: Called with the number of values that were dropped, each time, on the stream's thread.

    Raises:
        ValueError: `maxsize` is below 1, `overflow` is unknown, or `key` does not go with it.
    """
    if not is_possible(maxsize, overflow, keyed=key is not None):
        raise ValueError(f"aiter_of cannot do {maxsize=}, {overflow=}, {key=}")
    return Values(source, Inbox(maxsize, overflow, key, on_drop))


async def first_of(source: Observable[T]) -> T:
    """Wait for a stream's first value, and unsubscribe.

    Do not `await` an Observable itself or RxPY's `to_future` instead: they settle a future on the thread of the stream,
    which asyncio forbids. That does not wake the loop, which sleeps until something else wakes it.

    Raises:
        SequenceContainsNoElementsError: It completed without a value (RxPY's error).
    """
    # `take(1)` unsubscribes at once, on the stream's thread. A stream that emits endlessly during `subscribe` would
    # otherwise never return control to the loop.
    return await last_of(source.pipe(ops.take(1)))


async def last_of(source: Observable[T]) -> T:
    """Wait for a stream's end and return its last value.

    Raises:
        SequenceContainsNoElementsError: It completed without a value (RxPY's error).
    """
    last: list[T] = []
    async with aiter_of(source, maxsize=1, overflow="latest") as values:
        async for value in values:
            last = [value]
    if not last:
        raise SequenceContainsNoElementsError
    return last[0]


class Values(AsyncIterator[T]):
    """The result of `aiter_of`. The stream holds no reference to it, so that it is collected when it is dropped."""

    def __init__(self, source: Observable[T], inbox: Inbox[T]) -> None:
        self._inbox = inbox
        self._values = _values(source, inbox)

    def __anext__(self) -> Awaitable[T]:
        return self._values.__anext__()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Unsubscribe. A task that waits for a value sees the end of the iteration."""
        self._inbox.close()
        with suppress(RuntimeError):  # another task is in it, and ends it
            await self._values.aclose()

    def __repr__(self) -> str:
        return f"<Values {self._inbox.state}>"


async def _values(source: Observable[T], inbox: Inbox[T]) -> AsyncGenerator[T, None]:
    """Yield values. Asyncio closes asynchronous generators that are dropped, and all of them at its end."""
    in_a_row = 0
    try:
        inbox.begin(source)
        while True:
            value = inbox.take()
            if value is not EMPTY:
                in_a_row += 1
                if in_a_row == _BATCH:  # a fast stream must not starve the loop's other tasks
                    in_a_row = 0
                    await _yield_to_loop()
                yield value
            elif (arrival := inbox.arrival()) is not None:
                in_a_row = 0
                await arrival
            elif inbox.is_over():
                return
    finally:
        inbox.close()


_BATCH: Final = 256


@coroutine
def _yield_to_loop() -> Generator[None, None, None]:
    """Give the loop's other tasks a turn."""
    yield
