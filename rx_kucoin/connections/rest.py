"""What is asked of the REST hosts: each pool's requests pass one counter, and what fails may be tried again."""

import threading
from collections.abc import Callable
from typing import Final

from reactivex import Observable

from rx_kucoin.connections.context import Context
from rx_kucoin.connections.rest_limiter import Counter
from rx_kucoin.errors import Passing
from rx_kucoin.operators._retry_backoff import full_jitter, retry_backoff
from rx_kucoin.protocol.limits import Market
from rx_kucoin.protocol.rest_weights import Allowance, weight
from rx_kucoin.transport.interfaces import Transport

__all__ = ["Fetches"]

_SPARED: Final = 4
"""The part of all weight, a quarter, that what is asked aside leaves to what somebody waits for."""


class Fetches:
    """The REST requests of all markets, with a key or without one."""

    def __init__(self, transport_of: Callable[[Market, bool], Transport], context: Context) -> None:
        self._transport_of, self._context = transport_of, context
        self._lock = threading.Lock()
        self._counters: dict[tuple[Market, bool], Counter] = {}

    def __repr__(self) -> str:
        with self._lock:
            counters = tuple(self._counters.items())
        told = (f"{market}{' private' * private} {counter!r}" for (market, private), counter in counters)
        return f"<Fetches {' '.join(told) or 'idle'}>"

    def fetch(self, market: Market, path: str, *, private: bool, retried: bool, aside: bool) -> Observable[bytes]:
        """Ask with a GET: each try waits for its turn, what is asked aside in a lane of its own. See `Engine.fetch`."""

        def ask(told: Callable[[Allowance], None]) -> Observable[bytes]:
            return self._transport_of(market, private).fetch(path, told=told)

        context, settings = self._context, self._context.settings
        lane, spared = path.partition("?")[0] + " aside" * aside, settings.limits.rest.count // _SPARED * aside
        once = self._counter(market, private=private).admit(ask, weight(path), lane, spared=spared)
        if not retried:
            return once
        retry = retry_backoff(
            settings.max_reconnects,
            delay=full_jitter(settings.backoff_initial, cap=settings.backoff_cap, random=settings.random),
            retryable=lambda error: isinstance(error, Passing),
            scheduler=context.clock,
        )
        return once.pipe(retry)

    def dispose(self) -> None:
        """Let nobody ask any more."""
        with self._lock:
            counters = tuple(self._counters.values())
        for counter in counters:
            counter.dispose()

    def _counter(self, market: Market, *, private: bool) -> Counter:
        with self._lock:
            counter = self._counters.get((market, private))
            if counter is None:
                counter = self._counters[market, private] = Counter(
                    self._context.settings.limits.rest, self._context.clock
                )
            return counter
