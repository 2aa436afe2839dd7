"""The front door: an exchange that starts, runs on one thread of its own, and stops."""

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Self, TypeVar

from rx_kucoin.protocol.limits import Market
from rx_kucoin.simulator._books import Change
from rx_kucoin.simulator._faults import Faults
from rx_kucoin.simulator._futures_account import FuturesAccount
from rx_kucoin.simulator._past import Standing
from rx_kucoin.simulator._record import Call, Dial, Line, Record, Refusal
from rx_kucoin.simulator._settings import Settings
from rx_kucoin.simulator._spot_account import SpotAccount
from rx_kucoin.simulator._streams import Produced
from rx_kucoin.simulator._world import World

__all__ = ["Simulator"]

T = TypeVar("T")

PATIENCE: Final = 30.0
AT_ONCE: Final = 500
"""Moves after which the exchange may do something else, such as sending them."""


@dataclass(kw_only=True, repr=False, eq=False)
class Simulator(Settings):
    """KuCoin on loopback. Its arguments are the settings; every method may be called from any thread.

    Example:
        >>> with Simulator(seed=7, rate=0) as exchange:
        ...     exchange.rest_url.startswith("http://127.0.0.1:")
        True
    """

    def __post_init__(self) -> None:
        self._world = World(self, self._call)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._over: asyncio.Event | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> Self:
        """Open both hosts; return when they can be dialled. An exchange starts once."""
        if self._thread is not None:
            raise RuntimeError("this exchange has been started before; build another one")
        ready = threading.Event()
        trouble: list[BaseException] = []
        self._thread = threading.Thread(target=self._work, args=(ready, trouble), name="kucoin-simulator", daemon=True)
        self._thread.start()
        ready.wait()
        if trouble:
            self._thread.join()
            raise trouble[0]
        return self

    def stop(self) -> None:
        """Cut every connection and end the thread. What was seen can still be read."""
        loop, over = self._loop, self._over
        if loop is not None and over is not None:
            loop.call_soon_threadsafe(over.set)
        if self._thread is not None:
            self._thread.join(PATIENCE)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def rest_url(self) -> str:
        """The spot host, for REST; the token answer tells where the WebSocket is."""
        return self._world.urls["spot"]

    @property
    def futures_rest_url(self) -> str:
        """The futures host."""
        return self._world.urls["futures"]

    @property
    def faults(self) -> Faults:
        """What is to go wrong."""
        return self._world.faults

    @property
    def account(self) -> SpotAccount:
        """The spot account: orders, stop orders and balances that move by script, margin too."""
        return self._world.account

    @property
    def futures_account(self) -> FuturesAccount:
        """The futures account: orders, stop orders, wallets and positions that move by script."""
        return self._world.futures_account

    def tick(self, topic: str, n: int = 1) -> int:
        """Let the next `n` messages of a topic happen, whether or not anyone listens; return how many listen."""

        def act() -> int:
            streams, stream = self._world.find(topic)
            for _ in range(n):
                streams.tick(stream)
            return len(stream.listeners)

        return self._call(act)

    def book(self, symbol: str, market: Market | None = None) -> Standing:
        """Tell how a symbol's book stands between two moves, whatever is pushed or handed out of it."""
        return self._call(lambda: self._world.books.look(symbol, market))

    def move(self, symbol: str, count: int = 1, *, market: Market | None = None) -> int:
        """Let a symbol's book move so many times now, each told on its level 2 topic; return the last sequence.

        A connection whose reader leaves 100,000 messages waiting is reset.
        """
        sequence = 0
        for done in range(0, count, AT_ONCE):
            size = min(AT_ONCE, count - done)
            sequence = self._call(partial(self._world.books.move, symbol, size, market))
        return sequence

    def change(
        self, symbol: str, *changes: Change, skip: int = 0, shuffle: bool = False, market: Market | None = None
    ) -> int:
        """Let changes of one's own happen to a symbol's book now, in one range; return the last sequence.

        Args:
            symbol: Whose book.
            *changes: Each a side, a price as it shall be written in the push, and a size; ("bids", "0", "0") is an
                event that shows on no level. On futures each is a message of its own.
            skip: So many numbers more, without rows.
            shuffle: Whether the rows stand in no order; their sequences tell it.
            market: Whose symbol it is, where both have one of that name.
        """
        books = self._world.books
        return self._call(lambda: books.change(symbol, changes, market, skip=skip, shuffle=shuffle))

    def push(self, topic: str, subject: str, data: Any, **envelope: Any) -> int:
        """Push any data on a topic, private ones too; return how many listeners it went to."""
        return self._call(lambda: self._world.tell(topic, subject, data, **envelope))

    def sent(self, topic: str) -> Produced:
        """Tell what a topic has produced so far, heard or not."""

        def act() -> Produced:
            stream = self._world.find(topic)[1]
            return Produced(stream.count, list(stream.sequences))

        return self._call(act)

    def listeners(self, topic: str) -> int:
        """Count the connections that a topic is pushed to."""
        return self._call(lambda: len(self._world.find(topic)[1].listeners))

    @property
    def listed(self) -> dict[Market, list[str]]:
        """The symbols of each market, in the order of their popularity."""
        return {market: list(prices) for market, prices in self._world.prices.items()}

    @property
    def log(self) -> Record:
        """The exchange's own account, over all connections."""
        return self._world.doors.record

    @property
    def connections(self) -> list[Line]:
        """Every connection so far, in the order of their dials."""
        return self._call(lambda: list(self.log.lines))

    @property
    def open_connections(self) -> list[Line]:
        """The connections that are up, in the order of their dials: the numbers that `faults` counts by."""
        return [line for line in self.connections if line.open]

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
        """Every request refused, and every connection ended for breaking a rule."""
        return self._call(lambda: list(self.log.refused))

    def __repr__(self) -> str:
        where = " ".join(self._world.urls.values()) or "not started"
        return f"<Simulator {where} | {self.log!r}>"

    def _work(self, ready: threading.Event, trouble: list[BaseException]) -> None:
        try:
            asyncio.run(self._live(ready))
        except OSError as error:  # a port that is taken: told to whoever starts
            trouble.append(error)
        finally:
            ready.set()

    async def _live(self, ready: threading.Event) -> None:
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        try:
            await self._world.live(self._over, ready.set)
        finally:
            self._loop = None

    def _call(self, act: Callable[[], T]) -> T:
        """Act on the exchange's thread while it runs, and here when it does not."""
        loop = self._loop
        if loop is None or threading.current_thread() is self._thread:
            return act()

        async def there() -> T:
            return act()

        return asyncio.run_coroutine_threadsafe(there(), loop).result(PATIENCE)
