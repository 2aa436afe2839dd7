"""The exchange's clock, told by this machine's, however wrong that one is."""

import logging
import time
from collections.abc import Callable
from typing import Final

__all__ = ["ExchangeClock"]

_log = logging.getLogger("rx_kucoin.transport")
_KEPT: Final = 600.0
"""Seconds that a measure is good for; quartz drifts by less than 0.1 s in that time."""
_NOTABLE: Final = 1.0
"""Seconds off that are worth a line in the log. The exchange takes up to 5."""


class ExchangeClock:
    """What time it is at the exchange, once it was asked; until then, what time it is here.

    Counts on by the monotonic clock, so that setting this machine's clock changes nothing.
    """

    def __init__(
        self, *, wall: Callable[[], float] = time.time, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._wall, self._monotonic = wall, monotonic
        self._measure: tuple[float, float] | None = None

    @property
    def is_known(self) -> bool:
        """Whether there is a measure that is good enough."""
        return self._measure is not None and self._monotonic() - self._measure[1] < _KEPT

    def elapsed(self) -> float:
        """The moment to measure a round trip by."""
        return self._monotonic()

    def forget(self) -> None:
        """The measure was wrong."""
        self._measure = None

    def learn(self, told_ms: int, asked: float) -> None:
        """Take what the exchange told when it was asked at a moment: it was so halfway between then and now."""
        answered = self._monotonic()
        halfway, doubt = (asked + answered) / 2, (answered - asked) / 2
        self._measure = (told_ms / 1000 - halfway, answered)
        off = self._wall() - (told_ms / 1000 + doubt)
        if abs(off) - doubt > _NOTABLE:
            _log.info(
                "this machine's clock is %.1f s %s the exchange's; requests are signed with the exchange's time",
                abs(off),
                "ahead of" if off > 0 else "behind",
            )

    def now_ms(self) -> int:
        """What time to sign with."""
        measure = self._measure
        return int(1000 * (self._wall() if measure is None else measure[0] + self._monotonic()))
