"""Numbers and texts for the cells of a table: short, and exactly as wide as requested."""

import unicodedata
from decimal import Decimal
from typing import Final

from rich.cells import cell_len, set_cell_size

__all__ = ["ago", "cells", "clean", "clock", "fitted", "number", "per_second", "percent"]

_SMALL: Final = Decimal("0.001")
_MINUTE, _HOUR = 60, 3600
_TEN, _HUNDRED, _MANY = 10, 100, 10_000
_ODD: Final = frozenset({"Zl", "Zp"})


def number(value: Decimal | None, width: int = 10) -> str:
    """Format a number, without decimals that do not fit, or in powers of ten if too little would be left."""
    if value is None:
        return "-"
    text = f"{value:f}"
    if len(text) <= width:
        return text
    whole = text.index(".") if "." in text else len(text)
    if abs(value) < _SMALL or whole > width:
        short = f"{value:.{max(width - 7, 0)}e}"
        return short if len(short) <= width else f"{value:.0e}"
    return text[:width].rstrip(".")


def percent(part: Decimal | None, *, places: int = 3) -> tuple[str, str]:
    """Format a fraction as a percentage, with the colour of its sign."""
    if part is None or not part.is_finite():
        return "-", ""
    share = round(part * 100, places)
    if not share:
        return "0", ""
    text = f"{share:+.{places}f}%" if abs(share) < _HUNDRED else f"{share:+.0f}%" if abs(share) < _MANY else "huge"
    return text, "green" if share > 0 else "red"


def per_second(rate: float) -> str:
    """Format a rate per second."""
    if rate >= _MANY:
        return f"{rate / 1000:.0f}k"
    return f"{rate:.1f}" if 0 < rate < _TEN else f"{rate:.0f}"


def ago(seconds: float) -> str:
    """Format a duration in its largest unit."""
    if seconds < _HUNDRED:
        return f"{max(seconds, 0.0):.0f}s"
    return f"{seconds / _MINUTE:.0f}m" if seconds < _HUNDRED * _MINUTE else f"{seconds / _HOUR:.0f}h"


def clock(seconds: float) -> str:
    """Format a duration as hours, minutes and seconds."""
    minutes, rest = divmod(int(seconds), _MINUTE)
    return f"{minutes // _MINUTE}:{minutes % _MINUTE:02}:{rest:02}"


def clean(text: str) -> str:
    """Replace characters that move the cursor, or whose width depends on the terminal, by question marks."""
    if text.isascii() and text.isprintable():
        return text
    kinds = map(unicodedata.category, text)
    return "".join("?" if kind[0] in "CM" or kind in _ODD else letter for letter, kind in zip(text, kinds, strict=True))


def cells(text: str) -> int:
    """Return the width of a clean text in cells."""
    return len(text) if text.isascii() else cell_len(text)


def fitted(text: str, width: int, *, right: bool = False, more: str = "…") -> str:
    """Pad or cut a clean text to exactly `width` cells; a cut ends with `more`."""
    wide = cells(text)
    if wide > width:
        return set_cell_size(text, width - 1) + more if width > 0 else ""
    space = " " * (width - wide)
    return space + text if right else text + space
