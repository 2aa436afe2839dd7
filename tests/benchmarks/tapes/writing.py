"""A recording of made-up tickers, written as a `KuCoin` writes it: from the batches of a connection."""

import time
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple

from reactivex.scheduler import VirtualTimeScheduler

from benchmarks.exchange.frames import Feed
from benchmarks.symbols import TICKER, symbols
from benchmarks.tapes.ways import BEGIN_NS, TOPICS, Part
from rx_kucoin.recording.hooks import RecordingHooks
from rx_kucoin.recording.recorder import Recording

__all__ = ["RATE", "Written", "write"]

RATE: Final = 1_000
"""Messages a second of the recording."""
_BATCH: Final = 10
_HEADER: Final = 4
"""Bytes before the text of a frame."""


class Written(NamedTuple):
    """What it took."""

    part: Part
    us: float
    """CPU time of a message, of all threads, without its making."""
    bytes: float
    raw: float
    """Bytes of its text."""


class _Line:
    number, line, host = 1, 1, "nowhere"
    read_topics: Final = [TICKER + symbol for symbol in symbols(TOPICS)]


def write(path: Path, messages: int) -> Written:
    """Write a recording of so many messages."""
    hooks, clock = RecordingHooks(), VirtualTimeScheduler(BEGIN_NS / 1e9)
    line = _Line()
    hooks.connected(line)
    texts = [frame[_HEADER:] for frame in Feed().many(line.read_topics, messages)]
    took = time.process_time()
    with Recording(path, hooks, clock, facts={"format": 1}, capacity=messages) as recording:
        left = iter(texts)
        while batch := list(islice(left, _BATCH)):
            clock.advance_by(len(batch) / RATE)
            recording.received(line.number, batch)
    took = time.process_time() - took
    if recording.lost or recording.frames != messages:
        raise RuntimeError(f"{recording!r} should have {messages:,}")
    part = Part(messages, messages / RATE)
    return Written(part, took / messages * 1e6, recording.size / messages, sum(map(len, texts)) / messages)
