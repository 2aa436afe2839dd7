"""`Simulator`, the public class: an exchange that starts, runs on one thread of its own, and stops."""

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Self, TypeVar

from rx_kucoin.protocol.limits import Market
from rx_kucoin.simulator._faults import Faults
from rx_kucoin.simulator._futures_account import FuturesAccount
from rx_kucoin.simulator._history import BookSnapshot
from rx_kucoin.simulator._log import Call, ConnectionLog, Dial, ExchangeLog, Refusal
from rx_kucoin.simulator._scripted_books import BookChange
from rx_kucoin.simulator._settings import SimulatorSettings
from rx_kucoin.simulator._spot_account import SpotAccount
from rx_kucoin.simulator._state import ExchangeState
from rx_kucoin.simulator._streams import ProducedMessages

__all__ = ["Simulator"]

T = TypeVar("T")

TIMEOUT: Final = 30.0
MOVES_PER_CALL: Final = 500
"""Moves in one call on the exchange's thread, so that it can send messages in between."""


@dataclass(kw_only=True, repr=False, eq=False)
class Simulator(SimulatorSettings):
    """KuCoin on loopback. Its arguments are the settings; every method may be called from any thread.

    Example:
        >>> with Simulator(seed=7, rate=0) as exchange:
        ...     exchange.rest_url.startswith("http://127.0.0.1:")
        True
    """

    def __post_init__(self) -> None:
        if self.topics_per_line is not None:
            self.topics_per_request = self.topics_per_line
        self.topics_per_line = self.topics_per_request
        self._state = ExchangeState(self, self._call)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._over: asyncio.Event | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> Self:
        """Open both hosts and return when they accept connections. An exchange starts once."""
        if self._thread is not None:
            raise RuntimeError("this exchange has been started before; build another one")
        ready = threading.Event()
        failure: list[BaseException] = []
        self._thread = threading.Thread(target=self._work, args=(ready, failure), name="kucoin-simulator", daemon=True)
        self._thread.start()
        ready.wait()
        if failure:
            self._thread.join()
            raise failure[0]
        return self

    def stop(self) -> None:
        """Cut every connection and end the thread. The log stays readable."""
        loop, over = self._loop, self._over
        if loop is not None and over is not None:
            loop.call_soon_threadsafe(over.set)
        if self._thread is not None:
            self._thread.join(TIMEOUT)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def rest_url(self) -> str:
        """The spot host, for REST; token answers have the WebSocket's address."""
        return self._state.urls["spot"]

    @property
    def futures_rest_url(self) -> str:
        """The futures host."""
        return self._state.urls["futures"]

    @property
    def faults(self) -> Faults:
        """Scripted faults."""
        return self._state.faults

    @property
    def account(self) -> SpotAccount:
        """The spot account: orders, stop orders and balances that move by script, margin too."""
        return self._state.account

    @property
    def futures_account(self) -> FuturesAccount:
        """The futures account: orders, stop orders, wallets and positions that move by script."""
        return self._state.futures_account

    def tick(self, topic: str, n: int = 1) -> int:
        """Produce the next `n` messages of a topic, with or without subscribers; return the number of subscribers."""

        def act() -> int:
            streams, stream = self._state.find(topic)
            for _ in range(n):
                streams.tick(stream)
            return len(stream.subscribers)

        return self._call(act)

    def book(self, symbol: str, market: Market | None = None) -> BookSnapshot:
        """Return a symbol's book as it stands between two moves, whatever was pushed of it or answered by REST."""
        return self._call(lambda: self._state.books.snapshot(symbol, market))

    def move(self, symbol: str, count: int = 1, *, market: Market | None = None) -> int:
        """Move a symbol's book `count` times now, each move published on its level 2 topic; return the last sequence.

        A connection whose client leaves 100,000 messages unread is reset.
        """
        sequence = 0
        for done in range(0, count, MOVES_PER_CALL):
            size = min(MOVES_PER_CALL, count - done)
            sequence = self._call(partial(self._state.books.move, symbol, size, market))
        return sequence

    def change(
        self, symbol: str, *changes: BookChange, skip: int = 0, shuffle: bool = False, market: Market | None = None
    ) -> int:
        """Apply the given changes to a symbol's book now, in one range; return the last sequence.

        Args:
            symbol: The book's symbol.
            *changes: Each a side, a price as it is to be written in the push, and a size; ("bids", "0", "0") is an
                event that shows on no level. On futures each is a message of its own.
            skip: Sequence numbers to add to the range without rows.
            shuffle: Send the rows in random order; their sequences give the true one.
            market: The symbol's market, if both have one of that name.
        """
        books = self._state.books
        return self._call(lambda: books.change(symbol, changes, market, skip=skip, shuffle=shuffle))

    def push(self, topic: str, subject: str, data: Any, **envelope: Any) -> int:
        """Push any data on a topic, private ones too; return the number of subscribers."""
        return self._call(lambda: self._state.publish(topic, subject, data, **envelope))

    def sent(self, topic: str) -> ProducedMessages:
        """Return what a topic has produced so far, delivered or not."""

        def act() -> ProducedMessages:
            stream = self._state.find(topic)[1]
            return ProducedMessages(stream.count, list(stream.sequences))

        return self._call(act)

    def listeners(self, topic: str) -> int:
        """Return the number of connections that a topic is pushed to."""
        return self._call(lambda: len(self._state.find(topic)[1].subscribers))

    @property
    def listed(self) -> dict[Market, list[str]]:
        """The symbols of each market, in the order of their popularity."""
        return {market: list(prices) for market, prices in self._state.prices.items()}

    @property
    def log(self) -> ExchangeLog:
        """The exchange's own log, over all connections."""
        return self._state.gateway.log

    @property
    def connections(self) -> list[ConnectionLog]:
        """Every connection so far, in dial order."""
        return self._call(lambda: list(self.log.connections))

    @property
    def open_connections(self) -> list[ConnectionLog]:
        """The open connections in dial order: their index is the `connection` of `faults`."""
        return [connection for connection in self.connections if connection.open]

    @property
    def dials(self) -> list[Dial]:
        """Every attempt to connect, refused ones too."""
        return self._call(lambda: list(self.log.dials))

    @property
    def calls(self) -> list[Call]:
        """Every REST call."""
        return self._call(lambda: list(self.log.calls))

    @property
    def refused(self) -> list[Refusal]:
        """Every refused request, and every connection that was closed for breaking a rule."""
        return self._call(lambda: list(self.log.refused))

    def __repr__(self) -> str:
        where = " ".join(self._state.urls.values()) or "not started"
        return f"<Simulator {where} | {self.log!r}>"

    def _work(self, ready: threading.Event, failure: list[BaseException]) -> None:
        try:
            asyncio.run(self._live(ready))
        except OSError as error:  # such as a port in use; raised by `start`
            failure.append(error)
        finally:
            ready.set()

    async def _live(self, ready: threading.Event) -> None:
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        try:
            await self._state.serve_until(self._over, ready.set)
        finally:
            self._loop = None

    def _call(self, act: Callable[[], T]) -> T:
        """Run `act` on the exchange's thread while it runs, otherwise on the caller's, and return its result."""
        loop = self._loop
        if loop is None or threading.current_thread() is self._thread:
            return act()

        async def there() -> T:
            return act()

        return asyncio.run_coroutine_threadsafe(there(), loop).result(TIMEOUT)
