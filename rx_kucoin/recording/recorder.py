"""A recording that goes on: what connections bring is queued here, and written by a thread of its own."""

import atexit
import logging
import math
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final, Self

from reactivex import abc

from rx_kucoin.operators.internal.clocks import has_own_time, wall_of
from rx_kucoin.operators.internal.timers import Timer
from rx_kucoin.operators.internal.worker import LibraryThread
from rx_kucoin.recording.encoder import FULL, Encoder, Entry
from rx_kucoin.recording.file.writer import Writer
from rx_kucoin.recording.hooks import RecordingHooks
from rx_kucoin.transport.clock import Clock

__all__ = ["Recording"]

_log = logging.getLogger("rx_kucoin.recording")
_EARLY: Final = 0.75
"""The part of `every` after which a block is written, so that it is on its way before the time is over."""
_TICK: Final = 0.01
"""Seconds between two blocks, at least."""
_MUCH: Final = FULL // 4
"""Bytes in the queue with which it is written at once: what comes until it is has room in a block, too."""
_AROUND: Final = 100
"""Bytes that a line has around its frame, about."""
_PATIENCE: Final = 10.0
"""Seconds to wait for a slow disk at the end."""
_SLOW: Final = "the disk, or the processor, cannot keep up"
_SLIGHT: Final = 100_000_000
"""Nanoseconds that a clock may be behind without a word."""


class Recording:
    """Writes what flows on all connections to a file, until it is closed, at the latest with its `KuCoin`.

    `with` closes it. Whoever receives pays for one entry in a queue; where the disk cannot keep up with `capacity`
    batches of frames the newest are left out, the log tells, and so does the file.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        hooks: RecordingHooks,
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
        self._hooks, self._capacity = hooks, capacity
        self._pause = min(max(_EARLY * every, _TICK), threading.TIMEOUT_MAX)
        self._scribe = Encoder(writer, private=private)
        behind = max(0, writer.before.last_ns - wall_of(clock)())
        self._stamp = _stamp_of(clock, behind)
        self._queue: deque[Entry] = deque()
        self._waiting = 0
        """Bytes in the queue, about: threads that meet may forget a few."""
        self._lock = threading.RLock()
        self._lost = self._told = 0
        self._end: Entry | None = None
        """What is written last; who receives at that moment may still put something into the queue."""
        self._closing, self._wake = threading.Event(), threading.Event()
        self.fact("begin", 0, "", facts)
        if writer.before.torn:
            text = f"{writer.before.torn} bytes of an earlier recording were cut off: a block that was not whole"
            self.fact("note", 0, "", {"text": text, "bytes": writer.before.torn})
        self._keyframes, self._keyframe_timer = keyframes, Timer(clock)
        if behind > _SLIGHT:
            text = f"the clock is {behind / 1e9:,.1f} s behind what was recorded before: times go on from there"
            _log.warning("%s: %s", path, text)
            self.fact("note", 0, "", {"text": text, "ns": behind})
        self._thread = LibraryThread(target=self._run, name="rx_kucoin recording", daemon=True)
        try:
            self._begin()
        except BaseException:
            writer.close()
            raise
        hooks.join(self)
        self._keyframe()
        atexit.register(self.close)

    def __repr__(self) -> str:
        state = "on" if not self._closing.is_set() else "closing" if self._thread.is_alive() else "closed"
        scribe = self._scribe
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
    def why(self) -> str:
        """Why frames could not be kept: what the disk said of the last that it did not take."""
        return self._scribe.why or _SLOW

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return self._scribe.writer.size

    def received(self, connection: int, batch: Sequence[str | bytes]) -> None:
        """Take what has come on a connection. See `Recorder`."""
        if len(self._queue) < self._capacity:
            self._queue.append((self._stamp(), connection, batch, None))
            self._count(sum(map(len, batch)))
        else:
            with self._lock:
                self._lost += len(batch)

    def fact(self, kind: str, connection: int, topic: str, data: Mapping[str, Any]) -> None:
        """Take what happened: seldom, so it is never left out."""
        self._queue.append((self._stamp(), connection, (topic,), (kind, data)))
        self._count(len(data.get("answer", "")))

    def close(self, timeout: float = _PATIENCE) -> bool:
        """Write all that has come so far, and let the file be complete. May be called again, and anywhere.

        Returns:
            Whether it is, or, after `timeout` seconds, the disk has not taken it yet.
        """
        self._tell_of_loss()
        with self._lock:
            if not self._closing.is_set():
                self._keyframe_timer.dispose()
                self._hooks.leave(self)
                self._end = (self._stamp(), 0, ("",), ("end", {}))
                self._closing.set()
                self._wake.set()
        if threading.current_thread() is not self._thread:
            self._thread.join(max(0.0, timeout))
        if self._thread.is_alive():
            return False
        atexit.unregister(self.close)
        return True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if not self.close():
            _log.warning("%r: the disk has not taken all of it yet", self)

    def _begin(self) -> None:
        """Write the first lines at once: a disk that takes nothing from the start is an error of who records to it."""
        while self._queue:
            self._scribe.take(self._queue.popleft())
        self._scribe.flush()
        self._thread.start()

    def _keyframe(self) -> None:
        if self._keyframes is not None:
            self._keyframe_timer.set(self._keyframes, self._keyframe)
        self._hooks.keyframes.on_next(None)

    def _run(self) -> None:
        over = False
        while not over:
            self._wake.wait(self._pause)
            self._wake.clear()
            over = self._closing.is_set()  # what was put in before it was set is written below
            if not over:
                self._tell_of_loss()
            self._write(self._end if over else None)
        self._scribe.writer.close()

    def _write(self, end: Entry | None) -> None:
        """Write what waits as a block, or as several; what comes meanwhile has to wait."""
        self._waiting = 0
        for _ in range(len(self._queue)):
            self._try(partial(self._scribe.take, self._queue.popleft()))
        if end is not None:
            self._try(partial(self._scribe.take, end))
        self._try(self._scribe.flush)

    def _try(self, act: Callable[[], None]) -> None:
        try:
            act()
        except Exception:  # noqa: BLE001  one entry that cannot be written must not end the recording
            _log.exception("something could not be recorded")

    def _count(self, size: int) -> None:
        self._waiting += size + _AROUND
        if self._waiting >= _MUCH and not self._wake.is_set():
            self._wake.set()

    def _tell_of_loss(self) -> None:
        with self._lock:
            lost, self._told = self._lost - self._told, self._lost
        if lost:
            _log.warning("%d frames were not recorded: %s", lost, _SLOW)
            self.fact("lost", 0, "", {"frames": lost})


def _stamp_of(clock: abc.SchedulerBase, behind: int) -> Callable[[], int]:
    """Make a function that returns the date of a clock in ns; where it is that of the machine, one that never jumps.

    A clock that is `behind` what was recorded before is put forward, as else all of that would seem to come at once.
    """
    wall = wall_of(clock)
    if has_own_time(clock) and not isinstance(clock, Clock):
        return lambda: wall() + behind
    ahead, monotonic = wall() + behind - time.monotonic_ns(), time.monotonic_ns
    return lambda: monotonic() + ahead
