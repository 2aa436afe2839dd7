"""One source, many observers: a multicast that keeps observers from hurting each other."""

from typing import TypeVar

from reactivex import abc

from rx_kucoin.operators.internal.multicast import Multicast
from rx_kucoin.operators.internal.unguarded import Sink, Unguarded

__all__ = ["Hub"]

T = TypeVar("T")


class Hub(Multicast[T], Unguarded[T]):
    """A hot Observable that is also written to; where many threads write, put `serialize` behind it.

    Unlike RxPY's `Subject` it takes no lock to pass a value on, and an observer that raises is ended alone.
    """

    def attach(self, sink: Sink[T], scheduler: abc.SchedulerBase | None) -> abc.DisposableBase:
        """Subscribe without a guard."""
        del scheduler  # nothing here waits
        return self.add(sink)
