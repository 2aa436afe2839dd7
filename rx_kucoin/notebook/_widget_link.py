"""The link between a chart and its widget: sends updates, no more than the front end draws."""

import time
from collections import deque
from collections.abc import Callable
from contextvars import Context, copy_context
from typing import Any, Final
from uuid import uuid4

from rx_kucoin.notebook._cells import CELLS
from rx_kucoin.notebook._optional import optional
from rx_kucoin.notebook._series import Columns
from rx_kucoin.notebook._widget import new_widget

__all__ = ["Bundle", "WidgetLink"]

Bundle = tuple[dict[str, Any], dict[str, Any]]
"""An output's data and metadata."""


class WidgetLink:
    """Numbers frames and receives which of them were drawn. After a lost frame the next one has all data."""

    def __init__(
        self, spec: dict[str, Any], fps: float, asked: Callable[[], None], unseen: Callable[[bool], None]
    ) -> None:
        self._widget: Any = new_widget(spec)
        self._widget.on_msg(self._on_message)
        self._window = max(5, round(fps * _AHEAD))
        self._asked, self._unseen = asked, unseen
        self._display = uuid4().hex
        self._cell: Context | None = None
        """Context of the cell that shows it, by which the kernel addresses outputs."""
        self._is_over = False
        self.is_seen = False
        """Whether a front end shows it."""
        self._sent = self._drawn = 0
        self._last = self._answered_at = self._begun = 0.0
        self.whole = True
        """Whether the front end needs all data."""
        self.times: deque[float] = deque(maxlen=30)
        """Times of the latest frames."""

    @property
    def bundle(self) -> dict[str, Any]:
        """The widget as the output of a cell."""
        return {_VIEW: {"version_major": 2, "version_minor": 0, "model_id": self._widget.model_id}}

    def show(self, words: str) -> None:
        """Show the widget below the running cell."""
        self._cell = copy_context()
        _publish(self.bundle | {"text/plain": words}, {}, self._display, update=False)

    def may_send(self) -> bool:
        """Return whether to send a frame now."""
        now = time.monotonic()
        if not self._drawn:  # no answer yet: retry with all data from time to time
            self._begun = self._begun or now
            self.whole = True
            return now - self._last >= (_FIRST if now - self._begun < _PATIENCE else _SELDOM)
        if self._sent - self._drawn < self._window or now - self._last >= _SELDOM:
            return True
        # While a cell runs, answers are queued behind it, so their absence proves nothing; but only for some time.
        return CELLS.is_busy and now - self._answered_at < _TRUST

    def send(self, message: dict[str, Any], columns: Columns) -> None:
        """Send a frame."""
        self._sent += 1
        self._last = time.monotonic()
        self.times.append(self._last)
        self.whole = False
        self._widget.send({**message, "number": self._sent}, [column.tobytes() for column in columns])

    def end(self, picture: Callable[[], Bundle] | None) -> None:
        """Replace the widget by a picture, and close it.

        A page that was reloaded does not know the output any more, and shows the widget's last state instead.
        """
        if picture is not None and self._cell is not None:
            # VS Code only accepts the update as part of that cell's run, whatever the kernel is running now.
            self._cell.run(_publish, *picture(), self._display, update=True)
        self._is_over = True
        if picture is None or not self.is_seen:
            self._close()

    def _close(self) -> None:
        self._widget.on_msg(self._on_message, remove=True)
        self._widget.layout.close()  # a widget of its own, which would stay open
        self._widget.close()

    def _on_message(self, _: object, said: dict[str, Any], __: object) -> None:
        """Handle a message of the front end: on the kernel's thread."""
        if "drawn" in said:
            self._drawn, self._answered_at = max(self._drawn, said["drawn"]), time.monotonic()
        elif "missing" in said:
            self.whole, self._last = True, 0.0
            self._asked()
        elif "views" in said:
            if not said["views"]:
                self._widget.send({"seen": True})  # asks other windows, if any, to report
            self.is_seen = bool(said["views"])
            if not self._is_over:
                self._unseen(self._cell is not None and not self.is_seen)
            elif not self.is_seen:
                self._close()


def _publish(data: dict[str, Any], metadata: dict[str, Any], display: str, *, update: bool) -> None:
    optional("IPython.display").display(data, raw=True, metadata=metadata, display_id=display, update=update)


_VIEW: Final = "application/vnd.jupyter.widget-view+json"
_AHEAD, _FIRST, _SELDOM, _PATIENCE, _TRUST = 2.5, 0.5, 5.0, 30.0, 600.0
"""Seconds: of frames without an answer of the front end, which answers once a second; between attempts at first, and
later without an answer; how long "at first" lasts; and for how long a running cell excuses missing answers."""
