"""How a command ends: by Ctrl-C, by its stream, by its time, or because nobody reads it any more."""

import signal
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue
from types import FrameType

__all__ = ["Ending"]


class Ending:
    """What the main thread waits for. Anything may bring it about, from any thread.

    A `SimpleQueue`, because it may be put into from a signal handler. The handler stays when the wait is over: a second
    Ctrl-C, while everything is being closed, changes nothing.
    """

    def __init__(self) -> None:
        self._reasons: SimpleQueue[Exception | Callable[[], None] | None] = SimpleQueue()
        self._next: Callable[[], None] | None = None

    def heed_signals(self) -> None:
        """Let Ctrl-C, a polite `kill`, or a terminal that hangs up be a good end, and no exception at any place."""

        def handle(_number: int, _frame: FrameType | None) -> None:
            self.come()

        for number in _signals():
            signal.signal(number, handle)

    def ignore_signals(self) -> None:
        """Let nothing disturb what is left to do. Python would undo any other handler first, and be killed half-way."""
        for number in _signals():
            signal.signal(number, signal.SIG_IGN)

    def come(self, error: Exception | None = None) -> None:
        """End well, or with this error."""
        self._reasons.put(error)

    def soon(self, act: Callable[[], None]) -> None:
        """Have something else done by the thread that waits, at once. Several of the same, at once, are one."""
        if self._next is not act:
            self._next = act
            self._reasons.put(act)

    def wait(self, seconds: float | None = None, *, meanwhile: Callable[[], None], every: float) -> None:
        """Wait for the end, `seconds` at most.

        Raises:
            Exception: the error that it came with.
        """
        deadline = None if seconds is None else time.monotonic() + seconds
        while deadline is None or time.monotonic() < deadline:
            left = every if deadline is None else min(every, max(deadline - time.monotonic(), 0.0))
            try:
                error = self._reasons.get(timeout=left)
            except Empty:
                meanwhile()
                continue
            if callable(error):
                self._next = None
                error()
                continue
            if error is not None:
                raise error
            return


def _signals() -> list[int]:
    hangup = getattr(signal, "SIGHUP", None)  # Windows has none
    if hangup is None or signal.getsignal(hangup) == signal.SIG_IGN:  # as `nohup` wants it
        return [signal.SIGINT, signal.SIGTERM]
    return [signal.SIGINT, signal.SIGTERM, hangup]
