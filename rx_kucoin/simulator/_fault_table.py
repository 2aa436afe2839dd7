"""The table of scripted faults, and the two kinds of fault that keep state: lost messages and odd book changes."""

from collections import Counter
from collections.abc import Callable, Mapping
from random import Random
from typing import Any, Final, Literal, NamedTuple, Protocol, TypeVar

from rx_kucoin.simulator._book import Book, LevelChange, Side

__all__ = ["FaultName", "FaultTable", "Losses", "Quirks", "RunOnLoop"]

T = TypeVar("T")

FaultName = Literal[
    "answer_tokens",
    "refuse_signed",
    "refuse_dials",
    "refuse_sockets",
    "welcome",
    "acks",
    "topic_limit",
    "refuse_topic",
    "late_pushes",
    "refuse_books",
    "slow_books",
    "lag_book",
    "empty_book",
    "lose",
    "quirks",
]
NEAR: Final = 20
"""Levels from the best within which a change is repeated."""
SIDES: Final[tuple[Side, ...]] = ("bids", "asks")


class RunOnLoop(Protocol):
    """Run a function on the exchange's own thread and return its result; callable from any thread."""

    def __call__(self, act: Callable[[], T], /) -> T: ...


class FaultTable:
    """Faults by name. A fault set without `times` applies until `clear`."""

    def __init__(self, run: RunOnLoop) -> None:
        self._run = run
        self._set: dict[str, tuple[dict[str, Any], int | None]] = {}

    def clear(self) -> None:
        """Remove every pending fault. Silenced connections and topics stay silent until `speak`."""
        self._run(self._set.clear)

    def take(self, fault: FaultName, detail: str = "") -> Mapping[str, Any] | None:
        """For the exchange itself: return a fault if it is set, and count it down."""
        if not self._set:
            return None
        name = f"{fault} {detail}" if detail else fault
        values, left = self._set.get(name, (None, None))
        if left is not None and left <= 1:
            del self._set[name]
        elif left is not None and values is not None:
            self._set[name] = (values, left - 1)
        return values

    def take_for(self, fault: FaultName, detail: str) -> Mapping[str, Any] | None:
        """For the exchange itself: the same, for one topic or symbol, or else for all."""
        values = self.take(fault, detail)
        return self.take(fault) if values is None else values

    def _put(self, name: str, times: int | None, **values: Any) -> None:
        self._run(lambda: self._set.__setitem__(name, (values, times)))


class Losses:
    """Which messages of a topic are lost: every n-th one, or a random share.

    Each topic has its own count and its own seeded generator, so what is lost does not depend on other topics.
    """

    def __init__(self, seed: object, *, share: float = 0.0, every: int = 0) -> None:
        self._seed, self._share, self._every = seed, share, every
        self._seen = Counter[str]()
        self._rngs: dict[str, Random] = {}

    def strike(self, topic: str) -> bool:
        """Return whether the next message of a topic is lost."""
        if self._every:
            self._seen[topic] += 1
            return self._seen[topic] % self._every == 0
        rng = self._rngs.get(topic)
        if rng is None:
            rng = self._rngs[topic] = Random(f"{self._seed} {topic} losses")  # noqa: S311
        return rng.random() < self._share


class Quirks(NamedTuple):
    """Odd but valid book changes: the share of changes, or of ranges, that each oddity affects."""

    respell: float = 0.0
    repeat: float = 0.0
    crowd: float = 0.0
    shuffle: float = 0.0

    def change(self, book: Book, rng: Random) -> LevelChange:
        """Change one level, or repeat the size that it already has."""
        if rng.random() >= self.repeat:
            return book.change()
        side = rng.choice(SIDES)
        return book.put(side, *rng.choice(book.top(side, NEAR)))

    def range(self, rows: list[LevelChange], book: Book, rng: Random) -> list[LevelChange]:
        """Let some levels of a range change several times within it, and shuffle some ranges."""
        for row in tuple(rows):
            if row.price and rng.random() < self.crowd and self._keeps_sides_apart(row, book):
                size = row.size or 1
                rows += [book.put(row.side, row.price, each) for each in (size + 2, 0, size + 1)]
        if rng.random() < self.shuffle:
            rng.shuffle(rows)
        return rows

    def spell(self, rows: list[LevelChange], rng: Random, write: Callable[[int], str]) -> list[LevelChange]:
        """Write some prices otherwise: 1.50 for 1.5, and 84521.0 for 84521."""
        return [
            row._replace(spelling=_longer(write(row.price))) if row.price and rng.random() < self.respell else row
            for row in rows
        ]

    @staticmethod
    def _keeps_sides_apart(row: LevelChange, book: Book) -> bool:
        bid, ask = book.best
        return row.price < ask if row.side == "bids" else row.price > bid


def _longer(price: str) -> str:
    return f"{price}0" if "." in price else f"{price}.0"
