"""Books to start with and changes of them, each of one row, as the exchange really sends them."""

import random
from collections.abc import Iterator
from decimal import Decimal
from typing import Final, NamedTuple

from rx_kucoin.protocol.messages.base import Change
from rx_kucoin.protocol.messages.spot import Level2Change

__all__ = ["PLACES", "Levels", "Work", "changes", "side", "work"]

Levels = list[tuple[Decimal, Decimal]]

PLACES: Final = {"near": "near the best", "anywhere": "anywhere"}
"""Where changes fall."""
_NEAR: Final = 10
"""Ticks from the best, on average, two in three with a level: half a minute of the real feed had 6.5 levels."""
_DELETES: Final = 0.77
"""How often a change of a level that is there deletes it, in the same half minute."""
_MIDDLE: Final = 10_000_000
_SYMBOL: Final = "BTC-USDT"


class Work(NamedTuple):
    """A book of so many levels a side, and what happens to it."""

    bids: Levels
    asks: Levels
    changes: list[Level2Change]


def work(levels: int, count: int, place: str, seed: int = 1) -> Work:
    """Make a book and changes of it that leave it about as deep as it was; every other price has a level."""
    return Work(side(-1, levels), side(1, levels), list(changes(levels, count, place, seed)))


def side(way: int, levels: int) -> Levels:
    """Make a side: up from the middle, or down."""
    dice = random.Random(way)
    return [(_price(way, 2 * number), _size(dice)) for number in range(levels)]


def changes(levels: int, count: int, place: str, seed: int = 1) -> Iterator[Level2Change]:
    """Make changes of one row each, numbers and all made as they are needed, as by a reader."""
    dice = random.Random(seed)
    there = {way: set(range(0, 2 * levels, 2)) for way in (-1, 1)}
    for number in range(1, count + 1):
        way = dice.choice((-1, 1))
        tick = int(dice.expovariate(1 / _NEAR)) if place == "near" else dice.randrange(2 * levels)
        tick = min(tick, 2 * levels - 1)
        size = _size(dice)
        if tick in there[way] and dice.random() < _DELETES:
            there[way].discard(tick)
            size = Decimal(0)
        else:
            there[way].add(tick)
        rows = (Change(_price(way, tick), size, number),)
        yield Level2Change(_SYMBOL, number, number, *(((), rows) if way < 0 else (rows, ())), time_ns=number)


def _price(way: int, tick: int) -> Decimal:
    return Decimal(f"{(_MIDDLE + way * (tick + 1)) // 100}.{(_MIDDLE + way * (tick + 1)) % 100:02}")


def _size(dice: random.Random) -> Decimal:
    return Decimal(f"{dice.randrange(9)}.{dice.randrange(1, 10**8):08}")
