"""The timers of a scheduler, by due time, and the scheduler interface on top of them."""

import heapq
from abc import abstractmethod
from collections.abc import Callable
from itertools import count
from typing import Final, Generic, TypeVar

from reactivex import abc, typing
from reactivex.disposable import Disposable, SingleAssignmentDisposable
from reactivex.internal.constants import DELTA_ZERO
from reactivex.scheduler.periodicscheduler import PeriodicScheduler

__all__ = ["HeapScheduler", "HeapTimer", "TimerHeap"]

D = TypeVar("D", int, float)
S = TypeVar("S")

_SPARE: Final = 64
"""Cancelled timers that may stay in the heap before they are swept out."""


class HeapTimer:
    """One action, until it is taken out of the heap or cancelled; then `act` is None."""

    __slots__ = ("act",)

    def __init__(self, act: Callable[[], None]) -> None:
        self.act: Callable[[], None] | None = act


class TimerHeap(Generic[D]):
    """Timers in the order of their due times; those that are due at the same time, in the order in which they were set.

    It has no lock: its owner calls it under a lock of its own, which must be reentrant. The garbage collector may run
    inside any of these methods, and a finaliser may set or cancel a timer of the same scheduler. Hence each step here
    is one call of `heapq`, and what was looked at before is looked at again after it was taken out.
    """

    __slots__ = ("_entries", "_numbers", "_running")

    def __init__(self) -> None:
        self._entries: list[tuple[D, int, HeapTimer]] = []
        self._numbers = count()
        self._running = 0

    def __len__(self) -> int:
        return self._running

    @property
    def size(self) -> int:
        """How many timers the heap holds, including cancelled ones."""
        return len(self._entries)

    def push(self, due: D, act: Callable[[], None]) -> HeapTimer:
        """Set a timer."""
        timer = HeapTimer(act)
        heapq.heappush(self._entries, (due, next(self._numbers), timer))
        self._running += 1
        return timer

    def due(self) -> D | None:
        """When the next timer is due; None: there is none."""
        while self._entries:
            first = self._entries[0]
            if first[2].act is not None:
                return first[0]
            self._put_back_unless_cancelled(heapq.heappop(self._entries))
        return None

    def pop(self, until: D) -> tuple[D, Callable[[], None]] | None:
        """Take out the next timer if it is due by then: its due time and its action."""
        while self._entries:
            first = due, _, timer = heapq.heappop(self._entries)
            if due > until:
                self._put_back_unless_cancelled(first)
                break
            act, timer.act = timer.act, None
            if act is not None:
                self._running -= 1
                return due, act
        return None

    def cancel(self, timer: HeapTimer) -> Callable[[], None] | None:
        """Cancel a timer. Returns its action, unless it was done or cancelled.

        The caller drops the action after it has released the lock, as the finalisers of what it holds may run then.
        """
        act, timer.act = timer.act, None
        if act is not None:
            self._running -= 1
            if len(self._entries) > 2 * self._running + _SPARE:
                entries, self._entries = self._entries, []
                for entry in entries:
                    self._put_back_unless_cancelled(entry)
        return act

    def clear(self) -> None:
        """Cancel all timers."""
        entries, self._entries, self._running = self._entries, [], 0
        for _, _, timer in entries:
            timer.act = None

    def _put_back_unless_cancelled(self, entry: tuple[D, int, HeapTimer]) -> None:
        if entry[2].act is not None:
            heapq.heappush(self._entries, entry)


class HeapScheduler(PeriodicScheduler):
    """A scheduler with a `TimerHeap`. A subclass tells the time, sets and cancels timers, and runs what is due."""

    def schedule(self, action: typing.ScheduledAction[S], state: S | None = None) -> abc.DisposableBase:
        """Schedule an action for as soon as possible."""
        return self.schedule_relative(DELTA_ZERO, action, state)

    def schedule_absolute(
        self, duetime: typing.AbsoluteTime, action: typing.ScheduledAction[S], state: S | None = None
    ) -> abc.DisposableBase:
        """Schedule an action for a time of this scheduler."""
        return self.schedule_relative(self.to_datetime(duetime) - self.now, action, state)

    def schedule_relative(
        self, duetime: typing.RelativeTime, action: typing.ScheduledAction[S], state: S | None = None
    ) -> abc.DisposableBase:
        """Schedule an action after so many seconds. Disposing cancels it, and disposes of what it returned."""
        inner = SingleAssignmentDisposable()

        def act() -> None:
            inner.disposable = self.invoke_action(action, state)

        timer = self._set(duetime, act)

        def cancel() -> None:
            self._cancel(timer)
            inner.dispose()

        return Disposable(cancel)

    @abstractmethod
    def _set(self, duetime: typing.RelativeTime, act: Callable[[], None]) -> HeapTimer:
        """Set a timer."""

    @abstractmethod
    def _cancel(self, timer: HeapTimer) -> None:
        """Cancel a timer, unless it was done or cancelled."""
