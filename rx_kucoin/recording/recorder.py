"""A recording in progress: frames and facts are queued, and written to the file by a thread of its own."""

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
from rx_kucoin.operators.internal.forks import free_after_fork, watch_forks
from rx_kucoin.operators.internal.timers import Timer
from rx_kucoin.operators.internal.worker import LibraryThread
from rx_kucoin.recording.encoder import FULL, Encoder, Entry
from rx_kucoin.recording.file.writer import Writer
from rx_kucoin.recording.hooks import RecordingHooks
from rx_kucoin.transport.clock import Clock

__all__ = ["Recording"]

_log = logging.getLogger("rx_kucoin.recording")
_EARLY: Final = 0.75
"""The part of `every` after which a block is written, so that it is on disk within that time."""
_TICK: Final = 0.01
"""The least seconds between two blocks."""
_MUCH: Final = FULL // 4
"""Bytes in the queue from which on it is written at once; what comes until then fits into the same block."""
_AROUND: Final = 100
"""Bytes of a record apart from its frame, roughly."""
_PATIENCE: Final = 10.0
"""Seconds for which `close` waits for a slow disk."""
_SLOW: Final = "the disk, or the processor, cannot keep up"
_SLIGHT: Final = 100_000_000
"""Nanoseconds that a clock may be behind before it is reported."""


class Recording:
    """Writes what all connections receive to a file, until it is closed, at the latest with its `KuCoin`.

    It is a context manager that closes itself. Recording costs a receiving thread one entry in a queue. If the disk
    falls `capacity` batches of frames behind, the newest are left out; the log and the file say so.
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
        """Appended to by any thread, and emptied by the writing thread alone once that has started. `append` and
        `popleft` are atomic, so neither takes a lock. Threads that arrive together may exceed the capacity."""
        self._waiting = 0
        """Bytes in the queue, roughly: threads that add to it at the same time may lose a few."""
        self._lock = free_after_fork(threading.RLock())  # guards the counts below, and `close`
        self._lost = self._told = 0
        self._end: Entry | None = None
        """What is written last, behind what receiving threads may still put into the queue."""
        self._closing, self._wake = free_after_fork(threading.Event()), free_after_fork(threading.Event())
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
        watch_forks(self)

    def after_fork(self) -> None:
        """Be closed, in a forked child: the parent goes on writing."""
        atexit.unregister(self.close)
        self._closing.set()
        self._scribe.writer.abandon()

    def __repr__(self) -> str:
        state = "on" if not self._closing.is_set() else "closing" if self._thread.is_alive() else "closed"
        scribe = self._scribe
        kept = f"{scribe.frames:,} frames of {len(scribe.topics):,} topics, {self.size / 1e6:,.1f} MB"
        lost = f", {self.lost:,} lost" if self.lost else ""
        return f"<Recording {scribe.writer.path.name} {state} | {kept}{lost}>"

    @property
    def frames(self) -> int:
        """Frames recorded so far, without those that are queued."""
        return self._scribe.frames

    @property
    def lost(self) -> int:
        """Frames that were not recorded."""
        return self._scribe.lost + self._lost

    @property
    def why(self) -> str:
        """Why frames were not recorded: the last error of the disk, if there was one."""
        return self._scribe.why or _SLOW

    @property
    def size(self) -> int:
        """Size of the file in bytes."""
        return self._scribe.writer.size

    def received(self, connection: int, batch: Sequence[str | bytes]) -> None:
        """Record a batch of frames of a connection: see `Recorder`. Called by that connection's thread."""
        if len(self._queue) < self._capacity:
            self._queue.append((self._stamp(), connection, batch, None))
            self._count(sum(map(len, batch)))
        else:
            with self._lock:
                self._lost += len(batch)

    def fact(self, kind: str, connection: int, topic: str, data: Mapping[str, Any]) -> None:
        """Record a fact. Facts are few, so none is left out."""
        self._queue.append((self._stamp(), connection, (topic,), (kind, data)))
        self._count(len(data.get("answer", "")))

    def close(self, timeout: float = _PATIENCE) -> bool:
        """Write what was received so far, and complete the file. May be called again, and on any thread.

        Returns:
            Whether the file is complete; False if the disk has not taken everything after `timeout` seconds.
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
        """Write the first records on the calling thread, which gets the error of a disk that takes nothing."""
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
            over = self._closing.is_set()  # what was queued before it was set is written below
            if not over:
                self._tell_of_loss()
            self._write(self._end if over else None)
        self._scribe.writer.close()

    def _write(self, end: Entry | None) -> None:
        """Write what is queued now as one block or several. What comes meanwhile stays queued."""
        self._waiting = 0
        for _ in range(len(self._queue)):
            self._try(partial(self._scribe.take, self._queue.popleft()))
        if end is not None:
            self._try(partial(self._scribe.take, end))
        self._try(self._scribe.flush)

    def _try(self, act: Callable[[], None]) -> None:
        try:
            act()
        except Exception:  # noqa: BLE001  an entry that cannot be written must not end the recording
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
