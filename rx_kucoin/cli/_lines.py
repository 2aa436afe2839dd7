"""One JSON line for each message, for another program to read."""

import os
import sys
from collections.abc import Callable
from typing import Any, Final

import msgspec

from rx_kucoin.cli._words import QUIET, in_words
from rx_kucoin.events import Event

__all__ = ["Lines"]


class Lines:
    """Writes messages to stdout as they come, and what is worth knowing to stderr.

    Straight to the file descriptor: a line is out when it is written, and a thread that a slow reader holds up in here
    owns no lock of `sys.stdout` that the interpreter needs to end.
    """

    every: Final = 0.5

    def __init__(self, on_deaf: Callable[[], None]) -> None:
        self._on_deaf = on_deaf

    def message(self, message: Any) -> None:
        """Write it, with the names that it has in Python. Prices and sizes are strings, as they are exact."""
        line = msgspec.json.encode(msgspec.structs.asdict(message)) + b"\n"
        try:
            _write(sys.stdout.fileno(), line)
        except BrokenPipeError:
            self._on_deaf()

    def event(self, event: Event) -> None:
        """Tell what is not of every day."""
        if not isinstance(event, QUIET):
            self.note(in_words(event))

    def dropped(self, count: int) -> None:
        """Tell of messages that the reader was too slow for."""
        self.note(f"{count} messages left out: whoever reads this is too slow")

    def note(self, text: str) -> None:
        """Write one line to stderr, if anybody listens there."""
        try:
            _write(sys.stderr.fileno(), f"rx-kucoin: {text}\n".encode())
        except BrokenPipeError:
            self._on_deaf()

    def refresh(self) -> None:
        """Nothing waits to be shown."""

    def __enter__(self) -> "Lines":
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing was opened."""


def _write(descriptor: int, data: bytes) -> None:
    while data:  # a signal may cut a write short
        data = data[os.write(descriptor, data) :]
