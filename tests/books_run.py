"""Many books against the simulator, over real sockets, with everything that happens to lines; each looked at closely.

As a script it takes the number of changes and of books: `python tests/books_run.py 1000000 200`.
"""

import random
import sys
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any

from waiting import eventually, nothing_left

from rx_kucoin import Credentials, KuCoin, Limits, OrderBook, Rate, events
from rx_kucoin.events import Event
from rx_kucoin.simulator import BookSnapshot, Simulator

__all__ = ["Outcome", "run"]

UNLIMITED = Rate(1_000_000, 60.0)
KEPT = 3_000
"""Books that are kept of each symbol, to be compared later with the exchange's of the same sequence."""


@dataclass
class Outcome:
    """What a run came to."""

    books: int
    changes: int = 0
    """Numbers that the exchange gave, of both markets."""
    shown: int = 0
    stale: int = 0
    crossed: int = 0
    backwards: int = 0
    checked: int = 0
    """Books compared with the exchange's, whole, at the same sequence, while everything went on."""
    wrong: list[str] = field(default_factory=list[str])
    ended: list[str] = field(default_factory=list[str])
    """Streams that ended with an error."""
    unequal: list[str] = field(default_factory=list[str])
    """Books that were not the exchange's once everything was quiet."""
    gaps: int = 0
    drops: int = 0
    told: Counter[str] = field(default_factory=Counter[str])
    calibrations: int = 0
    """How often a book came to life by a snapshot; otherwise nothing was missing after all."""
    snapshots: int = 0
    seconds: float = 0.0

    def __str__(self) -> str:
        return (
            f"{self.changes} changes of {self.books} books in {self.seconds:.0f} s; {self.gaps} gaps and {self.drops} "
            f"drops of all lines made, {self.told['Renewed']} renewals: {self.shown} books shown, {self.stale} of them "
            f"stale, crossed {self.crossed}, backwards {self.backwards}; {self.told['BookStale']} times stale, "
            f"{self.calibrations - self.books} re-calibrations with {self.snapshots} snapshots in all; compared at "
            f"{self.checked} sequences on the way, wrong {len(self.wrong)}, and all at the end, unequal "
            f"{len(self.unequal)}; streams ended {len(self.ended)}"
        )


class Watch:
    """One book's stream."""

    def __init__(self, outcome: Outcome, symbol: str, stream: Any) -> None:
        self.symbol, self.outcome = symbol, outcome
        self.latest = OrderBook(symbol)
        self.kept: deque[OrderBook] = deque(maxlen=KEPT)
        self.subscription = stream.subscribe(self._look, self._failed)

    def is_live(self) -> bool:
        return self.latest.sequence is not None and not self.latest.stale

    def at(self, sequence: int) -> OrderBook | None:
        """The book as it was shown at a sequence; None: that one was not shown, or is not kept any more."""
        return next((book for book in tuple(self.kept) if book.sequence == sequence), None)

    def _look(self, book: OrderBook) -> None:
        outcome, before = self.outcome, self.latest
        outcome.shown += 1
        self.latest = book
        if book.stale:
            outcome.stale += 1
            return
        outcome.crossed += book.is_crossed
        outcome.backwards += (before.sequence or 0) > (book.sequence or 0)
        self.kept.append(book)

    def _failed(self, error: Exception) -> None:
        self.outcome.ended.append(f"{self.symbol}: {error}")


def run(changes: int, books: int, *, seed: int = 1, lossy: float = 0.0005, drop_every: float = 20.0) -> Outcome:
    """Let books of both markets change so often, losing messages and lines, and compare them with the exchange's."""
    dice = random.Random(seed)
    outcome = Outcome(books)
    settings = {"symbols": books - books // 3, "futures_symbols": books // 3, "rate": 0, "dial_rate": UNLIMITED}
    quotas = {"public": 10**9, "spot": 10**9, "futures": 10**9}
    with nothing_left(), Simulator(seed=seed, quotas=quotas, latency=(0.0, 0.02), **settings) as exchange:
        symbols = [*exchange.listed["spot"], *exchange.listed["futures"]]
        key = Credentials(exchange.api_key, exchange.api_secret, exchange.api_passphrase)
        limits = Limits(dials=UNLIMITED, rest=Rate(10**9, 30.0))
        urls = {"rest_url": exchange.rest_url, "futures_rest_url": exchange.futures_rest_url}
        with KuCoin(
            **urls,
            credentials=key,
            limits=limits,
            renew_every=4.0,
            grace=0.5,
            backoff_initial=0.3,
            max_reconnects=None,
            topics_per_connection=50,
        ) as kucoin:

            def tell(event: Event) -> None:
                outcome.told[type(event).__name__] += 1
                if isinstance(event, events.BookLive):
                    outcome.calibrations += event.snapshots > 0

            kucoin.events.subscribe(tell)
            began = time.monotonic()
            start = {symbol: exchange.book(symbol).sequence for symbol in symbols}
            watches = {
                symbol: Watch(outcome, symbol, (kucoin if "-" in symbol else kucoin.futures).book(symbol))
                for symbol in symbols
            }
            assert eventually(lambda: topics_of(exchange) == books, 60.0)
            for symbol in symbols:
                exchange.move(symbol)
            assert eventually(lambda: all(watch.is_live() for watch in watches.values()), 60.0)
            exchange.faults.lossy(None, lossy)
            exchange.faults.quirks(respell=0.05, repeat=0.05, crowd=0.05, shuffle=0.1)
            last_drop = last_look = time.monotonic()
            while outcome.changes < changes and not outcome.ended:
                moved = dice.sample(symbols, 8)
                for symbol in moved:
                    exchange.move(symbol, dice.randint(1, 60))
                if dice.random() < 0.02:
                    exchange.faults.gap(topic_of(moved[0]))
                    outcome.gaps += 1
                for symbol in moved:
                    watch, standing = watches[symbol], exchange.book(symbol)
                    eventually(lambda watch=watch, at=standing.sequence: (watch.latest.sequence or 0) >= at, 0.05)
                    compare(watch, standing)
                if time.monotonic() - last_drop > drop_every:
                    last_drop = time.monotonic()
                    outcome.drops += 1
                    exchange.faults.drop(abrupt=dice.random() < 0.5)
                if time.monotonic() - last_look > 1.0:
                    last_look = time.monotonic()
                    outcome.changes = sum(exchange.book(symbol).sequence - start[symbol] for symbol in symbols)
            exchange.faults.clear()
            assert eventually(lambda: topics_of(exchange) == books, 60.0)
            for symbol in symbols:
                exchange.move(symbol, 2)
            for symbol, watch in watches.items():
                standing = exchange.book(symbol)
                if not eventually(lambda watch=watch, standing=standing: is_equal(watch.latest, standing), 20.0):
                    outcome.unequal.append(f"{watch.latest!r} is not at {standing.sequence}")
            outcome.changes = sum(exchange.book(symbol).sequence - start[symbol] for symbol in symbols)
            outcome.seconds = time.monotonic() - began
            outcome.snapshots = sum("level2" in call.request for call in exchange.calls)
    return outcome


def compare(watch: Watch, standing: BookSnapshot) -> None:
    """Compare the exchange's book with the one that was shown at its sequence, if one was."""
    book = watch.at(standing.sequence)
    if book is not None:
        watch.outcome.checked += 1
        if not is_equal(book, standing):
            watch.outcome.wrong.append(f"{book!r} is not the exchange's")


def is_equal(book: OrderBook, standing: BookSnapshot) -> bool:
    return (
        not book.stale
        and book.sequence == standing.sequence
        and tuple(book.bids) == standing.bids
        and tuple(book.asks) == standing.asks
    )


def topics_of(exchange: Simulator) -> int:
    """How many topics are live, on whichever connection."""
    return len({topic for line in exchange.open_connections for topic in line.topics})


def topic_of(symbol: str) -> str:
    return f"{'/market' if '-' in symbol else '/contractMarket'}/level2:{symbol}"


if __name__ == "__main__":
    print(run(int(sys.argv[1]), int(sys.argv[2])))
