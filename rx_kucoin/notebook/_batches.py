"""What has come since somebody last had time, in one piece: what the bridges to other libraries stand on."""

from collections import deque
from collections.abc import Callable
from threading import Lock
from typing import Any, TypeVar

from reactivex import Observable, abc
from reactivex.disposable import Disposable, SingleAssignmentDisposable

from rx_kucoin.notebook._timer import TIMER, Task

__all__ = ["batches"]

T = TypeVar("T")
Hand = Callable[[list[T], Callable[[Exception | None], None]], None]
"""Passes a batch on, and calls back when the next one may come: with what went wrong, or with None."""


def batches(hand: Hand[T], fps: float, points: int) -> Callable[[Observable[T]], Observable[list[T]]]:
    """Hand over what has come, `fps` times a second at most, and never while the last batch is still being taken.

    Of what has to wait, the newest `points` are kept. Each batch is emitted when it was taken.
    """
    if fps <= 0 or points < 1:
        raise ValueError(f"fps must be above 0 and points 1 or more, not {fps} and {points}")

    def operator(source: Observable[T]) -> Observable[list[T]]:
        def subscribe(
            observer: abc.ObserverBase[list[T]], scheduler: abc.SchedulerBase | None = None
        ) -> abc.DisposableBase:
            desk = _Desk(observer, hand, fps, points)
            TIMER.add(desk.task)
            desk.source.disposable = source.subscribe(
                desk.on_next, desk.on_error, desk.on_completed, scheduler=scheduler
            )
            return Disposable(desk.close)

        return Observable(subscribe)

    return operator


class _Desk:
    """One subscription."""

    def __init__(self, observer: abc.ObserverBase[Any], hand: Hand[Any], fps: float, points: int) -> None:
        self._observer, self._hand = observer, hand
        self._came: deque[Any] = deque(maxlen=points)
        self._lock = Lock()
        self._is_taken = self._is_closed = False
        self._ending: Callable[[], None] | None = None
        self.task = Task(self._act, 1 / fps)
        self.source = SingleAssignmentDisposable()

    def on_next(self, item: Any) -> None:
        self._came.append(item)
        if not self.task.news:
            TIMER.wake(self.task)

    def on_error(self, error: Exception) -> None:
        self._end(lambda: self._observer.on_error(error))

    def on_completed(self) -> None:
        self._end(self._observer.on_completed)

    def close(self) -> None:
        self._is_closed = True
        self.source.dispose()
        TIMER.remove(self.task)

    def _end(self, last_word: Callable[[], None]) -> None:
        self._ending = self._ending or last_word
        TIMER.wake(self.task)

    def _act(self) -> None:
        """Hand over what there is: on the timer's thread."""
        with self._lock:
            if self._is_taken or self._is_closed:
                return
            ending = self._ending
            batch = [self._came.popleft() for _ in range(len(self._came))]
            self._is_taken = bool(batch)
        if batch:
            try:
                self._hand(batch, lambda error: self._taken(batch, error))
            except Exception as error:  # noqa: BLE001  a mistake of the caller's function ends his stream
                self._taken(batch, error)
        elif ending is not None:
            self.close()
            ending()

    def _taken(self, batch: list[Any], error: Exception | None) -> None:
        if self._is_closed:
            return
        if error is not None:
            self.close()
            self._observer.on_error(error)
            return
        self._observer.on_next(batch)
        with self._lock:
            self._is_taken = False
        if self._came or self._ending is not None:
            TIMER.wake(self.task)
