"""The clock: a scheduler with one thread for all timers, which exists only while a timer runs."""

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from queue import Empty, SimpleQueue

from reactivex import typing
from reactivex.internal.basic import default_now

from rx_kucoin.operators.internal.forks import watch_forks
from rx_kucoin.operators.internal.timer_heap import HeapScheduler, HeapTimer, TimerHeap
from rx_kucoin.operators.internal.worker import LibraryThread

__all__ = ["Clock"]

_log = logging.getLogger("rx_kucoin.clock")


class Clock(HeapScheduler):
    """A scheduler on the monotonic clock, with one thread for all timers.

    RxPY's own schedulers need a thread for each timer, stop at the first exception, or jump with the wall clock. This
    one logs exceptions of its actions and goes on, removes cancelled timers, and ends its thread when no timer is left.
    Actions must be short: they all share the thread.
    """

    def __init__(self, name: str = "rx_kucoin clock") -> None:
        super().__init__()
        self._name = name
        self._wall, self._started = default_now(), time.monotonic()
        self._timers = TimerHeap[float]()
        self._begin()
        watch_forks(self)

    def _begin(self) -> None:
        self._lock = threading.RLock()  # reentrant: see TimerHeap. Guards all below; no action runs under it.
        self._thread: threading.Thread | None = None
        self._is_awake = False
        """Whether the thread will look for a timer again."""
        self._wakes = SimpleQueue[None]()
        """Wakes the thread. Its `put` is reentrant, as that of a `Condition` is not; one too many does no harm."""

    def after_fork(self) -> None:
        """Drop all timers, which are the parent's, and begin without a thread."""
        self._timers.clear()
        self._begin()

    def __repr__(self) -> str:
        return f"<Clock {len(self._timers)} timers>"

    @property
    def now(self) -> datetime:
        """The wall clock's time when this clock was made, plus the monotonic time since."""
        return self._wall + timedelta(seconds=time.monotonic() - self._started)

    def join(self, timeout: float) -> bool:
        """Wait until the thread has ended. True if it has, or if it is the caller."""
        thread = self._thread
        if thread is None or thread is threading.current_thread() or not thread.is_alive():
            return True  # not alive: it has ended, or is just being started, by a timer that is set at the same time
        thread.join(timeout)
        return not thread.is_alive()

    def _set(self, duetime: typing.RelativeTime, act: Callable[[], None]) -> HeapTimer:
        due = time.monotonic() + max(0.0, self.to_seconds(duetime))
        thread: threading.Thread | None = None
        with self._lock:
            if not self._is_awake:
                self._is_awake = True
                self._thread = thread = LibraryThread(target=self._run, name=self._name, daemon=True)
            first = self._timers.due()
            timer = self._timers.push(due, act)
            if first is None or due < first:
                self._wakes.put(None)
        if thread is not None:
            self._start(thread, timer)
        return timer

    def _cancel(self, timer: HeapTimer) -> None:
        with self._lock:
            act = self._timers.cancel(timer)
            if act is not None and not self._timers:
                self._wakes.put(None)  # nothing is left, so the thread ends
        del act  # not under the lock: see TimerHeap.cancel

    def _start(self, thread: threading.Thread, timer: HeapTimer) -> None:
        """Start the thread, without the lock: `start` waits for the thread, which may have to run a finaliser first."""
        try:
            thread.start()
        except BaseException:
            with self._lock:  # timers that others have set meanwhile run with the next thread
                self._is_awake, self._thread = False, None
            self._cancel(timer)
            raise

    def _run(self) -> None:
        while (act := self._next()) is not None:
            try:
                act()
            except BaseException:  # noqa: BLE001  one bad action, even `sys.exit()`, must not stop every timer
                _log.exception("an action of the clock raised")
            del act  # what it holds is not kept while waiting for the next one

    def _next(self) -> Callable[[], None] | None:
        """Wait for the next due timer. None if there is no timer left; the thread ends then."""
        while True:
            with self._lock:
                now = time.monotonic()
                if (found := self._timers.pop(now)) is not None:
                    return found[1]
                if (due := self._timers.due()) is None:
                    self._is_awake = False
                    return None
            # A timer that is set from here on leaves something in `_wakes`, so it cannot be missed.
            with suppress(Empty):
                self._wakes.get(timeout=min(max(due - now, 0.0), threading.TIMEOUT_MAX))
