"""When streams publish by themselves: each at its own period, all at a shared rate, or never."""

import heapq
from collections.abc import Callable, Iterator
from itertools import count
from typing import Final, Protocol

from rx_kucoin.simulator._streams import Stream

__all__ = ["PeriodicSchedule", "Schedule", "ScriptedSchedule", "SharedRateSchedule", "schedule_for"]

DEBT: Final = 0.5
"""Seconds of messages that are caught up on after a busy moment; older ones are skipped, so that no burst follows."""


class Schedule(Protocol):
    """Decides which streams are due."""

    def add(self, stream: Stream, now: float) -> None:
        """Add a new stream."""

    def due(self, now: float) -> Iterator[Stream]:
        """Yield the streams whose next message is due."""
        ...

    def published(self, extra: int) -> None:
        """Count messages that were published in addition to the due ones."""


class ScriptedSchedule:
    """Messages are published by script only."""

    def add(self, stream: Stream, now: float) -> None:
        """Do nothing."""

    def due(self, now: float) -> Iterator[Stream]:
        """Yield nothing."""
        del now
        return iter(())

    def published(self, extra: int) -> None:
        """Do nothing."""


class PeriodicSchedule:
    """Each stream publishes at its own period."""

    def __init__(self, period: Callable[[Stream], float]) -> None:
        self._period = period
        self._heap: list[tuple[float, int, Stream]] = []
        self._order = count()

    def add(self, stream: Stream, now: float) -> None:
        """Start the stream somewhere within its first period, spread evenly over streams."""
        number = next(self._order)
        heapq.heappush(self._heap, (now + self._period(stream) * (number * 0.618 % 1), number, stream))

    def due(self, now: float) -> Iterator[Stream]:
        """Yield the streams that are due, each once for each period that has passed."""
        while self._heap and self._heap[0][0] <= now:
            when, number, stream = self._heap[0]
            when = max(when, now - DEBT) + self._period(stream)
            heapq.heapreplace(self._heap, (when, number, stream))
            yield stream

    def published(self, extra: int) -> None:
        """Do nothing: each stream has its own period."""


class SharedRateSchedule:
    """A fixed number of messages a second over all streams, which take turns."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._streams: list[Stream] = []
        self._turn = 0
        self._owed = 0.0
        self._seen: float | None = None

    def add(self, stream: Stream, now: float) -> None:
        """Add the stream to the rotation."""
        self._seen = now if self._seen is None else self._seen
        self._streams.append(stream)

    def due(self, now: float) -> Iterator[Stream]:
        """Yield one stream for each message that is owed."""
        if self._seen is None:
            return
        self._owed = min(self._owed + (now - self._seen) * self._rate, max(1.0, self._rate * DEBT))
        self._seen = now
        while self._owed >= 1:
            self._owed -= 1
            self._turn = (self._turn + 1) % len(self._streams)
            yield self._streams[self._turn]

    def published(self, extra: int) -> None:
        """Deduct messages that were published besides."""
        self._owed -= extra


def schedule_for(rate: float | None, rate_per_topic: float | None) -> Schedule:
    """Choose the schedule that the settings ask for."""
    if rate_per_topic is not None:
        return PeriodicSchedule(lambda _stream: 1 / rate_per_topic) if rate_per_topic > 0 else ScriptedSchedule()
    if rate is None:
        return PeriodicSchedule(lambda stream: stream.period)
    return SharedRateSchedule(rate) if rate > 0 else ScriptedSchedule()
