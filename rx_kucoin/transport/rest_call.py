"""One REST answer as an Observable, on a thread of its own."""

import logging
from collections.abc import Callable
from typing import Final

from reactivex import abc

from rx_kucoin.errors import KuCoinError, RestUnavailable
from rx_kucoin.protocol.redaction import bare
from rx_kucoin.protocol.rest_weights import Allowance
from rx_kucoin.transport.cancellation import CancelScope, Cut
from rx_kucoin.transport.rest import Rest

__all__ = ["NAME", "Fetch"]

NAME: Final = "rx_kucoin rest"
"""Of the thread."""

_log = logging.getLogger("rx_kucoin.transport")
_MOST: Final = 64 << 20
"""Bytes of an answer. The list of all symbols has somewhat more than one million."""


class Fetch:
    """One try, from the request to the last word to its subscriber."""

    def __init__(
        self,
        observer: abc.ObserverBase[bytes],
        rest: Rest,
        path: str,
        lifeline: CancelScope,
        told: Callable[[Allowance], None] | None,
    ) -> None:
        self._observer, self._rest, self._path, self._lifeline = observer, rest, path, lifeline
        self._told = told
        self._is_wanted = True

    def hang_up(self) -> None:
        """Nobody wants the answer any more."""
        self._is_wanted = False
        self._lifeline.cut()

    def fail(self, cause: str) -> None:
        """It could not even begin."""
        self._observer.on_error(RestUnavailable(f"GET {self._path}: {cause}"))

    def run(self) -> None:
        """Ask, and tell."""
        answer: bytes | Exception
        try:
            answer = self._rest.ask("GET", self._path, self._lifeline, most=_MOST, told=self._told)
        except (Cut, KuCoinError) as error:
            answer = bare(error)  # its frames hold the keys, and errors are kept for long
        except BaseException as error:  # noqa: BLE001  whatever it is, the subscriber must be told
            _log.exception("a request ended by a fault of this library")
            answer = RestUnavailable(f"GET {self._path}: an internal fault: {type(error).__name__}")
        if not self._is_wanted:
            return
        try:
            self._tell(answer)
        except BaseException:  # noqa: BLE001  nobody is left to be told
            _log.exception("a subscriber of a REST answer raised")

    def _tell(self, answer: bytes | Exception) -> None:
        if isinstance(answer, Exception):
            self._observer.on_error(answer)
        else:
            self._observer.on_next(answer)
            self._observer.on_completed()
