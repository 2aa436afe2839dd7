"""How fast things happen: which streams are due now."""

import heapq
from collections.abc import Callable, Iterator
from itertools import count
from typing import Final, Protocol

from rx_kucoin.simulator._streams import Stream

__all__ = ["Cadence", "Pace", "Shared", "Still", "pace"]

DEBT: Final = 0.5
"""Seconds of messages that are made up for after a busy moment; what is older is let go, so that no flood follows."""


class Pace(Protocol):
    """Tells which streams are due."""

    def add(self, stream: Stream, now: float) -> None:
        """Take a new stream in."""

    def due(self, now: float) -> Iterator[Stream]:
        """Give the streams whose next message is due."""
        ...

    def told(self, extra: int) -> None:
        """Hear that messages came about beside the ones that were due."""


class Still:
    """Nothing happens but by script."""

    def add(self, stream: Stream, now: float) -> None:
        """Take no notice."""

    def due(self, now: float) -> Iterator[Stream]:
        """Give nothing."""
        del now
        return iter(())

    def told(self, extra: int) -> None:
        """Take no notice."""


class Cadence:
    """Each stream at its own period."""

    def __init__(self, period: Callable[[Stream], float]) -> None:
        self._period = period
        self._heap: list[tuple[float, int, Stream]] = []
        self._order = count()

    def add(self, stream: Stream, now: float) -> None:
        """Start the stream at a moment of its own within its first period."""
        number = next(self._order)
        heapq.heappush(self._heap, (now + self._period(stream) * (number * 0.618 % 1), number, stream))

    def due(self, now: float) -> Iterator[Stream]:
        """Give the streams whose time has come, each once for each period that has passed."""
        while self._heap and self._heap[0][0] <= now:
            when, number, stream = self._heap[0]
            when = max(when, now - DEBT) + self._period(stream)
            heapq.heapreplace(self._heap, (when, number, stream))
            yield stream

    def told(self, extra: int) -> None:
        """Take no notice: each stream has its own cadence."""


class Shared:
    """So many messages a second over all streams, in turn."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._streams: list[Stream] = []
        self._turn = 0
        self._owed = 0.0
        self._seen: float | None = None

    def add(self, stream: Stream, now: float) -> None:
        """Let the stream take turns."""
        self._seen = now if self._seen is None else self._seen
        self._streams.append(stream)

    def due(self, now: float) -> Iterator[Stream]:
        """Give as many streams as messages are owed."""
        if self._seen is None:
            return
        self._owed = min(self._owed + (now - self._seen) * self._rate, max(1.0, self._rate * DEBT))
        self._seen = now
        while self._owed >= 1:
            self._owed -= 1
            self._turn = (self._turn + 1) % len(self._streams)
            yield self._streams[self._turn]

    def told(self, extra: int) -> None:
        """Count what came about besides."""
        self._owed -= extra


def pace(rate: float | None, rate_per_topic: float | None) -> Pace:
    """Choose a pace from the settings."""
    if rate_per_topic is not None:
        return Cadence(lambda _stream: 1 / rate_per_topic) if rate_per_topic > 0 else Still()
    if rate is None:
        return Cadence(lambda stream: stream.period)
    return Shared(rate) if rate > 0 else Still()
