"""A live chart: its subscription, its frames, and its end with the cell, the widget or an interrupt."""

import time
from collections import deque
from threading import RLock
from typing import Any, Final, Self

from reactivex import Observable
from reactivex.disposable import SingleAssignmentDisposable

from rx_kucoin.notebook._cells import CELLS, kernel_shell
from rx_kucoin.notebook._figures import figure_of, png_of
from rx_kucoin.notebook._optional import optional
from rx_kucoin.notebook._series import Series, count_of
from rx_kucoin.notebook._task import Task
from rx_kucoin.notebook._widget_link import Bundle, WidgetLink

__all__ = ["Chart"]


class Chart:
    """The result of `live_chart`, `candle_chart` and `book_chart`, shown as the last expression of a cell.

    It is subscribed from the start until `stop()`, the end of its `with` block, the end of the stream, another run of
    its cell, an interrupt, or the removal of its output. Then a picture takes its place.
    """

    def __init__(
        self, source: Observable[Any], series: Series, *, title: str | None, height: int, fps: float, name: str | None
    ) -> None:
        if not 0 < fps <= _FASTEST or not height >= _LOWEST or series.points < _FEWEST:
            raise ValueError(
                f"a chart has {_FEWEST} points or more, not {series.points}; a height from {_LOWEST}, not {height}; "
                f"and above 0 to {_FASTEST} frames a second, not {fps}"
            )
        self._series, self._title, self._height = series, title, height
        self._lock = RLock()
        self._received: deque[tuple[float, Any]] = deque(maxlen=series.backlog)
        """Items that are not consumed yet. The stream's thread appends; `_consume` empties it under the lock."""
        self._ending: tuple[str, str] | None = None
        """The stream's end, shown once all items before it are drawn."""
        self._over: tuple[str, str] | None = None
        self._removed_at: float | None = None
        """Time at which its output counts as deleted, unless it is visible again before."""
        self._labels: dict[str, Any] = {}
        self._task = Task(self._draw, 1 / fps)
        self._source = SingleAssignmentDisposable()
        spec = {"kind": series.kind, "points": series.points, "height": height, "title": title or "", "time": True}
        self._link = None if kernel_shell() is None else WidgetLink(spec, fps, self._wake, self._unseen)
        CELLS.register(self, name)
        self._task.begin()
        try:
            self._source.disposable = source.subscribe(self._on_next(), self._failed, self._completed)
        except BaseException:
            self.stop(picture=False)
            raise
        self._wake()

    def __repr__(self) -> str:
        with self._lock:
            self._consume()
            state, words = self._status()
            errors = words if state == "failed" else "no error"
            title = self._title or self._series.labels()["title"]
            fps = f"{self.fps:.1f} fps" if self._link is not None else "no notebook"
            points = count_of(len(self._series), "point")
            return f"<Chart {title} | {state} | {points} | {fps} | {errors}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def state(self) -> str:
        """One of "waiting", "live", "stale", "failed", "completed" and "stopped"."""
        with self._lock:
            return self._status()[0]

    @property
    def is_seen(self) -> bool:
        """Whether a notebook shows it."""
        return self._link is not None and self._link.is_seen

    @property
    def fps(self) -> float:
        """Frames a second sent to the notebook in the last five seconds."""
        times = [] if self._link is None or self._over else list(self._link.times)
        lately = [each for each in times if time.monotonic() - each < _LATELY]
        return (len(lately) - 1) / (lately[-1] - lately[0]) if len(lately) > 1 and lately[-1] > lately[0] else 0.0

    def figure(self) -> Any:
        """Return the chart's current state as a matplotlib `Figure`. Works without a notebook.

        Raises:
            ImportError: matplotlib is not installed.
        """
        with self._lock:
            self._consume()
            state, words = self._status()
            wrong = state in {"failed", "stale"}
            return figure_of(self._series, self._title, self._height, words, is_wrong=wrong)

    def stop(self, *, picture: bool = True) -> None:
        """End the subscription. May be called more than once and on any thread.

        Args:
            picture: Whether a picture of the last state stays in the notebook.
        """
        with self._lock:
            if self._over is not None:
                return
            self._over = self._ending or ("stopped", "stopped")
        self._source.dispose()
        self._task.end()
        CELLS.remove(self)
        if self._link is not None:
            with self._lock:
                self._consume()
                if picture and self._link.is_seen:
                    self._send_update(self._link)
            self._link.end(self._picture if picture else None)

    def _ipython_display_(self) -> None:
        with self._lock:
            link = self._link if self._over is None else None
        if link is not None:
            link.show(repr(self))
            self._wake()
            return
        data, metadata = self._repr_mimebundle_()
        optional("IPython.display").display(data, raw=True, metadata=metadata)

    def _repr_mimebundle_(self, **_: object) -> Bundle:
        with self._lock:
            live = self._over is None and self._link is not None
        if live and self._link is not None:
            return self._link.bundle | {"text/plain": repr(self)}, {}
        return self._picture() if kernel_shell() is not None else ({"text/plain": repr(self)}, {})

    def _on_next(self) -> Any:
        append, clock, task, wake = self._received.append, time.time, self._task, self._wake

        def on_next(item: Any) -> None:
            append((clock(), item))
            if not task.news:
                wake()

        return on_next

    def _failed(self, error: Exception) -> None:
        self._end("failed", f"stream ended: {type(error).__name__}: {error}")

    def _completed(self) -> None:
        self._end("completed", "the stream has completed")

    def _end(self, state: str, words: str) -> None:
        self._ending = state, words
        self._wake()

    def _wake(self) -> None:
        self._task.wake()

    def _unseen(self, unseen: bool) -> None:  # noqa: FBT001  a callback's only argument
        """Handle a change of visibility: an output that stays invisible counts as deleted."""
        self._removed_at = time.monotonic() + _GRACE if unseen else None
        if self._removed_at is not None:
            self._task.wake(self._removed_at)

    def _draw(self) -> None:
        """Consume the items and send an update: on the clock's thread."""
        deleted = self._removed_at is not None and self._removed_at <= time.monotonic()
        with self._lock:
            ending = self._ending
            self._consume()
            if self._over is None and self._link is not None:
                self._send(self._link)
        if deleted or ending is not None or self._ending is not None:
            self.stop(picture=not deleted)

    def _consume(self) -> None:
        """Add the items to the series. An error in a field's name or function ends the chart and is shown in it."""
        try:
            for _ in range(len(self._received)):
                self._series.take(*self._received.popleft())
        except Exception as error:  # noqa: BLE001  the caller's functions may raise anything
            self._received.clear()
            self._ending = "failed", f"cannot be drawn: {error}"

    def _send(self, link: WidgetLink) -> None:
        if not link.may_send():
            self._task.news = True
        else:
            self._send_update(link)

    def _send_update(self, link: WidgetLink) -> None:
        labels = self._series.labels()
        labels["title"] = self._title or labels["title"]
        if labels != self._labels:
            self._labels, link.whole = labels, True
        message, columns = self._series.update(whole=link.whole)
        state, words = self._status()
        extra = {"labels": labels} if message["whole"] else {}
        link.send({**message, **extra, "state": state, "words": words}, columns)

    def _status(self) -> tuple[str, str]:
        ending = self._over or self._ending
        if ending is not None:
            return ending
        return self._series.status() if len(self._series) else ("waiting", "waiting for the first message")

    def _picture(self) -> Bundle:
        words = repr(self)
        try:
            return png_of(self.figure(), words)
        except Exception:  # noqa: BLE001  without matplotlib, or with numbers that it cannot draw: text only
            return {"text/plain": words}, {}


_FASTEST: Final = 60
_LOWEST: Final = 120
_FEWEST: Final = 2
_GRACE: Final = 2.0
_LATELY: Final = 5.0
