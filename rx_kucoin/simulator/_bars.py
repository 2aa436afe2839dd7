"""Bars of a symbol's trades. Finished ones are kept; an interval without a trade has none."""

from collections import deque
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Final

__all__ = ["LENGTHS", "TradeBar", "TradeBars", "start_of"]

MONTH: Final = "1month"
LENGTHS: Final[Mapping[str, int]] = {
    "1min": 60,
    "3min": 180,
    "5min": 300,
    "15min": 900,
    "30min": 1800,
    "1hour": 3600,
    "2hour": 7200,
    "4hour": 14400,
    "6hour": 21600,
    "8hour": 28800,
    "12hour": 43200,
    "1day": 86400,
    "1week": 604800,
    MONTH: 2592000,
}
"""Seconds; a month is a calendar month, so its length here is nominal."""
SMALLEST: Final = "1min"
KEPT: Final = 3_000
"""Bars kept of each interval."""
MADE_UP: Final = 3_000
"""Bars that are made up for the time before the symbol's first trade here; before them it counts as unlisted."""


class TradeBar:
    """Open, close, high, low in ticks; volume in lots; turnover in ticks times lots; start in seconds."""

    __slots__ = ("close", "high", "low", "open", "start", "turnover", "volume")

    def __init__(self, start: int, price: int) -> None:
        self.start = start
        self.open = self.close = self.high = self.low = price
        self.volume = 0
        self.turnover = 0

    def add(self, price: int, size: int) -> None:
        """Add a trade."""
        self.close = price
        self.high, self.low = max(self.high, price), min(self.low, price)
        self.volume += size
        self.turnover += price * size

    def join(self, later: "TradeBar") -> None:
        """Merge a later bar into this one."""
        self.close = later.close
        self.high, self.low = max(self.high, later.high), min(self.low, later.low)
        self.volume += later.volume
        self.turnover += later.turnover


class TradeBars:
    """One symbol's bars. One-minute bars are kept from its first trade on; other intervals are built from them."""

    def __init__(self, at: int, price: int, size: int) -> None:
        first = TradeBar(start_of(SMALLEST, at), price)
        first.add(price, size)
        self._kept = {SMALLEST: deque([first], KEPT)}

    def add(self, at: int, before: int, price: int, size: int) -> None:
        """Add a trade; a new bar opens at the price `before` it, as the exchange's bars do."""
        for interval, bars in self._kept.items():
            start = start_of(interval, at)
            if start > bars[-1].start:
                bars.append(TradeBar(start, before))
            bars[-1].add(price, size)

    def last(self, interval: str) -> TradeBar:
        """Return the latest bar with a trade."""
        return self._of(interval)[-1]

    def backwards(self, interval: str, since: int, until: int) -> Iterator[TradeBar]:
        """Yield the bars that start at or after `since` and before `until`, newest first."""
        for bar in self._all(interval):
            if bar.start < since:
                return
            if bar.start < until:
                yield bar

    def _all(self, interval: str) -> Iterator[TradeBar]:
        """Yield the traded bars, then a made-up past that leads up to them and is the same on every call."""
        bars = self._of(interval)
        yield from reversed(bars)
        later = bars[0]
        for back in range(1, MADE_UP):
            bar = TradeBar(start_of(interval, later.start - 1), later.open)
            if bar.start < 0:
                return
            swing = max(1, later.open // 1000)
            bar.open = bar.high = bar.low = max(1, later.open + (back * 7919 % (2 * swing + 1) - swing))
            bar.add(max(bar.open, later.open) + swing, 1000 + back)
            bar.add(max(1, min(bar.open, later.open) - swing), 1000 + back)
            bar.add(later.open, 1000)
            yield bar
            later = bar

    def _of(self, interval: str) -> deque[TradeBar]:
        bars = self._kept.get(interval)
        if bars is None:
            bars = self._kept[interval] = deque[TradeBar](maxlen=KEPT)
            for minute in self._kept[SMALLEST]:
                start = start_of(interval, minute.start)
                if not bars or bars[-1].start != start:
                    bars.append(TradeBar(start, minute.open))
                bars[-1].join(minute)
        return bars


def start_of(interval: str, at: int) -> int:
    """Return the start of the bar that contains a time, both in seconds."""
    if interval == MONTH:
        moment = datetime.fromtimestamp(at, UTC)
        return int(datetime(moment.year, moment.month, 1, tzinfo=UTC).timestamp())
    length = LENGTHS[interval]
    return at // length * length
