"""A live chart: it listens, draws now and then, and stops with its cell, its widget or the kernel's interrupt."""

import time
from collections import deque
from threading import RLock
from typing import Any, Final, Self

from reactivex import Observable
from reactivex.disposable import SingleAssignmentDisposable

from rx_kucoin.notebook._cells import CELLS, kernel_shell
from rx_kucoin.notebook._content import Content, counted
from rx_kucoin.notebook._extras import need
from rx_kucoin.notebook._pictures import figure_of, png_of
from rx_kucoin.notebook._task import Task
from rx_kucoin.notebook._wire import Bundle, Wire

__all__ = ["Chart"]


class Chart:
    """What `live_chart`, `candle_chart` and `book_chart` return: the last line of a cell shows it.

    It is subscribed from the start until `stop()`, the end of its `with` block, the end of the stream, another run of
    its cell, an interrupt, or its output's removal. When it is over, a picture stays in its place.
    """

    def __init__(
        self, source: Observable[Any], content: Content, *, title: str | None, height: int, fps: float, name: str | None
    ) -> None:
        if not 0 < fps <= _FASTEST or not height >= _LOWEST or content.points < _FEWEST:
            raise ValueError(
                f"a chart has {_FEWEST} points or more, not {content.points}; a height from {_LOWEST}, not {height}; "
                f"and above 0 to {_FASTEST} frames a second, not {fps}"
            )
        self._content, self._title, self._height = content, title, height
        self._lock = RLock()
        self._came: deque[tuple[float, Any]] = deque(maxlen=content.backlog)
        """What the stream has brought and nobody has looked at: the stream's thread does nothing but append."""
        self._ending: tuple[str, str] | None = None
        """How the stream ended: told once what had come before is drawn."""
        self._over: tuple[str, str] | None = None
        self._gone_by: float | None = None
        """When it is taken for deleted, unless it is shown again before."""
        self._labels: dict[str, Any] = {}
        self._task = Task(self._draw, 1 / fps)
        self._source = SingleAssignmentDisposable()
        spec = {"kind": content.kind, "points": content.points, "height": height, "title": title or "", "time": True}
        self._wire = None if kernel_shell() is None else Wire(spec, fps, self._wake, self._unseen)
        CELLS.enrol(self, name)
        self._task.begin()
        try:
            self._source.disposable = source.subscribe(self._listener(), self._failed, self._completed)
        except BaseException:
            self.stop(picture=False)
            raise
        self._wake()

    def __repr__(self) -> str:
        with self._lock:
            self._look()
            state, words = self._standing()
            errors = words if state == "failed" else "no error"
            title = self._title or self._content.labels()["title"]
            fps = f"{self.fps:.1f} fps" if self._wire is not None else "no notebook"
            points = counted(len(self._content), "point")
            return f"<Chart {title} | {state} | {points} | {fps} | {errors}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def state(self) -> str:
        """One of "waiting", "live", "stale", "failed", "completed" and "stopped"."""
        with self._lock:
            return self._standing()[0]

    @property
    def is_seen(self) -> bool:
        """Whether a notebook says that it shows it."""
        return self._wire is not None and self._wire.is_seen

    @property
    def fps(self) -> float:
        """Frames a second that were sent to the notebook lately."""
        times = [] if self._wire is None or self._over else list(self._wire.times)
        lately = [each for each in times if time.monotonic() - each < _LATELY]
        return (len(lately) - 1) / (lately[-1] - lately[0]) if len(lately) > 1 and lately[-1] > lately[0] else 0.0

    def figure(self) -> Any:
        """Draw the chart as it stands, as a `Figure` of matplotlib's. Needs no notebook.

        Raises:
            ImportError: matplotlib is not installed.
        """
        with self._lock:
            self._look()
            state, words = self._standing()
            wrong = state in {"failed", "stale"}
            return figure_of(self._content, self._title, self._height, words, is_wrong=wrong)

    def stop(self, *, picture: bool = True) -> None:
        """End the subscription. May be called twice, and on any thread.

        Args:
            picture: Whether the chart's last state stays in the notebook, as a picture.
        """
        with self._lock:
            if self._over is not None:
                return
            self._over = self._ending or ("stopped", "stopped")
        self._source.dispose()
        self._task.end()
        CELLS.leave(self)
        if self._wire is not None:
            with self._lock:
                self._look()
                if picture and self._wire.is_seen:
                    self._tell(self._wire)
            self._wire.end(self._picture if picture else None)

    def _ipython_display_(self) -> None:
        with self._lock:
            wire = self._wire if self._over is None else None
        if wire is not None:
            wire.show(repr(self))
            self._wake()
            return
        data, metadata = self._repr_mimebundle_()
        need("IPython.display").display(data, raw=True, metadata=metadata)

    def _repr_mimebundle_(self, **_: object) -> Bundle:
        with self._lock:
            live = self._over is None and self._wire is not None
        if live and self._wire is not None:
            return self._wire.bundle | {"text/plain": repr(self)}, {}
        return self._picture() if kernel_shell() is not None else ({"text/plain": repr(self)}, {})

    def _listener(self) -> Any:
        append, clock, task, wake = self._came.append, time.time, self._task, self._wake

        def hear(item: Any) -> None:
            append((clock(), item))
            if not task.news:
                wake()

        return hear

    def _failed(self, error: Exception) -> None:
        self._end("failed", f"stream ended: {type(error).__name__}: {error}")

    def _completed(self) -> None:
        self._end("completed", "the stream has completed")

    def _end(self, state: str, words: str) -> None:
        self._ending = state, words
        self._wake()

    def _wake(self) -> None:
        self._task.wake()

    def _unseen(self, unseen: bool) -> None:  # noqa: FBT001  what the front end says
        """Nobody shows it any more: unless somebody does again soon, its output was deleted."""
        self._gone_by = time.monotonic() + _GRACE if unseen else None
        if self._gone_by is not None:
            self._task.wake(self._gone_by)

    def _draw(self) -> None:
        """Look at what came, and send what is new: on the timer's thread."""
        deleted = self._gone_by is not None and self._gone_by <= time.monotonic()
        with self._lock:
            ending = self._ending
            self._look()
            if self._over is None and self._wire is not None:
                self._send(self._wire)
        if deleted or ending is not None or self._ending is not None:
            self.stop(picture=not deleted)

    def _look(self) -> None:
        """Take in what came. A mistake in a field's name or function ends the chart, and shows in it."""
        try:
            for _ in range(len(self._came)):
                self._content.take(*self._came.popleft())
        except Exception as error:  # noqa: BLE001  the caller's functions may raise anything
            self._came.clear()
            self._ending = "failed", f"cannot be drawn: {error}"

    def _send(self, wire: Wire) -> None:
        if not wire.may_send():
            self._task.news = True
        else:
            self._tell(wire)

    def _tell(self, wire: Wire) -> None:
        labels = self._content.labels()
        labels["title"] = self._title or labels["title"]
        if labels != self._labels:
            self._labels, wire.whole = labels, True
        told, columns = self._content.parcel(whole=wire.whole)
        state, words = self._standing()
        extra = {"labels": labels} if told["whole"] else {}
        wire.send({**told, **extra, "state": state, "words": words}, columns)

    def _standing(self) -> tuple[str, str]:
        ending = self._over or self._ending
        if ending is not None:
            return ending
        return self._content.standing() if len(self._content) else ("waiting", "waiting for the first message")

    def _picture(self) -> Bundle:
        words = repr(self)
        try:
            return png_of(self.figure(), words)
        except Exception:  # noqa: BLE001  without matplotlib, or with numbers that it cannot draw, there are the words
            return {"text/plain": words}, {}


_FASTEST: Final = 60
_LOWEST: Final = 120
_FEWEST: Final = 2
_GRACE: Final = 2.0
_LATELY: Final = 5.0
