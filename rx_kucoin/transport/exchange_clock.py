"""The exchange's time, from a measurement and this machine's monotonic clock."""

import logging
import time
from collections.abc import Callable
from typing import Final

__all__ = ["ExchangeClock"]

_log = logging.getLogger("rx_kucoin.transport")
_KEPT: Final = 600.0
"""Seconds for which a measurement is valid; a quartz clock drifts by less than 0.1 s in that time."""
_NOTABLE: Final = 1.0
"""Seconds of difference that are logged. The exchange accepts up to 5."""


class ExchangeClock:
    """The exchange's time once it was measured; until then this machine's.

    It advances with the monotonic clock, so setting this machine's clock has no effect.
    """

    def __init__(
        self, *, wall: Callable[[], float] = time.time, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._wall, self._monotonic = wall, monotonic
        self._measured: tuple[float, float] | None = None

    @property
    def is_known(self) -> bool:
        """Whether there is a measurement that is still valid."""
        return self._measured is not None and self._monotonic() - self._measured[1] < _KEPT

    def elapsed(self) -> float:
        """Return the monotonic time in seconds, to measure a round trip with."""
        return self._monotonic()

    def forget(self) -> None:
        """Discard the measurement."""
        self._measured = None

    def learn(self, time_ms: int, requested_at: float) -> None:
        """Record the exchange's time: it was `time_ms` halfway between `requested_at` and now."""
        answered = self._monotonic()
        halfway, error = (requested_at + answered) / 2, (answered - requested_at) / 2
        self._measured = (time_ms / 1000 - halfway, answered)
        off = self._wall() - (time_ms / 1000 + error)
        if abs(off) - error > _NOTABLE:
            _log.info(
                "this machine's clock is %.1f s %s the exchange's; requests are signed with the exchange's time",
                abs(off),
                "ahead of" if off > 0 else "behind",
            )

    def now_ms(self) -> int:
        """Return the time to sign with, in milliseconds since 1970."""
        measured = self._measured
        return int(1000 * (self._wall() if measured is None else measured[0] + self._monotonic()))
