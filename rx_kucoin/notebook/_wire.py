"""Between a chart and its widget: what is new, and no more of it than the front end draws."""

import time
from collections import deque
from collections.abc import Callable
from contextvars import Context, copy_context
from typing import Any, Final
from uuid import uuid4

from rx_kucoin.notebook._cells import CELLS
from rx_kucoin.notebook._content import Columns
from rx_kucoin.notebook._extras import need
from rx_kucoin.notebook._widget import new_widget

__all__ = ["Bundle", "Wire"]

Bundle = tuple[dict[str, Any], dict[str, Any]]
"""An output's data and metadata."""


class Wire:
    """Numbers its frames, and hears which of them were drawn. One that is lost is made up for by a whole one."""

    def __init__(
        self, spec: dict[str, Any], fps: float, asked: Callable[[], None], unseen: Callable[[bool], None]
    ) -> None:
        self._widget: Any = new_widget(spec)
        self._widget.on_msg(self._hear)
        self._ahead = max(5, round(fps * _AHEAD))
        self._asked, self._unseen = asked, unseen
        self._display = uuid4().hex
        self._cell: Context | None = None
        """The cell that shows it, as the kernel knows it."""
        self._is_over = False
        self.is_seen = False
        """Whether a front end says that it shows it."""
        self._sent = self._drawn = 0
        self._last = self._heard = self._begun = 0.0
        self.whole = True
        """Whether the front end has to be told everything."""
        self.times: deque[float] = deque(maxlen=30)
        """When the newest frames left."""

    @property
    def bundle(self) -> dict[str, Any]:
        """The widget, as an output of a cell."""
        return {_VIEW: {"version_major": 2, "version_minor": 0, "model_id": self._widget.model_id}}

    def show(self, words: str) -> None:
        """Put the widget below the cell that runs."""
        self._cell = copy_context()
        _publish(self.bundle | {"text/plain": words}, {}, self._display, update=False)

    def may_send(self) -> bool:
        """Whether a frame would be drawn, or is worth trying."""
        now = time.monotonic()
        if not self._drawn:  # nobody has answered yet: a whole frame now and then, until somebody does
            self._begun = self._begun or now
            self.whole = True
            return now - self._last >= (_FIRST if now - self._begun < _PATIENCE else _SELDOM)
        if self._sent - self._drawn < self._ahead or now - self._last >= _SELDOM:
            return True
        # Where answers wait behind a cell that runs, silence says nothing: but not for ever.
        return CELLS.is_busy and now - self._heard < _TRUST

    def send(self, told: dict[str, Any], columns: Columns) -> None:
        """Send a frame."""
        self._sent += 1
        self._last = time.monotonic()
        self.times.append(self._last)
        self.whole = False
        self._widget.send({**told, "number": self._sent}, [column.tobytes() for column in columns])

    def end(self, picture: Callable[[], Bundle] | None) -> None:
        """Put a picture where the widget was, and let go of the widget.

        A page that was loaded anew does not know the place any more: it shows the widget's last state, as long as it
        shows it.
        """
        if picture is not None and self._cell is not None:
            # VS Code hears it only where it answers to that cell, whatever the kernel does now.
            self._cell.run(_publish, *picture(), self._display, update=True)
        self._is_over = True
        if picture is None or not self.is_seen:
            self._close()

    def _close(self) -> None:
        self._widget.on_msg(self._hear, remove=True)
        self._widget.layout.close()  # a widget of its own, that would stay
        self._widget.close()

    def _hear(self, _: object, said: dict[str, Any], __: object) -> None:
        """The front end speaks: on the thread of the kernel."""
        if "drawn" in said:
            self._drawn, self._heard = max(self._drawn, said["drawn"]), time.monotonic()
        elif "missing" in said:
            self.whole, self._last = True, 0.0
            self._asked()
        elif "views" in said:
            if not said["views"]:
                self._widget.send({"seen": True})  # there may be another window
            self.is_seen = bool(said["views"])
            if not self._is_over:
                self._unseen(self._cell is not None and not self.is_seen)
            elif not self.is_seen:
                self._close()


def _publish(data: dict[str, Any], metadata: dict[str, Any], display: str, *, update: bool) -> None:
    need("IPython.display").display(data, raw=True, metadata=metadata, display_id=display, update=update)


_VIEW: Final = "application/vnd.jupyter.widget-view+json"
_AHEAD, _FIRST, _SELDOM, _PATIENCE, _TRUST = 2.5, 0.5, 5.0, 30.0, 600.0
"""Seconds: how long the front end may say nothing, which speaks once a second; from one try to the next, at first, and
when nobody answers; how long `first` lasts; and how long a cell that runs is the excuse."""
