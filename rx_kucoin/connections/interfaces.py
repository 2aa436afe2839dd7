"""The seams of a client: what it is fed by, and what books and candles are made from."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol, TypeVar

from reactivex import Observable, abc

from rx_kucoin.connections.context import Context
from rx_kucoin.connections.info import ConnectionInfo
from rx_kucoin.connections.instruments import Listing
from rx_kucoin.connections.pool import Lease
from rx_kucoin.events import Event
from rx_kucoin.protocol.limits import Market

__all__ = ["Feed", "MakeSource", "Source"]

T = TypeVar("T")


class Source(Protocol):
    """What a client is fed by: the exchange, or a recording. Nothing runs before the first subscription."""

    @property
    def needs_key(self) -> bool:
        """Whether private topics need a key of this client."""
        ...

    @property
    def connections(self) -> Observable[ConnectionInfo]:
        """Each connection that is open, and each that opens from now on. May emit on any thread."""
        ...

    def line_of(self, topic: str) -> int | None:
        """The line that a topic is on, if it is on one."""
        ...

    def leases(self, topic: str) -> Observable[Lease]:
        """Emit a lease of each connection that brings a topic, one after another. Fails when there will be none."""
        ...

    def fetch(
        self, market: Market, path: str, *, private: bool = False, retried: bool = True, in_background: bool = False
    ) -> Observable[bytes]:
        """Ask a REST host with a GET, within its quota. Cold.

        Emits the answer's `data` as JSON, and completes. Fails with a `KuCoinError`.

        Args:
            market: Whose host.
            path: With the query, if there is one.
            private: Whether the call is signed.
            retried: Whether a failure that may heal is tried again first, as often as a connection is.
            in_background: Whether no stream waits for it: it then leaves a part of the quota to the others.
        """
        ...

    def listing(self, market: Market) -> Listing:
        """What a market lists."""
        ...

    def barrier(self, topic: str) -> Observable[None]:
        """Complete once all that was sent on a topic's connection before the subscription has come.

        Never where it has no connection, or a dead one, which the events report.
        """
        ...

    def present(self, stream: Observable[T]) -> Observable[T]:
        """Give a stream as users get it."""
        ...

    def close(self, timeout: float) -> bool:
        """End every thread and socket. Returns whether all have ended within so many seconds."""
        ...


MakeSource = Callable[[Context], Source]
"""Makes the source of a client from what its parts share."""


class Feed(Protocol):
    """What books and candles are made from: topics, events, REST calls and a clock."""

    @property
    def context(self) -> Context:
        """Settings, and where events are reported."""
        ...

    @property
    def clock(self) -> abc.SchedulerBase:
        """The clock of everything."""
        ...

    def events_about(self, topic: str) -> Observable[Event]:
        """Emit, on the thread that they happen on, events of a topic and of connections that it may be on."""
        ...

    def tell(self, event: Event) -> None:
        """Report an event."""
        ...

    def stream(self, topic: str, *, typed: bool) -> Observable[Any]:
        """Stream a topic: typed messages, or payloads."""
        ...

    def fetch(
        self, market: Market, path: str, *, private: bool = False, retried: bool = True, in_background: bool = False
    ) -> Observable[bytes]:
        """Ask a REST host: see `Source.fetch`."""
        ...

    def unlisted(self, market: Market, symbols: Iterable[str]) -> Observable[Mapping[str, str | None]]:
        """Find those of some symbols that a market does not list: see `Listing.unlisted`."""
        ...

    def barrier(self, topic: str) -> Observable[None]:
        """Complete once all that was sent on a topic has come: see `Source.barrier`."""
        ...
