"""The status of lines and topics, derived from events."""

import threading
import time
from collections import deque
from math import ceil
from typing import Final, NamedTuple

from rx_kucoin import events
from rx_kucoin.cli._event_text import ROUTINE, event_text
from rx_kucoin.events import Event
from rx_kucoin.protocol.channels import row_of
from rx_kucoin.protocol.topics import Topic

__all__ = ["LineStatus", "RecentEvent"]

ALL: Final = "all"
"""The symbol part of a topic for all symbols."""
_KEPT: Final = 8
_NEAR: Final = 3
"""A routine event is merged with one of its kind among the last three."""


class RecentEvent(NamedTuple):
    """An event, or several of one kind in a row."""

    at: float
    """Wall clock time of the last one."""
    event: Event
    times: int = 1

    @property
    def text(self) -> str:
        """One line of text."""
        if self.times > 1 and isinstance(self.event, events.TopicLive):
            return f"line {self.event.line} has {self.times} topics live"
        return (f"{self.times} like this: " if self.times > 1 else "") + event_text(self.event)


class LineStatus:
    """Updated with events on one thread, read on another. All state is guarded by the lock."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._lines: dict[int, tuple[str, float]] = {}
        self._line_of: dict[str, int] = {}
        self._live: set[str] = set()
        self._stale: set[str] = set()
        self._silent: set[str] = set()
        self._refused: set[str] = set()
        self._recent: deque[RecentEvent] = deque(maxlen=_KEPT)
        self.drops = 0
        """Connections that dropped."""

    def update(self, event: Event) -> None:
        """Take an event into account."""
        with self._lock:
            self._note(event)
            self._act(event)

    def of(self, symbol: str, now: float, *, spoke: bool = False) -> tuple[str, str]:
        """Return the status of a symbol in one word, and its colour. A symbol with messages (`spoke`) is not silent."""
        with self._lock:
            word, colour = self._of(symbol if symbol in self._line_of else ALL, symbol, now)
        return ("live", "green") if spoke and word == "silent" else (word, colour)

    @property
    def lines(self) -> tuple[int, int]:
        """The number of open lines, and of all lines."""
        with self._lock:
            return sum(word == "up" for word, _ in self._lines.values()), len(self._lines)

    @property
    def topics(self) -> int:
        """The number of live topics."""
        with self._lock:
            return len(self._live)

    def recent(self, most: int) -> list[RecentEvent]:
        """Return the last events, oldest first."""
        with self._lock:
            return list(self._recent)[-most:] if most > 0 else []

    def _of(self, known: str, symbol: str, now: float) -> tuple[str, str]:
        if symbol in self._refused:
            return "refused", "bold red"
        line = self._line_of.get(known)
        if line is None and len(self._lines) == 1:
            [line] = self._lines  # if there is only one line, it is this symbol's
        word, until = self._lines.get(line or 0, ("", 0.0))
        if word == "redial":
            left = ceil(until - now)
            return (f"redial {left}s" if left > 0 else "dialling"), "yellow"
        if word == "up":
            if known not in self._live:
                return "waiting", "yellow"
            if symbol in self._stale:
                return "stale", "bold yellow"
            return ("silent", "yellow") if symbol in self._silent else ("live", "green")
        return {"gave up": ("gave up", "bold red"), "dialling": ("dialling", "yellow")}.get(word, ("waiting", "yellow"))

    def _act(self, event: Event) -> None:
        line = event.line
        match event:
            # A renewal dials while the old connection is up.
            case events.Dialling() if self._lines.get(line, ("", 0.0))[0] != "up":
                self._lines[line] = "dialling", 0.0
            case events.LineUp():
                self._lines[line] = "up", 0.0
            case events.LineDown():
                self.drops += 1
                self._lines[line] = "down", 0.0
                self._live.difference_update(self._on(line))
            case events.Redialling(wait=wait):
                self._lines[line] = "redial", time.monotonic() + wait
            case events.GaveUp():
                self._lines[line] = "gave up", 0.0
            case events.TopicLive(topic=topic):
                symbol = _symbol(topic)
                self._line_of[symbol] = line
                self._live.add(symbol)
            case events.Renewed():
                self._live.update(self._on(line))
            case events.TopicRefused(topic=topic):
                self._refused.add(_symbol(topic))
            case events.TopicSilent(topic=topic):
                self._silent.add(_symbol(topic))
            case events.BookStale(topic=topic):
                self._stale.add(_symbol(topic))
            case events.BookLive(topic=topic):
                self._stale.discard(_symbol(topic))
            case _:
                pass

    def _on(self, line: int) -> list[str]:
        return [symbol for symbol, on in self._line_of.items() if on == line]

    def _note(self, event: Event) -> None:
        for place, past in enumerate(reversed(self._recent), 1):
            is_near = place == 1 or (place <= _NEAR and isinstance(event, ROUTINE))
            if is_near and type(past.event) is type(event) and past.event.line == event.line:
                del self._recent[-place]
                self._recent.append(RecentEvent(time.time(), event, past.times + 1))
                return
        self._recent.append(RecentEvent(time.time(), event))


def _symbol(topic: str) -> str:
    prefix, argument = Topic.parse(topic)
    if argument is None:
        return ALL
    return argument.rpartition("_")[0] if row_of(prefix).takes == "candles" else argument
