"""The terminal as a non-blocking file, so that one that has stopped reading blocks neither Ctrl-C nor the end."""

import contextlib
import os
import select
import sys
import time
from typing import Final

__all__ = ["Terminal"]

_TIMEOUT: Final = 1.0
"""Seconds that a terminal has to take output that must be complete."""


class Terminal:
    """The terminal of stdout, opened again, so that O_NONBLOCK affects neither the shell nor stderr.

    Output that is flushed while the terminal has not taken all of the last is skipped as a whole. If the terminal
    cannot be opened, stdout itself is used, which blocks.
    """

    def __init__(self) -> None:
        self.encoding = sys.stdout.encoding
        self._descriptor: int | None = None
        with contextlib.suppress(OSError, AttributeError):  # no terminal, or another user's; Windows
            self._descriptor = os.open(os.ttyname(sys.stdout.fileno()), os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK)
        self._written: list[str] = []
        self._left = b""

    def isatty(self) -> bool:
        """Return whether stdout is a terminal."""
        return sys.stdout.isatty()

    def fileno(self) -> int:
        """Return the descriptor of stdout."""
        return sys.stdout.fileno()

    def write(self, text: str) -> int:
        """Buffer a text until `flush`."""
        self._written.append(text)
        return len(text)

    def flush(self) -> None:
        """Write the buffered text as far as the terminal takes it; the rest follows with the next flush."""
        text = "".join(self._written)
        self._written.clear()
        if self._descriptor is None:
            sys.stdout.write(text)
            sys.stdout.flush()
        elif not self._push(self._descriptor):
            self._left = text.encode(self.encoding, "replace")
            self._push(self._descriptor)

    def drain(self) -> bool:
        """Write the rest, for at most a second; return whether all is written."""
        if self._descriptor is None:
            return True
        room = select.poll()
        room.register(self._descriptor, select.POLLOUT)
        deadline = time.monotonic() + _TIMEOUT
        while self._push(self._descriptor) and (left := deadline - time.monotonic()) > 0:
            room.poll(left * 1000)
        return not self._left

    def clear(self) -> None:
        """Make room for output that must arrive: drop what a terminal has not read for a second."""
        if self._descriptor is None or self.drain():
            return
        import termios  # noqa: PLC0415  missing on Windows, where this line is not reached

        self._left = b""
        with contextlib.suppress(termios.error):
            termios.tcflush(self._descriptor, termios.TCOFLUSH)

    def _push(self, descriptor: int) -> bool:
        """Write as much as the terminal takes; return whether something is left."""
        with contextlib.suppress(BlockingIOError):
            while self._left:
                self._left = self._left[os.write(descriptor, self._left) :]
        return bool(self._left)
