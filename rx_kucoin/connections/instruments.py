"""What a market lists: asked for by REST, kept for a while, and asked for once however many want to know."""

import logging
import threading
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Final

import reactivex
from reactivex import Observable, abc
from reactivex import operators as ops

from rx_kucoin.errors import KuCoinError
from rx_kucoin.operators import share_anew
from rx_kucoin.operators.internal.clocks import seconds_of
from rx_kucoin.operators.internal.forks import free_after_fork
from rx_kucoin.protocol import listings
from rx_kucoin.protocol.limits import Market
from rx_kucoin.protocol.listings import Contract, Symbol
from rx_kucoin.protocol.suggestions import did_you_mean

__all__ = ["Instruments", "Listing", "Rows", "Unlisted"]

Rows = tuple[Symbol, ...] | tuple[Contract, ...]
Unlisted = Callable[[Iterable[str]], Observable[Mapping[str, str | None]]]
"""Finds out which symbols a market does not list: see `Listing.unlisted`."""

_KEPT: Final = 3600.0
"""Seconds for which a symbol that was listed is taken for one that is."""
_FRESH: Final = 60.0
"""Seconds for which one that was not listed is taken for one that is not; also until a failure is followed by another
attempt."""

_log = logging.getLogger("rx_kucoin.connections.instruments")


class Instruments:
    """The listings of all markets, each made when it is first asked for."""

    def __init__(self, fetch: Callable[[Market, str], Observable[bytes]], clock: abc.SchedulerBase) -> None:
        """Fetch by `fetch`, which takes a market and a path."""
        self._fetch, self._clock = fetch, clock
        self._lock = free_after_fork(threading.RLock())
        self._listings: dict[Market, Listing] = {}

    def of(self, market: Market) -> "Listing":
        """The listing of a market."""
        with self._lock:
            listing = self._listings.get(market)
            if listing is None:
                listing = self._listings[market] = Listing(market, partial(self._fetch, market), self._clock)
            return listing

    def unlisted(self, market: Market, symbols: Iterable[str]) -> Observable[Mapping[str, str | None]]:
        """Find those of some symbols that a market does not list: see `Listing.unlisted`."""
        return self.of(market).unlisted(symbols)


class Listing:
    """The symbols of one market."""

    def __init__(self, market: Market, fetch: Callable[[str], Observable[bytes]], clock: abc.SchedulerBase) -> None:
        self._market: Market = market
        self._now = seconds_of(clock)
        self._lock = free_after_fork(threading.RLock())
        self._names: frozenset[str] = frozenset()
        self._since = self._failed = float("-inf")
        data = fetch(listings.PATHS[market])
        self._rows: Observable[Rows] = data.pipe(ops.map(self._read))
        # Without the rows' other fields, one of which may be spoiled, and which take a megabyte.
        names: Observable[frozenset[str]] = data.pipe(ops.map(self._read_names))
        self._refreshed: Observable[frozenset[str]] = names.pipe(
            ops.do_action(on_error=self._cannot), share_anew(scheduler=clock)
        )

    def __repr__(self) -> str:
        return f"<Listing of {len(self._names)} {self._market} symbols>"

    @property
    def rows(self) -> Observable[Rows]:
        """What is listed now: asked for anew for each who subscribes."""
        return self._rows

    def unlisted(self, symbols: Iterable[str]) -> Observable[Mapping[str, str | None]]:
        """Find those of some symbols that are not listed, each with the one that was perhaps meant.

        Emits them and completes; or completes at once, when the listing cannot be had.
        """
        asked = frozenset(symbols)

        def missing(names: frozenset[str]) -> Mapping[str, str | None]:
            return {symbol: did_you_mean(symbol, names) for symbol in sorted(asked - names)}

        def ask(_: object) -> Observable[Mapping[str, str | None]]:
            now = self._now()
            with self._lock:
                names, age, failed = self._names, now - self._since, now - self._failed < _FRESH
            if age < (_KEPT if asked <= names else _FRESH):
                return reactivex.just(missing(names))
            if failed:
                return reactivex.empty()
            return self._refreshed.pipe(ops.map(missing), ops.catch(reactivex.empty()))

        return reactivex.defer(ask)

    def _read(self, data: bytes) -> Rows:
        rows = (listings.read_symbols if self._market == "spot" else listings.read_contracts)(data)
        self._keep(frozenset([row.symbol for row in rows]))
        return rows

    def _read_names(self, data: bytes) -> frozenset[str]:
        names = listings.read_names(data, self._market)
        if not names:
            raise KuCoinError("it is empty")
        self._keep(names)
        return names

    def _keep(self, names: frozenset[str]) -> None:
        """Keep them; a listing of nothing says nothing: markets have closed for an hour, but none for good."""
        now = self._now()
        if names:
            with self._lock:
                self._names, self._since = names, now

    def _cannot(self, error: Exception) -> None:
        with self._lock:
            self._failed = self._now()
        why = error if isinstance(error, KuCoinError) else repr(error)
        _log.info("what is listed on the %s market cannot be found out, and silent topics go on: %s", self._market, why)
