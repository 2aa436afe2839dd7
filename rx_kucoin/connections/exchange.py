"""The exchange as the source of a client: transports, pools of connections, and REST calls."""

import threading
import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import TypeVar

import reactivex
from reactivex import Observable

from rx_kucoin.connections.connection import Connection
from rx_kucoin.connections.context import Context
from rx_kucoin.connections.dial import connect
from rx_kucoin.connections.info import ConnectionInfo, Described, described
from rx_kucoin.connections.instruments import Instruments, Listing
from rx_kucoin.connections.limiter import Limiter
from rx_kucoin.connections.line_events import LineEvents
from rx_kucoin.connections.pipeline import connections_of_line, requests_of_connection
from rx_kucoin.connections.pool import Lease, Pool
from rx_kucoin.connections.rest import RestClient
from rx_kucoin.operators.internal.forks import free_after_fork, watch_forks
from rx_kucoin.operators.internal.multicast import Hub
from rx_kucoin.operators.internal.unguarded import checked
from rx_kucoin.protocol.channels import row_of
from rx_kucoin.protocol.limits import Market
from rx_kucoin.protocol.topics import Topic
from rx_kucoin.transport.interfaces import Transport, Wire

__all__ = ["Exchange", "TransportOf"]

T = TypeVar("T")

TransportOf = Callable[[Market, bool], Transport]
"""Makes the transport of a market: for its private topics, or for its public ones."""


class Exchange:
    """The `Source` of a live client. Each market has a pool of connections, and one more for its private topics.

    `_lock` guards the tables of what was made already; making a transport or a pool opens nothing.
    """

    needs_key = True

    def __init__(self, context: Context, transport_of: TransportOf) -> None:
        self._context, self._transport_of = context, transport_of
        self._lock = free_after_fork(threading.RLock())
        self._opened: Hub[Described] = Hub()
        self._begin()
        watch_forks(self)

    def _begin(self) -> None:
        context = self._context
        self._transports: dict[tuple[Market, bool], Transport] = {}
        self._pools: dict[tuple[Market, bool], Pool] = {}
        self._dials = Limiter(context.settings.limits.dials, context.clock)
        self._rest = RestClient(self._transport, context)
        self._instruments = Instruments(self.fetch, context.clock)

    def after_fork(self) -> None:
        """Begin idle, without the connections of the parent, and without its requests in the limiters."""
        self._opened.forget()
        self._begin()

    def __repr__(self) -> str:
        pools = (f"{market}{' private' * private} {pool!r}" for (market, private), pool in self._known_pools())
        return " ".join(pools) or "idle"

    @property
    def connections(self) -> Observable[ConnectionInfo]:
        """See `Source`."""
        return described(self._opened, self._open_connections)

    def line_of(self, topic: str) -> int | None:
        """See `Source`."""
        found = (pool.line_of(topic) for _, pool in self._known_pools())
        return next((line for line in found if line is not None), None)

    def leases(self, topic: str) -> Observable[Lease]:
        """See `Source`."""
        channel = row_of(Topic.parse(topic).prefix)
        return self._pool(channel.market, channel.private or self._context.settings.public_over_private).leases(topic)

    def fetch(
        self, market: Market, path: str, *, private: bool = False, retried: bool = True, in_background: bool = False
    ) -> Observable[bytes]:
        """See `Source`."""
        settings = {"private": private, "retried": retried, "in_background": in_background}
        # Not asked of `_rest` before it is subscribed to: in a forked child that is another one.
        answer: Observable[bytes] = reactivex.defer(lambda _: self._rest.fetch(market, path, **settings))
        watched = self._context.hooks.watch_call(answer, market, path, is_signed=private, in_background=in_background)
        return self._context.open_streams.until_closed(watched)

    def listing(self, market: Market) -> Listing:
        """See `Source`."""
        return self._instruments.of(market)

    def barrier(self, topic: str) -> Observable[None]:
        """See `Source`."""
        found = (pool.connection_of(topic) for _, pool in self._known_pools())
        connection = next((each for each in found if each is not None), None)
        if connection is None:
            return reactivex.never()
        return self._context.hooks.watch_barrier(connection.barrier(), topic)

    def present(self, stream: Observable[T]) -> Observable[T]:
        """Give a stream that checks the callbacks of its subscribers."""
        return checked(stream)

    def close(self, timeout: float) -> bool:
        """See `Source`."""
        deadline = time.monotonic() + timeout
        with self._lock:
            transports = tuple(self._transports.values())
        self._dials.dispose()
        self._rest.dispose()
        ended = [transport.close(deadline - time.monotonic()) for transport in transports]
        self._opened.on_completed()
        return all(ended)

    def _pool(self, market: Market, private: bool) -> Pool:  # noqa: FBT001  the shape of a TransportOf
        with self._lock:
            pool = self._pools.get((market, private))
            if pool is None:
                context, transport = self._context, self._transport(market, private)
                pool = self._pools[market, private] = Pool(
                    partial(self._connections_of_line, market, transport),
                    context.line_numbers,
                    context.settings.topics_per_connection,
                    context.hooks,
                    on_open=self._opened.on_next,
                    clock=context.clock,
                )
            return pool

    def _connections_of_line(
        self,
        market: Market,
        transport: Transport,
        line: int,
        topics: Callable[[], Iterable[str]],
        on_full: Callable[[int], object],
    ) -> Observable[Connection]:
        context, report = self._context, LineEvents(line, self._context)
        unlisted = partial(self._instruments.unlisted, market)

        def make(wire: Wire, on_welcome: Callable[[], None]) -> Connection:
            return Connection(wire, line, context, on_welcome, on_full, unlisted, requests_of_connection)

        dial = self._dials.admit(connect(transport, line, make, report))
        return connections_of_line(dial, topics, report, context)

    def _transport(self, market: Market, private: bool) -> Transport:  # noqa: FBT001  the shape of a TransportOf
        with self._lock:
            transport = self._transports.get((market, private))
            if transport is None:
                transport = self._transports[market, private] = self._transport_of(market, private)
            return transport

    def _known_pools(self) -> list[tuple[tuple[Market, bool], Pool]]:
        with self._lock:
            return list(self._pools.items())

    def _open_connections(self) -> list[Connection]:
        return [connection for _, pool in self._known_pools() for connection in pool.open_connections]
