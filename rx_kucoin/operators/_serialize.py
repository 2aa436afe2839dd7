"""serialize: call the observer from one thread at a time, whatever number of threads the source emits from."""

from collections.abc import Callable
from functools import partial
from typing import Generic, TypeVar

from reactivex import Observable, abc

from rx_kucoin.operators.internal.drain_queue import DrainQueue
from rx_kucoin.operators.internal.unguarded import Sink, Unguarded, attach

__all__ = ["Turns", "serialize"]

T = TypeVar("T")


def serialize() -> Callable[[Observable[T]], Observable[T]]:
    """Make the calls of a source serial and keep their order of arrival, without a lock around the observer.

    .. marble::

        source: -a-(bc)-d--|
        [ serialize() ]
        result: -a-(bc)-d--|

    A call that arrives while another thread is calling the observer is queued; that thread makes it too, and the caller
    returns at once. No thread waits for an observer, so two of them cannot wait for each other, as they can with
    operators that hold a lock meanwhile (RxPY's `merge` and `combine_latest`). A call from within the observer is
    queued as well.

    An exception that the observer raises is raised on the thread that called the observer, once the queue is empty;
    several, as an `ExceptionGroup`.

    Examples:
        >>> source.pipe(serialize())

    Returns:
        An operator function that takes an observable source and returns an observable that emits serially.
    """

    def operator(source: Observable[T]) -> Observable[T]:
        def subscribe(sink: Sink[T], scheduler_: abc.SchedulerBase | None) -> abc.DisposableBase:
            return attach(source, Turns(sink), scheduler_)

        return Unguarded(subscribe)

    return operator


class Turns(DrainQueue, Generic[T]):
    """One subscription: the thread that has the turn passes values on, and then the calls that came meanwhile."""

    __slots__ = ("_sink",)

    def __init__(self, sink: Sink[T]) -> None:
        super().__init__()
        self._sink = sink

    def on_next(self, value: T) -> None:
        """Pass the value on, or leave it to the thread that has the turn."""
        if not self.try_direct(self._sink.on_next, value):
            self.put(partial(self._pass, value))
            self.deliver()

    def on_error(self, error: Exception) -> None:
        """Pass the error on, behind what is queued."""
        self.put(partial(self._sink.on_error, error))
        self.deliver()

    def on_completed(self) -> None:
        """Pass the completion on, behind what is queued."""
        self.put(self._sink.on_completed)
        self.deliver()

    def _pass(self, value: T) -> None:
        self._sink.on_next(value)  # looked up only now: a sink replaces its `on_next` when it ends
