"""Sums and products that lose no digit of a Decimal; of other numbers they are what Python makes of them."""

from decimal import Context, Decimal, DivisionByZero, InvalidOperation, Overflow
from typing import Any, Final

__all__ = ["add", "multiply", "subtract"]

_EXACT: Final = Context(prec=100_000, traps=[InvalidOperation, DivisionByZero, Overflow])
"""Digits are made where there are any: so many are a limit, and cost nothing."""


def add(one: Any, other: Any) -> Any:
    """Add two numbers of a kind; a Decimal and a whole number are of a kind."""
    if type(one) is Decimal or type(other) is Decimal:
        return _EXACT.add(one, other)
    return one + other


def multiply(one: Any, other: Any) -> Any:
    """Multiply two numbers of a kind."""
    if type(one) is Decimal or type(other) is Decimal:
        return _EXACT.multiply(one, other)
    return one * other


def subtract(one: Any, other: Any) -> Any:
    """Subtract a number from another of its kind."""
    if type(one) is Decimal or type(other) is Decimal:
        return _EXACT.subtract(one, other)
    return one - other
