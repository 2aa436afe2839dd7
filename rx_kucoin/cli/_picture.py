"""All that is on the screen, as lines of texts and styles: the table, the totals, and what happened last."""

from collections.abc import Sequence
from typing import NamedTuple

from rx_kucoin.cli._columns import Glyphs, Sight
from rx_kucoin.cli._footer import Totals, happened, of_clock, totals
from rx_kucoin.cli._numbers import fitted
from rx_kucoin.cli._skew import Skew
from rx_kucoin.cli._standing import Happening
from rx_kucoin.cli._table import Line, Table

__all__ = ["Picture"]

_TALL, _MIDDLING, _LOW = 14, 9, 6
"""Lines of a terminal from which on there is room for three events and a blank line, for two events, and for one."""


class _Parts(NamedTuple):
    """How many lines each part of the screen may have."""

    rows: int
    """Of the table, without its head; the line that sums up the others is one of them."""
    blank: int
    events: int


def _parts(height: int, notes: int) -> _Parts:
    """Share the height out; `notes` is what else is to be said below. The totals have one line, the head another."""
    blank, events = (1, 3) if height >= _TALL else (0, 2) if height >= _MIDDLING else (0, 1 if height >= _LOW else 0)
    return _Parts(max(height - 2 - notes - blank - events, 1), blank, events)


class Picture:
    """Puts the parts together, for a terminal of any size."""

    def __init__(self, channel: str, glyphs: Glyphs) -> None:
        self._table = Table(channel, glyphs)
        self._glyphs = glyphs

    def room(self, skew: Skew | None, size: tuple[int, int]) -> int:
        """Tell how many lines there are for rows; of more rows than that, the last line tells."""
        return _parts(size[1], len(of_clock(skew, size[0], self._glyphs))).rows

    def lines(
        self,
        sights: Sequence[Sight],
        hidden: Sequence[str],
        sums: Totals,
        recent: Sequence[Happening],
        skew: Skew | None,
        size: tuple[int, int],
    ) -> list[Line]:
        """Draw it all.

        Args:
            sights: The rows that are shown.
            hidden: How those stand for which there is no room.
            sums: The totals.
            recent: What happened last.
            skew: How far the clock is off.
            size: Of the terminal: columns and lines.
        """
        width, height = size
        notes = of_clock(skew, width, self._glyphs)
        room = _parts(height, len(notes))
        lines = self._table.lines(sights, width)
        if hidden:
            lines.append(self._rest(hidden, width))
        lines += [[] for _ in range(room.blank)]
        lines.append(totals(sums, skew, width, self._glyphs))
        lines += notes
        lines += [happened(each, width, self._glyphs) for each in recent[-room.events :] if room.events]
        return lines[:height]

    def _rest(self, hidden: Sequence[str], width: int) -> Line:
        troubled = sum(word != "live" for word in hidden)
        text = f"and {len(hidden)} more" + (f", {troubled} of them not live" if troubled else "")
        return [(fitted(text, width, more=self._glyphs.more).rstrip(), "yellow" if troubled else "dim")]
