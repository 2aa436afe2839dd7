"""What is known of one symbol: told on the stream's thread, looked at on the one that draws."""

import math
import time
from collections import deque
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

from rx_kucoin.cli._quotes import Quote, quote
from rx_kucoin.cli._spark import SPAN

__all__ = ["Pace", "Row"]

_RATE_OVER: Final = 4
"""Marks, one a second, that a rate is counted over."""
_FLASH: Final = 0.7
"""Seconds that a move is seen."""


class Pace:
    """How much a count grows in a second."""

    def __init__(self) -> None:
        self._marks: deque[tuple[float, int]] = deque(maxlen=_RATE_OVER)

    def mark(self, now: float, count: int) -> None:
        """Note the count, about once a second."""
        self._marks.append((now, count))

    def rate(self, now: float, count: int) -> float:
        """Tell the rate up to now."""
        if not self._marks:
            return 0.0
        since, before = self._marks[0]
        return (count - before) / max(now - since, 1.0)


class Row:
    """A symbol.

    `take` only keeps the message, which costs the stream next to nothing; what it says is read when it is looked at.
    """

    def __init__(self) -> None:
        self.count = 0
        self.quote = Quote()
        self.first: Decimal | None = None
        """The first price that was seen."""
        self._latest: tuple[Any, float] | None = None
        self._sent: int | None = None
        self._late: int | None = None
        self._opening: Any = None
        self._seen: Any = None
        self._past: deque[tuple[float, float]] = deque()
        self._pace = Pace()
        self._pace.mark(time.monotonic(), 0)
        self._move, self._moved_at = 0, -math.inf

    def take(self, message: Any) -> None:
        """Keep a message. On any thread, one at a time."""
        if self._opening is None:
            self._opening = message
        self._latest = message, time.monotonic()  # one assignment, for another thread looks
        self.count += 1
        sent = message.time_ns
        if sent != self._sent:
            if self._sent is not None and sent is not None:
                self._late = time.time_ns() - sent
            self._sent = sent

    def look(self, now: float) -> None:
        """Read what came last."""
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
        """Count on, about once a second."""
        self._pace.mark(now, self.count)

    def rate(self, now: float) -> float:
        """Messages a second."""
        return self._pace.rate(now, self.count)

    def age(self, now: float) -> float | None:
        """Seconds since the last message; None: there was none."""
        return None if self._latest is None else now - self._latest[1]

    def lag_ns(self, ahead_ns: int) -> int | None:
        """How old news was when it came last, where this machine's clock is so much ahead of the exchange's.

        Only a message with a new time tells: a ticker has that of the last trade, which may be long ago.
        """
        return None if self._late is None else self._late - ahead_ns

    def moved(self, now: float) -> int:
        """1 or -1 for a moment after the price rose or fell; 0: it did not."""
        return self._move if now - self._moved_at < _FLASH else 0

    def past(self) -> Iterator[tuple[float, float]]:
        """Go through the prices of the last minute, by the second."""
        return iter(self._past)
