"""To which cell a chart belongs: one that is run again, deleted or interrupted takes its charts with it."""

import asyncio
import atexit
import signal
import sys
import threading
import time
from contextlib import suppress
from typing import Any, Final, NamedTuple, Protocol

from rx_kucoin.notebook._extras import need

__all__ = ["CELLS", "Cells", "kernel_shell"]


class Stoppable(Protocol):
    """A chart."""

    @property
    def is_seen(self) -> bool:
        """Whether a front end says that it shows it."""
        ...

    def stop(self, *, picture: bool = True) -> None:
        """End it."""


class Place(NamedTuple):
    """Where a chart was made."""

    cell: str
    """The front end's name of the cell, or else its text."""
    run: str
    """The request that ran it."""
    name: str | None


def kernel_shell() -> Any:
    """The shell of the kernel that this runs in; None: it runs in none."""
    if "IPython" not in sys.modules:
        return None
    shell = need("IPython").get_ipython()
    return shell if hasattr(shell, "kernel") else None


class Cells:
    """The charts that live, by where they were made."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._charts: dict[Stoppable, Place] = {}
        self._shell: Any = None
        self._deleted: frozenset[str] = frozenset()
        """What the last request told of deleted cells."""
        self.is_busy = False
        """Whether a cell runs."""
        atexit.register(self.stop_all, picture=False)

    def enrol(self, chart: Stoppable, name: str | None) -> None:
        """A chart was made, here and now. It takes the place of those of earlier runs of this cell, and of its name."""
        shell = kernel_shell()
        if shell is not None and shell is not self._shell:
            self._shell, self.is_busy = shell, True
            shell.events.register("pre_run_cell", self._begin)
            shell.events.register("post_run_cell", self._end)
        here = _place(shell, name)
        with self._lock:
            before = [
                each
                for each, there in self._charts.items()
                if (here.cell and there.cell == here.cell and there.run != here.run) or (name and there.name == name)
            ]
            self._charts[chart] = here
        _stop(before, picture=False)

    def leave(self, chart: Stoppable) -> None:
        """A chart is over."""
        with self._lock:
            self._charts.pop(chart, None)

    def stop_all(self, *, picture: bool = True) -> None:
        """Stop every chart."""
        with self._lock:
            charts = list(self._charts)
        _stop(charts, picture=picture)

    def _begin(self, _: object = None) -> None:
        """A cell begins: what it showed before is gone from the notebook."""
        self.is_busy = True
        here, deleted = _place(self._shell, None), _deleted(self._shell)
        # Requests that wait in line all tell of the same deletions, and a cell may be back: by undo, or pasted.
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
            here = _place(self._shell, None)
            with self._lock:
                charts = [each for each, there in self._charts.items() if there.run == here.run]
            _stop(charts, picture=True)
        with suppress(RuntimeError):  # a kernel without asyncio's loop: then only a cell that runs can be interrupted
            asyncio.get_running_loop().call_later(_SOON, self._heed)

    def _heed(self) -> None:
        """Between two cells, a kernel ignores interrupts; while there are charts, they are for those."""
        on_main = threading.current_thread() is threading.main_thread()
        if on_main and self._charts and signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
            loop = asyncio.get_running_loop()

            def interrupt(_: int, __: object) -> None:
                loop.call_soon_threadsafe(self._interrupted)

            signal.signal(signal.SIGINT, interrupt)

    def _interrupted(self) -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        self.stop_all()


def _place(shell: Any, name: str | None) -> Place:
    if shell is None:
        return Place("", "", name)
    parent = shell.get_parent()
    cell = parent.get("metadata", {}).get("cellId") or parent.get("content", {}).get("code", "")
    return Place(str(cell), str(parent.get("header", {}).get("msg_id", time.monotonic_ns())), name)


def _deleted(shell: Any) -> frozenset[str]:
    """The cells that were deleted since the last one ran, as JupyterLab tells."""
    return frozenset(shell.get_parent().get("metadata", {}).get("deletedCells") or ())


def _stop(charts: list[Stoppable], *, picture: bool) -> None:
    for chart in charts:
        chart.stop(picture=picture)


_SOON: Final = 0.05
"""Seconds after which the kernel has put its own handler back."""
CELLS: Final = Cells()
