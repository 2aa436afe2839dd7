"""How long ways of keeping a book take over a change, and how long ours over a question."""

import time
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from math import inf
from typing import Final

from benchmarks.books.ways import OURS, WAYS, Way, missing
from benchmarks.books.work import PLACES, work
from rx_kucoin.orderbook.book import OrderBook
from rx_kucoin.orderbook.levels import Ladder
from rx_kucoin.protocol.messages.spot import Level2Change

__all__ = ["CHANGES", "LEVELS", "Costs", "asked", "changed"]

LEVELS: Final = (100, 1_000, 10_000)
"""A side."""
Costs = Mapping[tuple[str, str, int], float]
"""Microseconds by way, place and levels."""
CHANGES: Final = 4_000
_SLICE: Final = 100
_PATIENCE: Final = 0.3
"""Seconds after which a way has shown in a round how long it takes; most are through before."""
_ASKED_S: Final = 0.02


def changed(rounds: int, say: Callable[[str], None], count: int = CHANGES) -> Costs:
    """Time each way over changes; return the least of the rounds, in which the ways take turns."""
    took: dict[tuple[str, str, int], float] = {}
    ways = [way for way in WAYS if not missing(way)]
    for place in PLACES:
        for levels in LEVELS:
            load = work(levels, count, place)
            for number in range(rounds):
                say(f"books, {levels:,} levels, {PLACES[place]}, round {number + 1} of {rounds}")
                for way in ways:
                    key = (way.label, place, levels)
                    took[key] = min(took.get(key, inf), _played(way(load.bids, load.asks), load.changes))
    return took


def _played(way: Way, changes: list[Level2Change]) -> float:
    spent, done = 0.0, 0
    while done < len(changes) and spent < _PATIENCE:
        part = changes[done : done + _SLICE]
        begun = time.process_time()
        way.play(part)
        spent += time.process_time() - begun
        done += len(part)
    return spent / done * 1e6


def asked(rounds: int, count: int = CHANGES) -> Mapping[tuple[str, int], float]:
    """Time each question to a book that changes have gone over; return the least of the rounds, in microseconds."""
    took: dict[tuple[str, int], float] = {}
    for levels in LEVELS:
        load = work(levels, count, "near")
        way = OURS(load.bids, load.asks)
        way.play(load.changes)
        for _ in range(rounds):
            for label, ask in _questions(way.book):
                took[label, levels] = min(took.get((label, levels), inf), _timed(ask))
    return took


def _questions(book: OrderBook) -> Iterator[tuple[str, Callable[[], object]]]:
    near, middle = book.asks[9].price, book.asks[len(book.asks) // 2].price
    ten = sum((size for _, size in book.asks[:10]), Decimal())
    yield "best_bid and best_ask", lambda: (book.best_bid, book.best_ask)
    yield "microprice", lambda: book.microprice
    yield "asks[:10]", lambda: book.asks[:10]
    yield "bids[:10]", lambda: book.bids[:10]
    yield "imbalance(10)", lambda: book.imbalance(10)
    yield "asks.fill: of 10 levels", lambda: book.asks.fill(ten)
    yield "asks.size_to: the 10th level", lambda: book.asks.size_to(near)
    yield "asks.size_to: the middle one", lambda: book.asks.size_to(middle)
    yield "asks.size_at", lambda: book.asks.size_at(middle)
    yield "asks[middle]", lambda: book.asks[len(book.asks) // 2]
    yield "list(asks)", lambda: list(book.asks)
    yield "Ladder(asks)", lambda: Ladder(book.asks)


def _timed(ask: Callable[[], object]) -> float:
    """Repeat it until it has taken long enough to be timed."""
    spent, done, times = 0.0, 0, 1
    while spent < _ASKED_S:
        begun = time.process_time()
        for _ in range(times):
            ask()
        spent += time.process_time() - begun
        done += times
        times *= 2
    return spent / done * 1e6
