"""What was found out: every run, and the medians over the rounds."""

from collections import defaultdict
from math import nan
from statistics import median
from typing import Any

from benchmarks.catalogue import Client
from benchmarks.plan import Cell

__all__ = ["Results"]


class Results:
    """All runs of all cells."""

    def __init__(self, rounds: int) -> None:
        self.rounds = rounds
        self.live_s: list[float] = []
        self.missing: dict[str, str] = {}
        """Client to why it cannot be measured."""
        self.versions: dict[str, str] = {}
        """Package to version."""
        self._runs = defaultdict[tuple[str, str, int], list[dict[str, Any]]](list)
        self._failures: dict[tuple[str, str, int], str] = {}

    def add(self, cell: Cell, told: dict[str, Any]) -> None:
        """Keep what one run told."""
        if "missing" in told:
            self.missing[cell.client.name] = told["missing"]
            return
        if told["version"]:
            self.versions[told["package"]] = told["version"]
        self._runs[_place(cell)].append(told)

    def failed(self, cell: Cell, why: str) -> None:
        """Keep that a run failed."""
        self._failures[_place(cell)] = why

    def has(self, client: Client) -> bool:
        """Whether anything was measured of it."""
        return any(key == client.key for key, _, _ in self._runs)

    def trouble(self, client: Client) -> str | None:
        """Why nothing was measured of it, though it was tried; None: it was, or it was not tried."""
        if client.name in self.missing:
            return "not installed"
        failures = [why for (key, _, _), why in self._failures.items() if key == client.key]
        return f"failed: {failures[0][:60]}" if failures and not self.has(client) else None

    def figure(self, key: str, scheme: str, topics: int, name: str) -> float:
        """The median of a figure over the rounds; not a number where there is none."""
        found = [run[name] for run in self._runs.get((key, scheme, topics), []) if name in run]
        return float(median(found)) if found else nan

    def cpu_us(self, key: str, scheme: str, topics: int, share: float = 0.5) -> float:
        """The CPU time a message of which such a share of all blasts of all rounds does not take more."""
        runs = self._runs.get((key, scheme, topics), [])
        return _quantile([each for run in runs for each in run["cpu_us"]], share)

    def most(self, key: str, scheme: str, topics: int, name: str) -> float:
        """The worst over the rounds: for losses, of which none may be overlooked. Below 0: more came than was sent."""
        found = [run[name] for run in self._runs.get((key, scheme, topics), []) if name in run]
        return float(max(found, key=abs, default=nan))

    def delay_us(self, key: str, scheme: str, topics: int, share: float) -> float:
        """The delay that such a share of all paced messages of all rounds does not exceed."""
        runs = self._runs.get((key, scheme, topics), [])
        return _quantile([delay / 1000 for run in runs for delay in run.get("delays_ns", [])], share)

    def plain(self) -> dict[str, Any]:
        """Everything but the single delays, for JSON."""
        runs = [
            {
                "client": key,
                "scheme": scheme,
                "topics": topics,
                "cpu_us": self.cpu_us(key, scheme, topics),
                "rounds": [{name: value for name, value in run.items() if name != "delays_ns"} for run in several],
                "delay_us": {str(share): self.delay_us(key, scheme, topics, share) for share in (0.5, 0.99, 0.999)},
            }
            for (key, scheme, topics), several in self._runs.items()
        ]
        failures = [{"where": list(place), "why": why} for place, why in self._failures.items()]
        facts = {"versions": self.versions, "missing": self.missing, "live_s": self.live_s}
        return {**facts, "runs": runs, "failures": failures}


def _quantile(found: list[float], share: float) -> float:
    return sorted(found)[min(len(found) - 1, int(len(found) * share))] if found else nan


def _place(cell: Cell) -> tuple[str, str, int]:
    return cell.client.key + cell.way, cell.scheme, cell.topics
