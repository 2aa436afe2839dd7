"""The end of a command: by Ctrl-C, by its stream, by its time limit, or because its output is not read any more."""

import signal
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue
from types import FrameType

__all__ = ["Shutdown"]


class Shutdown:
    """A request to end that the main thread waits for, and any thread or signal handler may make.

    It uses a `SimpleQueue`, which a signal handler may put into. The handlers stay installed after the wait: a second
    Ctrl-C while connections are being closed has no effect.
    """

    def __init__(self) -> None:
        self._reasons: SimpleQueue[Exception | Callable[[], None] | None] = SimpleQueue()
        self._next: Callable[[], None] | None = None

    def install_handlers(self) -> None:
        """Make Ctrl-C, SIGTERM and SIGHUP request a regular end instead of raising an exception anywhere."""

        def handle(_number: int, _frame: FrameType | None) -> None:
            self.request()

        for number in _signals():
            signal.signal(number, handle)

    def ignore_signals(self) -> None:
        """Ignore the signals from now on: at exit Python resets other handlers, and a signal would kill it half-way."""
        for number in _signals():
            signal.signal(number, signal.SIG_IGN)

    def request(self, error: Exception | None = None) -> None:
        """Request the end, regular or with an error."""
        self._reasons.put(error)

    def call_soon(self, act: Callable[[], None]) -> None:
        """Run `act` on the waiting thread as soon as possible. Several requests of the same at once count as one."""
        if self._next is not act:
            self._next = act
            self._reasons.put(act)

    def wait(self, seconds: float | None = None, *, meanwhile: Callable[[], None], every: float) -> None:
        """Wait for the end, at most `seconds`; call `meanwhile` every `every` seconds.

        Raises:
            Exception: The error that the end was requested with.
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
    if hangup is None or signal.getsignal(hangup) == signal.SIG_IGN:  # set by `nohup`
        return [signal.SIGINT, signal.SIGTERM]
    return [signal.SIGINT, signal.SIGTERM, hangup]
