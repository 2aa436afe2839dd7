"""What the live view of `rx-kucoin watch` costs: the thread that draws, and those of the streams."""

import platform
import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from cli_process import Terminal, command, on_a_terminal

from benchmarks.child import Trouble
from rx_kucoin.simulator import Simulator

__all__ = ["SIZES", "Cost", "report", "watched"]

SIZES: Final = ((80, 24), (200, 60))
"""Columns and rows."""
_WARM_S: Final = 3.0
"""As long as a rate is told too low, for it is counted over some seconds."""
_TOLD: Final = re.compile(r"([\d.]+) msg/s .*? up ")
_WIDE: Final = 46


class Cost(NamedTuple):
    """Of one terminal."""

    drawing: float
    """Of a core, a fraction: the main thread, which does nothing else."""
    whole: float
    """The whole process: what the messages cost is in it."""
    rate: float
    """Messages a second, as the view itself tells."""


def report(symbols: int, rate: int, seconds: float, say: Callable[[str], None]) -> Iterator[str]:
    """Measure it on terminals of some sizes, and write it down."""
    if not sys.platform.startswith("linux"):
        raise Trouble("only Linux tells what each thread of a process costs")
    costs: dict[str, Cost] = {}
    for columns, rows in SIZES:
        size = f"{columns}x{rows}"
        say(f"watch, {symbols} symbols on {size}, {seconds:g} s")
        costs[size] = watched(symbols, rate, seconds, columns=columns, rows=rows)
    yield f"Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    yield f"`rx-kucoin watch`, {symbols} symbols, {seconds:g} s: % of a core, by columns and rows of the terminal"
    yield _row("", costs)
    yield _row("drawing: the main thread", [f"{cost.drawing:.1%}" for cost in costs.values()])
    yield _row("all of it: the streams, too", [f"{cost.whole:.1%}" for cost in costs.values()])
    yield _row("messages a second", [f"{cost.rate:,.0f}" for cost in costs.values()])


def watched(symbols: int, rate: int, seconds: float, *, columns: int, rows: int) -> Cost:
    """Watch a simulated market on a terminal of this size, and take the time of it.

    Raises:
        Trouble: there is no picture.
    """
    with Simulator(symbols=symbols, rate=rate) as exchange:
        watch = command("watch", *exchange.listed["spot"], "--rest-url", exchange.rest_url)
        with on_a_terminal(*watch, columns=columns, rows=rows) as terminal:
            terminal.read_until(rf"{symbols} live")
            _read(terminal, _WARM_S)
            begun, before = time.monotonic(), _spent(terminal.process.pid)
            _read(terminal, seconds)
            took, after = time.monotonic() - begun, _spent(terminal.process.pid)
        told = _TOLD.findall(terminal.text)
    if not told:
        raise Trouble(f"there is no picture, but {terminal.text[-200:]!r}")
    drawing, whole = ((now - then) / took for now, then in zip(after, before, strict=True))
    return Cost(drawing, whole, float(told[-1]))


def _read(terminal: Terminal, seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        terminal._read()


def _spent(process: int) -> tuple[float, float]:
    """Tell the seconds of CPU time of a process's main thread, and of all of its threads together."""
    spent = {
        int(task.name): int((task / "schedstat").read_text().split()[0]) / 1e9
        for task in Path(f"/proc/{process}/task").iterdir()
    }
    return spent[process], sum(spent.values())


def _row(label: str, cells: Iterable[str]) -> str:
    return f"{label:<{_WIDE}}" + "".join(f"{cell:>10}" for cell in cells)
