"""What processes cost while somebody looks: CPU time of kernels, server and browser, from /proc."""

import os
from pathlib import Path
from typing import Final

__all__ = ["Costs"]


class Costs:
    """CPU time since it was made."""

    def __init__(self, server: int, browser: int) -> None:
        below = _tree(server)
        kernels = [pid for pid in below if "ipykernel" in _words(pid)]
        self._groups = {"kernel": kernels, "server": [pid for pid in below if pid not in kernels]}
        self._groups["browser"] = _tree(browser)
        self._begun = self._now()

    def told(self, seconds: float) -> dict[str, str]:
        """Percent of a core, for each."""
        now = self._now()
        return {f"CPU of the {name}": f"{(now[name] - self._begun[name]) / seconds:.0%}" for name in now}

    def _now(self) -> dict[str, float]:
        return {name: sum(map(_seconds, pids)) for name, pids in self._groups.items()}


def _tree(pid: int) -> list[int]:
    """A process and all below it."""
    parents = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and (fields := _stat(int(folder.name))):
            parents[int(folder.name)] = int(fields[1])
    found = [pid]
    for each in found:
        found.extend(child for child, parent in parents.items() if parent == each)
    return found


def _stat(pid: int) -> list[str]:
    try:
        return (Path("/proc") / str(pid) / "stat").read_text().rpartition(") ")[2].split()
    except OSError:
        return []


def _words(pid: int) -> str:
    try:
        return (Path("/proc") / str(pid) / "cmdline").read_text()
    except OSError:
        return ""


def _seconds(pid: int) -> float:
    fields = _stat(pid)
    return (int(fields[11]) + int(fields[12])) / _TICKS if fields else 0.0


_TICKS: Final = os.sysconf("SC_CLK_TCK")
