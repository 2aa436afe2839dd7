"""The clock of a replay: it stands still, but where what was recorded moves it on."""

import heapq
import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from typing import Final, TypeVar

from reactivex import abc, typing
from reactivex.disposable import Disposable, SingleAssignmentDisposable
from reactivex.internal.constants import DELTA_ZERO, UTC_ZERO
from reactivex.scheduler.periodicscheduler import PeriodicScheduler

__all__ = ["NEVER", "ReplayClock"]

S = TypeVar("S")

_log = logging.getLogger("rx_kucoin.recording.replay")
NEVER: Final = 1 << 63
"""After every time."""
_MICROSECOND: Final = timedelta(microseconds=1)


class ReplayClock(PeriodicScheduler):
    """A scheduler of virtual time, in ns. Who drives it looks at `due` before each move, which is all that costs."""

    def __init__(self, start_ns: int) -> None:
        super().__init__()
        self.now_ns = start_ns
        self.due = NEVER
        """When the next timer is to be run."""
        self._lock = threading.Lock()
        self._timers: list[tuple[int, int, _Timer]] = []
        self._cancelled = 0
        self._numbers = count()

    def __repr__(self) -> str:
        return f"<ReplayClock {self.now:%Y-%m-%d %H:%M:%S}, {len(self._timers) - self._cancelled} timers>"

    @property
    def now(self) -> datetime:
        """The time of what is replayed, UTC."""
        return UTC_ZERO + timedelta(microseconds=self.now_ns // 1_000)

    def schedule(self, action: typing.ScheduledAction[S], state: S | None = None) -> abc.DisposableBase:
        """Do it before anything else happens."""
        return self.schedule_relative(DELTA_ZERO, action, state)

    def schedule_absolute(
        self, duetime: typing.AbsoluteTime, action: typing.ScheduledAction[S], state: S | None = None
    ) -> abc.DisposableBase:
        """Do it at a moment of this clock."""
        return self.schedule_relative(self.to_datetime(duetime) - self.now, action, state)

    def schedule_relative(
        self, duetime: typing.RelativeTime, action: typing.ScheduledAction[S], state: S | None = None
    ) -> abc.DisposableBase:
        """Do it in so many seconds."""
        inner = SingleAssignmentDisposable()

        def act() -> None:
            inner.disposable = self.invoke_action(action, state)

        wait = max(0, self.to_timedelta(duetime) // _MICROSECOND) * 1_000
        timer = _Timer(act)
        with self._lock:
            heapq.heappush(self._timers, (self.now_ns + wait, next(self._numbers), timer))
            self.due = self._timers[0][0]

        def cancel() -> None:
            self._cancel(timer)
            inner.dispose()

        return Disposable(cancel)

    def run_until(self, time_ns: int) -> None:
        """Run what is due until then, each at its own time; then it is that time."""
        while self.due <= time_ns:
            self.step()
        self.now_ns = max(self.now_ns, time_ns)

    def step(self) -> None:
        """Run the next timer, if there is one."""
        with self._lock:
            if not self._timers:
                return
            due, _, timer = heapq.heappop(self._timers)
            self._look()
            act, timer.act = timer.act, None
            if act is None:
                self._cancelled -= 1
                return
            self.now_ns = max(self.now_ns, due)
        try:
            act()
        except Exception:  # noqa: BLE001  one bad action must not stop every timer
            _log.exception("an action of the clock raised")

    def _cancel(self, timer: "_Timer") -> None:
        with self._lock:
            if timer.act is None:
                return
            timer.act = None
            self._cancelled += 1
            if 2 * self._cancelled > len(self._timers) + _SPARE:
                self._timers = [entry for entry in self._timers if entry[2].act is not None]
                heapq.heapify(self._timers)
                self._cancelled = 0
                self._look()

    def _look(self) -> None:
        self.due = self._timers[0][0] if self._timers else NEVER


class _Timer:
    """One thing to do, until it is done or cancelled."""

    __slots__ = ("act",)

    def __init__(self, act: Callable[[], None]) -> None:
        self.act: Callable[[], None] | None = act


_SPARE: Final = 64
"""Cancelled timers that may lie about before they are swept out."""
