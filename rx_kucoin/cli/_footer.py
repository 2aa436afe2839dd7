"""The rows below the table: totals, the state of the clock, and the last events."""

import time
from typing import Final, NamedTuple

from rx_kucoin.cli._clock_check import ClockDifference
from rx_kucoin.cli._columns import Cell, Glyphs
from rx_kucoin.cli._line_status import RecentEvent
from rx_kucoin.cli._numbers import clean, clock, fitted, per_second
from rx_kucoin.cli._table import StyledRow

__all__ = ["Totals", "event_row", "of_clock", "totals"]

_NOTABLE: Final = 0.05
"""Seconds of difference, beyond the uncertainty, that are shown."""


class Totals(NamedTuple):
    """Counts over all lines and topics."""

    up: int = 0
    lines: int = 0
    topics: int = 0
    rate: float = 0.0
    drops: int = 0
    seconds: float = 0.0


def totals(sums: Totals, difference: ClockDifference | None, width: int, glyphs: Glyphs) -> StyledRow:
    """Format the totals, as many as fit, most important first."""
    opened = f"{sums.up} open" if sums.up == sums.lines else f"{sums.up} of {sums.lines} lines open"
    parts: list[Cell] = [
        (opened, "" if sums.up and sums.up == sums.lines else "yellow"),
        (f"{sums.topics} live", ""),
        (f"{per_second(sums.rate)} msg/s", ""),
        (_some(sums.drops, "drop"), "yellow" if sums.drops else ""),
        (f"up {clock(sums.seconds)}", ""),
    ]
    if difference is None:
        parts.append(("lag by two clocks, not compared", "dim"))
    elif not _is_off(difference):
        parts.append((f"clock right to {_span(difference.uncertainty)}", "dim"))
    row: StyledRow = []
    left = width
    for text, style in parts:
        between = f" {glyphs.dot} " if row else ""
        if len(between) + len(text) > left:
            break
        row += [(between, "dim"), (text, style)]
        left -= len(between) + len(text)
    return row or [(fitted(parts[0][0], width, more=glyphs.more), parts[0][1])]


def of_clock(difference: ClockDifference | None, width: int, glyphs: Glyphs) -> list[StyledRow]:
    """Format the difference of the clocks if it is notable."""
    if difference is None or not _is_off(difference):
        return []
    side = "ahead of" if difference.ahead > 0 else "behind"
    off, error = _span(abs(difference.ahead)), _span(difference.uncertainty)
    texts = (
        f"this machine's clock is {off} {side} the exchange's, give or take {error}; lag allows for that",
        f"clock {off} {side} the exchange's (to {error}), lag allows for it",
        f"clock {off} {side} the exchange's",
    )
    text = next((text for text in texts if len(text) <= width), texts[-1])
    return [[(fitted(text, min(width, len(text)), more=glyphs.more), "yellow")]]


def event_row(event: RecentEvent, width: int, glyphs: Glyphs) -> StyledRow:
    """Format an event with the time of day."""
    text = clean(f"{time.strftime('%H:%M:%S', time.localtime(event.at))} {event.text}")
    return [(fitted(text, width, more=glyphs.more).rstrip(), "dim")]


def _is_off(difference: ClockDifference) -> bool:
    return abs(difference.ahead) > difference.uncertainty + _NOTABLE


def _span(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.2f} s"


def _some(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
