"""Values in batches, at the pace of the library that takes them: the base of the bridges to other libraries."""

from collections import deque
from collections.abc import Callable
from typing import Any, TypeVar

from reactivex import Observable, abc
from reactivex.disposable import Disposable, SingleAssignmentDisposable

from rx_kucoin.notebook._task import Task

__all__ = ["batches"]

T = TypeVar("T")
Hand = Callable[[list[T], Callable[[Exception | None], None]], None]
"""Passes a batch on, and calls back when the next one may come: with an error, or with None."""


def batches(hand: Hand[T], fps: float, points: int) -> Callable[[Observable[T]], Observable[list[T]]]:
    """Pass values on in batches, at most `fps` a second, and none while the last one is still being taken.

    While values wait, the newest `points` are kept. A batch is emitted once it was taken.
    """
    if fps <= 0 or points < 1:
        raise ValueError(f"fps must be above 0 and points 1 or more, not {fps} and {points}")

    def operator(source: Observable[T]) -> Observable[list[T]]:
        def subscribe(
            observer: abc.ObserverBase[list[T]], scheduler: abc.SchedulerBase | None = None
        ) -> abc.DisposableBase:
            batching = _Batching(observer, hand, fps, points)
            batching.task.begin()
            batching.source.disposable = source.subscribe(
                batching.on_next, batching.on_error, batching.on_completed, scheduler=scheduler
            )
            return Disposable(batching.close)

        return Observable(subscribe)

    return operator


class _Batching:
    """One subscription."""

    def __init__(self, observer: abc.ObserverBase[Any], hand: Hand[Any], fps: float, points: int) -> None:
        self._observer, self._hand = observer, hand
        self._came: deque[Any] = deque(maxlen=points)
        """Extended by the stream's thread, emptied by the task's; each append and popleft is atomic."""
        self._is_taken = False
        """Whether a batch is under way. Set by the task only and reset by `_taken` only, so it needs no lock."""
        self._is_closed = False
        self._ending: Callable[[], None] | None = None
        self.task = Task(self._act, 1 / fps)
        self.source = SingleAssignmentDisposable()

    def on_next(self, item: Any) -> None:
        self._came.append(item)
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
        """Pass on what has come, unless the last batch is still being taken: on the thread of the charts' clock."""
        if self._is_taken or self._is_closed:
            return
        ending = self._ending  # before the items: those that came before it are in this batch, or were in the last
        batch = [self._came.popleft() for _ in range(len(self._came))]
        if batch:
            self._is_taken = True
            try:
                self._hand(batch, lambda error: self._taken(batch, error))
            except Exception as error:  # noqa: BLE001  an exception of the caller's function ends its stream
                self._taken(batch, error)
        elif ending is not None:
            self.close()
            ending()

    def _taken(self, batch: list[Any], error: Exception | None) -> None:
        """The batch was taken: called by the bridge, on any thread, perhaps before `_hand` returns."""
        if self._is_closed:
            return
        if error is not None:
            self.close()
            self._observer.on_error(error)
            return
        self._observer.on_next(batch)
        self._is_taken = False
        if self._came or self._ending is not None:
            self.task.wake()
