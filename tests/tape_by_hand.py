"""Recordings that are written by hand, to be played."""

import json
from pathlib import Path
from typing import Any

from rx_kucoin.recording.encoder import Encoder
from rx_kucoin.recording.file.writer import Writer

__all__ = ["TOPICS", "S", "Story", "push", "ticking", "write"]

S = 1_000_000_000
TOPICS = [f"/market/match:{symbol}-USDT" for symbol in ("BTC", "ETH")]
Story = list[tuple[float, str, str, Any]]


def push(at: float, topic: str, number: int) -> tuple[float, str, str, Any]:
    data = {"sequence": str(number), "price": "1", "size": "1", "time": str(int(at * S)), "tradeId": str(number)}
    return at, "push", topic, {"topic": topic, "type": "message", "subject": "trade.l3match", "data": data}


def write(path: Path, story: Story, *, begins: bool = True) -> Path:
    """Write a recording by hand: a block for each second."""
    scribe = Encoder(Writer(path, fsync=False), private=False)
    opening: Story = [(story[0][0], "begin", "", {}), *((story[0][0], "seat", each, {"line": 1}) for each in TOPICS)]
    began = story[0][0]
    for at, kind, topic, data in [*(opening if begins else []), *story]:
        if at >= began + 1.0:
            scribe.flush()
            began = at
        if kind == "push":
            scribe.take((int(at * S), 1, (json.dumps(data),), None))
        else:
            scribe.take((int(at * S), 1, (topic,), (kind, data)))
    scribe.flush()
    scribe.writer.close()
    return path


def ticking(seconds: int) -> Story:
    return [push(100 + at / 4, TOPICS[at % 2], 1_000 + at) for at in range(4 * seconds)]
