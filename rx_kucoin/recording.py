"""A recording that goes on: what connections bring is queued here, and written by a thread of its own."""

import logging
import math
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Self

from reactivex import abc

from rx_kucoin.operators._clock import clock_of
from rx_kucoin.operators._timers import Timer
from rx_kucoin.scribe import Entry, Scribe
from rx_kucoin.tap import Tap
from rx_kucoin.tape.writing import Writer
from rx_kucoin.transport.clock import Clock

__all__ = ["Recording"]

_log = logging.getLogger("rx_kucoin.recording")
_TICK: Final = 0.2
"""Seconds between two looks into the queue, so that who puts something in need not wake the thread: but where there is
much to write."""
_MUCH: Final = 500
"""Batches in the queue: about a block, where frames are as long as those of a ticker."""
_PATIENCE: Final = 10.0
"""Seconds to wait for a slow disk at the end."""


class Recording:
    """Writes what flows on all connections to a file, until it is closed, at the latest with its `KuCoin`.

    `with` closes it. Whoever receives pays for one entry in a queue; where the disk cannot keep up with `capacity`
    batches of frames the newest are left out, the log tells, and so does the file.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        tap: Tap,
        clock: abc.SchedulerBase,
        *,
        facts: Mapping[str, Any],
        private: bool = False,
        every: float = 1.0,
        keyframes: float | None = 600.0,
        fsync: bool = False,
        capacity: int = 50_000,
    ) -> None:
        if not every > 0 or capacity < 1:
            raise ValueError(f"a recording needs every > 0 and capacity >= 1, got {every}, {capacity}")
        if keyframes is not None and not 0 < keyframes < math.inf:
            raise ValueError(f"keyframes must be above 0 seconds, and finite, or None, not {keyframes}")
        writer = Writer(path, fsync=fsync)
        self._tap, self._capacity = tap, capacity
        self._scribe = Scribe(writer, private=private, every=every)
        self._stamp = _stamp_of(clock)
        self._queue: deque[Entry] = deque()
        self._lock = threading.Lock()
        self._lost = 0
        self._closing, self._wake = threading.Event(), threading.Event()
        self.fact("begin", 0, "", facts)
        if writer.before.torn:
            text = f"{writer.before.torn} bytes of an earlier recording were cut off: a block that was not whole"
            self.fact("note", 0, "", {"text": text, "bytes": writer.before.torn})
        tap.join(self)
        self._keyframes, self._keyframe_timer = keyframes, Timer(clock)
        self._keyframe()
        self._thread = threading.Thread(target=self._run, name="rx_kucoin recording", daemon=True)
        self._thread.start()

    def __repr__(self) -> str:
        scribe, state = self._scribe, "closed" if self._closing.is_set() else "on"
        kept = f"{scribe.frames:,} frames of {len(scribe.topics):,} topics, {self.size / 1e6:,.1f} MB"
        lost = f", {self.lost:,} lost" if self.lost else ""
        return f"<Recording {scribe.writer.path.name} {state} | {kept}{lost}>"

    @property
    def frames(self) -> int:
        """Frames that were recorded so far, but for those that still wait."""
        return self._scribe.frames

    @property
    def lost(self) -> int:
        """Frames that could not be kept."""
        return self._scribe.lost + self._lost

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return self._scribe.writer.size

    def received(self, connection: int, batch: Sequence[str | bytes]) -> None:
        """Take what has come on a connection. See `Head`."""
        if len(self._queue) < self._capacity:
            self._queue.append((self._stamp(), connection, batch, None))
            if len(self._queue) == _MUCH:
                self._wake.set()
        else:
            with self._lock:
                self._lost += len(batch)

    def fact(self, kind: str, connection: int, topic: str, data: Mapping[str, Any]) -> None:
        """Take what happened: seldom, so it is never left out."""
        self._queue.append((self._stamp(), connection, (topic,), (kind, data)))

    def close(self) -> None:
        """Write all that has come so far, and let the file be complete. May be called again, and anywhere."""
        with self._lock:
            if self._closing.is_set():
                return
            self._keyframe_timer.dispose()
            self._tap.leave(self)
            self._tell_of_loss()
            self.fact("end", 0, "", {})
            self._closing.set()
            self._wake.set()
        if threading.current_thread() is not self._thread:
            self._thread.join(_PATIENCE)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _keyframe(self) -> None:
        if self._keyframes is not None:
            self._keyframe_timer.set(self._keyframes, self._keyframe)
        self._tap.keyframes.on_next(None)

    def _run(self) -> None:
        over = False
        while not over:
            self._wake.wait(_TICK)
            self._wake.clear()
            over = self._closing.is_set()  # what was put in before it was set is written below
            try:
                while self._queue:
                    self._scribe.take(self._queue.popleft(), time.monotonic())
                with self._lock:
                    if self._lost and not over:
                        self._tell_of_loss()
                self._scribe.look(time.monotonic(), over=over)
            except Exception:  # noqa: BLE001  one entry that cannot be written must not end the recording
                _log.exception("something could not be recorded")
        self._scribe.writer.close()

    def _tell_of_loss(self) -> None:
        """Under the lock."""
        if self._lost:
            lost, self._lost = self._lost, 0
            _log.warning("%d frames were not recorded: the disk, or the processor, cannot keep up", lost)
            self._scribe.lost += lost
            self.fact("lost", 0, "", {"frames": lost})


def _stamp_of(clock: abc.SchedulerBase) -> Callable[[], int]:
    """Make a function that tells the time of a clock in ns, the real one's as quickly as can be."""
    microseconds = clock_of(clock)
    if not isinstance(clock, Clock):
        return lambda: microseconds() * 1_000
    ahead, monotonic = microseconds() * 1_000 - time.monotonic_ns(), time.monotonic_ns
    return lambda: monotonic() + ahead
