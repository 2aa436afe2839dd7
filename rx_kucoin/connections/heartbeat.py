"""The heartbeat of a line: a ping at the exchange's pace, and what silence after it means."""

from collections.abc import Callable
from typing import Final

import reactivex
from reactivex import abc
from reactivex.disposable import SerialDisposable

from rx_kucoin.errors import NoPong
from rx_kucoin.operators.internal.timers import Timer
from rx_kucoin.transport.interfaces import Wire

__all__ = ["Heartbeat"]

_TRIES: Final = 3
"""Pings in a row without a pong, while other frames come, after which our side of the line is taken for dead.

The exchange cuts a client that it has not heard for 60 s, and three pings of 18 s fit into that.
"""


class Heartbeat:
    """Pings; a line on which nothing at all comes within the ping timeout is lost.

    A slow subscriber delays the reading of a pong, not its coming: while something is unread nothing is decided.
    """

    def __init__(self, wire: Wire, ping: Callable[[], object], clock: abc.SchedulerBase) -> None:
        """Send by `ping`."""
        self._wire, self._ping, self._clock = wire, ping, clock
        self._beats, self._check_timer = SerialDisposable(), Timer(clock)
        self._heard = self._checking = self._awaits_pong = False
        self._unanswered = 0

    def begin(self) -> None:
        """Ping from now on."""
        beats = reactivex.interval(self._wire.ping_interval, scheduler=self._clock)
        self._beats.disposable = beats.subscribe(lambda _: self._beat(), scheduler=self._clock)

    def heard(self) -> None:
        """Something came in."""
        self._heard = True

    def ponged(self) -> None:
        """A pong came in: a late one tells as well that our side is heard."""
        self._awaits_pong = False
        self._unanswered = 0

    def dispose(self) -> None:
        """Stop."""
        self._beats.dispose()
        self._check_timer.dispose()

    def _beat(self) -> None:
        self._unanswered += self._awaits_pong and self._wire.is_quiet()
        if self._unanswered >= _TRIES:
            self._lose(f"{_TRIES} pings in a row went unanswered")
            return
        self._awaits_pong = True  # before the ping: its pong may be here before this thread goes on
        self._heard = self._heard and self._checking
        self._ping()
        if not self._checking:
            self._check_later()

    def _check_later(self) -> None:
        self._checking = True
        self._check_timer.set(self._wire.ping_timeout, self._check)

    def _check(self) -> None:
        self._checking = False
        if self._heard:
            return
        if self._wire.is_quiet():
            self._lose(f"nothing came within {self._wire.ping_timeout:g} s of a ping")
        else:
            self._check_later()

    def _lose(self, text: str) -> None:
        self._wire.lose(NoPong(f"{self._wire.host}: {text}"))
