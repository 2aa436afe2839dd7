"""A market in virtual time: trades, the bars that they make, and an exchange that tells of them by stream and REST."""

import random
from bisect import bisect_left
from collections.abc import Iterator
from decimal import Decimal
from itertools import groupby
from operator import itemgetter
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
from engines import live_engine
from reactivex.scheduler import VirtualTimeScheduler

from rx_kucoin.candles.intervals import LENGTHS_NS
from rx_kucoin.errors import ApiError, RestUnavailable
from rx_kucoin.events import Event
from rx_kucoin.testing import VirtualTransport

S = 1_000_000_000
DAY = 86_400.0
START = 20 * DAY + 1_234.5
"""When the clock of a market begins, in seconds; so there is a time before."""
Trade = tuple[float, Decimal, Decimal]
Figures = tuple[Decimal, Decimal, Decimal, Decimal, Decimal, Decimal]


def trades(dice: random.Random, since: float, until: float, mean: float, silences: float = 0.0) -> list[Trade]:
    """Trades with `mean` seconds between them, and now and then a silence."""
    found, time, price = [], since, Decimal(100)
    while True:
        time = round(time + dice.expovariate(1 / mean), 3)
        if dice.random() < silences:
            time += dice.uniform(600, 9_000)
        if time >= until:
            return found
        price += Decimal(dice.randint(-5, 5)) / 10
        found.append((time, max(price, Decimal(1)), Decimal(dice.randint(1, 1_000)) / 100))


def trade_at(time: float, price: int, size: int = 1) -> Trade:
    """A trade so many seconds after the start."""
    return START + time, Decimal(price), Decimal(size)


def folded(some: list[Trade]) -> Figures:
    """Open, close, high, low, volume, turnover."""
    prices = [price for _, price, _ in some]
    volume = sum((size for *_, size in some), Decimal(0))
    turnover = sum((price * size for _, price, size in some), Decimal(0))
    return prices[0], prices[-1], max(prices), min(prices), volume, turnover


def length(interval: str) -> int:
    return LENGTHS_NS[interval] // S


class Market:
    """An exchange whose clock is `ahead` seconds ahead of the client's. Its own time is what trades and bars have."""

    def __init__(self, ahead: float = 0.0, **settings: Any) -> None:
        self.ahead = ahead
        self.clock = VirtualTimeScheduler(START)
        self.exchange = VirtualTransport(self.clock, latency=0.2)
        self.exchange.answers = self.answer
        self.rest_is_down = False
        self.trades: dict[str, list[Trade]] = {}
        self.intervals: dict[str, tuple[str, ...]] = {}
        self._bars: dict[tuple[str, str], tuple[int, list[Trade]]] = {}
        self.engine = live_engine(lambda *_: self.exchange, self.clock, random=random.Random(5).random, **settings)
        self.told: list[Event] = []
        self.engine.context.events.all.subscribe(self.told.append)

    @property
    def now(self) -> float:
        """The exchange's time, in seconds."""
        return self.exchange.time + self.ahead

    def reference(self, symbol: str, interval: str, until: float) -> Iterator[tuple[int, Figures]]:
        """The bars that trades make, without those in which nobody traded."""
        span = length(interval)
        for start, some in groupby((t for t in self.trades[symbol] if t[0] < until), lambda t: int(t[0] // span)):
            yield start * span, folded(list(some))

    def run(self, until: float, lag: random.Random | None = None) -> None:
        """Let trades happen and be told, until a moment of the exchange's. With `lag` some are told late."""
        due = sorted((t, symbol) for symbol, some in self.trades.items() for t in some if self.now < t[0] < until)
        for trade, symbol in due:
            self.clock.advance_to(max(self.exchange.time, trade[0] - self.ahead + (lag.random() * 2 if lag else 0)))
            for interval in self.intervals[symbol]:
                self.push(symbol, interval, trade)
        self.clock.advance_to(max(self.exchange.time, until - self.ahead))

    def push(self, symbol: str, interval: str, trade: Trade) -> None:
        """Tell of a bar as it stands with this trade."""
        key, span = (symbol, interval), length(interval)
        start = int(trade[0] // span) * span
        begun, some = self._bars.get(key, (-1, []))
        if begun != start:
            known = self.trades[symbol]
            first, last = (bisect_left(known, time, key=itemgetter(0)) for time in (start, trade[0]))
            some = known[first:last]
        some.append(trade)
        self._bars[key] = start, some
        self.exchange.push(topic_of(symbol, interval), self.frame(symbol, interval, start, folded(some)))

    def frame(self, symbol: str, interval: str, start: int, figures: Figures) -> str:
        row = [str(start), *map(str, figures)]
        time, subject = int(self.now * S), "trade.candles.update"
        if is_futures(symbol):  # turnover before volume there, and ms
            row[5], row[6], time, subject = row[6], row[5], time // 1_000_000, "candle.stick"
        data = {"symbol": symbol, "candles": row, "time": time}
        return msgspec.json.encode(
            {"topic": topic_of(symbol, interval), "type": "message", "subject": subject, "data": data}
        ).decode()

    def answer(self, path: str) -> bytes:
        """Answer as the REST hosts do."""
        if self.rest_is_down:
            raise RestUnavailable("the REST host is down")
        parts = urlsplit(path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path == "/api/v1/timestamp":
            return str(int(self.now * 1_000)).encode()
        if parts.path == "/api/v1/market/candles":
            since, until = int(query["startAt"]), int(query["endAt"])
            bars = [bar for bar in self.reference(query["symbol"], query["type"], self.now) if since <= bar[0] < until]
            return msgspec.json.encode([[str(start), *map(str, figures)] for start, figures in bars[::-1][:1_500]])
        if parts.path != "/api/v1/kline/query":
            raise ApiError("404000", "Not Found", path)
        interval = next(name for name in LENGTHS_NS if length(name) == int(query["granularity"]) * 60)
        assert interval not in {"3min", "6hour", "1month"}
        since, until = int(query["from"]) // 1_000, int(query["to"]) // 1_000
        bars = [bar for bar in self.reference(query["symbol"], interval, self.now) if since <= bar[0] <= until]
        rows = [(start * 1_000, o, h, low, c, v, t) for start, (o, c, h, low, v, t) in bars[:200]]
        return msgspec.json.encode([[start, *map(float, figures)] for start, *figures in rows])

    def expected(self, symbol: str, interval: str, since: float, until: float) -> dict[int, Figures]:
        """Every bar from the one that forms at `since` on, if it is over at `until`: flat where nobody traded."""
        span, known = length(interval), dict(self.reference(symbol, interval, until))
        before = [figures for start, figures in known.items() if start < since // span * span]
        close, bars = before[-1][1] if before else None, {}
        for start in range(int(since // span) * span, int(until // span) * span, span):
            figures = known.get(start)
            if figures is not None:
                bars[start], close = figures, figures[1]
            elif close is not None:
                bars[start] = close, close, close, close, Decimal(0), Decimal(0)
        return bars


def is_futures(symbol: str) -> bool:
    return "-" not in symbol


def topic_of(symbol: str, interval: str) -> str:
    return f"{'/contractMarket/limitCandle' if is_futures(symbol) else '/market/candles'}:{symbol}_{interval}"
