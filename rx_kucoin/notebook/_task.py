"""Tasks of charts, run on a clock that all charts share; its thread ends with the last of them."""

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
    """An action that is run when there is news, but at most once in `every` seconds, from `begin` until `end`.

    Between the two it always has a timer, if one that is never due: so the thread lives as long as there are tasks.
    """

    def __init__(self, act: Callable[[], None], every: float) -> None:
        self._act, self._every = act, every
        self.news = False
        """Set by `wake`. A caller that finds it set need not call that, so most news cost one look."""
        self._due = 0.0
        self._at = math.inf
        """A moment at which it is run in any case."""
        self._timer = Timer(_CLOCK)

    def begin(self) -> None:
        """Wait for news."""
        self._arm()

    def end(self) -> None:
        """Run no more; an action that has begun is finished."""
        self._timer.dispose()

    def wake(self, at: float | None = None) -> None:
        """There is news, or will be at a moment of `time.monotonic`."""
        if at is None:
            self.news = True
        else:
            self._at = at
        self._arm()

    def _when(self) -> float:
        return min(self._due, self._at) if self.news else self._at

    def _arm(self) -> None:
        """Set the timer, on any thread: one that overrides what another has set finds out below, and sets it right."""
        while True:
            due = self._when()
            self._timer.set(due - time.monotonic(), self._run)
            if self._when() == due:
                return

    def _run(self) -> None:
        """On the thread of the clock, so never twice at a time."""
        now = time.monotonic()
        self._due = max(self._due + self._every, now + self._every / 2)
        self._at = math.inf if self._at <= now else self._at
        self.news = False  # last, for what comes from here on sets the timer by the fields above
        try:
            self._act()
        except BaseException:  # noqa: BLE001  one that raises is ended alone: all others run here, too
            _log.exception("a chart, or a subscriber behind it, raised and was ended")
            self.end()
        else:
            self._arm()
