"""One REST request as the work of one thread, with its answer for an observer."""

import logging
from collections.abc import Callable
from typing import Final

from reactivex import abc

from rx_kucoin.errors import KuCoinError, RestUnavailable
from rx_kucoin.protocol.redaction import without_traceback
from rx_kucoin.protocol.rest_weights import Allowance
from rx_kucoin.transport.cancellation import Cancelled, CancelScope
from rx_kucoin.transport.rest import Rest

__all__ = ["NAME", "Fetch"]

NAME: Final = "rx_kucoin rest"
"""Name of the thread."""

_log = logging.getLogger("rx_kucoin.transport")
_MOST: Final = 64 << 20
"""Largest answer in bytes. The list of all symbols has about one million."""


class Fetch:
    """One attempt, from the request to the notification of its observer."""

    def __init__(
        self,
        observer: abc.ObserverBase[bytes],
        rest: Rest,
        path: str,
        scope: CancelScope,
        on_allowance: Callable[[Allowance], None] | None,
    ) -> None:
        self._observer, self._rest, self._path, self._scope = observer, rest, path, scope
        self._on_allowance = on_allowance
        self._is_wanted = True

    def cancel(self) -> None:
        """Cancel the request: its answer is not needed any more."""
        self._is_wanted = False
        self._scope.cancel()

    def abandon(self) -> None:
        """Notify the observer of nothing more, in a forked child."""
        self._is_wanted = False

    def fail(self, cause: str) -> None:
        """Fail without a thread to run on."""
        self._observer.on_error(RestUnavailable(f"GET {self._path}: {cause}"))

    def run(self) -> None:
        """Send the request and notify the observer."""
        answer: bytes | Exception
        try:
            answer = self._rest.request("GET", self._path, self._scope, most=_MOST, on_allowance=self._on_allowance)
        except (Cancelled, KuCoinError) as error:
            answer = without_traceback(error)  # its traceback's frames hold the keys
        except BaseException as error:  # noqa: BLE001  the observer gets an error in any case
            _log.exception("a request ended by a fault of this library")
            answer = RestUnavailable(f"GET {self._path}: an internal fault: {type(error).__name__}")
        if not self._is_wanted:
            return
        try:
            self._notify(answer)
        except BaseException:  # noqa: BLE001  there is no observer left for it
            _log.exception("a subscriber of a REST answer raised")

    def _notify(self, answer: bytes | Exception) -> None:
        if isinstance(answer, Exception):
            self._observer.on_error(answer)
        else:
            self._observer.on_next(answer)
            self._observer.on_completed()
