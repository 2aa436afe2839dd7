"""One source, many observers: a multicast that keeps observers from hurting each other."""

import logging
import threading
from collections.abc import Callable
from typing import TypeVar

from reactivex import Observable, abc
from reactivex.disposable import Disposable

__all__ = ["Hub", "log_failure"]

T = TypeVar("T")

_log = logging.getLogger("rx_kucoin.operators")


def log_failure(error: BaseException) -> None:
    """Tell the log of an observer that raised: what happens when nobody else wants to know."""
    _log.error("a subscriber raised and was ended", exc_info=error)


class Hub(Observable[T]):
    """A hot Observable that is also written to; where many threads write, put `serialize` behind it.

    RxPY's `Subject` lets an observer's exception travel into the producer, so that the later observers miss the item.
    Here the one that raised is ended, with `on_error`, and `on_failure` is told; the others never notice. Writing takes
    no lock: the observers stand in a tuple that is replaced, never changed.
    """

    def __init__(self, on_failure: Callable[[BaseException], None] = log_failure) -> None:
        super().__init__()
        self._observers: tuple[abc.ObserverBase[T], ...] = ()
        self._ending: Callable[[abc.ObserverBase[T]], None] | None = None
        self._lock = threading.Lock()
        self._on_failure = on_failure

    def __len__(self) -> int:
        return len(self._observers)

    def __bool__(self) -> bool:
        return True

    def _subscribe_core(
        self, observer: abc.ObserverBase[T], scheduler: abc.SchedulerBase | None = None
    ) -> abc.DisposableBase:
        del scheduler  # nothing here waits
        return self.add(observer)

    def add(self, observer: abc.ObserverBase[T]) -> abc.DisposableBase:
        """Subscribe an observer that keeps still once it has ended: no guard is put around it."""
        with self._lock:
            ending = self._ending
            if ending is None:
                self._observers = (*self._observers, observer)
        if ending is not None:
            ending(observer)
            return Disposable()
        return Disposable(lambda: self._leave(observer))

    def on_next(self, value: T) -> None:
        """Give a value to everybody."""
        for observer in self._observers:
            try:
                observer.on_next(value)
            except (Exception, SystemExit) as error:  # noqa: BLE001  whatever a stranger's callback raises
                self.fail(observer, error)

    def on_error(self, error: Exception) -> None:
        """End everybody with an error, and whoever comes later."""
        self._end(lambda observer: observer.on_error(error))

    def on_completed(self) -> None:
        """End everybody, and whoever comes later."""
        self._end(lambda observer: observer.on_completed())

    def _end(self, ending: Callable[[abc.ObserverBase[T]], None]) -> None:
        with self._lock:
            if self._ending is not None:
                return
            self._ending = ending
            observers, self._observers = self._observers, ()
        for observer in observers:
            try:
                ending(observer)
            except (Exception, SystemExit) as error:  # noqa: BLE001
                self._on_failure(error)

    def fail(self, observer: abc.ObserverBase[T], error: BaseException) -> None:
        """End one observer that raised."""
        self._leave(observer)
        ending = error if isinstance(error, Exception) else RuntimeError(repr(error))
        try:
            observer.on_error(ending)
        except (Exception, SystemExit) as second:  # noqa: BLE001
            if second is not ending:  # without a handler RxPY raises what it is given; this one comes from a handler
                self._on_failure(second)
        self._on_failure(error)

    def _leave(self, observer: abc.ObserverBase[T]) -> None:
        with self._lock:
            self._observers = tuple(other for other in self._observers if other is not observer)
