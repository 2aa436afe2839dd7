"""A bar that shows how far a replay is: for people, and only where it takes long."""

import sys
import time
from collections.abc import Callable
from typing import Any, Final

__all__ = ["Progress"]

_SHORT: Final = 1.0
"""Seconds within which nobody wants to see a bar."""
_OFTEN: Final = 0.1


class Progress:
    """Shown on a terminal or in a notebook, by `rich` where that is installed; or told to a function."""

    def __init__(self, wish: bool | Callable[[float], object] | None) -> None:  # noqa: FBT001  a setting of the caller's
        self._tell = wish if callable(wish) else None
        self._wanted = self._tell is not None or (wish if isinstance(wish, bool) else _is_watched())
        self._begun = self._last = time.monotonic()
        self._bar: Any = None
        self._written = False

    def at(self, fraction: float) -> None:
        """Show how much is done."""
        now = time.monotonic()
        if not self._wanted or now - self._last < _OFTEN:
            return
        self._last = now
        if self._tell is not None:
            self._tell(fraction)
        elif now - self._begun >= _SHORT:
            self._show(fraction)

    def over(self) -> None:
        """Let it go."""
        if self._tell is not None:
            self._tell(1.0)
        if self._bar is not None:
            self._bar[0].stop()
            self._bar = None
        elif self._written:
            sys.stderr.write("\r\033[K")

    def _show(self, fraction: float) -> None:
        if self._bar is None and not self._written:
            self._bar = _rich_bar()
        if self._bar is not None:
            bar, task = self._bar
            bar.update(task, completed=fraction)
        else:
            self._written = True
            sys.stderr.write(f"\rreplaying {fraction:5.1%}")
            sys.stderr.flush()


def _rich_bar() -> Any:
    try:
        from rich.console import Console  # noqa: PLC0415  an extra
        from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn  # noqa: PLC0415
        from rich.progress import Progress as Bar  # noqa: PLC0415
    except ModuleNotFoundError:
        return None
    columns = (TextColumn("replaying"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    bar = Bar(*columns, console=Console(stderr=True), transient=True)
    bar.start()
    return bar, bar.add_task("", total=1.0)


def _is_watched() -> bool:
    return "ipykernel" in sys.modules or (sys.stderr is not None and sys.stderr.isatty())
