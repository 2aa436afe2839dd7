"""The clock: a scheduler with one thread for all timers, which exists only while a timer runs."""

import heapq
import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from typing import Final, TypeVar

from reactivex import abc, typing
from reactivex.disposable import Disposable, SingleAssignmentDisposable
from reactivex.internal.basic import default_now
from reactivex.internal.constants import DELTA_ZERO
from reactivex.scheduler.periodicscheduler import PeriodicScheduler

from rx_kucoin.operators.internal.worker import LibraryThread

__all__ = ["Clock"]

S = TypeVar("S")

_log = logging.getLogger("rx_kucoin.clock")
_SPARE: Final = 64
"""Cancelled timers that may stay in the heap before they are removed."""


class Clock(PeriodicScheduler):
    """A scheduler on the monotonic clock, with one thread for all timers.

    RxPY's own schedulers need a thread for each timer, stop at the first exception, or jump with the wall clock. This
    one logs exceptions of its actions and goes on, removes cancelled timers, and ends its thread when no timer is left.
    Actions must be short: they all share the thread.
    """

    def __init__(self, name: str = "rx_kucoin clock") -> None:
        super().__init__()
        self._name = name
        self._wall, self._started = default_now(), time.monotonic()
        self._condition = threading.Condition(threading.Lock())
        self._timers: list[tuple[float, int, _Timer]] = []
        self._numbers = count()
        self._running = 0
        self._thread: threading.Thread | None = None
        self._is_awake = False
        """Whether the thread will look for a timer again. Guarded by the condition's lock."""

    def __repr__(self) -> str:
        return f"<Clock {self._running} timers>"

    @property
    def now(self) -> datetime:
        """The wall clock's time when this clock was made, plus the monotonic time since."""
        return self._wall + timedelta(seconds=time.monotonic() - self._started)

    def schedule(self, action: typing.ScheduledAction[S], state: S | None = None) -> abc.DisposableBase:
        """Run the action as soon as the thread is free."""
        return self.schedule_relative(DELTA_ZERO, action, state)

    def schedule_absolute(
        self, duetime: typing.AbsoluteTime, action: typing.ScheduledAction[S], state: S | None = None
    ) -> abc.DisposableBase:
        """Run the action at a time of this clock."""
        return self.schedule_relative(self.to_datetime(duetime) - self.now, action, state)

    def schedule_relative(
        self, duetime: typing.RelativeTime, action: typing.ScheduledAction[S], state: S | None = None
    ) -> abc.DisposableBase:
        """Run the action after `duetime` seconds."""
        inner = SingleAssignmentDisposable()

        def act() -> None:
            inner.disposable = self.invoke_action(action, state)

        timer = _Timer(act)
        due = time.monotonic() + max(0.0, self.to_seconds(duetime))
        with self._condition:
            if not self._is_awake:
                thread = LibraryThread(target=self._run, name=self._name, daemon=True)
                thread.start()  # first, as it may fail
                self._thread, self._is_awake = thread, True
            heapq.heappush(self._timers, (due, next(self._numbers), timer))
            self._running += 1
            if self._timers[0][2] is timer:
                self._condition.notify()

        def cancel() -> None:
            self._cancel(timer)
            inner.dispose()

        return Disposable(cancel)

    def join(self, timeout: float) -> bool:
        """Wait until the thread has ended. True if it has, or if it is the caller."""
        thread = self._thread
        if thread is None or thread is threading.current_thread():
            return True
        thread.join(timeout)
        return not thread.is_alive()

    def _cancel(self, timer: "_Timer") -> None:
        with self._condition:
            if not timer.running:
                return
            timer.running = False
            self._running -= 1
            if self._running == 0:
                self._timers.clear()
                self._condition.notify()
            elif len(self._timers) > 2 * self._running + _SPARE:
                self._timers = [entry for entry in self._timers if entry[2].running]
                heapq.heapify(self._timers)

    def _run(self) -> None:
        while (timer := self._next()) is not None:
            try:
                timer.act()
            except BaseException:  # noqa: BLE001  one bad action, even `sys.exit()`, must not stop every timer
                _log.exception("an action of the clock raised")

    def _next(self) -> "_Timer | None":
        """Wait for the next due timer. None if there is no timer left; the thread ends then."""
        with self._condition:
            while self._timers:
                due, _, timer = self._timers[0]
                wait = due - time.monotonic()
                if timer.running and wait > 0:
                    self._condition.wait(min(wait, threading.TIMEOUT_MAX))
                    continue
                heapq.heappop(self._timers)
                if timer.running:
                    timer.running = False
                    self._running -= 1
                    return timer
            self._is_awake = False
            return None


class _Timer:
    """One scheduled action."""

    __slots__ = ("act", "running")

    def __init__(self, act: Callable[[], None]) -> None:
        self.act = act
        self.running = True
