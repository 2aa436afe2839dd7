"""The heart of the library: four sentences, each a pipeline of operators. All else in this package serves them.

    renewal     an interval stream that switch-maps to fresh connections      `renewing_connections`
    reconnect   a retry with backoff, at most five attempts in a row          `connections_of_line`
    throttling  a rate limit between what is wanted and the wire              `requests_of_connection`
    a topic     an Observable built from the shared pool of connections       `stream_of_topic`

`Settings` has the numbers. What is reported on the way is in `LineEvents` and `TopicOrder`.
"""

from collections.abc import Callable, Iterable
from typing import Any, Final

import reactivex
from reactivex import Observable, abc
from reactivex import operators as ops

from rx_kucoin import events
from rx_kucoin.connections.connection import Connection
from rx_kucoin.connections.context import Context
from rx_kucoin.connections.line_events import LineEvents
from rx_kucoin.connections.pool import Lease
from rx_kucoin.connections.topic_order import LINE_WAS_DOWN, TopicOrder
from rx_kucoin.errors import Passing
from rx_kucoin.operators import (
    hand_over,
    in_sequence,
    merge_copies,
    rate_limit,
    retry_backoff,
    share_anew,
    switch_when_ready,
)
from rx_kucoin.operators.internal.gather import gather
from rx_kucoin.operators.internal.unguarded import Sink, Unguarded, attach, map_unguarded
from rx_kucoin.protocol.channels import Ordering
from rx_kucoin.protocol.raw import fingerprint
from rx_kucoin.protocol.readers.base import Reader
from rx_kucoin.protocol.topics import Topic

__all__ = ["connections_of_line", "renewing_connections", "requests_of_connection", "stream_of_topic"]

_AT_ONCE: Final = 0.5
"""Seconds within which a connection that was live is dialled again; at random, as others may have lost theirs too."""


def renewing_connections(
    dial: Observable[Connection], topics: Callable[[], Iterable[str]], report: LineEvents, context: Context
) -> Observable[Connection]:
    """Renewal: an interval, now and every 12 h, that switch-maps to fresh connections.

    A fresh one takes over once the exchange has acknowledged every topic on it; the old one stays for `grace` seconds,
    for what is still on its way. One that is lost before is dialled again, while the old one goes on.
    """
    settings = context.settings

    def is_ready(connection: Connection) -> Observable[None]:
        return connection.warm(topics())

    report.begun()
    # The first renewal comes up to a quarter early, so that lines that were opened together renew apart.
    first = settings.renew_every * (1 - settings.random() / 4)
    ticks: Observable[object] = reactivex.timer(first, settings.renew_every, scheduler=context.clock)
    return ticks.pipe(
        ops.start_with(None),
        ops.map(lambda _: dial),
        switch_when_ready(
            is_ready,
            grace=settings.grace,
            try_again=settings.waits(),
            on_failed=report.not_renewed,
            scheduler=context.clock,
        ),
        ops.do_action(report.took_over),
    )


def connections_of_line(
    dial: Observable[Connection], topics: Callable[[], Iterable[str]], report: LineEvents, context: Context
) -> Observable[Connection]:
    """Reconnect: a retry with backoff over renewing connections, at most `max_reconnects` failed attempts in a row.

    An attempt has succeeded once the exchange has acknowledged a topic on its connection. The first one after that
    follows at once; the waits after it grow until a connection has lived for `healthy_after` seconds.
    """
    settings = context.settings

    def was_live(connection: Connection) -> bool:
        return connection.was_live

    return reactivex.defer(lambda _: renewing_connections(dial, topics, report, context)).pipe(
        retry_backoff(
            settings.max_reconnects,
            delay=settings.waits(),
            healthy_after=settings.healthy_after,
            succeeded=was_live,
            at_once=lambda: settings.random() * min(_AT_ONCE, settings.backoff_initial),
            retryable=lambda error: isinstance(error, Passing),
            on_retry=report.redialling,
            on_give_up=report.gave_up,
            scheduler=context.clock,
        ),
        ops.do_action(on_error=report.ended),
    )


def requests_of_connection(
    wishes: Observable[bool], next_request: Callable[[], str | None], context: Context
) -> Observable[str | None]:
    """Throttling: a rate limit between what is wanted and the wire.

    A wish says that there is something to send. Wishes are gathered for a moment, so that many topics share a request;
    one that is True, for a ping, is not. Only when the limit lets it pass is it mapped to the request that is due then.
    So one wish that waits is enough, and what is no longer wanted, or comes after something urgent, costs nothing.
    """
    settings, messages = context.settings, context.settings.limits.messages
    return wishes.pipe(
        gather(settings.gather, at_once=bool, scheduler=context.clock),
        rate_limit(messages.count, messages.per, max_queue=1, overflow="drop_oldest", scheduler=context.clock),
        ops.map(lambda _: next_request()),
    )


def stream_of_topic(
    topic: str, reader: Reader, order: Ordering | None, leases: Callable[[str], Observable[Lease]], context: Context
) -> Observable[Any]:
    """A topic: the shared pool's connections, mapped to messages, handed over, in order, until the end, shared.

    A drop or a renewal needs no code here: the next connection is the next inner source. Everything up to the sharing
    is made anew for each life of the stream, so that a topic nobody is subscribed to holds no state.

    Args:
        topic: As the exchange writes it.
        reader: Makes messages of its frames.
        order: What the order of its messages is known by. None: nothing, so copies are told by their content.
        leases: The pool's connections for a topic: see `Pool.leases`.
        context: What the client's streams share.
    """
    fresh = _FreshStream(topic, reader, order, leases, context)
    return fresh.pipe(
        share_anew(linger=context.settings.linger, on_failure=fresh.subscriber_failed, scheduler=context.clock)
    )


class _FreshStream(Unguarded[Any]):
    """Makes the stream of a topic anew for each life of it. There may be thousands, so it is small."""

    def __init__(
        self,
        topic: str,
        reader: Reader,
        order: Ordering | None,
        leases: Callable[[str], Observable[Lease]],
        context: Context,
    ) -> None:
        self._topic, self._reader, self._order, self._leases, self._context = topic, reader, order, leases, context

    def __repr__(self) -> str:
        prefix, argument = Topic.parse(self._topic)
        kind = self._reader.emits[0].__name__ if self._reader.emits else "Payload"
        return f"{kind} stream of {argument or prefix}"

    def __str__(self) -> str:
        return f"stream of {self._topic}"

    def attach(self, sink: Sink[Any], scheduler: abc.SchedulerBase | None) -> abc.DisposableBase:
        """Make it, and attach to it.

        The scheduler that the first subscriber gave is ignored: the stream is shared with others, and its connection
        with other topics. All of these run on the client's clock.
        """
        del scheduler
        made = _fresh_stream(self._topic, self._reader, self._order, self._leases, self._context)
        return attach(made, sink, None)

    def subscriber_failed(self, error: BaseException) -> None:
        """Report that a subscriber raised."""
        self._context.tell(events.SubscriberFailed(0, self._topic, error))


def _fresh_stream(
    topic: str, reader: Reader, order: Ordering | None, leases: Callable[[str], Observable[Lease]], context: Context
) -> Observable[Any]:
    """The stream of a topic, for one life of it. What is made here lasts as long as the subscription, and no longer."""
    until_closed = context.open_streams.until_closed
    if order is None:
        return map_unguarded(leases(topic), lambda lease: lease.messages(reader)).pipe(
            merge_copies(fingerprint, on_break=lambda: context.tell(events.Gap(0, topic, None, None, LINE_WAS_DOWN))),
            until_closed,
        )
    known = TopicOrder(topic, reader, order, context)
    return map_unguarded(leases(topic), known.messages).pipe(
        hand_over(order.last, key=order.key, on_break=known.broke),
        in_sequence(
            order.last,
            first=order.first,
            key=order.key,
            contiguous=order.contiguous,
            strict=order.strict,
            on_gap=known.gap,
            on_repeat=known.repeated,
            on_reset=known.began_anew,
            doubt=known,
            lags=known.lags,
        ),
        until_closed,
    )
