"""The door that all dials pass, so that no more connections are tried than the exchange allows."""

import threading
from collections.abc import Callable
from typing import TypeVar

from reactivex import Observable, abc
from reactivex.disposable import CompositeDisposable, Disposable, SingleAssignmentDisposable

from rx_kucoin.operators.internal.paced_calls import Turnstile
from rx_kucoin.protocol.limits import Rate

__all__ = ["Door"]

T = TypeVar("T")


class Door:
    """A limit over many subscriptions: each waits for its turn, and one that is withdrawn costs no turn."""

    def __init__(self, rate: Rate, clock: abc.SchedulerBase) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[object, Callable[[], None]] = {}
        self._turnstile = Turnstile(rate.count, rate.per, self._let_in, scheduler=clock)

    def __repr__(self) -> str:
        return f"<Door, {len(self._waiting)} waiting>"

    def admit(self, source: Observable[T]) -> Observable[T]:
        """Subscribe to the source when its turn comes: at once, while the limit is not reached."""

        def subscribe(observer: abc.ObserverBase[T], scheduler_: abc.SchedulerBase | None = None) -> abc.DisposableBase:
            inside = SingleAssignmentDisposable()
            ticket = object()

            def enter() -> None:
                inside.disposable = source.subscribe(observer, scheduler=scheduler_)

            with self._lock:
                self._waiting[ticket] = enter
            self._turnstile.ask()
            return CompositeDisposable(Disposable(lambda: self._withdraw(ticket)), inside)

        return Observable(subscribe)

    def dispose(self) -> None:
        """Let nobody in any more."""
        self._turnstile.dispose()
        with self._lock:
            self._waiting.clear()

    def _let_in(self) -> bool:
        with self._lock:
            ticket = next(iter(self._waiting), None)
            enter = self._waiting.pop(ticket, None)
            more = bool(self._waiting)
        if enter is not None:
            enter()
        return more

    def _withdraw(self, ticket: object) -> None:
        with self._lock:
            self._waiting.pop(ticket, None)
