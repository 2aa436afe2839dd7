"""What a contract's name determines: its coin, its settlement currency, its value."""

from decimal import Decimal
from typing import Final

from rx_kucoin.simulator._futures_payloads import MULTIPLIER_DIGITS

__all__ = ["coin", "is_inverse", "multiplier", "price_at", "settles_in", "value"]

INVERSE: Final = Decimal(-1)
"""The exchange's multiplier of a contract that is worth one dollar at any price of its coin."""


def is_inverse(symbol: str) -> bool:
    """Return whether a contract is a perpetual that is settled in its coin."""
    return symbol.endswith("M") and "USDT" not in symbol


def coin(symbol: str) -> str:
    """Return the coin."""
    return symbol.removesuffix("M").removesuffix("USDT").removesuffix("USD") if symbol.endswith("M") else symbol[:3]


def settles_in(symbol: str) -> str:
    """Return the currency of its margin and profit."""
    return coin(symbol) if is_inverse(symbol) else "USDT"


def multiplier(symbol: str) -> Decimal:
    """Return the coins in a contract, or -1."""
    return INVERSE if is_inverse(symbol) else Decimal(1).scaleb(-MULTIPLIER_DIGITS)


def value(symbol: str, quantity: Decimal, price: Decimal) -> Decimal:
    """Return the value of contracts at a price, in the settlement currency; negative for a short quantity."""
    each = multiplier(symbol)
    return quantity * each / price if each == INVERSE else quantity * each * price


def price_at(symbol: str, quantity: Decimal, worth: Decimal) -> Decimal:
    """Return the price at which `quantity` contracts are worth `worth`, or 0 if there is none."""
    each = multiplier(symbol)
    if each != INVERSE:
        return worth / (quantity * each)
    return quantity * each / worth if worth else Decimal(0)
