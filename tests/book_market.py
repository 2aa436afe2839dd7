"""An exchange of order books in virtual time, which remembers how each book stood at every sequence."""

import random
from bisect import bisect_right
from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple, TypeVar
from urllib.parse import parse_qs, urlsplit

import msgspec
from reactivex.scheduler import VirtualTimeScheduler

from rx_kucoin import Credentials, KuCoin, OrderBook, events
from rx_kucoin.errors import ApiError
from rx_kucoin.events import Event
from rx_kucoin.testing import VirtualTransport

Side = dict[int, int]
KEY = Credentials("a-key", "a-secret", "a-passphrase")
TICK = Decimal("0.1")
EventT = TypeVar("EventT", bound=Event)


class Standing(NamedTuple):
    """How a book stood: prices in ticks, best first."""

    sequence: int
    bids: tuple[tuple[int, int], ...]
    asks: tuple[tuple[int, int], ...]


class Model:
    """One symbol's book, changed at random and never crossed."""

    def __init__(self, dice: random.Random, levels: int) -> None:
        self.dice = dice
        self.sequence = dice.randrange(1_000, 10**10)
        self.bids: Side = {1_000 - step: dice.randint(1, 99) for step in range(levels)}
        self.asks: Side = {1_001 + step: dice.randint(1, 99) for step in range(levels)}
        self.fewest = levels // 2
        self.past = [self.standing()]

    def standing(self) -> Standing:
        return Standing(self.sequence, tuple(sorted(self.bids.items(), reverse=True)), tuple(sorted(self.asks.items())))

    def change(self) -> tuple[str, int, int, int]:
        """Change a level: the side, its price, its new size and the number of it."""
        side = self.dice.choice(("bids", "asks"))
        levels, other, away = (self.bids, self.asks, -1) if side == "bids" else (self.asks, self.bids, 1)
        best = max(levels) if side == "bids" else min(levels)
        if len(levels) > self.fewest and self.dice.random() < 0.45:
            price, size = (best if self.dice.random() < 0.3 else self.dice.choice(list(levels))), 0
            del levels[price]
        else:
            edge = (min(other) if side == "bids" else max(other)) + away
            price, size = max(1, edge + away * self.dice.randrange(2 * self.fewest)), self.dice.randint(1, 99)
            levels[price] = size
        self.sequence += 1
        return side, price, size, self.sequence

    def keep(self) -> None:
        self.past.append(self.standing())

    def at(self, sequence: int) -> Standing:
        """How it stood; what is between two changes that were told has no standing of its own."""
        found = self.past[bisect_right(self.past, sequence, key=lambda each: each.sequence) - 1]
        assert found.sequence == sequence, "no range ends there"
        return found


class Books:
    """The exchange, and a client of it."""

    def __init__(self, *symbols: str, levels: int = 20, seed: int = 1, key: bool = True, **settings: Any) -> None:
        self.dice = random.Random(seed)
        self.clock = VirtualTimeScheduler(1_000.0)
        self.exchange = VirtualTransport(self.clock, latency=0.1)
        self.exchange.answers = self.answer
        self.models = {symbol: Model(self.dice, levels) for symbol in symbols}
        self.age: Callable[[], int] = lambda: 0
        """By how many standings a snapshot is too old."""
        self.refusal: Callable[[], Exception | bytes | None] = lambda: None
        """What is answered in a snapshot's place."""
        settings = {"random": self.dice.random, **settings}
        self.kucoin = KuCoin(
            scheduler=self.clock,
            transport=lambda *_: self.exchange,
            credentials=KEY if key else None,
            **settings,
        )
        self.told: list[Event] = []
        self.kucoin.events.subscribe(self.told.append)

    @property
    def snapshots(self) -> int:
        """How many snapshots were asked for."""
        return sum("level2" in path for _, path in self.exchange.fetches)

    def told_of(self, kind: type[EventT]) -> list[EventT]:
        """The events of a kind."""
        return [event for event in self.told if isinstance(event, kind)]

    def book(self, symbol: str, **settings: Any) -> "Seen":
        market = self.kucoin if "-" in symbol else self.kucoin.futures
        return Seen(self.models[symbol], market.book(symbol, **settings))

    def pass_time(self, seconds: float) -> None:
        self.clock.advance_by(seconds)

    def move(self, symbol: str, times: int = 1, *, lost: bool = False) -> None:
        """Let the book change, and tell of it."""
        model = self.models[symbol]
        for _ in range(times):
            start, rows = model.sequence + 1, list[tuple[str, int, int, int]]()
            for _ in range(self.dice.choice((1, 1, 2, 4)) if "-" in symbol else 1):
                kind = self.dice.random() if "-" in symbol else 1.0
                if kind < 0.1:
                    model.sequence += 1  # a number without a row
                elif kind < 0.2:
                    model.sequence += 1
                    rows.append(("bids", 0, 0, model.sequence))
                else:
                    rows.append(model.change())
            model.keep()
            if not lost:
                self.push(symbol, start, model.sequence, rows)

    def push(self, symbol: str, start: int, end: int, rows: list[tuple[str, int, int, int]]) -> None:
        """Tell of rows. Those of a range stand in any order."""
        if "-" in symbol:
            self.dice.shuffle(rows)
            changes = {
                side: [[price_of(p), str(size), str(n)] for s, p, size, n in rows if s == side]
                for side in ("asks", "bids")
            }
            data = {"changes": changes, "sequenceStart": start, "sequenceEnd": end, "symbol": symbol, "time": 1_000}
            topic, subject = f"/market/level2:{symbol}", "trade.l2update"
        else:
            ((side, price, size, number),) = rows
            word = "buy" if side == "bids" else "sell"
            data = {"sequence": number, "change": f"{price_of(price)},{word},{size}", "timestamp": 1_000}
            topic, subject = f"/contractMarket/level2:{symbol}", "level2"
        frame = {"topic": topic, "type": "message", "subject": subject, "data": data}
        self.exchange.push(topic, msgspec.json.encode(frame).decode())

    def answer(self, path: str) -> bytes:
        """Answer as the REST hosts do."""
        parts = urlsplit(path)
        symbol = parse_qs(parts.query).get("symbol", [""])[0]
        if symbol not in self.models or "level2" not in parts.path:
            raise ApiError("404000", "Not Found", path)
        refusal = self.refusal()
        if isinstance(refusal, Exception):
            raise refusal
        if refusal is not None:
            return refusal
        past = self.models[symbol].past
        standing = past[max(0, len(past) - 1 - self.age())]
        most = 100 if "level2_100" in parts.path else None
        sides = {
            name: [[price_of(price), str(size)] for price, size in side[:most]]
            for name, side in (("bids", standing.bids), ("asks", standing.asks))
        }
        sequence: object = str(standing.sequence) if "-" in symbol else standing.sequence
        return msgspec.json.encode({"sequence": sequence, **sides})


class Seen:
    """A stream of books, each of which is looked at as it comes."""

    def __init__(self, model: Model, stream: Any) -> None:
        self.model = model
        self.books: list[OrderBook] = []
        self.shown = OrderBook()
        self.errors: list[Exception] = []
        self.is_over = False
        self.wrong: list[str] = []
        self.subscription = stream.subscribe(self._look, self.errors.append, self._over)

    @property
    def last(self) -> OrderBook:
        return self.books[-1]

    @property
    def states(self) -> str:
        """The story: l for a live book, s for a stale one."""
        return "".join("s" if book.stale else "l" for book in self.books)

    def is_right(self) -> bool:
        """Whether the last book is live, and the exchange's as it stands now."""
        return not self.wrong and not self.last.stale and self.last.sequence == self.model.sequence

    def _over(self) -> None:
        self.is_over = True

    def _look(self, book: OrderBook) -> None:
        self.books.append(book)
        if book.stale and book == msgspec.structs.replace(self.shown, stale=True):
            return  # the one before, marked: it was looked at
        self.shown = book
        standing = self.model.at(book.sequence or 0)
        lowest, highest = book.known_from or 0, book.known_to or 10**9
        bids = [(price_of(price), size) for price, size in standing.bids if price * TICK >= lowest]
        asks = [(price_of(price), size) for price, size in standing.asks if price * TICK <= highest]
        mine = [[(f"{price:f}", int(size)) for price, size in side] for side in (book.bids, book.asks)]
        if mine != [bids, asks] or book.is_crossed:
            self.wrong.append(f"{book!r} is not {standing}")


def price_of(ticks: int) -> str:
    return f"{ticks * TICK:f}"


def causes(told: list[Event]) -> list[str]:
    return [event.cause for event in told if isinstance(event, events.BookStale)]
