"""Messages as JSON lines on stdout, for another program."""

import os
import sys
from collections.abc import Callable
from typing import Any, Final, Self

import msgspec
from reactivex import Observable

from rx_kucoin.cli._event_text import ROUTINE, event_text
from rx_kucoin.events import Event, LineDown, LineUp, Redialling
from rx_kucoin.operators import buffer_bounded
from rx_kucoin.orderbook.book import OrderBook

__all__ = ["JsonOutput"]

_BEHIND: Final = 100_000
"""Most messages that wait for a slow reader."""
_LEVELS: Final = 10
"""Levels of each side of a book that are written."""


class JsonOutput:
    """Writes messages to stdout as they arrive, and notable events to stderr.

    It writes to the file descriptor itself: a record is out once it is written, and a thread that a slow reader blocks
    here does not hold the lock of `sys.stdout`, which the interpreter needs to exit.
    """

    every: Final = 0.5

    def __init__(self, on_broken_pipe: Callable[[], None]) -> None:
        self._on_broken_pipe = on_broken_pipe
        self._down: set[int] = set()

    def paced(self, messages: Observable[Any]) -> Observable[Any]:
        """Deliver messages on a thread of their own, so that a slow reader does not hold up a connection."""
        return messages.pipe(buffer_bounded(_BEHIND, on_drop=self._dropped))

    def message(self, message: Any) -> None:
        """Write a message with its Python field names. Prices and sizes are strings, to be exact."""
        facts = _best(message) if isinstance(message, OrderBook) else msgspec.structs.asdict(message)
        record = msgspec.json.encode(facts) + b"\n"
        try:
            _write(sys.stdout.fileno(), record)
        except BrokenPipeError:
            self._on_broken_pipe()

    def event(self, event: Event) -> None:
        """Report an event that is not routine, and the recovery from it."""
        if isinstance(event, LineDown | Redialling):
            self._down.add(event.line)
        back = isinstance(event, LineUp) and event.line in self._down
        if back:
            self._down.discard(event.line)
        if back or not isinstance(event, ROUTINE):
            self._note(event_text(event))

    def refresh(self) -> None:
        """Do nothing: everything is written already."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Do nothing: nothing was opened."""

    def _dropped(self, count: int) -> None:
        self._note(f"{count} messages dropped: the reader is too slow")

    def _note(self, text: str) -> None:
        try:
            _write(sys.stderr.fileno(), f"rx-kucoin: {text}\n".encode())
        except BrokenPipeError:
            self._on_broken_pipe()


def _best(book: OrderBook) -> dict[str, Any]:
    """Return a book with its best levels only: a whole one has thousands, ten times a second."""
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
