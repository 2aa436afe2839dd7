"""Measures this machine's clock against the exchange's, so that the lag can be corrected for it."""

import threading
import time
from typing import Final, NamedTuple

import msgspec

from rx_kucoin.candles.rest import TIME
from rx_kucoin.errors import KuCoinError
from rx_kucoin.operators.internal.worker import LibraryThread
from rx_kucoin.transport.cancellation import Cancelled, CancelScope
from rx_kucoin.transport.network import Network
from rx_kucoin.transport.rest import Rest

__all__ = ["ClockCheck", "ClockDifference"]

_ASKED: Final = 4
"""Requests in a row, of which the fastest answer is the most accurate."""
_APART: Final = 0.3
_AGAIN: Final = 600.0
_SHORT: Final = 1 << 12
"""Largest answer with a time, in bytes."""


class ClockDifference(NamedTuple):
    """The difference of two clocks, from one request."""

    ahead: float
    """Seconds by which this machine's clock is ahead."""
    uncertainty: float
    """Possible error in seconds: half the round trip, and the exchange's rounding."""


class ClockCheck:
    """Requests the exchange's time on a thread of its own: four times, and again every ten minutes."""

    def __init__(self, url: str, proxy: str | None) -> None:
        self._network = Network(proxy=proxy)
        self._rest = Rest(url, None, self._network)
        self._over = threading.Event()
        self._lock = threading.RLock()
        self._scope: CancelScope | None = None
        self._thread = LibraryThread(target=self._run, name="rx_kucoin comparison", daemon=True)
        self.best: ClockDifference | None = None
        """The most accurate difference so far, if any."""

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Cancel the request in progress and end the thread."""
        self._over.set()
        with self._lock:
            if self._scope is not None:
                self._scope.cancel()

    def _run(self) -> None:
        while not self._over.is_set():
            found: list[ClockDifference] = []
            for _ in range(_ASKED):
                if (difference := self._ask()) is not None:
                    found.append(difference)
                    self.best = min(found, key=lambda each: each.uncertainty)
                if self._over.wait(_APART):
                    return
            self._over.wait(_AGAIN)

    def _ask(self) -> ClockDifference | None:
        with self._lock:
            if self._over.is_set():
                return None
            scope = self._scope = CancelScope(proxy=self._network.way)
        wall, begun = time.time(), time.monotonic()
        try:
            answer = self._rest.request("GET", TIME, scope, most=_SHORT)
            theirs = msgspec.json.decode(answer, type=int, strict=False) / 1000
        except (Cancelled, KuCoinError, msgspec.DecodeError):
            return None  # the lag is shown as not corrected
        took = time.monotonic() - begun
        return ClockDifference(wall + took / 2 - (theirs + _ROUNDED), took / 2 + _ROUNDED)


_ROUNDED: Final = 0.0005
"""Seconds: the exchange's time is truncated to milliseconds."""
