"""What users see of a connection."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from reactivex import Observable, abc

from rx_kucoin.operators.internal.multicast import Hub

__all__ = ["ConnectionInfo", "Described", "described"]


@dataclass(frozen=True, slots=True)
class ConnectionInfo:
    """A connection as it was when it was emitted. The same from a live client and from a replay."""

    number: int
    """Its number among all connections of the client, from 1."""
    line: int
    """The line that it belongs to: a place in the pool, on which one connection follows another."""
    host: str
    topics: tuple[str, ...]
    """The topics that the exchange had acknowledged on it."""
    is_open: bool
    """Whether it had been welcomed and had not ended."""


class Described(Protocol):
    """A connection that can tell what it is."""

    @property
    def info(self) -> ConnectionInfo:
        """What it is now."""
        ...


def described(opened: Hub[Described], open_now: Callable[[], Iterable[Described]]) -> Observable[ConnectionInfo]:
    """Describe each connection that is open now, and each that opens later, once each. Emits on any thread.

    Args:
        opened: Emits each connection that takes over its line.
        open_now: Returns those that are open.
    """

    def subscribe(
        observer: abc.ObserverBase[ConnectionInfo], scheduler: abc.SchedulerBase | None = None
    ) -> abc.DisposableBase:
        del scheduler
        shown: set[int] = set()

        def show(connection: Described) -> None:
            info = connection.info
            if info.number not in shown:  # it may be among those that are open now, and open just then
                shown.add(info.number)
                observer.on_next(info)

        later = opened.subscribe(show, observer.on_error, observer.on_completed)
        for connection in open_now():
            show(connection)
        return later

    return Observable(subscribe)
