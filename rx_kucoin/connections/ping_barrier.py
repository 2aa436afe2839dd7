"""Proof that a line is alive, and that all which the exchange had sent on it has come."""

from collections.abc import Callable
from threading import RLock
from typing import Final

from reactivex import Observable, abc
from reactivex.disposable import Disposable

from rx_kucoin.operators.internal.timers import Timer

__all__ = ["Proof"]

_GATHER: Final = 0.1
"""Seconds to wait for others who ask, so that one ping answers many: the bars of all symbols end together."""


class Proof:
    """What the exchange sent before the answer to a ping comes before that answer."""

    def __init__(self, ping: Callable[[], str], clock: abc.SchedulerBase) -> None:
        """Send by `ping`, which tells what the answer will be called."""
        self._ping = ping
        self._timer = Timer(clock)
        self._lock = RLock()
        self._next: dict[object, Callable[[], object]] = {}
        """Who waits for the next ping."""
        self._sent: dict[str, dict[object, Callable[[], object]]] = {}

    def asked(self) -> Observable[None]:
        """Complete once all that was sent until now has come. On a line that ends first it never does."""

        def subscribe(
            observer: abc.ObserverBase[None], scheduler: abc.SchedulerBase | None = None
        ) -> abc.DisposableBase:
            del scheduler  # the line has its own clock
            ticket = object()
            with self._lock:
                first = not self._next
                self._next[ticket] = observer.on_completed
            if first:
                self._timer.set(_GATHER, self._say)
            return Disposable(lambda: self._forget(ticket))

        return Observable(subscribe)

    def ponged(self, id_: str) -> None:
        """An answer came."""
        with self._lock:
            waiting = self._sent.pop(id_, {})
        for tell in waiting.values():
            tell()

    def dispose(self) -> None:
        """Prove nothing more."""
        self._timer.dispose()

    def _say(self) -> None:
        with self._lock:  # its answer must not come before it is known what it is called
            waiting, self._next = self._next, {}
            if waiting:
                self._sent.setdefault(self._ping(), {}).update(waiting)

    def _forget(self, ticket: object) -> None:
        with self._lock:
            for waiting in (self._next, *self._sent.values()):
                waiting.pop(ticket, None)
