"""REST requests: limited for each quota of the exchange, and retried where a failure may heal."""

import threading
from collections.abc import Callable
from typing import Final

from reactivex import Observable

from rx_kucoin.connections.context import Context
from rx_kucoin.connections.limiter import Limiter
from rx_kucoin.errors import Passing, RateLimited
from rx_kucoin.operators import retry_backoff
from rx_kucoin.protocol.limits import Market
from rx_kucoin.protocol.rest_weights import Allowance, weight
from rx_kucoin.transport.interfaces import Transport

__all__ = ["RestClient", "retry_after"]

_AT_ONCE: Final = 16
"""Requests of one quota that are under way at one time. Each has a thread and a socket of its own."""
_SPARED: Final = 4
"""The part of the weight, a quarter, that background requests leave to requests that a stream waits for."""


class RestClient:
    """The REST requests of all markets, with a key or without one. The exchange has a quota for each of these."""

    def __init__(self, transport_of: Callable[[Market, bool], Transport], context: Context) -> None:
        self._transport_of, self._context = transport_of, context
        self._lock = threading.RLock()  # guards the table
        self._limiters: dict[tuple[Market, bool], Limiter] = {}

    def __repr__(self) -> str:
        with self._lock:
            limiters = tuple(self._limiters.items())
        shown = (f"{market}{' private' * private} {limiter!r}" for (market, private), limiter in limiters)
        return f"<RestClient {' '.join(shown) or 'idle'}>"

    def fetch(
        self, market: Market, path: str, *, private: bool, retried: bool, in_background: bool
    ) -> Observable[bytes]:
        """Ask with a GET: each attempt waits for its turn, a background request in a lane of its own.

        See `Source.fetch`.
        """

        def request(learn: Callable[[Allowance], None]) -> Observable[bytes]:
            return self._transport_of(market, private).fetch(path, on_allowance=learn)

        context, settings = self._context, self._context.settings
        lane = path.partition("?")[0] + " in background" * in_background
        spared = settings.limits.rest.count // _SPARED * in_background
        once = self._limiter(market, private=private).admit_request(request, weight(path), lane, spared=spared)
        if not retried:
            return once
        retry: Callable[[Observable[bytes]], Observable[bytes]] = retry_backoff(
            settings.max_reconnects,
            delay=settings.waits(),
            retryable=lambda error: isinstance(error, Passing),
            scheduler=context.clock,
        )
        return once.pipe(retry)

    def dispose(self) -> None:
        """Send no more requests."""
        with self._lock:
            limiters = tuple(self._limiters.values())
        for limiter in limiters:
            limiter.dispose()

    def _limiter(self, market: Market, *, private: bool) -> Limiter:
        rate, clock = self._context.settings.limits.rest, self._context.clock
        with self._lock:
            limiter = self._limiters.get((market, private))
            if limiter is None:
                limiter = Limiter(rate, clock, at_once=_AT_ONCE, retry_after=retry_after)
                self._limiters[market, private] = limiter
            return limiter


def retry_after(error: Exception) -> float:
    """Seconds that the exchange asks to wait when it refuses a request; 0 for any other error."""
    return error.retry_after or 0.0 if isinstance(error, RateLimited) else 0.0
