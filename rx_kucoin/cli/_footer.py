"""What stands below the table: the totals, the clock, and what happened last."""

import time
from typing import Final, NamedTuple

from rx_kucoin.cli._columns import Cell, Glyphs
from rx_kucoin.cli._numbers import clean, clock, fitted, per_second
from rx_kucoin.cli._skew import Skew
from rx_kucoin.cli._standing import Happening
from rx_kucoin.cli._table import Line

__all__ = ["Totals", "happened", "of_clock", "totals"]

_NOTABLE: Final = 0.05
"""Seconds off that are worth a line, beyond what the measure leaves open."""


class Totals(NamedTuple):
    """The sum of it all."""

    up: int = 0
    lines: int = 0
    topics: int = 0
    rate: float = 0.0
    drops: int = 0
    seconds: float = 0.0


def totals(sums: Totals, skew: Skew | None, width: int, glyphs: Glyphs) -> Line:
    """Write the totals down, as many as there is room for, the most important first."""
    lines = f"{sums.up} open" if sums.up == sums.lines else f"{sums.up} of {sums.lines} lines open"
    parts: list[Cell] = [
        (lines, "" if sums.up and sums.up == sums.lines else "yellow"),
        (f"{sums.topics} live", ""),
        (f"{per_second(sums.rate)} msg/s", ""),
        (_some(sums.drops, "drop"), "yellow" if sums.drops else ""),
        (f"up {clock(sums.seconds)}", ""),
    ]
    if skew is None:
        parts.append(("lag by two clocks, not compared", "dim"))
    elif not _is_off(skew):
        parts.append((f"clock right to {_span(skew.doubt)}", "dim"))
    line: Line = []
    left = width
    for text, style in parts:
        between = f" {glyphs.dot} " if line else ""
        if len(between) + len(text) > left:
            break
        line += [(between, "dim"), (text, style)]
        left -= len(between) + len(text)
    return line or [(fitted(parts[0][0], width, more=glyphs.more), parts[0][1])]


def of_clock(skew: Skew | None, width: int, glyphs: Glyphs) -> list[Line]:
    """Name how wrong this machine's clock is, where it is."""
    if skew is None or not _is_off(skew):
        return []
    side = "ahead of" if skew.ahead > 0 else "behind"
    off = _span(abs(skew.ahead))
    texts = (
        f"this machine's clock is {off} {side} the exchange's, give or take {_span(skew.doubt)}; lag allows for that",
        f"clock {off} {side} the exchange's (to {_span(skew.doubt)}), lag allows for it",
        f"clock {off} {side} the exchange's",
    )
    text = next((text for text in texts if len(text) <= width), texts[-1])
    return [[(fitted(text, min(width, len(text)), more=glyphs.more), "yellow")]]


def happened(happening: Happening, width: int, glyphs: Glyphs) -> Line:
    """Tell an event, with the time of day."""
    text = clean(f"{time.strftime('%H:%M:%S', time.localtime(happening.at))} {happening.words}")
    return [(fitted(text, width, more=glyphs.more).rstrip(), "dim")]


def _is_off(skew: Skew) -> bool:
    return abs(skew.ahead) > skew.doubt + _NOTABLE


def _span(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.2f} s"


def _some(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
