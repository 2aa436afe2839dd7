"""One JSON line for each message, for another program to read."""

import os
import sys
from collections.abc import Callable
from typing import Any, Final, Self

import msgspec
from reactivex import Observable

from rx_kucoin.cli._words import QUIET, in_words
from rx_kucoin.events import Event, LineDown, LineUp, Redialling
from rx_kucoin.operators._buffer_bounded import buffer_bounded
from rx_kucoin.orderbook.book import OrderBook

__all__ = ["Lines"]

_BEHIND: Final = 100_000
"""Messages that the reader may be behind."""
_LEVELS: Final = 10
"""Of each side of a book."""


class Lines:
    """Writes messages to stdout as they come, and what is worth knowing to stderr.

    Straight to the file descriptor: a line is out when it is written, and a thread that a slow reader holds up in here
    owns no lock of `sys.stdout` that the interpreter needs to end.
    """

    every: Final = 0.5

    def __init__(self, on_deaf: Callable[[], None]) -> None:
        self._on_deaf = on_deaf
        self._down: set[int] = set()

    def paced(self, messages: Observable[Any]) -> Observable[Any]:
        """On a thread of their own: a slow reader must not hold up a connection."""
        return messages.pipe(buffer_bounded(_BEHIND, on_drop=self._dropped))

    def message(self, message: Any) -> None:
        """Write it, with the names that it has in Python. Prices and sizes are strings, as they are exact."""
        facts = _best(message) if isinstance(message, OrderBook) else msgspec.structs.asdict(message)
        line = msgspec.json.encode(facts) + b"\n"
        try:
            _write(sys.stdout.fileno(), line)
        except BrokenPipeError:
            self._on_deaf()

    def event(self, event: Event) -> None:
        """Tell what is not of every day, and the end of it."""
        if isinstance(event, LineDown | Redialling):
            self._down.add(event.line)
        back = isinstance(event, LineUp) and event.line in self._down
        if back:
            self._down.discard(event.line)
        if back or not isinstance(event, QUIET):
            self._note(in_words(event))

    def refresh(self) -> None:
        """Nothing waits to be shown."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing was opened."""

    def _dropped(self, count: int) -> None:
        self._note(f"{count} messages left out: whoever reads this is too slow")

    def _note(self, text: str) -> None:
        try:
            _write(sys.stderr.fileno(), f"rx-kucoin: {text}\n".encode())
        except BrokenPipeError:
            self._on_deaf()


def _best(book: OrderBook) -> dict[str, Any]:
    """Give the best levels: a whole book has thousands, ten times a second."""
    return {
        "symbol": book.symbol,
        "sequence": book.sequence,
        "bids": book.bids[:_LEVELS],
        "asks": book.asks[:_LEVELS],
        "time_ns": book.time_ns,
        "stale": book.stale,
    }


def _write(descriptor: int, data: bytes) -> None:
    while data:  # a signal may cut a write short
        data = data[os.write(descriptor, data) :]
