"""Ways of going through a recording: ours, of all of it and of parts; and what the file itself costs to read."""

import gzip
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from benchmarks.symbols import TICKER, symbols
from rx_kucoin import KuCoin

__all__ = ["BEGIN_NS", "TOPICS", "WAYS", "Part", "Way"]

TOPICS: Final = 100
BEGIN_NS: Final = 1_790_000_000_000_000_000
_CHUNK: Final = 1 << 20


class Part(NamedTuple):
    """What of a recording is wanted."""

    messages: int
    seconds: float
    """How long the recording is."""


Way = Callable[[Path, Part], int]
"""Goes through a recording; returns how many messages it found."""


def _bytes(path: Path, _: Part) -> int:
    with gzip.open(path) as lines:
        return sum(part.count(b"\n") for part in iter(lambda: lines.read(_CHUNK), b""))


def _lines(path: Path, _: Part) -> int:
    decode, found = msgspec.json.Decoder(dict[str, Any]).decode, 0
    with gzip.open(path) as lines:
        for line in lines:
            found += decode(line)["kind"] == "push"
    return found


def _polars(path: Path, _: Part) -> int:
    import polars as pl  # noqa: PLC0415  one way of many

    table = pl.read_ndjson(path, infer_schema_length=1_000)
    return table.filter(pl.col("kind") == "push").height


def _played(kucoin: Any, streams: list[Any]) -> int:
    numbers = count()
    for stream in streams:
        stream.subscribe(lambda _: next(numbers))
    kucoin.play()
    return next(numbers)


def _typed(path: Path, _: Part) -> int:
    kucoin = KuCoin.replay(path, progress=False)
    return _played(kucoin, [kucoin.ticker(*symbols(TOPICS))])


def _payloads(path: Path, _: Part) -> int:
    kucoin = KuCoin.replay(path, progress=False)
    return _played(kucoin, [kucoin.topic(TICKER + symbol) for symbol in symbols(TOPICS)])


def _one_topic(path: Path, _: Part) -> int:
    kucoin = KuCoin.replay(path, progress=False)
    return _played(kucoin, [kucoin.ticker(symbols(1)[0])])


def _hundredth(path: Path, part: Part) -> int:
    middle = BEGIN_NS + round(part.seconds * 1e9 / 2)
    kucoin = KuCoin.replay(path, since=middle, until=middle + round(part.seconds * 1e7), progress=False)
    return _played(kucoin, [kucoin.ticker(*symbols(TOPICS))])


WAYS: Final[dict[str, Way]] = {
    "the limit: decompressed, lines counted": _bytes,
    "gzip and msgspec, a dict a line": _lines,
    "polars.read_ndjson, a table": _polars,
    "KuCoin.replay, payloads of all topics": _payloads,
    "KuCoin.replay, typed, all topics": _typed,
    "KuCoin.replay, typed, one topic of all": _one_topic,
    "KuCoin.replay, typed, a hundredth of the time": _hundredth,
}
