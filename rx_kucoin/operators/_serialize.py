"""serialize: let a source that emits from several threads call its observer from one at a time."""

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

    A call that arrives while another thread is with the observer is left in a queue; that thread takes it along and the
    caller returns at once. Nobody ever waits for an observer, hence nobody waits in a circle, as with operators that
    hold a lock meanwhile (RxPY's `merge` and `combine_latest`). A call from within the observer is queued as well.

    An exception that the observer raises goes to whichever thread called it, once the queue is empty; several, as an
    `ExceptionGroup`.

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
    """One subscription: who has the turn passes values on as they come, and takes along what comes meanwhile."""

    __slots__ = ("_sink",)

    def __init__(self, sink: Sink[T]) -> None:
        super().__init__()
        self._sink = sink

    def on_next(self, value: T) -> None:
        """Pass it on, or leave it to who is at it."""
        if not len(self):
            try:
                self.turn.pop()
            except IndexError:
                pass
            else:
                try:
                    self._sink.on_next(value)
                finally:
                    self.turn.append(None)
                    if len(self):
                        self.deliver()
                return
        self.put(partial(self._say, value))
        self.deliver()

    def on_error(self, error: Exception) -> None:
        """Pass it on behind what waits."""
        self.put(partial(self._sink.on_error, error))
        self.deliver()

    def on_completed(self) -> None:
        """Pass it on behind what waits."""
        self.put(self._sink.on_completed)
        self.deliver()

    def _say(self, value: T) -> None:
        self._sink.on_next(value)  # looked up when its time has come: the sink may have ended
