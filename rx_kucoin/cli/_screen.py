"""A live view of a stream on a terminal."""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Final, Self

from reactivex import Observable

from rx_kucoin.cli._canvas import Canvas
from rx_kucoin.cli._clock_check import ClockCheck
from rx_kucoin.cli._columns import Cell, RowView
from rx_kucoin.cli._footer import Totals
from rx_kucoin.cli._layout import Layout
from rx_kucoin.cli._line_status import LineStatus
from rx_kucoin.cli._rows import MessageRate, SymbolRow
from rx_kucoin.cli._table import StyledRow
from rx_kucoin.events import Event

__all__ = ["Screen"]

_UPDATE_EVERY: Final = 1.0
"""Seconds between two updates of all rows, including hidden ones."""
_EVERY, _SELDOM = 0.2, 5.0
"""Seconds between two drawings: in place, and one below the other."""


class Screen:
    """A row for each symbol, with totals below. Messages and events may come on any thread; the main thread draws.

    The last screen stays at the end.
    """

    def __init__(
        self,
        channel: str,
        symbols: Sequence[str],
        clock_check: ClockCheck,
        call_soon: Callable[[Callable[[], None]], None],
    ) -> None:
        self._canvas = Canvas(call_soon, self.refresh)
        self._layout = Layout(channel, self._canvas.glyphs)
        self._lock = threading.RLock()
        self._rows = {symbol: SymbolRow() for symbol in symbols}  # also shows symbols without any message
        self._named, self._order = tuple(symbols), list(symbols)
        self._status = LineStatus()
        self._clock_check = clock_check
        self._begun = self._updated_at = time.monotonic()
        self._message_rate = MessageRate()
        self._message_rate.mark(self._begun, 0)

    @property
    def every(self) -> float:
        """Seconds between two drawings."""
        return _SELDOM if self._canvas.is_dumb else _EVERY

    def paced(self, messages: Observable[Any]) -> Observable[Any]:
        """Return messages as they are: keeping one takes no time."""
        return messages

    def message(self, message: Any) -> None:
        """Show a message."""
        row = self._rows.get(message.symbol)
        if row is None:
            with self._lock:
                row = self._rows.setdefault(message.symbol, SymbolRow())
        row.take(message)

    def event(self, event: Event) -> None:
        """Show an event."""
        self._status.update(event)

    def refresh(self) -> None:
        """Draw the screen."""
        self._canvas.draw(self._screen_rows())

    def __enter__(self) -> Self:
        self._clock_check.start()
        self._canvas.__enter__()
        try:
            self.refresh()
        except BaseException:
            self._canvas.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._clock_check.stop()
        try:
            last = self._screen_rows()
        finally:
            self._canvas.__exit__()
        self._canvas.leave(last)

    def _screen_rows(self) -> list[StyledRow]:
        now, difference, size = time.monotonic(), self._clock_check.best, self._canvas.size
        self._update_rows(now)
        ahead = None if difference is None else round(difference.ahead * 1e9)
        room = self._layout.room(difference, size)
        fit = len(self._order) if len(self._order) <= room else max(room - 1, 1)
        views = [self._view(symbol, now, ahead) for symbol in self._order[:fit]]
        hidden = [self._state(symbol, now)[0] for symbol in self._order[fit:]]
        up, lines = self._status.lines
        sums = Totals(
            *(up, lines, self._status.topics),
            rate=self._message_rate.rate(now, self._count()),
            drops=self._status.drops,
            seconds=now - self._begun,
        )
        return self._layout.rows(views, hidden, sums, self._status.recent(3), difference, size)

    def _count(self) -> int:
        with self._lock:
            return sum(row.count for row in self._rows.values())

    def _view(self, symbol: str, now: float, ahead: int | None) -> RowView:
        row = self._rows[symbol]
        row.look(now)
        return RowView(symbol, row, self._state(symbol, now), now, ahead, self._canvas.glyphs)

    def _state(self, symbol: str, now: float) -> Cell:
        return self._status.of(symbol, now, spoke=self._rows[symbol].count > 0)

    def _update_rows(self, now: float) -> None:
        with self._lock:
            if len(self._order) != len(self._rows):
                self._order = [*self._named, *sorted(self._rows.keys() - set(self._named))]
            rows = list(self._rows.values())
        if now - self._updated_at < _UPDATE_EVERY:
            return
        self._updated_at = now
        for row in rows:
            row.look(now)
            row.mark(now)
        self._message_rate.mark(now, self._count())
