"""One cut of all lines, in virtual time: what it costs the client until everything is as it was before."""

import gc
import time
from collections.abc import Callable
from typing import Any, Final, Literal, NamedTuple

import msgspec

from benchmarks.cuts.clock import VirtualClock
from benchmarks.symbols import symbols
from rx_kucoin import Credentials, KuCoin
from rx_kucoin.testing import VirtualTransport

__all__ = ["WAYS", "Cost", "Topics", "Way", "cut"]

Way = Literal["plain", "kept", "lost"]
WAYS: Final[dict[Way, str]] = {
    "plain": "the topics alone, without books",
    "kept": "books, no change lost",
    "lost": "books, a change of each lost: a snapshot",
}
"""What is subscribed to, and what happens to it."""

_TOPIC: Final = "/market/level2:"
_KEY: Final = Credentials("key", "secret", "passphrase")
_STEP: Final = 0.05
_MOST: Final = 3_600.0
"""Seconds of virtual time until a run has failed: the REST quota takes two minutes for the snapshots of 2,000 books."""
_LEVELS: Final = 20


class Topics:
    """Topics of an exchange in virtual time, and a subscriber of each, plain or as a book."""

    def __init__(self, count: int, way: Way, **settings: Any) -> None:
        self._way: Way = way
        self._clock = VirtualClock()
        self._exchange = VirtualTransport(self._clock)
        self._exchange.answers = self._snapshot
        self._sequence = 1_000
        self._missing = set(symbols(count))
        """Symbols of which the newest state has not been seen yet."""
        self._kucoin = KuCoin(
            scheduler=self._clock,
            transport=lambda *_: self._exchange,
            credentials=_KEY,
            random=lambda: 0.5,  # all lines are back before any book runs out of patience
            **settings,
        )
        for symbol in symbols(count):
            if way == "plain":
                self._kucoin.level2(symbol).subscribe(self._change)
            else:
                self._kucoin.book(symbol).subscribe(self._book)
        self._names = [_TOPIC + symbol for symbol in symbols(count)]

    def begin(self) -> None:
        """Change each book once, until all are right for the first time."""
        self._change_all()

    def cut(self) -> None:
        """Cut all lines, change each book once more when they are back, and wait until all are right again."""
        self._exchange.drop()
        self._change_all(lost=self._way == "lost")

    def _change_all(self, lost: int = 0) -> None:
        """Change each book on the connection that its topic is on; `lost` changes before that do not arrive."""
        self._until(lambda: sum(len(wire.topics) for wire in self._exchange.open_wires) == len(self._names))
        receive_of = {topic: wire.receive for wire in self._exchange.open_wires for topic in wire.topics}
        self._sequence += 1 + lost
        self._missing.update(symbols(len(self._names)))
        for topic in self._names:
            receive_of[topic]((_change(topic, self._sequence),))
        self._until(lambda: not self._missing)

    def _until(self, is_done: Callable[[], bool]) -> None:
        spent = 0.0
        while not is_done():
            self._clock.advance(_STEP)
            spent += _STEP
            if spent > _MOST:
                raise RuntimeError(f"{len(self._missing)} of {len(self._names)} symbols are not right")

    def _change(self, change: Any) -> None:
        if change.sequence_end == self._sequence:
            self._missing.discard(change.symbol)

    def _book(self, book: Any) -> None:
        if not book.stale and book.sequence == self._sequence:
            self._missing.discard(book.symbol)

    def _snapshot(self, _: str) -> bytes:
        return _SNAPSHOT % self._sequence


class Cost(NamedTuple):
    """Seconds of CPU time."""

    whole: float
    collecting: float
    """Of it, what the garbage collector took: whether it looks through all that is alive, or not, is chance."""


def cut(count: int, way: Way) -> Cost:
    """Subscribe to so many topics, cut all lines, and return what it costs until all are right again."""
    topics = Topics(count, way)
    topics.begin()
    begun, collecting = time.process_time(), 0.0

    def note(phase: str, _: object) -> None:
        nonlocal collecting
        collecting += time.process_time() * (1 if phase == "stop" else -1)

    gc.callbacks.append(note)
    topics.cut()
    gc.callbacks.remove(note)
    return Cost(time.process_time() - begun, collecting)


def _change(topic: str, sequence: int) -> bytes:
    changes = {"asks": [["101.0", "3", str(sequence)]], "bids": []}
    symbol = topic.partition(":")[2]
    data = {"changes": changes, "sequenceStart": sequence, "sequenceEnd": sequence, "symbol": symbol, "time": 1_000}
    return msgspec.json.encode({"topic": topic, "type": "message", "subject": "trade.l2update", "data": data})


def _levels(way: int) -> list[list[str]]:
    return [[f"{100 + way * (number + 1)}.0", "2"] for number in range(_LEVELS)]


_SNAPSHOT: Final = msgspec.json.encode({"sequence": "%d", "bids": _levels(-1), "asks": _levels(1)})
