"""What operators that compute leave out."""

from decimal import Decimal
from typing import Any

__all__ = ["is_missing"]


def is_missing(value: Any) -> bool:
    """Tell whether there is no value: None, or a float or a Decimal that is no number."""
    # Comparing is for these alone: what an array or a frame makes of != is no answer.
    return value is None or (isinstance(value, (float, Decimal)) and value != value)  # noqa: PLR0124
