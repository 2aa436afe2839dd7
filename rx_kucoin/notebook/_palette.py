"""The colours of pictures, which are those of the front end's."""

from typing import Final

__all__ = ["DOWN", "LINES", "MUTED", "UP"]

LINES: Final = (
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
