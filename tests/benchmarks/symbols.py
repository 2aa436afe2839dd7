"""The symbols of the benchmarks, the same in every process."""

from itertools import islice, product
from string import ascii_uppercase
from typing import Final

__all__ = ["TICKER", "symbols"]

TICKER: Final = "/market/ticker:"


def symbols(count: int) -> list[str]:
    """Name so many spot symbols, each as long as BTC-USDT."""
    names = ("".join(letters) for letters in product(ascii_uppercase, repeat=3))
    return [f"{name}-USDT" for name in islice(names, count)]
