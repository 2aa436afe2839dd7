"""A live view of a stream, for a person on a terminal."""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Final, Self

from reactivex import Observable

from rx_kucoin.cli._canvas import Canvas
from rx_kucoin.cli._columns import Cell, Sight
from rx_kucoin.cli._footer import Totals
from rx_kucoin.cli._picture import Picture
from rx_kucoin.cli._rows import Pace, Row
from rx_kucoin.cli._skew import Comparison
from rx_kucoin.cli._standing import Standing
from rx_kucoin.cli._table import Line
from rx_kucoin.events import Event

__all__ = ["Screen"]

_SWEEP: Final = 1.0
"""Seconds after which every row is looked at, the hidden ones, too."""
_EVERY, _SELDOM = 0.2, 5.0
"""Seconds between two pictures, and between two that stay."""


class Screen:
    """A row for each symbol, and below what concerns all. Told on any thread; drawn on the main one.

    At the end the last picture stays.
    """

    def __init__(
        self, channel: str, symbols: Sequence[str], comparison: Comparison, soon: Callable[[Callable[[], None]], None]
    ) -> None:
        self._canvas = Canvas(soon, self.refresh)
        self._picture = Picture(channel, self._canvas.glyphs)
        self._lock = threading.Lock()
        self._rows = {symbol: Row() for symbol in symbols}  # one that never speaks is seen to be silent
        self._named, self._order = tuple(symbols), list(symbols)
        self._standing = Standing()
        self._comparison = comparison
        self._begun = self._swept = time.monotonic()
        self._pace = Pace()
        self._pace.mark(self._begun, 0)

    @property
    def every(self) -> float:
        """Seconds between two pictures."""
        return _SELDOM if self._canvas.is_dumb else _EVERY

    def paced(self, messages: Observable[Any]) -> Observable[Any]:
        """As they come: a row takes no time."""
        return messages

    def message(self, message: Any) -> None:
        """Take a message in."""
        row = self._rows.get(message.symbol)
        if row is None:
            with self._lock:
                row = self._rows.setdefault(message.symbol, Row())
        row.take(message)

    def event(self, event: Event) -> None:
        """Take in what happened."""
        self._standing.tell(event)

    def refresh(self) -> None:
        """Draw all of it anew."""
        self._canvas.draw(self._lines())

    def __enter__(self) -> Self:
        self._comparison.start()
        self._canvas.__enter__()
        try:
            self.refresh()
        except BaseException:
            self._canvas.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._comparison.stop()
        try:
            last = self._lines()
        finally:
            self._canvas.__exit__()
        self._canvas.leave(last)

    def _lines(self) -> list[Line]:
        now, skew, size = time.monotonic(), self._comparison.best, self._canvas.size
        self._sweep(now)
        ahead = None if skew is None else round(skew.ahead * 1e9)
        room = self._picture.room(skew, size)
        fit = len(self._order) if len(self._order) <= room else max(room - 1, 1)
        sights = [self._sight(symbol, now, ahead) for symbol in self._order[:fit]]
        hidden = [self._state(symbol, now)[0] for symbol in self._order[fit:]]
        up, lines = self._standing.lines
        sums = Totals(
            *(up, lines, self._standing.topics),
            rate=self._pace.rate(now, self._count()),
            drops=self._standing.drops,
            seconds=now - self._begun,
        )
        return self._picture.lines(sights, hidden, sums, self._standing.recent(3), skew, size)

    def _count(self) -> int:
        with self._lock:
            return sum(row.count for row in self._rows.values())

    def _sight(self, symbol: str, now: float, ahead: int | None) -> Sight:
        row = self._rows[symbol]
        row.look(now)
        return Sight(symbol, row, self._state(symbol, now), now, ahead, self._canvas.glyphs)

    def _state(self, symbol: str, now: float) -> Cell:
        return self._standing.of(symbol, now, spoke=self._rows[symbol].count > 0)

    def _sweep(self, now: float) -> None:
        with self._lock:
            if len(self._order) != len(self._rows):
                self._order = [*self._named, *sorted(self._rows.keys() - set(self._named))]
            rows = list(self._rows.values())
        if now - self._swept < _SWEEP:
            return
        self._swept = now
        for row in rows:
            row.look(now)
            row.mark(now)
        self._pace.mark(now, self._count())
