"""The run: every cell once, then every cell again, so that a busy minute of the machine hits all alike."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from benchmarks.child import CLIENT_CORE, EXCHANGE_CORE, Child, Trouble, command
from benchmarks.market import market
from benchmarks.measure import measure
from benchmarks.plan import Cell
from benchmarks.results import Results

__all__ = ["LIVE_TOPICS", "run"]

LIVE_TOPICS: Final = 2_000
_LIVE_WITHIN: Final = 90.0


def run(
    cells: Sequence[Cell],
    results: Results,
    pythons: Mapping[str, str],
    say: Callable[[str], None],
    *,
    live: bool = True,
) -> None:
    """Run it all, as many rounds as the results are to have.

    Args:
        cells: What is done in a round.
        pythons: The interpreter of each client that needs one of its own.
        say: Told of the progress.
        live: Whether to measure the time until many topics are live, too.
    """
    rounds = results.rounds
    with market() as there:
        for number, cell in _all(cells, rounds):
            if cell.client.name in results.missing:
                continue
            say(f"round {number // len(cells) + 1} of {rounds}, {number % len(cells) + 1} of {len(cells)}: {cell}")
            try:
                results.add(cell, measure(cell, there, pythons.get(cell.client.name, "")))
            except Trouble as trouble:
                say(f"{cell}: {trouble}\n")
                results.failed(cell, str(trouble))
    if live:
        for number in range(rounds):
            say(f"until {LIVE_TOPICS} topics are live, {number + 1} of {rounds}")
            try:
                results.live_s.append(_live(pythons.get("ours", sys.executable)))
            except Trouble as trouble:
                say(f"{LIVE_TOPICS} topics: {trouble}\n")


def _all(cells: Sequence[Cell], rounds: int) -> Iterator[tuple[int, Cell]]:
    return enumerate(list(cells) * rounds)


def _live(python: str) -> float:
    with Child(command("exchange", "simulator", LIVE_TOPICS), EXCHANGE_CORE) as simulator:
        rest = simulator.answer()["rest"]
        with Child(command("clients", "live", "-", LIVE_TOPICS, rest, "-", python=python), CLIENT_CORE) as child:
            child.answer()
            return float(child.answer(_LIVE_WITHIN)["live_s"])
