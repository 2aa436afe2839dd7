"""Tasks of charts, run on a clock that all charts share. Its thread ends with the last task."""

import logging
import math
import time
from collections.abc import Callable
from typing import Final

from rx_kucoin.operators.internal.timers import Timer
from rx_kucoin.transport.clock import Clock

__all__ = ["Task"]

_log = logging.getLogger("rx_kucoin.notebook")
_CLOCK: Final = Clock("rx_kucoin charts")


class Task:
    """An action that runs after `wake`, at most once in `every` seconds, from `begin` until `end`.

    It has a timer all that time, if only one that is never due, so that the thread lives as long as there are tasks.
    """

    def __init__(self, act: Callable[[], None], every: float) -> None:
        self._act, self._every = act, every
        self.news = False
        """Set by `wake`; a caller that finds it set need not call `wake`."""
        self._due = 0.0
        self._at = math.inf
        """Time at which it runs in any case."""
        self._timer = Timer(_CLOCK)

    def begin(self) -> None:
        """Start waiting for `wake`."""
        self._arm()

    def end(self) -> None:
        """Stop; an action that is running is finished."""
        self._timer.dispose()

    def wake(self, at: float | None = None) -> None:
        """Run soon, or at a time of `time.monotonic`."""
        if at is None:
            self.news = True
        else:
            self._at = at
        self._arm()

    def _when(self) -> float:
        return min(self._due, self._at) if self.news else self._at

    def _arm(self) -> None:
        """Set the timer, on any thread. If another thread set it meanwhile, the comparison below repeats it."""
        while True:
            due = self._when()
            self._timer.set(due - time.monotonic(), self._run)
            if self._when() == due:
                return

    def _run(self) -> None:
        """Run the action: on the clock's thread, so never twice at a time."""
        now = time.monotonic()
        self._due = max(self._due + self._every, now + self._every / 2)
        self._at = math.inf if self._at <= now else self._at
        self.news = False  # last: a `wake` from here on sets the timer by the fields above
        try:
            self._act()
        except BaseException:  # noqa: BLE001  ends this task only: all others share the thread
            _log.exception("a chart, or a subscriber behind it, raised and was ended")
            self.end()
        else:
            self._arm()
