"""The terminal as a file that nobody waits at: one that has stopped reading holds up neither Ctrl-C nor the end."""

import contextlib
import os
import select
import sys
import time
from typing import Final

__all__ = ["Terminal"]

_PATIENCE: Final = 1.0
"""Seconds that a terminal has to take what must be out."""


class Terminal:
    """What stdout is, opened once more, so that its not waiting is no business of the shell's or of stderr's.

    What is flushed while the terminal has not taken all of the last is left out, whole. Where it cannot be opened, this
    is stdout itself, which waits.
    """

    def __init__(self) -> None:
        self.encoding = sys.stdout.encoding
        self._descriptor: int | None = None
        with contextlib.suppress(OSError, AttributeError):  # no terminal, or another user's; Windows
            self._descriptor = os.open(os.ttyname(sys.stdout.fileno()), os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK)
        self._written: list[str] = []
        self._left = b""

    def isatty(self) -> bool:
        """As stdout."""
        return sys.stdout.isatty()

    def fileno(self) -> int:
        """As stdout."""
        return sys.stdout.fileno()

    def write(self, text: str) -> int:
        """Keep it until it is flushed."""
        self._written.append(text)
        return len(text)

    def flush(self) -> None:
        """Hand over what was written, as far as it is taken; the rest goes with the next."""
        text = "".join(self._written)
        self._written.clear()
        if self._descriptor is None:
            sys.stdout.write(text)
            sys.stdout.flush()
        elif not self._push(self._descriptor):
            self._left = text.encode(self.encoding, "replace")
            self._push(self._descriptor)

    def settle(self) -> bool:
        """Have all of it out, as far as that is done soon; tell whether it is."""
        if self._descriptor is None:
            return True
        room = select.poll()
        room.register(self._descriptor, select.POLLOUT)
        deadline = time.monotonic() + _PATIENCE
        while self._push(self._descriptor) and (left := deadline - time.monotonic()) > 0:
            room.poll(left * 1000)
        return not self._left

    def clear(self) -> None:
        """Make room for what must arrive. A terminal that has not read for so long will never see what it missed."""
        if self._descriptor is None or self.settle():
            return
        import termios  # noqa: PLC0415  Windows has none, and does not come here

        self._left = b""
        with contextlib.suppress(termios.error):
            termios.tcflush(self._descriptor, termios.TCOFLUSH)

    def _push(self, descriptor: int) -> bool:
        """Write as much as there is room for; tell whether something is left."""
        with contextlib.suppress(BlockingIOError):
            while self._left:
                self._left = self._left[os.write(descriptor, self._left) :]
        return bool(self._left)
