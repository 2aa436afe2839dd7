"""serialize: let a source that emits from several threads call its observer from one at a time."""

from collections import deque
from collections.abc import Callable
from functools import partial
from threading import Lock
from typing import Generic, TypeVar

from reactivex import Observable, abc

__all__ = ["serialize"]

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
        def subscribe(observer: abc.ObserverBase[T], scheduler_: abc.SchedulerBase | None = None) -> abc.DisposableBase:
            turns = _Turns(observer)
            return source.subscribe(turns.on_next, turns.on_error, turns.on_completed, scheduler=scheduler_)

        return Observable(subscribe)

    return operator


class _Turns(Generic[T]):
    """One subscription: whose turn it is, and what waits for its turn."""

    def __init__(self, observer: abc.ObserverBase[T]) -> None:
        self._observer = observer
        self._waiting: deque[Callable[[], None]] = deque()  # only who has the turn takes out
        self._turn = Lock()  # held while calling the observer, but never waited for

    def on_next(self, value: T) -> None:
        if self._waiting or not self._turn.acquire(blocking=False):
            self._queue(partial(self._observer.on_next, value))
            return
        try:
            self._observer.on_next(value)
        finally:
            self._turn.release()
            if self._waiting:
                self._drain()

    def on_error(self, error: Exception) -> None:
        self._queue(partial(self._observer.on_error, error))

    def on_completed(self) -> None:
        self._queue(self._observer.on_completed)

    def _queue(self, call: Callable[[], None]) -> None:
        self._waiting.append(call)
        self._drain()

    def _drain(self) -> None:
        raised: list[Exception] = []
        while self._waiting and self._turn.acquire(blocking=False):  # looks again after the release: one may have come
            try:
                while self._waiting:
                    self._waiting.popleft()()
            except Exception as error:  # noqa: BLE001 - raised below, when nobody waits any more
                raised.append(error)
            finally:
                self._turn.release()
        if raised:
            raise raised[0] if len(raised) == 1 else ExceptionGroup("an observer raised several times", raised)
