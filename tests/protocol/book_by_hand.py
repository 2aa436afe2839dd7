"""A book by a dict a side and by the letter of the documentation: slow, plain, and nothing of it is the library's."""

import json
import random
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, NamedTuple

__all__ = ["BookByHand", "Market", "made_market"]

Side = dict[Decimal, Decimal]


class Market(NamedTuple):
    """A book by REST, the pushes that came around it, and whose they are."""

    symbol: str
    answer: dict[str, Any]
    pushes: list[dict[str, Any]]


class BookByHand:
    """What the documentation of `/market/level2` says, line by line; texts become decimals, nothing a float."""

    def __init__(self, answer: dict[str, Any]) -> None:
        self.sequence = int(answer["sequence"])
        self.sides: dict[str, Side] = {side: dict(map(_exact, answer[side])) for side in ("bids", "asks")}
        self.counts = Counter[str]()

    def take(self, data: dict[str, Any]) -> None:
        """Play back a push: what is older than the book is discarded."""
        self.counts["changes"] += 1
        before, start, end = self.sequence, int(data["sequenceStart"]), int(data["sequenceEnd"])
        rows = [(int(number), side, *_exact((price, size))) for side, price, size, number in _rows(data)]
        for number, side, price, size in sorted(rows):
            if number <= before:
                self.counts["skipped"] += 1
            elif price == 0:
                self.counts["price 0"] += 1
            else:
                self.counts["applied"] += 1
                if size == 0:
                    self.sides[side].pop(price, None)
                else:
                    self.sides[side][price] = size
        if end > before:
            assert start <= before + 1, f"numbers are missing before {start}: the book is at {before}"
            self.sequence = end
        else:
            self.counts["older"] += 1

    def levels(self, side: str) -> list[tuple[Decimal, Decimal]]:
        """Sort a side anew, best first."""
        return sorted(self.sides[side].items(), reverse=side == "bids")


def _rows(data: dict[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    return ((side, *row) for side in ("bids", "asks") for row in data["changes"][side])


def _exact(row: tuple[str, str]) -> tuple[Decimal, Decimal]:
    price, size = row
    assert isinstance(price, str)
    assert isinstance(size, str)
    return Decimal(price), Decimal(size)


def made_market(seed: int, *, levels: int, changes: int) -> Market:
    """Make one with all that a market may bring: holes in a range, price 0, levels gone that never were, old rows."""
    dice, symbol = random.Random(seed), f"MADE{seed}-USDT"

    def side(start: int, step: int) -> list[list[str]]:
        return [[f"{(start + step * place) / 100:.2f}", f"{dice.randint(1, 9**9)}E-8"] for place in range(levels)]

    answer = {"time": 1, "sequence": "1000", "bids": side(99_999, -2), "asks": side(100_001, 2)}
    pushes, number = list[dict[str, Any]](), 960
    while len(pushes) < changes:
        start, rows = number + 1, {"bids": list[list[str]](), "asks": list[list[str]]()}
        for _ in range(dice.choice([0, 1, 1, 1, 2, 5])):
            number += dice.choice([1, 1, 3])
            place = min(int(dice.expovariate(0.05)), 2 * levels)
            name, price = dice.choice([("bids", 100_000 - place), ("asks", 100_000 + place)])
            text = "0" if dice.random() < 0.03 else dice.choice(["{:.2f}", "{:.3f}"]).format(price / 100)
            size = dice.choice(["0", "0.00000000", f"{dice.randint(1, 9**9) / 10**4:.4f}", "1E+3"])
            rows[name].append([text, size, str(number)])
        number = max(number, start) + dice.choice([0, 0, 2])
        for each in rows.values():
            dice.shuffle(each)
        pushes.append({"changes": rows, "sequenceStart": start, "sequenceEnd": number, "symbol": symbol, "time": 1})
        if dice.random() < 0.1:
            pushes.append(json.loads(json.dumps(pushes[-1])))  # sent twice
    return Market(symbol, answer, pushes)
