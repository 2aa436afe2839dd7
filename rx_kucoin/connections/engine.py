"""What all streams of a `KuCoin` share: the clock, the door, the pools, the events; and their end."""

import threading
import time
from collections.abc import Callable, Mapping
from functools import partial
from itertools import count
from typing import Any, Final, Literal, TypeVar, cast, overload

import reactivex
from reactivex import Observable, abc

from rx_kucoin import events
from rx_kucoin.connections.connection import Connection
from rx_kucoin.connections.context import Terms
from rx_kucoin.connections.dial import connect
from rx_kucoin.connections.dial_limiter import Door
from rx_kucoin.connections.instruments import Listing
from rx_kucoin.connections.open_streams import OpenStreams
from rx_kucoin.connections.pool import Pool
from rx_kucoin.connections.pools import Pools
from rx_kucoin.connections.rest import Fetches
from rx_kucoin.connections.topic_stream import stream
from rx_kucoin.events import Event
from rx_kucoin.operators._buffer_bounded import buffer_bounded
from rx_kucoin.operators._serialize import serialize
from rx_kucoin.operators._share_anew import share_anew
from rx_kucoin.operators.internal.hub import Hub
from rx_kucoin.operators.internal.unguarded import Sink, Unguarded, attach
from rx_kucoin.protocol import raw as pushes
from rx_kucoin.protocol.channels import row_of
from rx_kucoin.protocol.limits import Market
from rx_kucoin.protocol.listings import Contract, Symbol
from rx_kucoin.protocol.topics import Topic
from rx_kucoin.recording.replay.observable import Clocked
from rx_kucoin.recording.replay.player import Player
from rx_kucoin.recording.rest_hooks import overhear_answer, overhear_offer, overhear_proof
from rx_kucoin.transport.clock import Clock
from rx_kucoin.transport.interfaces import Transport

__all__ = ["Engine", "TransportOf"]

T = TypeVar("T")

TransportOf = Callable[[Market, bool], Transport]
"""Makes the transport of a market: for its private topics, or for its public ones."""

_EVENTS_KEPT: Final = 10_000
"""Events that a slow subscriber may be behind, before it misses the oldest."""


class Engine:
    """Built, it does nothing; subscribed to, it runs; and it stops when nobody is subscribed any more."""

    def __init__(
        self,
        transport_of: TransportOf,
        scheduler: abc.SchedulerBase | None,
        *,
        player: Player | None = None,
        **settings: Any,
    ) -> None:
        self._transport_of = transport_of
        self._clock = scheduler or Clock()
        self._pacer = scheduler or Clock("rx_kucoin pacer")
        self._teller = scheduler or Clock("rx_kucoin events")
        self._incoming: Hub[Event] = Hub()
        self._terms = Terms(clock=self._clock, tell=self.tell, **settings)
        self._door = Door(self._terms.limits.dials, self._clock)
        self._fetches = Fetches(self._transport, self._terms)
        self._lock = threading.RLock()
        self._numbers = count(1)
        self._transports: dict[tuple[Market, bool], Transport] = {}
        self._pools = Pools(self._pool)
        self._listings: dict[Market, Listing] = {}
        self._streams: dict[tuple[str, bool], Observable[Any]] = {}
        self._open = OpenStreams(self._terms.closing)
        self._player = player
        if player is not None:
            player.attach(self.tell, self._pools.connected.on_next, self.close)

    def __repr__(self) -> str:
        return "closed" if self._terms.closing.is_set() else repr(self._pools)

    @property
    def connections(self) -> Observable[Connection]:
        """Each open connection now, and each that takes over from now on."""
        return self._pools.connections.pipe(serialize(), self._told())

    @property
    def events(self) -> Observable[Event]:
        """What happens to lines and topics, as it happens."""
        return self._incoming.pipe(serialize(), self._told())

    @property
    def happenings(self) -> Observable[Event]:
        """What happens, told while it happens, on the thread that it happens on."""
        return self._incoming

    @property
    def terms(self) -> Terms:
        """The settings."""
        return self._terms

    @property
    def clock(self) -> abc.SchedulerBase:
        """The clock of everything."""
        return self._clock

    @property
    def pacer(self) -> abc.SchedulerBase:
        """The clock of what calls subscribers in time: one that is slow must not hold up pings."""
        return self._pacer

    @property
    def replays(self) -> bool:
        """Whether all that it brings was recorded."""
        return self._player is not None

    def prove(self, topic: str) -> Observable[None]:
        """Complete when all that the exchange has sent so far on a topic's connection has come.

        Never where there is none, or it is dead: which the events tell.
        """
        if self._player is not None:
            return self._player.answers.prove(topic)
        connection = self._pools.connection_of(topic)
        return reactivex.never() if connection is None else overhear_proof(connection.prove(), self._terms.tap, topic)

    def fetch(
        self, market: Market, path: str, *, private: bool = False, retried: bool = True, aside: bool = False
    ) -> Observable[bytes]:
        """Ask a REST host with a GET, when its turn comes: no more is asked for than the exchange allows.

        Emits the answer's `data` as JSON, and completes; without it when all is closed meanwhile. Fails with a
        `KuCoinError`; `retried`: what may heal is tried again before, as often as a connection is. `aside`: it is for
        nobody but recordings.
        """
        if self._player is not None:
            return self.until_closed(self._player.answers.fetch(market, path))
        answer = self._fetches.fetch(market, path, private=private, retried=retried, aside=aside)
        overhear = overhear_offer if aside else overhear_answer
        return self.until_closed(overhear(answer, self._terms.tap, market, path, signed=private))

    def presented(self, stream: Observable[T]) -> Observable[T]:
        """Give a stream as users get it: in a replay their operators keep to its clock."""
        return stream if self._player is None else Clocked(stream, self._clock, self._player)

    def until_closed(self, source: Observable[T]) -> Observable[T]:
        """Relay a source, and complete when all is closed; who subscribes after that gets `Closed`."""
        return self._open.until_closed(source)

    @overload
    def listing(self, market: Literal["spot"]) -> Observable[tuple[Symbol, ...]]: ...
    @overload
    def listing(self, market: Literal["futures"]) -> Observable[tuple[Contract, ...]]: ...
    def listing(self, market: Market) -> Observable[Any]:
        """Ask what a market lists now: emits all its symbols or contracts at once, and completes. Fails as `fetch`."""
        return self.presented(self._listing(market).rows)

    def unlisted(self, market: Market, symbol: str) -> Observable[Mapping[str, str | None]]:
        """Find out whether a market does not list a symbol: see `Listing.unlisted`."""
        return self._listing(market).unlisted([symbol])

    def close(self, timeout: float = 2.0) -> bool:
        """Complete every stream and end every thread and socket, within `timeout` seconds. May be called anywhere.

        Returns:
            Whether all has ended. False: a subscriber, a name lookup, or the disk that is recorded to, holds a thread
            up; it ends when they do.
        """
        deadline = time.monotonic() + timeout
        if not self._open.shut() and threading.current_thread().name.startswith("rx_kucoin"):
            deadline = time.monotonic()  # whoever closes already may wait for this very thread
        recorded = self._terms.tap.close(deadline - time.monotonic())
        with self._lock:
            transports = tuple(self._transports.values())
        self._door.dispose()
        self._fetches.dispose()
        ended = [transport.close(deadline - time.monotonic()) for transport in transports]
        self._open.complete()
        for hub in (self._pools.connected, self._incoming):
            hub.on_completed()
        clocks = [clock for clock in (self._clock, self._pacer, self._teller) if isinstance(clock, Clock)]
        return all([recorded, *ended, *(clock.join(max(0.0, deadline - time.monotonic())) for clock in clocks)])

    def stream(self, topic: str, *, typed: bool) -> Observable[Any]:
        """Stream a single topic, shared by all who ask for it: typed messages, or payloads."""
        with self._lock:
            known = self._streams.get((topic, typed))
            if known is None:
                source = _Source(self, topic, typed=typed)
                share = share_anew(linger=self._terms.linger, on_failure=source.failed, scheduler=self._clock)
                known = self._streams[topic, typed] = share(source)
            return known

    def subscribe(self, sink: Sink[Any], topic: str, *, typed: bool) -> abc.DisposableBase:
        """Begin a stream that nobody else listens to."""
        prefix, named = Topic.parse(topic)
        channel, argument = row_of(prefix), named or ""
        if typed and channel.reader is not None:
            reader, order = channel.reader, channel.typed_order(argument)
        else:
            reader, order = pushes.READER, pushes.raw_order(channel, argument)
        pool = self._pools.of(channel.market, private=channel.private or self._terms.public_over_private)
        return attach(self.until_closed(stream(topic, reader, order, pool, self._terms)), sink, None)

    def tell(self, event: Event) -> None:
        """Say that something happened."""
        if self._terms.tap.heads:
            self._terms.tap.event(event)
        if not self._terms.closing.is_set():
            self._incoming.on_next(event)

    def tell_of_failure(self, topic: str, error: BaseException) -> None:
        """Say that a subscriber of a topic raised."""
        self.tell(events.SubscriberFailed(0, topic, error))

    def _pool(self, market: Market, private: bool) -> Pool:  # noqa: FBT001  the shape of a TransportOf
        if self._player is not None:
            return cast("Pool", self._player.seats)
        transport, listing = self._transport(market, private), self._listing(market)

        def dial(line: int, on_full: Callable[[int], object]) -> Observable[Connection]:
            return self._door.admit(connect(transport, line, self._terms, on_full, listing))

        return Pool(dial, self._numbers, self._terms, self._pools.connected.on_next)

    def _listing(self, market: Market) -> Listing:
        with self._lock:
            listing = self._listings.get(market)
            if listing is None:
                listing = self._listings[market] = Listing(market, partial(self.fetch, market), self._clock)
            return listing

    def _transport(self, market: Market, private: bool) -> Transport:  # noqa: FBT001  the shape of a TransportOf
        with self._lock:
            transport = self._transports.get((market, private))
            if transport is None:
                transport = self._transports[market, private] = self._transport_of(market, private)
            return transport

    def _told(self) -> Callable[[Observable[Any]], Observable[Any]]:
        """Events come from every thread, the clock's too; whoever is told of them must not hold these up."""
        return buffer_bounded(_EVENTS_KEPT, scheduler=self._teller)


class _Source(Unguarded[Any]):
    """A topic's stream, a new one for each who attaches. There may be thousands, so it is small."""

    def __init__(self, engine: Engine, topic: str, *, typed: bool) -> None:
        self._engine, self._topic, self._typed = engine, topic, typed

    def attach(self, sink: Sink[Any], scheduler: abc.SchedulerBase | None) -> abc.DisposableBase:
        """Subscribe without a guard."""
        del scheduler  # the engine has its own
        return self._engine.subscribe(sink, self._topic, typed=self._typed)

    def failed(self, error: BaseException) -> None:
        """A subscriber raised."""
        self._engine.tell_of_failure(self._topic, error)
