"""The table of cuts, in plain text of at most 120 columns."""

import json
import platform
import subprocess
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from benchmarks.child import Trouble, command
from benchmarks.cuts.cut import WAYS, Cost, Way

__all__ = ["COUNTS", "report"]

COUNTS: Final = (100, 500, 1_000, 2_000)
_WIDE: Final = 46
_PATIENCE: Final = 600.0


def report(counts: Sequence[int], rounds: int, say: Callable[[str], None]) -> Iterator[str]:
    """Cut the lines of so many topics, each way in a process of its own, and write down what that took."""
    took: dict[tuple[Way, int], Cost] = {}
    for way in WAYS:
        for count in counts:
            say(f"{count:,} topics, {WAYS[way]}")
            took[way, count] = min((_child(count, way) for _ in range(rounds)), key=lambda cost: cost.whole)
    yield f"Python {platform.python_version()}, {platform.system()} {platform.machine()}; the least of {rounds}"
    yield "CPU time from one cut of all lines until every topic is right again, in virtual time"
    yield _row("", [f"{count:,}" for count in counts])
    for way, label in WAYS.items():
        costs = [took[way, count] for count in counts]
        yield _row(f"{label}, ms", [f"{cost.whole * 1e3:,.1f}" for cost in costs])
        yield _row("  of it the garbage collector, ms", [f"{cost.collecting * 1e3:,.1f}" for cost in costs])
        each = [(cost.whole - cost.collecting) / count * 1e6 for cost, count in zip(costs, counts, strict=True)]
        yield _row("  each, without the collector, us", [f"{us:,.0f}" for us in each])


def _row(label: str, cells: Iterable[str]) -> str:
    return f"{label:<{_WIDE}}" + "".join(f"{cell:>10}" for cell in cells)


def _child(count: int, way: Way) -> Cost:
    done = subprocess.run(command("cuts", count, way), capture_output=True, text=True, timeout=_PATIENCE, check=False)
    if done.returncode:
        raise Trouble(f"{count} {way}: " + " | ".join(done.stderr.strip().splitlines()[-3:]))
    return Cost(*json.loads(done.stdout))
