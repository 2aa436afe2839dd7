"""What operators compute with, and what they leave out."""

from decimal import Decimal
from typing import Any

__all__ = ["is_missing", "number"]


def is_missing(value: Any) -> bool:
    """Tell whether there is no value: None, or a float or a Decimal that is no number."""
    # Comparing is for these alone: what an array or a frame makes of != is no answer.
    return value is None or (isinstance(value, (float, Decimal)) and value != value)  # noqa: PLR0124


def number(value: Any) -> Any:
    """Pass on what can be computed with.

    Raises:
        TypeError: it is text. That can be added and compared as well, and "9" would be more than "10".
    """
    if isinstance(value, (str, bytes)):
        raise TypeError(f"{value!r} is text, and no number")
    return value
