"""What every kind of chart can do with what a stream brings."""

from array import array
from collections.abc import Sequence
from typing import Any, Final, Protocol, TypeAlias

__all__ = ["DAY", "Columns", "Content", "Parcel", "counted", "joined"]

Columns: TypeAlias = "list[array[float]]"
Parcel = tuple[dict[str, Any], Columns]
"""What is told to the front end, and the numbers that go with it."""


class Content(Protocol):
    """Keeps what is to be drawn, within bounds. Whoever calls holds the chart's lock."""

    kind: str
    """Which drawing of the front end's it is."""
    backlog: int
    """How many items that nobody has looked at are worth keeping."""
    points: int
    """How many points are kept."""

    def take(self, came: float, item: Any) -> None:
        """Take in an item that came then."""

    def parcel(self, *, whole: bool) -> Parcel:
        """Give what was not given before, or everything."""
        ...

    def labels(self) -> dict[str, Any]:
        """Title and axes, in words."""
        ...

    def standing(self) -> tuple[str, str]:
        """How it stands while the stream flows: a state and its words."""
        ...

    def paint(self, axes: Any) -> None:
        """Draw it on axes of matplotlib's, with times in days, as it counts them."""

    def __len__(self) -> int: ...


def joined(words: Sequence[str], unit: str = "") -> str:
    """A label with its unit."""
    text = ", ".join(word for word in words if word)
    return f"{text} ({unit})" if unit else text


def counted(many: int, what: str) -> str:
    """How many of what."""
    return f"{many:,} {what}{'' if many == 1 else 's'}"


DAY: Final = 86_400.0
