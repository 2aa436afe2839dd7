"""What a contract's name tells: its coin, what it is settled in, what one of it is worth."""

from decimal import Decimal
from typing import Final

from rx_kucoin.simulator._futures_payloads import MULTIPLIER_DIGITS

__all__ = ["coin", "is_inverse", "multiplier", "price_at", "settles_in", "value"]

INVERSE: Final = Decimal(-1)
"""So the exchange writes a contract that is worth one dollar whatever its coin costs."""


def is_inverse(symbol: str) -> bool:
    """Tell a perpetual that is settled in its coin."""
    return symbol.endswith("M") and "USDT" not in symbol


def coin(symbol: str) -> str:
    """Name the coin."""
    return symbol.removesuffix("M").removesuffix("USDT").removesuffix("USD") if symbol.endswith("M") else symbol[:3]


def settles_in(symbol: str) -> str:
    """Name the currency of its margin and profit."""
    return coin(symbol) if is_inverse(symbol) else "USDT"


def multiplier(symbol: str) -> Decimal:
    """Coins in a contract, or -1."""
    return INVERSE if is_inverse(symbol) else Decimal(1).scaleb(-MULTIPLIER_DIGITS)


def value(symbol: str, quantity: Decimal, price: Decimal) -> Decimal:
    """What so many contracts are worth at a price, in what they are settled in; negative for a debt."""
    each = multiplier(symbol)
    return quantity * each / price if each == INVERSE else quantity * each * price


def price_at(symbol: str, quantity: Decimal, worth: Decimal) -> Decimal:
    """At which price so many contracts are worth so much; 0 where at none."""
    each = multiplier(symbol)
    if each != INVERSE:
        return worth / (quantity * each)
    return quantity * each / worth if worth else Decimal(0)
