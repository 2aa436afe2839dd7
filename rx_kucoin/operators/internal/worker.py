"""A worker: a thread for one owner, from its first task until it is disposed of."""

from collections import deque
from collections.abc import Callable
from threading import Condition, Thread, current_thread

from reactivex import abc

__all__ = ["LibraryThread", "Worker"]


class LibraryThread(Thread):
    """A thread of this library. Code that must not wait for such a thread can find out whether it runs on one."""

    @staticmethod
    def is_current() -> bool:
        """Whether the calling thread is a thread of this library."""
        return isinstance(current_thread(), LibraryThread)


class Worker(abc.DisposableBase):
    """Runs tasks one after the other on a daemon thread.

    RxPY's `EventLoopScheduler` does the same, but its thread never ends if it is disposed of while an action runs, as
    happens whenever a subscriber unsubscribes from within `on_next`.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._condition = Condition()  # guards all below; its lock is reentrant, and no task runs under it
        self._tasks: deque[Callable[[], None]] = deque()
        self._thread: Thread | None = None
        self._disposed = False

    def give(self, task: Callable[[], None]) -> None:
        """Queue a task. After disposal it is ignored."""
        with self._condition:
            if self._disposed:
                return
            self._tasks.append(task)
            self._condition.notify()
            if self._thread is None:
                self._thread = LibraryThread(target=self._work, name=self._name, daemon=True)
                self._thread.start()

    def dispose(self) -> None:
        """Run no more tasks. A task that is running is finished, and not waited for."""
        with self._condition:
            self._disposed = True
            self._tasks.clear()
            self._condition.notify()

    def _work(self) -> None:
        while True:
            with self._condition:
                self._condition.wait_for(lambda: self._tasks or self._disposed)
                if self._disposed:
                    return
                task = self._tasks.popleft()
            task()
