"""The charts of each cell, which are stopped when it is run again, deleted or interrupted."""

import asyncio
import atexit
import signal
import sys
import threading
import time
from contextlib import suppress
from typing import Any, Final, NamedTuple, Protocol

from rx_kucoin.notebook._optional import optional

__all__ = ["CELLS", "CellRegistry", "kernel_shell"]


class RunningChart(Protocol):
    """A chart that is running."""

    @property
    def is_seen(self) -> bool:
        """Whether a front end shows it."""
        ...

    def stop(self, *, picture: bool = True) -> None:
        """Stop it."""


class CellRun(NamedTuple):
    """The run of a cell in which a chart was made."""

    cell: str
    """The front end's id of the cell, or else its source text."""
    run: str
    """Id of the request that ran it."""
    name: str | None


def kernel_shell() -> Any:
    """Return the shell of the kernel that this runs in, or None outside of a kernel."""
    if "IPython" not in sys.modules:
        return None
    shell = optional("IPython").get_ipython()
    return shell if hasattr(shell, "kernel") else None


class CellRegistry:
    """The running charts and the cells they were made in."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._charts: dict[RunningChart, CellRun] = {}
        self._shell: Any = None
        self._deleted: frozenset[str] = frozenset()
        """The deleted cells of the last request."""
        self.is_busy = False
        """Whether a cell is running."""
        atexit.register(self.stop_all, picture=False)

    def register(self, chart: RunningChart, name: str | None) -> None:
        """Add a chart to the current cell; stop those of earlier runs of it, and those of the same name."""
        shell = kernel_shell()
        if shell is not None and shell is not self._shell:
            self._shell, self.is_busy = shell, True
            shell.events.register("pre_run_cell", self._begin)
            shell.events.register("post_run_cell", self._end)
        here = _current_run(shell, name)
        with self._lock:
            before = [
                each
                for each, there in self._charts.items()
                if (here.cell and there.cell == here.cell and there.run != here.run) or (name and there.name == name)
            ]
            self._charts[chart] = here
        _stop(before, picture=False)

    def remove(self, chart: RunningChart) -> None:
        """Remove a chart that has ended."""
        with self._lock:
            self._charts.pop(chart, None)

    def stop_all(self, *, picture: bool = True) -> None:
        """Stop every chart."""
        with self._lock:
            charts = list(self._charts)
        _stop(charts, picture=picture)

    def _begin(self, _: object = None) -> None:
        """A cell begins to run: the output of its last run is gone from the notebook."""
        self.is_busy = True
        here, deleted = _current_run(self._shell, None), _deleted(self._shell)
        # Queued requests all report the same deletions, and a cell may be back by undo or paste.
        gone, self._deleted = deleted - self._deleted, deleted
        with self._lock:
            charts = [
                each
                for each, there in self._charts.items()
                if here.cell == there.cell or (there.cell in gone and not each.is_seen)
            ]
        _stop(charts, picture=False)

    def _end(self, result: Any) -> None:
        self.is_busy = False
        if isinstance(getattr(result, "error_in_exec", None), KeyboardInterrupt):
            here = _current_run(self._shell, None)
            with self._lock:
                charts = [each for each, there in self._charts.items() if there.run == here.run]
            _stop(charts, picture=True)
        with suppress(RuntimeError):  # a kernel without an asyncio loop: only a running cell can be interrupted
            asyncio.get_running_loop().call_later(_SOON, self._handle_interrupts)

    def _handle_interrupts(self) -> None:
        """Let an interrupt between two cells stop the charts; a kernel ignores it otherwise."""
        on_main = threading.current_thread() is threading.main_thread()
        if on_main and self._charts and signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
            loop = asyncio.get_running_loop()

            def interrupt(_: int, __: object) -> None:
                loop.call_soon_threadsafe(self._interrupted)

            signal.signal(signal.SIGINT, interrupt)

    def _interrupted(self) -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        self.stop_all()


def _current_run(shell: Any, name: str | None) -> CellRun:
    if shell is None:
        return CellRun("", "", name)
    parent = shell.get_parent()
    cell = parent.get("metadata", {}).get("cellId") or parent.get("content", {}).get("code", "")
    return CellRun(str(cell), str(parent.get("header", {}).get("msg_id", time.monotonic_ns())), name)


def _deleted(shell: Any) -> frozenset[str]:
    """Return the cells deleted since the last request, as JupyterLab reports them."""
    return frozenset(shell.get_parent().get("metadata", {}).get("deletedCells") or ())


def _stop(charts: list[RunningChart], *, picture: bool) -> None:
    for chart in charts:
        chart.stop(picture=picture)


_SOON: Final = 0.05
"""Seconds after which the kernel has restored its own signal handler."""
CELLS: Final = CellRegistry()
