"""The clock of a replay: virtual time, moved on by what was recorded."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from reactivex import typing
from reactivex.internal.constants import UTC_ZERO

from rx_kucoin.operators.internal.multicast import log_unhandled
from rx_kucoin.operators.internal.timer_heap import HeapScheduler, HeapTimer, TimerHeap

__all__ = ["NEVER", "ReplayClock"]

NEVER: Final = 1 << 63
"""After every time."""
_MICROSECOND: Final = timedelta(microseconds=1)


class ReplayClock(HeapScheduler):
    """A scheduler of virtual time, in ns. The player reads `due` before each move, which is all that it costs."""

    def __init__(self, start_ns: int) -> None:
        super().__init__()
        self.now_ns = start_ns
        self.due = NEVER
        """When the next timer is due. Read without the lock: a timer that is set meanwhile is run at the next move."""
        self._lock = threading.RLock()  # reentrant: see TimerHeap. Timers are set and cancelled on any thread.
        self._timers = TimerHeap[int]()

    def __repr__(self) -> str:
        return f"<ReplayClock {self.now:%Y-%m-%d %H:%M:%S}, {len(self._timers)} timers>"

    @property
    def now(self) -> datetime:
        """The time of what is replayed, UTC."""
        return UTC_ZERO + timedelta(microseconds=self.now_ns // 1_000)

    def run_until(self, time_ns: int) -> None:
        """Run what is due until then, each action at its own time; then it is that time."""
        while self.due <= time_ns:
            self.step()
        self.now_ns = max(self.now_ns, time_ns)

    def step(self) -> None:
        """Run the next timer, if there is one."""
        with self._lock:
            found = self._timers.pop(NEVER)
            self._look()
            if found is None:
                return
            due, act = found
            self.now_ns = max(self.now_ns, due)
        try:
            act()
        except Exception as error:  # noqa: BLE001  one bad action must not stop every timer
            log_unhandled("a timed operator of a replay", error)

    def _set(self, duetime: typing.RelativeTime, act: Callable[[], None]) -> HeapTimer:
        wait = max(0, self.to_timedelta(duetime) // _MICROSECOND) * 1_000
        with self._lock:
            timer = self._timers.push(self.now_ns + wait, act)
            self._look()
        return timer

    def _cancel(self, timer: HeapTimer) -> None:
        with self._lock:
            act = self._timers.cancel(timer)
            self._look()
        del act  # not under the lock: see TimerHeap.cancel

    def _look(self) -> None:
        due = self._timers.due()
        self.due = NEVER if due is None else due
