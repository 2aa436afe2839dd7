"""The pools of a `KuCoin`: for each market one, and one for its private topics, made when it is asked for."""

import threading
from collections.abc import Callable
from weakref import WeakSet

from reactivex import Observable, abc

from rx_kucoin.connections.connection import Connection
from rx_kucoin.connections.pool import Pool
from rx_kucoin.operators.internal.hub import Hub
from rx_kucoin.protocol.limits import Market

__all__ = ["Pools"]


class Pools:
    """All topics' pools as one; `make` is told the market, and whether it is for private topics."""

    def __init__(self, make: Callable[[Market, bool], Pool]) -> None:
        self._make = make
        self._lock = threading.RLock()
        self._pools: dict[tuple[Market, bool], Pool] = {}
        self.connected: Hub[Connection] = Hub()
        """Each connection that is open from now on."""

    def __repr__(self) -> str:
        pools = (f"{market}{' private' * private} {pool!r}" for (market, private), pool in self._parts())
        return " ".join(pools) or "idle"

    @property
    def connections(self) -> Observable[Connection]:
        """Each open connection now, and each that takes over from now on; from any thread."""

        def subscribe(
            observer: abc.ObserverBase[Connection], scheduler: abc.SchedulerBase | None = None
        ) -> abc.DisposableBase:
            del scheduler
            shown: WeakSet[Connection] = WeakSet()

            def show(connection: Connection) -> None:
                if connection not in shown:
                    shown.add(connection)
                    observer.on_next(connection)

            later = self.connected.subscribe(show, observer.on_error, observer.on_completed)
            for _, pool in self._parts():
                for connection in pool.live:
                    show(connection)
            return later

        return Observable(subscribe)

    def of(self, market: Market, *, private: bool) -> Pool:
        """Give the pool of a market."""
        with self._lock:
            pool = self._pools.get((market, private))
            if pool is None:
                pool = self._pools[market, private] = self._make(market, private)
            return pool

    def connection_of(self, topic: str) -> Connection | None:
        """Where a topic is at the moment."""
        found = (pool.connection_of(topic) for _, pool in self._parts())
        return next((connection for connection in found if connection is not None), None)

    def _parts(self) -> list[tuple[tuple[Market, bool], Pool]]:
        with self._lock:
            return list(self._pools.items())
