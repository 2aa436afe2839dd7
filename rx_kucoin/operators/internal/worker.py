"""A thread of one's own: from the first thing that it is given to do until it is disposed of."""

from collections import deque
from collections.abc import Callable
from threading import Condition, Thread, current_thread

from reactivex import abc

__all__ = ["LibraryThread", "Worker"]


class LibraryThread(Thread):
    """A thread of this library. Code that must not wait for one of them can tell whether it runs on one."""

    @staticmethod
    def is_current() -> bool:
        """Whether the calling thread is one."""
        return isinstance(current_thread(), LibraryThread)


class Worker(abc.DisposableBase):
    """Does what it is given, one after the other, on a daemon thread.

    RxPY's `EventLoopScheduler` would do, were it not that its thread waits for ever when it is disposed of while an
    action runs, as it is whenever a subscriber leaves from within `on_next`.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._condition = Condition()
        self._tasks: deque[Callable[[], None]] = deque()
        self._thread: Thread | None = None
        self._disposed = False

    def give(self, task: Callable[[], None]) -> None:
        """Have this done; once disposed of, nothing is any more."""
        with self._condition:
            if self._disposed:
                return
            self._tasks.append(task)
            self._condition.notify()
            if self._thread is None:
                self._thread = LibraryThread(target=self._work, name=self._name, daemon=True)
                self._thread.start()

    def dispose(self) -> None:
        """Do nothing more; what is being done is finished, and not waited for."""
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
