"""A line that lasts: one connection after another, renewed before the token dies and redialled when it drops."""

from collections.abc import Callable, Iterable
from itertools import count

import reactivex
from reactivex import Observable
from reactivex import operators as ops

from rx_kucoin import events
from rx_kucoin.connections.connection import Connection
from rx_kucoin.connections.context import Terms
from rx_kucoin.errors import Passing, ReconnectFailed
from rx_kucoin.operators._retry_backoff import full_jitter, retry_backoff
from rx_kucoin.operators._switch_when_ready import switch_when_ready

__all__ = ["lasting"]


def lasting(
    dial: Observable[Connection], line: int, topics: Callable[[], Iterable[str]], terms: Terms
) -> Observable[Connection]:
    """Connections of one line, each from when it takes over.

    An interval starts now and switch-maps to a fresh connection at each tick, which takes over when it has every one of
    `topics`. When the connection that is relayed is lost the whole starts anew, after a wait, at most `max_reconnects`
    times in a row.
    """
    wait = full_jitter(terms.backoff_initial, cap=terms.backoff_cap, random=terms.random)

    def fresh_ones(_: object) -> Observable[Connection]:
        # The first renewal comes up to a quarter early, so that lines that were opened together renew apart.
        first = terms.renew_every * (1 - terms.random() / 4)
        ticks: Observable[object] = reactivex.timer(first, terms.renew_every, scheduler=terms.clock)
        numbers = count()

        def taken_over(connection: Connection) -> None:
            if next(numbers):
                terms.tell(events.Renewed(line, len(connection.topics)))

        return ticks.pipe(
            ops.start_with(None),
            ops.map(lambda _: dial),
            switch_when_ready(ready, grace=terms.grace, try_again=wait, on_failed=not_renewed, scheduler=terms.clock),
            ops.do_action(taken_over),
        )

    def ready(connection: Connection) -> Observable[None]:
        return connection.warm(topics())

    def not_renewed(cause: Exception, seconds: float | None) -> None:
        terms.tell(events.RenewalFailed(line, cause, seconds or 0.0))

    def redialling(attempt: int, seconds: float, cause: Exception) -> None:
        terms.tell(events.Redialling(line, attempt, seconds, cause))

    def gave_up(attempts: int, cause: Exception) -> Exception:
        return ReconnectFailed(attempts, cause)

    def ended(error: Exception) -> None:
        terms.tell(events.GaveUp(line, error))

    return reactivex.defer(fresh_ones).pipe(
        retry_backoff(
            terms.max_reconnects,
            delay=wait,
            healthy_after=terms.healthy_after,
            retryable=lambda error: isinstance(error, Passing),
            on_retry=redialling,
            on_give_up=gave_up,
            scheduler=terms.clock,
        ),
        ops.do_action(on_error=ended),
    )
