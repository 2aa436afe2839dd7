"""The interface of a chart's series, its labels, and the colours of all charts."""

from array import array
from collections.abc import Sequence
from typing import Any, Final, Protocol, TypeAlias

__all__ = ["DAY", "DOWN", "MUTED", "PALETTE", "UP", "Columns", "Series", "Update", "count_of", "label"]

Columns: TypeAlias = "list[array[float]]"
Update = tuple[dict[str, Any], Columns]
"""A message for the front end, and its columns of numbers."""


class Series(Protocol):
    """Keeps the data of a chart, a bounded amount. All calls are made under the chart's lock."""

    kind: str
    """The front end's name of this kind of chart."""
    backlog: int
    """Most items that wait between two frames."""
    points: int
    """Points that are kept."""

    def take(self, received_at: float, item: Any) -> None:
        """Add an item received at a time."""

    def update(self, *, whole: bool) -> Update:
        """Return the data since the last update, or all of it."""
        ...

    def labels(self) -> dict[str, Any]:
        """Return title and axis labels."""
        ...

    def status(self) -> tuple[str, str]:
        """Return the state while the stream is live, in one word and as a text."""
        ...

    def draw_on(self, axes: Any) -> None:
        """Draw on matplotlib axes, with times in days."""

    def __len__(self) -> int: ...


def label(words: Sequence[str], unit: str = "") -> str:
    """Join words to a label with a unit."""
    text = ", ".join(word for word in words if word)
    return f"{text} ({unit})" if unit else text


def count_of(many: int, what: str) -> str:
    """Format a count with its noun."""
    return f"{many:,} {what}{'' if many == 1 else 's'}"


DAY: Final = 86_400.0
"""Seconds of a day: matplotlib counts times in days."""
PALETTE: Final = (
    "#2f6fde",
    "#e8762c",
    "#16a37f",
    "#b0489c",
    "#d6a100",
    "#6a5acd",
    "#d1495b",
    "#3aa0c9",
    "#7a8b2a",
    "#8a6d5b",
)
UP: Final = "#16a37f"
DOWN: Final = "#e0484d"
MUTED: Final = "#9aa0a8"
