"""The series of a candle chart: bars by their start, each in its latest state."""

import math
from array import array
from itertools import chain, pairwise
from typing import Any

from rx_kucoin.candles.intervals import LENGTHS_NS
from rx_kucoin.notebook._fields import fields_of, unit_of
from rx_kucoin.notebook._series import DAY, DOWN, UP, Update, count_of, label

__all__ = ["CandleSeries"]


class CandleSeries:
    """The newest bars of a symbol. A new state of a bar replaces the last one."""

    kind = "candles"
    backlog = 10_000

    def __init__(self, bars: int) -> None:
        self.points = bars
        self._bars: dict[float, tuple[float, ...]] = {}
        self._changed: set[float] = set()
        self._symbol = self._interval = ""
        self._price = self._volume = ""

    def __len__(self) -> int:
        return len(self._bars)

    def take(self, received_at: float, item: Any) -> None:
        """Add a bar, or a new state of it."""
        del received_at
        try:
            start_ns, values = item.start_ns, [item.open, item.high, item.low, item.close]
        except AttributeError:
            known = ", ".join(fields_of(item)) or "no fields"
            raise ValueError(f"{type(item).__name__} is no candle; it has {known}") from None
        symbol = getattr(item, "symbol", "")
        if self._bars and symbol != self._symbol:
            raise ValueError(f"candles of {self._symbol} and of {symbol}: a chart shows one symbol")
        if start_ns is None or None in values or not all(map(math.isfinite, values)):
            return
        self._symbol, self._interval = symbol, getattr(item, "interval", "")
        self._price, self._volume = unit_of(item, "price"), unit_of(item, "size")
        start = start_ns / 1e9
        self._bars[start] = (start, *map(float, values), float(getattr(item, "volume", None) or 0))
        self._changed.add(start)
        if len(self._bars) > self.points:
            oldest = min(self._bars)
            del self._bars[oldest]
            self._changed.discard(oldest)

    def update(self, *, whole: bool) -> Update:
        """Return the bars that have changed, or all."""
        whole = whole or len(self._changed) == len(self._bars)
        starts = sorted(self._bars if whole else self._changed)
        self._changed.clear()
        return {"whole": whole}, [array("d", chain.from_iterable(self._bars[start] for start in starts))]

    def labels(self) -> dict[str, Any]:
        """Return title and axis labels."""
        return {
            "title": " ".join(filter(None, (self._symbol, self._interval, "candles"))),
            "x": "start of the bar (UTC)",
            "y": label(["price"], self._price),
            "volume": label(["volume"], self._volume),
            "time": True,
            "seconds": self._seconds(),
        }

    def status(self) -> tuple[str, str]:
        """Return the chart's state while the stream is live."""
        return "live", f"live, {count_of(len(self._bars), 'bar')}"

    def draw_on(self, axes: Any) -> None:
        """Draw on matplotlib axes."""
        bars = [self._bars[start] for start in sorted(self._bars)]
        colours = [DOWN if close < first else UP for _, first, _, _, close, _ in bars]
        starts, wide = [bar[0] / DAY for bar in bars], self._seconds() * 0.68 / DAY
        axes.vlines(starts, [bar[3] for bar in bars], [bar[2] for bar in bars], colors=colours, lw=1)
        least = (max(bar[2] for bar in bars) - min(bar[3] for bar in bars)) / 400 if bars else 0
        heights = [max(abs(bar[4] - bar[1]), least) for bar in bars]
        axes.bar(starts, heights, wide, bottom=[min(bar[1], bar[4]) for bar in bars], color=colours)
        if bars:
            low, high = axes.get_ylim()
            axes.set_ylim(low - (high - low) * 0.25, high)
            beneath = axes.twinx()
            beneath.bar(starts, [bar[5] for bar in bars], wide, color=colours, alpha=0.32)
            beneath.set_ylim(0, (max(bar[5] for bar in bars) or 1) * 5)
            beneath.set_axis_off()

    def _seconds(self) -> float:
        """Return the length of a bar in seconds."""
        starts = sorted(self._bars)
        gaps = [later - start for start, later in pairwise(starts)]
        length_ns = LENGTHS_NS.get(self._interval)
        return min(gaps, default=60.0) if length_ns is None else length_ns / 1e9
