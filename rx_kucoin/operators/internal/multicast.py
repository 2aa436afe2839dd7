"""Observers that get the same, and cannot hurt each other."""

import logging
from collections.abc import Callable
from threading import Lock
from typing import Final, Generic, TypeVar

from reactivex import abc
from reactivex.disposable import Disposable

from rx_kucoin.operators.internal.unguarded import Once, Sink

__all__ = ["Multicast", "log_failure"]

T = TypeVar("T")

_log = logging.getLogger("rx_kucoin.operators")
_instant: Final = Lock()
"""Held for an instant by whoever joins or leaves, with nobody called meanwhile: one for all."""


def log_failure(error: BaseException) -> None:
    """Tell the log of an observer that raised: what happens when nobody else wants to know."""
    _log.error("a subscriber raised and was ended", exc_info=error)


class Multicast(Generic[T]):
    """Passes on what it is given to all, in the order in which they joined.

    RxPY's `Subject` lets an observer's exception travel into the producer, so that the later observers miss the item.
    Here the one that raised is ended, with `on_error`, and `on_failure` is told; the others never notice. Passing on
    takes no lock: the observers stand in a tuple that is replaced, never changed.
    """

    __slots__ = ("_ending", "_observers", "_on_failure")

    def __init__(self, on_failure: Callable[[BaseException], None] = log_failure) -> None:
        self._observers: tuple[Sink[T], ...] = ()
        self._ending: Callable[[Sink[T]], None] | None = None
        self._on_failure = on_failure

    def __len__(self) -> int:
        return len(self._observers)

    def __bool__(self) -> bool:
        return True

    def add(self, observer: Sink[T]) -> abc.DisposableBase:
        """Let an observer join that keeps still once it has ended: no guard is put around it."""
        while (ending := self._ending) is None:
            known = self._observers
            if self._replace(known, (*known, observer)):
                return _Membership(self, observer)
        ending(observer)
        return Disposable()

    def on_next(self, value: T) -> None:
        """Give a value to everybody."""
        for observer in self._observers:
            try:
                on_next = observer.on_next  # apart from the call: where it is no method, Python 3.11 is quicker so
                on_next(value)
            except (Exception, SystemExit) as error:  # noqa: BLE001  whatever a stranger's callback raises
                self.fail(observer, error)

    def on_error(self, error: Exception) -> None:
        """End everybody with an error, and whoever comes later."""
        self._end(lambda observer: observer.on_error(error))

    def on_completed(self) -> None:
        """End everybody, and whoever comes later."""
        self._end(lambda observer: observer.on_completed())

    def fail(self, observer: Sink[T], error: BaseException) -> None:
        """End one observer that raised."""
        self.leave(observer)
        ending = error if isinstance(error, Exception) else RuntimeError(repr(error))
        try:
            observer.on_error(ending)
        except (Exception, SystemExit) as second:  # noqa: BLE001
            if second is not ending:  # without a handler RxPY raises what it is given; this one comes from a handler
                self._on_failure(second)
        self._on_failure(error)

    def leave(self, observer: Sink[T]) -> None:
        """Give this one nothing more."""
        while self._ending is None:
            known = self._observers
            if self._replace(known, tuple([other for other in known if other is not observer])):
                break

    def _replace(self, known: tuple[Sink[T], ...], observers: tuple[Sink[T], ...]) -> bool:
        """Nothing is made under the lock: the garbage collector could step in, and a finaliser that leaves as well."""
        with _instant:
            same = self._observers is known and self._ending is None
            if same:
                self._observers = observers
        return same

    def _end(self, ending: Callable[[Sink[T]], None]) -> None:
        with _instant:
            if self._ending is not None:
                return
            self._ending = ending
            observers, self._observers = self._observers, ()
        for observer in observers:
            try:
                ending(observer)
            except (Exception, SystemExit) as error:  # noqa: BLE001
                self._on_failure(error)


class _Membership(Once, Generic[T]):
    """Leaves the crowd when it is disposed of."""

    __slots__ = ("_crowd", "_observer")

    def __init__(self, crowd: Multicast[T], observer: Sink[T]) -> None:
        super().__init__()
        self._crowd, self._observer = crowd, observer

    def _dispose(self) -> None:
        self._crowd.leave(self._observer)
