"""The state of one symbol: updated on the stream's thread, read on the thread that draws."""

import math
import time
from collections import deque
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

from rx_kucoin.cli._quotes import Quote, quote
from rx_kucoin.cli._spark import SPAN

__all__ = ["MessageRate", "SymbolRow"]

_RATE_OVER: Final = 4
"""Marks, one a second, over which a rate is computed."""
_FLASH: Final = 0.7
"""Seconds for which a price move is highlighted."""


class MessageRate:
    """The growth of a count per second."""

    def __init__(self) -> None:
        self._marks: deque[tuple[float, int]] = deque(maxlen=_RATE_OVER)

    def mark(self, now: float, count: int) -> None:
        """Record the count; call it about once a second."""
        self._marks.append((now, count))

    def rate(self, now: float, count: int) -> float:
        """Return the rate up to now."""
        if not self._marks:
            return 0.0
        since, before = self._marks[0]
        return (count - before) / max(now - since, 1.0)


class SymbolRow:
    """One symbol.

    `take` runs on the stream's thread and only keeps the message, which takes next to no time; `look` runs on the
    drawing thread and reads it.
    """

    def __init__(self) -> None:
        self.count = 0
        self.quote = Quote()
        self.first: Decimal | None = None
        """The first price."""
        self._latest: tuple[Any, float] | None = None
        self._sent: int | None = None
        self._late: int | None = None
        self._opening: Any = None
        self._seen: Any = None
        self._past: deque[tuple[float, float]] = deque()
        self._message_rate = MessageRate()
        self._message_rate.mark(time.monotonic(), 0)
        self._move, self._moved_at = 0, -math.inf

    def take(self, message: Any) -> None:
        """Keep a message. On any thread, one call at a time."""
        if self._opening is None:
            self._opening = message
        self._latest = message, time.monotonic()  # one assignment, as the drawing thread may read it at any time
        self.count += 1
        sent = getattr(message, "time_ns", None)
        if sent != self._sent:
            if self._sent is not None and sent is not None:
                self._late = time.time_ns() - sent
            self._sent = sent

    def look(self, now: float) -> None:
        """Read the last message."""
        if self._latest is None or self._latest[0] is self._seen:
            return
        message, arrived = self._latest
        self._seen, before = message, self.quote.price
        self.quote = quote(message)
        price = self.quote.price
        if price is None or not price.is_finite():
            return
        if self.first is None:
            self.first = quote(self._opening).price or price
        if before is not None and price != before:
            self._move, self._moved_at = (1 if price > before else -1), now
        second = float(int(arrived))
        if self._past and self._past[-1][0] == second:
            self._past.pop()
        self._past.append((second, float(price)))
        while len(self._past) > 1 and self._past[1][0] < now - SPAN:
            self._past.popleft()

    def mark(self, now: float) -> None:
        """Record the message count; call it about once a second."""
        self._message_rate.mark(now, self.count)

    def rate(self, now: float) -> float:
        """Return messages per second."""
        return self._message_rate.rate(now, self.count)

    def age(self, now: float) -> float | None:
        """Return the seconds since the last message, or None if there was none."""
        return None if self._latest is None else now - self._latest[1]

    def lag_ns(self, ahead_ns: int) -> int | None:
        """Return the lag of the last message with a new time; this machine's clock is ahead by `ahead_ns`.

        Messages that repeat a time are ignored: a ticker has the time of the last trade, which may be long ago.
        """
        return None if self._late is None else self._late - ahead_ns

    def moved(self, now: float) -> int:
        """Return 1 or -1 for a short time after the price rose or fell, otherwise 0."""
        return self._move if now - self._moved_at < _FLASH else 0

    def past(self) -> Iterator[tuple[float, float]]:
        """Iterate over the prices of the last minute, one a second."""
        return iter(self._past)
