"""Instruments: a seeded random book, trades and bars for each symbol, made on first use."""

import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from random import Random
from typing import Final, NamedTuple

from rx_kucoin.protocol.limits import Market
from rx_kucoin.simulator._bars import TradeBar, TradeBars
from rx_kucoin.simulator._book import LEVELS, Book, LevelChange
from rx_kucoin.simulator._fault_table import Quirks
from rx_kucoin.simulator._history import BookHistory

__all__ = ["Clock", "Instrument", "MarketInstruments", "Trade", "amount"]

Clock = Callable[[], int]
"""The exchange's time, in nanoseconds."""

SIZE_DIGITS: Final = 8
WORTH: Final[Mapping[str, float]] = {"BTC": 0.012, "ETH": 0.4, "KCS": 90.0}
"""The average worth of a book's level in its quote currency; a thousand if that is a dollar."""
CONTRACTS: Final = 300
FOUND: Final = 3.0
"""Changes a second that a book is assumed to have had before its first use."""


class Trade(NamedTuple):
    """One match; `side` is the taker's."""

    sequence: int
    side: str
    price: int
    size: int
    time_ns: int


class Instrument:
    """One symbol: all the market data of it that a channel or a REST call can return."""

    def __init__(
        self,
        symbol: str,
        price: str,
        *,
        market: Market,
        rank: int,
        seed: int,
        age: float,
        clock: Clock,
        levels: int = LEVELS,
    ) -> None:
        self.symbol, self.rank, self.now_ns = symbol, rank, clock
        self.market: Market = market
        self.in_auction = False
        """Whether its call auction is going on, which two channels report."""
        self.rng = Random(f"{seed} {symbol}")  # noqa: S311
        self.digits = len(price.partition(".")[2])
        self.size_digits = SIZE_DIGITS if market == "spot" else 0
        middle = int(price.replace(".", ""))
        lot = (
            CONTRACTS
            if market == "futures"
            else int(WORTH.get(self.quote, 1_000) * 10 ** (SIZE_DIGITS + self.digits)) // middle
        )
        start = self.rng.randrange(10**9, 4 * 10**10) + (0 if market == "spot" else 17 * 10**11)
        self.book = Book(self.rng, middle=middle, lot=lot, sequence=start + int(age * FOUND), levels=levels)
        self.history = BookHistory(self.book)
        self.changed: tuple[int, list[LevelChange]] = (self.book.sequence, [])
        """The last range: its first sequence, and its rows."""
        self.earlier = self.changed
        """The range before that."""
        self.trade = Trade(self._first_match(age), "buy", middle, lot, clock())
        self.day = TradeBar(clock() // 1_000_000_000, middle)
        self.day.add(middle + middle // 40, lot * 900)
        self.day.add(middle - middle // 50, lot * 900)
        self.day.add(middle, lot)
        self.bars = TradeBars(clock() // 1_000_000_000, middle, lot)
        self._examples: Counter[str] = Counter()

    @property
    def base(self) -> str:
        """The base currency."""
        return self.symbol.partition("-")[0] if self.market == "spot" else self.symbol[:3].replace("XBT", "BTC")

    @property
    def quote(self) -> str:
        """The quote currency."""
        return self.symbol.partition("-")[2] if self.market == "spot" else "USDT"

    def price(self, ticks: int) -> str:
        """Write a price."""
        return amount(ticks, self.digits)

    def size(self, lots: int) -> str:
        """Write a size."""
        return amount(lots, self.size_digits)

    def value(self, ticks_by_lots: int) -> str:
        """Write a turnover."""
        return amount(ticks_by_lots, self.digits + self.size_digits)

    def next_example(self, prefix: str) -> int:
        """Count a message that is made of a channel's example, from 0."""
        self._examples[prefix] += 1
        return self._examples[prefix] - 1

    def move(self, quirks: Quirks | None = None) -> None:
        """Change the book: a range of sequences on spot, one row on futures."""
        start, rows = self.book.sequence + 1, list[LevelChange]()
        count = self.rng.choice((1, 1, 1, 2, 4)) if self.market == "spot" else 1
        for _ in range(count):
            if count == 1 or self.rng.random() < 0.8:  # noqa: PLR2004
                rows.append(self.book.change() if quirks is None else quirks.change(self.book, self.rng))
            elif self.rng.random() < 0.5:  # noqa: PLR2004
                rows.append(LevelChange("bids", 0, 0, self.book.hide()))
            else:
                self.book.hide()
        if quirks is not None:
            rows = quirks.range(rows, self.book, self.rng) if self.market == "spot" else rows
            rows = quirks.spell(rows, self.rng, self.price)
        self.applied(start, rows)

    def applied(self, start: int, rows: list[LevelChange]) -> None:
        """Make the changes just applied to the book its last range."""
        self.earlier, self.changed = self.changed, (start, rows)
        self.history.note(self.now_ns(), start - 1)

    def match(self) -> None:
        """Trade at the best price, as a random taker."""
        bid, ask = self.book.best
        buys = self.rng.random() < 0.5  # noqa: PLR2004
        level = self.book.asks[ask] if buys else self.book.bids[bid]
        gap = self.rng.randrange(1, 9) * (128 if self.market == "spot" else 1)
        now, before = self.now_ns(), self.trade.price
        size = max(1, int(level * self.rng.random()))
        price = ask if buys else bid
        self.trade = Trade(self.trade.sequence + gap, "buy" if buys else "sell", price, size, now)
        self.day.add(price, size)
        self.bars.add(now // 1_000_000_000, before, price, size)

    def now_ms(self) -> int:
        """The exchange's time, in milliseconds."""
        return self.now_ns() // 1_000_000

    def _first_match(self, age: float) -> int:
        scale = 128 if self.market == "spot" else 1
        number = self.rng.randrange(10**8, 10**9) * scale + (11 * 10**15 if self.market == "spot" else 17 * 10**11)
        return number + int(age * FOUND) * scale


class MarketInstruments:
    """The symbols of one market."""

    def __init__(
        self,
        market: Market,
        prices: Mapping[str, str],
        *,
        seed: int,
        ages: bool,
        clock: Clock,
        auctions: Collection[str] = (),
        levels: int = LEVELS,
    ) -> None:
        self.market: Market = market
        self._levels = levels
        self.prices = prices
        self._seed, self._clock, self._auctions = seed, clock, auctions
        self._opened = time.monotonic() if ages else None
        self._ranks = {symbol: rank for rank, symbol in enumerate(prices)}
        self._made: dict[str, Instrument] = {}

    def get(self, symbol: str) -> Instrument | None:
        """Return an instrument, made on first use as if it were as old as the exchange."""
        instrument = self._made.get(symbol)
        if instrument is None and symbol in self.prices:
            age = 0.0 if self._opened is None else time.monotonic() - self._opened
            instrument = self._made[symbol] = Instrument(
                symbol,
                self.prices[symbol],
                market=self.market,
                rank=self._ranks[symbol],
                seed=self._seed,
                age=age,
                clock=self._clock,
                levels=self._levels,
            )
            instrument.in_auction = symbol in self._auctions
        return instrument

    def all(self) -> list[Instrument]:
        """Return every instrument, made on first use."""
        return [instrument for symbol in self.prices if (instrument := self.get(symbol)) is not None]


def amount(units: int, digits: int) -> str:
    """Format a whole number of units as a decimal, without trailing zeros."""
    if not digits:
        return str(units)
    text = str(units).rjust(digits + 1, "0")
    return f"{text[:-digits]}.{text[-digits:]}".rstrip("0").rstrip(".")
