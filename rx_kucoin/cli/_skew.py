"""How far this machine's clock is from the exchange's: without that, a lag says as much of clocks as of lines."""

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

__all__ = ["Comparison", "Skew"]

_ASKED: Final = 4
"""Times in a row; the quickest answer tells the most."""
_APART: Final = 0.3
_AGAIN: Final = 600.0
_SHORT: Final = 1 << 12
"""Bytes of an answer that tells the time."""


class Skew(NamedTuple):
    """What a question and its answer tell of two clocks."""

    ahead: float
    """Seconds that this machine's clock is ahead."""
    doubt: float
    """Seconds that it may be more or less: half the time that the answer took, and the exchange's rounding."""


class Comparison:
    """Asks the exchange for its time, on a thread of its own: a few times at first, and every ten minutes."""

    def __init__(self, url: str, proxy: str | None) -> None:
        self._network = Network(proxy=proxy)
        self._rest = Rest(url, None, self._network)
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._scope: CancelScope | None = None
        self._thread = LibraryThread(target=self._run, name="rx_kucoin comparison", daemon=True)
        self.best: Skew | None = None
        """The best that is known; None: nothing yet."""

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Hang up, whatever it is waiting for."""
        self._over.set()
        with self._lock:
            if self._scope is not None:
                self._scope.cancel()

    def _run(self) -> None:
        while not self._over.is_set():
            found: list[Skew] = []
            for _ in range(_ASKED):
                if (skew := self._ask()) is not None:
                    found.append(skew)
                    self.best = min(found, key=lambda each: each.doubt)
                if self._over.wait(_APART):
                    return
            self._over.wait(_AGAIN)

    def _ask(self) -> Skew | None:
        with self._lock:
            if self._over.is_set():
                return None
            scope = self._scope = CancelScope(proxy=self._network.way)
        wall, begun = time.time(), time.monotonic()
        try:
            answer = self._rest.request("GET", TIME, scope, most=_SHORT)
            told = msgspec.json.decode(answer, type=int, strict=False) / 1000
        except (Cancelled, KuCoinError, msgspec.DecodeError):
            return None  # the lag is shown without it, and says so
        took = time.monotonic() - begun
        return Skew(wall + took / 2 - (told + _ROUNDED), took / 2 + _ROUNDED)


_ROUNDED: Final = 0.0005
"""Seconds: it tells milliseconds, cut off."""
