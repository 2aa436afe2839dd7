"""Starts of the bars of an interval. Times in ns since 1970, UTC."""

from datetime import UTC, datetime, timedelta
from typing import Final

__all__ = ["LENGTHS_NS", "MONTH", "Starts"]

MONTH: Final = "1month"
_MINUTE_NS: Final = 60_000_000_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MINUTES: Final = {
    "1min": 1,
    "3min": 3,
    "5min": 5,
    "15min": 15,
    "30min": 30,
    "1hour": 60,
    "2hour": 120,
    "4hour": 240,
    "6hour": 360,
    "8hour": 480,
    "12hour": 720,
    "1day": 1_440,
    "1week": 10_080,
    MONTH: 44_640,
}
LENGTHS_NS: Final = {interval: minutes * _MINUTE_NS for interval, minutes in _MINUTES.items()}
"""Length of a bar; of a month, the longest."""


class Starts:
    """The starts of all bars, from one that was seen: the exchange's days and weeks do not start at midnight UTC.

    Months are calendar months, and known without a start.
    """

    def __init__(self, interval: str) -> None:
        self._length, self._is_month = LENGTHS_NS[interval], interval == MONTH
        self._anchor: int | None = 0 if self._is_month else None

    def __repr__(self) -> str:
        return f"<Starts {'unknown' if self._anchor is None else self._anchor}>"

    @property
    def are_known(self) -> bool:
        """Whether a start was seen."""
        return self._anchor is not None

    def learn(self, start_ns: int) -> None:
        """Learn that a bar starts here. The first one determines all others."""
        if self._anchor is None:
            self._anchor = start_ns

    def of(self, time_ns: int) -> int:
        """Return the start of the bar that contains a time."""
        if self._is_month:
            moment = _EPOCH + timedelta(microseconds=time_ns // 1_000)
            return _ns(moment.year, moment.month)
        anchor = self._anchor or 0
        return anchor + (time_ns - anchor) // self._length * self._length

    def after(self, start_ns: int) -> int:
        """Return the start of the next bar, at which this one ends."""
        return self.of(start_ns + self._length) if self._is_month else start_ns + self._length


def _ns(year: int, month: int) -> int:
    return (datetime(year, month, 1, tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1) * 1_000
