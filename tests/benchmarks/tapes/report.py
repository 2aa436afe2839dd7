"""The table of recordings, in plain text of at most 120 columns."""

import json
import platform
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from benchmarks.child import Trouble, command
from benchmarks.tapes.ways import TOPICS, WAYS, Part
from benchmarks.tapes.writing import RATE, Written

__all__ = ["MESSAGES", "report"]

MESSAGES: Final = 1_000_000
_WIDE: Final = 46
_PATIENCE: Final = 600.0


def report(messages: int, rounds: int, say: Callable[[str], None]) -> Iterator[str]:
    """Write a recording, go every way through it, and write down what that took."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tape.jsonl.gz"
        say(f"a recording of {messages:,} messages")
        written = Written(*_child("write", path, Part(messages, 0.0)))
        part = Part(*written.part)
        yield f"{messages:,} tickers of {TOPICS} topics, {RATE:,} a second, recorded: {part.seconds:,.0f} s of them"
        yield f"Python {platform.python_version()}, {platform.system()} {platform.machine()}; the least of {rounds}"
        yield f"Recording one: {written.us:.1f} us, on all threads; {written.bytes:.0f} bytes of {written.raw:.0f}"
        yield ""
        yield f"{'Going through it':<{_WIDE}}{'messages':>10}{'s':>8}{'us each':>9}{'x limit':>9}{'MiB':>8}"
        limit, best = 0.0, dict[str, float]()
        for label in WAYS:
            say(label)
            runs = [_child(label, path, part) for _ in range(rounds)]
            best = min(runs, key=lambda run: run["wall"])
            limit = limit or best["cpu"]
            each, ratio = best["cpu"] / best["found"] * 1e6, best["cpu"] / limit
            memory = best["peak"]
            yield f"{label:<{_WIDE}}{best['found']:>10,}{best['wall']:>8.2f}{each:>9.2f}{ratio:>9.1f}{memory:>8.0f}"
        yield f"us of CPU time, MiB at most; {best['before']:.0f} MiB are the interpreter and all that it imports"


def _child(label: str, path: Path, part: Part) -> Any:
    words = command("tapes", label, str(path), str(part.messages), str(part.seconds))
    done = subprocess.run(words, capture_output=True, text=True, timeout=_PATIENCE, check=False)
    if done.returncode:
        raise Trouble(f"{label}: " + " | ".join(done.stderr.strip().splitlines()[-3:]))
    return json.loads(done.stdout)
