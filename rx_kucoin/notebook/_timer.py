"""The one timer of all charts: it sleeps while nothing has changed, and ends with the last of them."""

import logging
import time
from collections.abc import Callable
from threading import Condition, Thread
from typing import Final

from rx_kucoin.operators.internal.worker import LibraryThread

__all__ = ["TIMER", "Task", "Timer"]

_log = logging.getLogger("rx_kucoin.notebook")


class Task:
    """Something to be done when there is news, but not more often than this."""

    def __init__(self, act: Callable[[], None], every: float) -> None:
        self.act, self.every = act, every
        self.news = False
        """Whoever has news sets it by `Timer.wake`, unless it is set: so most news cost one look."""
        self.due = 0.0
        self.at: float | None = None
        """A moment at which it is to be done in any case."""

    def when(self) -> float | None:
        """When it is to be done next; None: when there is news."""
        if not self.news:
            return self.at
        return self.due if self.at is None else min(self.due, self.at)


class Timer:
    """Does tasks one after the other, on a daemon thread that lives while there is any."""

    def __init__(self) -> None:
        self._condition = Condition()
        self._tasks: list[Task] = []
        self._thread: Thread | None = None

    def __repr__(self) -> str:
        return f"<Timer {len(self._tasks)} tasks>"

    def add(self, task: Task) -> None:
        """Look after a task."""
        with self._condition:
            self._tasks.append(task)
            if self._thread is None:
                self._thread = LibraryThread(target=self._run, name="rx_kucoin charts", daemon=True)
                self._thread.start()

    def remove(self, task: Task) -> None:
        """Forget a task; if it is being done, it is done."""
        with self._condition:
            if task in self._tasks:
                self._tasks.remove(task)
            self._condition.notify()

    def wake(self, task: Task, at: float | None = None) -> None:
        """There is news, or will be at a moment of `time.monotonic`."""
        with self._condition:
            if at is None:
                task.news = True
            else:
                task.at = at
            self._condition.notify()

    def _run(self) -> None:
        while (task := self._next()) is not None:
            try:
                task.act()
            except Exception:  # noqa: BLE001  who raises is ended alone: all others are drawn here, too
                _log.exception("a chart, or a subscriber behind it, raised and was ended")
                self.remove(task)

    def _next(self) -> Task | None:
        """Wait for the task whose turn it is; None: there are none left."""
        with self._condition:
            while self._tasks:
                now = time.monotonic()
                waiting = [(when, task) for task in self._tasks if (when := task.when()) is not None]
                when, task = min(waiting, key=_moment, default=(None, None))
                if task is not None and when is not None and when <= now:
                    task.news, task.due = False, max(task.due + task.every, now + task.every / 2)
                    task.at = None if task.at is None or task.at <= now else task.at
                    return task
                self._condition.wait(None if when is None else when - now)
            self._thread = None
            return None


def _moment(waiting: tuple[float, Task]) -> float:
    return waiting[0]


TIMER: Final = Timer()
