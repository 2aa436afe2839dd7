"""An exchange in virtual time with books, trades and candles, and the pipelines that are recorded and replayed."""

import random
from pathlib import Path
from typing import Any

import msgspec
from bars_market import Market, trades
from book_market import Books
from reactivex import abc
from reactivex import operators as ops

from rx_kucoin import KuCoin
from rx_kucoin.recording.recorder import Recording

__all__ = ["PIPELINES", "Stage", "listen"]

SPOT, FUTURES = "BTC-USDT", "XBTUSDTM"
BEGIN = 1_000.0


class Stage(Books):
    """Trades make pushes of matches and of candles; books change, and now and then a change is lost."""

    def __init__(self, *, seed: int = 1, minutes: float = 10.0, **settings: Any) -> None:
        super().__init__(SPOT, FUTURES, seed=seed, **settings)
        self.bars = Market()
        self.bars.clock, self.bars.exchange = self.clock, self.exchange
        self.until = BEGIN + 60.0 * minutes
        self.bars.trades = {SPOT: trades(self.dice, BEGIN - 3_600.0, self.until + 60.0, 1.3)}
        self.exchange.answers = self.any_answer

    def any_answer(self, path: str) -> bytes:
        return self.answer(path) if "level2" in path else self.bars.answer(path)

    def play(self, *, drops: list[float], lost: float = 0.01) -> None:
        """Let everything happen, until the time is over."""
        due: list[tuple[float, str, Any]] = [(t[0], "trade", t) for t in self.bars.trades[SPOT] if t[0] > BEGIN]
        due += [(BEGIN + at, "drop", None) for at in drops]
        moment = BEGIN
        while (moment := moment + self.dice.expovariate(4.0)) < self.until:
            due.append((moment, "move", self.dice.choice((SPOT, FUTURES))))
        for at, kind, what in sorted(due, key=lambda each: each[0]):
            if at >= self.until:
                break
            self.clock.advance_to(max(at, self.exchange.time))
            match kind:
                case "trade":
                    self.bars.push(SPOT, "1min", what)
                    self.match(what)
                case "move":
                    self.move(what, lost=self.dice.random() < lost)
                case _:
                    self.exchange.drop()
        self.clock.advance_to(self.until)

    def match(self, trade: tuple[float, Any, Any]) -> None:
        time, price, size = trade
        data = {"symbol": SPOT, "price": str(price), "size": str(size), "time": str(int(time * 1e9)), "side": "buy"}
        data |= {"sequence": str(int(time * 1_000)), "tradeId": f"{time:.3f}", "type": "match"}
        topic = f"/market/match:{SPOT}"
        frame = {"topic": topic, "type": "message", "subject": "trade.l3match", "data": data}
        self.exchange.push(topic, msgspec.json.encode(frame).decode())

    def record(self, path: Path, **settings: Any) -> tuple[dict[str, list[str]], Recording]:
        """Play it while it is recorded, and say what each pipeline brought."""
        with self.kucoin.record(path) as recording:
            seen = listen(self.kucoin, self.clock)
            self.play(**settings)
        self.kucoin.close()
        self.clock.advance_by(60.0)
        return seen, recording


PIPELINES = {
    "events": lambda kucoin: kucoin.events,
    "a buffer with time": lambda kucoin: kucoin.match(SPOT).pipe(ops.buffer_with_time(2.5)),
    "a debounce": lambda kucoin: kucoin.match(SPOT).pipe(ops.debounce(0.8)),
    "closed candles": lambda kucoin: kucoin.closed_candles(SPOT),
    "a book": lambda kucoin: kucoin.book(SPOT),
    "a book of futures, twice a second": lambda kucoin: kucoin.futures.book(FUTURES, every=0.5),
    "changes with their times": lambda kucoin: kucoin.level2(SPOT).pipe(ops.timestamp(), ops.sample(1.7)),
    "two topics merged, by the minute": lambda kucoin: kucoin.match(SPOT).pipe(
        ops.merge(kucoin.level2(SPOT)),
        ops.window_with_time(60.0),
        ops.flat_map(lambda window: window.pipe(ops.count())),
    ),
}


def listen(kucoin: KuCoin, scheduler: abc.SchedulerBase | None = None) -> dict[str, list[str]]:
    """Subscribe to every pipeline; what each brings is written down in full, its end too."""
    seen: dict[str, list[str]] = {}
    for name, make in PIPELINES.items():
        story = seen[name] = []
        make(kucoin).subscribe(
            lambda item, story=story: story.append(in_full(item)),
            lambda error, story=story: story.append(repr(error)),
            lambda story=story: story.append("completed"),
            scheduler=scheduler,
        )
    return seen


def in_full(item: Any) -> str:
    if hasattr(item, "bids") and hasattr(item, "stale"):
        return f"{item!r} {item.time_ns} {list(item.bids)} {list(item.asks)} {item.known_from} {item.known_to}"
    return repr(item)


def seeds(count: int) -> list[int]:
    return random.Random(7).sample(range(1_000), count)
