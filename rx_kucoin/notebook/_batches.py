"""Values in batches, at the rate of the library that receives them: the base of the bridges to other libraries."""

from collections import deque
from collections.abc import Callable
from typing import Any, TypeVar

from reactivex import Observable, abc
from reactivex.disposable import Disposable, SingleAssignmentDisposable

from rx_kucoin.notebook._task import Task

__all__ = ["batches"]

T = TypeVar("T")
Deliver = Callable[[list[T], Callable[[Exception | None], None]], None]
"""Delivers a batch, and calls back when it is ready for the next: with an error, or with None."""


def batches(deliver: Deliver[T], fps: float, points: int) -> Callable[[Observable[T]], Observable[list[T]]]:
    """Deliver values in batches, at most `fps` a second, and none before the last one is delivered.

    Of waiting values the newest `points` are kept. A batch is emitted once it was delivered.
    """
    if fps <= 0 or points < 1:
        raise ValueError(f"fps must be above 0 and points 1 or more, not {fps} and {points}")

    def operator(source: Observable[T]) -> Observable[list[T]]:
        def subscribe(
            observer: abc.ObserverBase[list[T]], scheduler: abc.SchedulerBase | None = None
        ) -> abc.DisposableBase:
            batching = _Batching(observer, deliver, fps, points)
            batching.task.begin()
            batching.source.disposable = source.subscribe(
                batching.on_next, batching.on_error, batching.on_completed, scheduler=scheduler
            )
            return Disposable(batching.close)

        return Observable(subscribe)

    return operator


class _Batching:
    """One subscription."""

    def __init__(self, observer: abc.ObserverBase[Any], deliver: Deliver[Any], fps: float, points: int) -> None:
        self._observer, self._deliver = observer, deliver
        self._received: deque[Any] = deque(maxlen=points)
        """Extended by the stream's thread, emptied by the task's; each append and popleft is atomic."""
        self._is_delivering = False
        """Whether a delivery is in progress. Set only by the task, reset only by `_delivered`: it needs no lock."""
        self._is_closed = False
        self._ending: Callable[[], None] | None = None
        self.task = Task(self._act, 1 / fps)
        self.source = SingleAssignmentDisposable()

    def on_next(self, item: Any) -> None:
        self._received.append(item)
        if not self.task.news:
            self.task.wake()

    def on_error(self, error: Exception) -> None:
        self._end(lambda: self._observer.on_error(error))

    def on_completed(self) -> None:
        self._end(self._observer.on_completed)

    def close(self) -> None:
        self._is_closed = True
        self.source.dispose()
        self.task.end()

    def _end(self, last_word: Callable[[], None]) -> None:
        self._ending = self._ending or last_word
        self.task.wake()

    def _act(self) -> None:
        """Deliver the waiting values, unless a delivery is in progress: on the thread of the charts' clock."""
        if self._is_delivering or self._is_closed:
            return
        ending = self._ending  # read first: all values before the end are in this batch or an earlier one
        batch = [self._received.popleft() for _ in range(len(self._received))]
        if batch:
            self._is_delivering = True
            try:
                self._deliver(batch, lambda error: self._delivered(batch, error))
            except Exception as error:  # noqa: BLE001  an exception of the caller's function ends its stream
                self._delivered(batch, error)
        elif ending is not None:
            self.close()
            ending()

    def _delivered(self, batch: list[Any], error: Exception | None) -> None:
        """Called by the bridge after a delivery, on any thread, perhaps before `_deliver` returns."""
        if self._is_closed:
            return
        if error is not None:
            self.close()
            self._observer.on_error(error)
            return
        self._observer.on_next(batch)
        self._is_delivering = False
        if self._received or self._ending is not None:
            self.task.wake()
