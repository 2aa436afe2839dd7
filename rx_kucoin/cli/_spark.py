"""A sparkline: a line chart one character high."""

from collections.abc import Iterable
from typing import Final

__all__ = ["SPAN", "spark"]

SPAN: Final = 60.0
"""Seconds that it covers."""


def spark(points: Iterable[tuple[float, float]], now: float, width: int, steps: str) -> str:
    """Draw the values of the last minute.

    The time slots of the characters are fixed, so that the chart scrolls by whole characters.

    Args:
        points: Ascending times, each with the value from then on.
        now: The time of the last character.
        width: Number of characters.
        steps: The characters to draw with, lowest first.
    """
    if width < 1:
        return ""
    slot = SPAN / width
    first = int(now // slot) - width + 1
    values: list[float | None] = [None] * width
    before: float | None = None
    for moment, value in points:
        place = int(moment // slot) - first
        if place < 0:
            before = value
        elif place < width:
            values[place] = value
    for place, known in enumerate(values):
        values[place] = before = before if known is None else known
    all_known = [each for each in values if each is not None]
    if not all_known:
        return " " * width
    low, high = min(all_known), max(all_known)
    scale = (len(steps) - 1) / (high - low) if high > low else 0.0
    level = len(steps) // 2 if not scale else 0  # a constant value is drawn in the middle
    return "".join(" " if each is None else steps[level + round((each - low) * scale)] for each in values)
