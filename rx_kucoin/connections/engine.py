"""Shared client state: the streams by topic, clocks, events, and shutdown."""

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, Literal, TypeVar, overload
from weakref import WeakValueDictionary

from reactivex import Observable, abc

from rx_kucoin import events
from rx_kucoin.connections.context import Context
from rx_kucoin.connections.info import ConnectionInfo
from rx_kucoin.connections.interfaces import MakeSource
from rx_kucoin.connections.pipeline import stream_of_topic
from rx_kucoin.events import Event
from rx_kucoin.operators import buffer_bounded, serialize
from rx_kucoin.operators.internal.forks import free_after_fork
from rx_kucoin.operators.internal.worker import LibraryThread
from rx_kucoin.protocol import raw
from rx_kucoin.protocol.channels import row_of
from rx_kucoin.protocol.limits import Market
from rx_kucoin.protocol.listings import Contract, Symbol
from rx_kucoin.protocol.topics import Topic
from rx_kucoin.transport.clock import Clock

__all__ = ["Engine"]

T = TypeVar("T")

_EVENTS_KEPT: Final = 10_000
"""Events that a slow subscriber may be behind before it misses the oldest."""


class Engine:
    """What all streams of a client are made from. It runs while there are subscriptions, and is idle otherwise."""

    def __init__(self, context: Context, make_source: MakeSource, scheduler: abc.SchedulerBase | None = None) -> None:
        """Start nothing.

        Args:
            context: What the client's parts share.
            make_source: Makes what the client is fed by.
            scheduler: The clock of timed operators and of events. None: each gets a clock of its own, so that a slow
                subscriber does not hold up pings.
        """
        self._context = context
        self._pacer = scheduler or Clock("rx_kucoin pacer")
        self._teller = scheduler or Clock("rx_kucoin events")
        self._source = make_source(context)
        self._leases = self._source.leases
        context.events.line_of = self._source.line_of
        self._lock = free_after_fork(threading.RLock())
        self._streams: WeakValueDictionary[tuple[str, bool], Observable[Any]] = WeakValueDictionary()
        """The streams that a user or a subscription holds; all others are forgotten."""

    def __repr__(self) -> str:
        return "closed" if self._context.is_closing else repr(self._source)

    @property
    def context(self) -> Context:
        """What the client's parts share."""
        return self._context

    @property
    def connections(self) -> Observable[ConnectionInfo]:
        """Each open connection now, and each that takes over from now on."""
        return self._source.connections.pipe(serialize(), self._on_own_thread())

    @property
    def events(self) -> Observable[Event]:
        """What happens to lines and topics, as it happens."""
        return self._context.events.all.pipe(serialize(), self._on_own_thread())

    @property
    def clock(self) -> abc.SchedulerBase:
        """The clock of everything."""
        return self._context.clock

    @property
    def pacer(self) -> abc.SchedulerBase:
        """The clock of what calls subscribers in time: a slow one must not hold up pings."""
        return self._pacer

    @property
    def needs_key(self) -> bool:
        """Whether private topics need a key."""
        return self._source.needs_key

    def barrier(self, topic: str) -> Observable[None]:
        """See `Source.barrier`."""
        return self._source.barrier(topic)

    def fetch(
        self, market: Market, path: str, *, private: bool = False, retried: bool = True, in_background: bool = False
    ) -> Observable[bytes]:
        """See `Source.fetch`. Completes without an answer when the client closes meanwhile."""
        return self._source.fetch(market, path, private=private, retried=retried, in_background=in_background)

    def presented(self, stream: Observable[T]) -> Observable[T]:
        """Give a stream as users get it: see `Source.present`."""
        return self._source.present(stream)

    def until_closed(self, source: Observable[T]) -> Observable[T]:
        """Relay a source, and complete when the client closes; who subscribes after that gets `Closed`."""
        return self._context.open_streams.until_closed(source)

    @overload
    def listing(self, market: Literal["spot"]) -> Observable[tuple[Symbol, ...]]: ...
    @overload
    def listing(self, market: Literal["futures"]) -> Observable[tuple[Contract, ...]]: ...
    def listing(self, market: Market) -> Observable[Any]:
        """Ask what a market lists now: emits all its symbols or contracts at once, and completes. Fails as `fetch`."""
        return self.presented(self._source.listing(market).rows)

    def unlisted(self, market: Market, symbols: Iterable[str]) -> Observable[Mapping[str, str | None]]:
        """Find those of some symbols that a market does not list: see `Listing.unlisted`."""
        return self._source.listing(market).unlisted(symbols)

    def stream(self, topic: str, *, typed: bool) -> Observable[Any]:
        """Stream one topic, shared by all its subscribers: typed messages, or payloads."""
        with self._lock:
            known = self._streams.get((topic, typed))
            if known is None:
                prefix, argument = Topic.parse(topic)
                channel = row_of(prefix)
                if typed and channel.reader is not None:
                    reader, order = channel.reader, channel.typed_order(argument or "")
                else:
                    reader, order = raw.READER, raw.raw_order(channel, argument or "")
                known = self._streams[topic, typed] = stream_of_topic(topic, reader, order, self._leases, self._context)
            return known

    def events_about(self, topic: str) -> Observable[Event]:
        """See `EventHub.about`."""
        return self._context.events.about(topic)

    def tell(self, event: Event) -> None:
        """Report an event."""
        self._context.tell(event)

    def tell_of_failure(self, topic: str, error: BaseException) -> None:
        """Report that a subscriber of a topic raised."""
        self.tell(events.SubscriberFailed(0, topic, error))

    def close(self, timeout: float = 2.0) -> bool:
        """Complete every stream and end every thread and socket, within `timeout` seconds. May be called anywhere.

        Returns:
            Whether all has ended. False: a subscriber, a name lookup, or the disk that is recorded to, holds a thread
            up; it ends when they do.
        """
        deadline = time.monotonic() + timeout
        if not self._context.open_streams.shut() and LibraryThread.is_current():
            deadline = time.monotonic()  # the first call to `close` may be waiting for this very thread

        def left() -> float:
            return deadline - time.monotonic()

        recorded, ended = self._context.hooks.close(left()), self._source.close(left())
        self._context.open_streams.complete()
        self._context.events.complete()
        self._context.log.dispose()
        clocks = [clock for clock in (self.clock, self._pacer, self._teller) if isinstance(clock, Clock)]
        return all([recorded, ended, *(clock.join(max(0.0, left())) for clock in clocks)])

    def _on_own_thread(self) -> Callable[[Observable[Any]], Observable[Any]]:
        """Events come from every thread, the clock's too; their subscribers must not hold these up."""
        return buffer_bounded(_EVENTS_KEPT, scheduler=self._teller)
