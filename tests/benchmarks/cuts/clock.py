"""A scheduler of virtual time that costs little, so that what runs on it shows."""

import heapq
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from typing import TypeVar

from reactivex import abc, typing
from reactivex.disposable import Disposable, SingleAssignmentDisposable
from reactivex.internal.constants import UTC_ZERO
from reactivex.scheduler.periodicscheduler import PeriodicScheduler

__all__ = ["VirtualClock"]

S = TypeVar("S")


class VirtualClock(PeriodicScheduler):
    """Runs timers in order of their time, on the thread that calls `advance`. RxPY's compares its timers in Python."""

    def __init__(self) -> None:
        super().__init__()
        self._seconds = 0.0
        self._timers: list[tuple[float, int, list[Callable[[], None]]]] = []
        self._numbers = count()

    @property
    def now(self) -> datetime:
        """The virtual time, UTC."""
        return UTC_ZERO + timedelta(seconds=self._seconds)

    def schedule(self, action: typing.ScheduledAction[S], state: S | None = None) -> abc.DisposableBase:
        """Run an action at the current time."""
        return self.schedule_relative(0.0, action, state)

    def schedule_absolute(
        self, duetime: typing.AbsoluteTime, action: typing.ScheduledAction[S], state: S | None = None
    ) -> abc.DisposableBase:
        """Run an action at this time."""
        return self.schedule_relative(self.to_datetime(duetime) - self.now, action, state)

    def schedule_relative(
        self, duetime: typing.RelativeTime, action: typing.ScheduledAction[S], state: S | None = None
    ) -> abc.DisposableBase:
        """Run an action after so many seconds. A cancelled timer stays until its time, and then does nothing."""
        inner = SingleAssignmentDisposable()

        def act() -> None:
            inner.disposable = self.invoke_action(action, state)

        timer = [act]
        due = self._seconds + max(0.0, self.to_seconds(duetime))
        heapq.heappush(self._timers, (due, next(self._numbers), timer))

        def cancel() -> None:
            timer.clear()
            inner.dispose()

        return Disposable(cancel)

    def advance(self, seconds: float) -> None:
        """Run what is due within so many seconds, each action at its own time."""
        end = self._seconds + seconds
        while self._timers and self._timers[0][0] <= end:
            self._seconds, _, timer = heapq.heappop(self._timers)
            if timer:
                timer.pop()()
        self._seconds = end
