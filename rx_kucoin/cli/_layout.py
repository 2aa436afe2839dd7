"""The whole screen as rows of styled text: the table, the totals, and the last events."""

from collections.abc import Sequence
from typing import NamedTuple

from rx_kucoin.cli._clock_check import ClockDifference
from rx_kucoin.cli._columns import Glyphs, RowView
from rx_kucoin.cli._footer import Totals, event_row, of_clock, totals
from rx_kucoin.cli._line_status import RecentEvent
from rx_kucoin.cli._numbers import fitted
from rx_kucoin.cli._table import StyledRow, TableLayout

__all__ = ["Layout"]

_TALL, _MIDDLING, _LOW = 14, 9, 6
"""Terminal heights from which on there is room for three events and a blank row, for two events, and for one."""


class _Parts(NamedTuple):
    """The number of rows of each part of the screen."""

    rows: int
    """Of the table, without its head, but with the row that sums up hidden symbols."""
    blank: int
    events: int


def _parts(height: int, notes: int) -> _Parts:
    """Divide the height; `notes` are the rows about the clock. Totals and head have one row each."""
    blank, events = (1, 3) if height >= _TALL else (0, 2) if height >= _MIDDLING else (0, 1 if height >= _LOW else 0)
    return _Parts(max(height - 2 - notes - blank - events, 1), blank, events)


class Layout:
    """Lays out the screen for a terminal of any size."""

    def __init__(self, channel: str, glyphs: Glyphs) -> None:
        self._table = TableLayout(channel, glyphs)
        self._glyphs = glyphs

    def room(self, difference: ClockDifference | None, size: tuple[int, int]) -> int:
        """Return how many rows the table has room for; if there are more symbols, the last row sums them up."""
        return _parts(size[1], len(of_clock(difference, size[0], self._glyphs))).rows

    def rows(
        self,
        views: Sequence[RowView],
        hidden: Sequence[str],
        sums: Totals,
        recent: Sequence[RecentEvent],
        difference: ClockDifference | None,
        size: tuple[int, int],
    ) -> list[StyledRow]:
        """Return the rows of the screen.

        Args:
            views: The symbols that are shown.
            hidden: The state of each symbol for which there is no room.
            sums: The totals.
            recent: The last events.
            difference: The difference of the clocks, if known.
            size: Columns and rows of the terminal.
        """
        width, height = size
        notes = of_clock(difference, width, self._glyphs)
        room = _parts(height, len(notes))
        rows = self._table.rows(views, width)
        if hidden:
            rows.append(self._rest(hidden, width))
        rows += [[] for _ in range(room.blank)]
        rows.append(totals(sums, difference, width, self._glyphs))
        rows += notes
        rows += [event_row(each, width, self._glyphs) for each in recent[-room.events :] if room.events]
        return rows[:height]

    def _rest(self, hidden: Sequence[str], width: int) -> StyledRow:
        troubled = sum(word != "live" for word in hidden)
        text = f"and {len(hidden)} more" + (f", {troubled} of them not live" if troubled else "")
        return [(fitted(text, width, more=self._glyphs.more).rstrip(), "yellow" if troubled else "dim")]
