"""A process for callgrind: `python tests/benchmarks/inner PATH ...` goes each path between two marks."""

import json
import os
import sys
from itertools import count
from pathlib import Path
from typing import Any, Final

sys.path[0] = str(Path(__file__).resolve().parents[2])

from benchmarks.inner.paths import PATHS, PER_READ, Deliver, reads  # noqa: E402  found by the line above
from benchmarks.symbols import symbols  # noqa: E402
from rx_kucoin.transport.frame_parser import parse_frames  # noqa: E402

TOPICS: Final = 100
WARM: Final = 2
"""Reads until every topic has had its first messages, and the interpreter has seen every line often."""
MEASURED: Final = 10


def go(came: list[bytes], deliver: Deliver) -> None:
    for data in came:
        messages: list[bytes] = []
        parse_frames(data, 0, messages)
        deliver(messages)


def mark() -> None:
    """Call a C function that is called nowhere else: callgrind writes down what it has counted since the last time."""
    os.getloadavg()


def subscriber() -> tuple[Any, Any]:
    numbers = count()
    return lambda _: next(numbers), lambda: next(numbers)


came = reads(TOPICS, WARM + MEASURED)
for key in sys.argv[1:]:
    path = PATHS[key]
    hear, heard = subscriber()
    deliver = path.build(symbols(TOPICS), hear)
    go(came[:WARM], deliver)
    mark()
    go(came[WARM:], deliver)
    mark()
    if heard() != path.is_whole * len(came) * PER_READ:
        sys.exit(f"{key} lost messages")
    print(json.dumps({"path": key, "messages": MEASURED * PER_READ}))
