"""The exchange's own words for sides, states and reasons. A word that is not listed passes through as it came."""

from enum import StrEnum
from typing import Self

__all__ = ["Side", "Word"]


class Word(StrEnum):
    """A string of a known few; one that is not among them is a member of its own, so that news breaks no stream.

    Capitals do not matter: the exchange writes `buy` and `BUY`.
    """

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, str):
            return None
        for known in cls:
            if known.value.lower() == value.lower():
                return known
        word = str.__new__(cls, value)
        word._name_ = word._value_ = value
        return word

    def __repr__(self) -> str:
        return repr(self.value)


class Side(Word):
    """Of an order; of a trade it is the taker's."""

    BUY = "buy"
    SELL = "sell"
