"""Plays a recording: moves the clock from line to line, and gives each to whom it concerns."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property, partial
from itertools import chain
from typing import Any, Final

import msgspec
from reactivex import abc

from rx_kucoin.events import Event
from rx_kucoin.operators.internal.multicast import unhandled_to
from rx_kucoin.recording.file.block import FACTS, STATE, mark
from rx_kucoin.recording.file.codec import error_of, event_of, is_of_a_line
from rx_kucoin.recording.file.reader import Contents, RecordingFile
from rx_kucoin.recording.file.records import STATES, FileRecord, text_of
from rx_kucoin.recording.replay.clock import ReplayClock
from rx_kucoin.recording.replay.pool import ReplayPool
from rx_kucoin.recording.replay.progress import Progress
from rx_kucoin.recording.replay.rest import Answers
from rx_kucoin.recording.replay.result import Played

__all__ = ["Player"]

_S: Final = 1_000_000_000
_AFTER: Final = 60 * _S
"""How long time goes on after the end."""


class Player:
    """Stands where it stopped, at first at the beginning."""

    def __init__(
        self,
        tape: RecordingFile,
        contents: Contents,
        *,
        since: int | None,
        until: int | None,
        topics: Iterable[str] | None,
        speed: float | None,
        progress: bool | Callable[[float], object] | None,
    ) -> None:
        self.tape, self.contents = tape, contents
        self._since = max(contents.first_ns, contents.first_ns if since is None else since)
        self._until = contents.last_ns if until is None else min(until, contents.last_ns)
        self._speed, self._progress = speed, progress
        self.clock = ReplayClock(self._since)
        self._tell: Callable[[Event], None] = lambda _: None
        self._over: Callable[[], object] = lambda: None
        self.pool = ReplayPool(None if topics is None else frozenset(topics), self._was_recorded)
        self.answers = Answers(self.clock, self.pool, contents.paths)
        self._offset = self._frames = self._damaged = 0
        self._lines: Iterator[FileRecord] = chain.from_iterable(self._blocks())
        self._held: FileRecord | None = None
        """What was read, and is still to come."""
        self._playing = threading.Lock()
        self._halted = threading.Event()
        self._is_over = self._is_closed = False
        self._tempo = (0.0, 0)

    def __repr__(self) -> str:
        return f"<Player of {self.tape.path.name} at {self.clock.now:%Y-%m-%d %H:%M:%S}>"

    @cached_property
    def topics(self) -> list[str]:
        """The topics that were recorded."""
        return RecordingFile(self.tape.path).topics()  # a walk of its own: the one that plays counts what is damaged

    def attach(self, tell: Callable[[Event], None], on_end: Callable[[], object]) -> None:
        """Have recorded events reported to `tell`, and `on_end` called when the recording was played to its end."""
        self._tell, self._over = tell, on_end

    def halt(self) -> None:
        """Stop at the next line. May be called from anywhere."""
        self._halted.set()

    def close(self) -> None:
        """Stop, and play nothing any more. May be called from anywhere."""
        self._is_closed = True
        self._halted.set()

    def play(self, *, raise_errors: bool = True) -> Played:
        """Play on until the end, or until it is halted; Ctrl-C ends it as well. At the end every stream completes.

        Args:
            raise_errors: Whether to stop at the first error that no subscriber handles, and raise it. False: play on,
                and list all of them in the result.

        Raises:
            RuntimeError: it is being played already, as by a subscriber, or was played to its end or closed.
        """
        if not self._playing.acquire(blocking=False):
            raise RuntimeError("this is being replayed already")
        if self._is_over or self._is_closed:
            self._playing.release()
            how = "was played to its end" if self._is_over else "is closed"
            raise RuntimeError(f"{self.tape.path.name} {how}; make another KuCoin.replay(...) to play it again")
        self._halted.clear()
        begun, at, frames = time.monotonic(), self.clock.now_ns, self._frames
        self._tempo = (begun, at)
        progress, interrupted, errors = Progress(self._progress), False, list[BaseException]()

        def unhandled(error: BaseException) -> None:
            errors.append(error)
            if raise_errors:
                self._halted.set()

        with unhandled_to(unhandled):
            try:
                self._is_over = self._play(progress)
            except KeyboardInterrupt:
                interrupted = self._is_closed = True
            finally:
                self._playing.release()
                progress.over()
            if interrupted or self._is_over:
                self._over()
            until = self.clock.now_ns
            if self._is_over:  # `delay`, `sample` ... emit after the end
                self.clock.run_until(until + _AFTER)
        if errors and raise_errors:
            raise errors[0]
        return Played(
            frames=self._frames - frames,
            seconds=time.monotonic() - begun,
            since_ns=at,
            until_ns=until,
            is_complete=self._is_over and self.contents.is_closed and not self._damaged,
            interrupted=interrupted,
            torn=self.contents.torn,
            damaged=self._damaged,
            errors=tuple(errors),
        )

    def _was_recorded(self, topic: str) -> bool:
        """Find out, where the headers do not tell, from what the blocks say."""
        pushed = self.contents.topics
        return (pushed is not None and mark(topic) in pushed) or topic in self.topics

    def _play(self, progress: Progress) -> bool:
        clock, pool, paced, halted = self.clock, self.pool, self._speed is not None, self._halted.is_set
        wanted, connections, since = pool.wanted, pool.connections, self._since
        size, looked = max(1, self.contents.bytes), 0
        held, self._held = self._held, None
        for line in chain(() if held is None else (held,), self._lines):
            time_ns = line.time_ns
            if time_ns > self._until:
                break
            if paced or time_ns >= clock.due:
                if not self._reaches(time_ns):
                    self._held = line
                    return False
            elif time_ns > clock.now_ns:
                clock.now_ns = time_ns
            if line.kind != "push":
                self._fact(line)
            else:
                is_wanted = wanted.get(line.topic)
                if is_wanted is None:
                    is_wanted = pool.wants(line.topic)
                if is_wanted and time_ns >= since and (connection := connections.get(line.connection)) is not None:
                    connection.heard_ns = time_ns
                    self._frames += 1
                    connection.dispatcher.receive((text_of(line.frame),))
            if self._offset != looked:
                looked = self._offset
                progress.at(looked / size)
            if halted():
                return False
        return self._reaches(self._until)

    def _blocks(self) -> Iterator[list[FileRecord]]:
        """Open the blocks in which there is anything to be heard, one after the other."""
        known = 0
        for block in self.tape.blocks():
            self._offset = block.end
            if block.first_ns > self._until:
                return
            is_before = block.last_ns < self._since
            needed = block.flags & (STATE if is_before else STATE | FACTS)
            if needed or (not is_before and block.may_have(self.pool.marks)):
                lines = self.tape.records(block)
                if len(self.tape.holes) > known:  # before this block, or it is one itself
                    known = len(self.tape.holes)
                    yield [FileRecord(block.first_ns, "lost")]
                yield lines
        self._damaged = self.tape.unreadable + sum(not hole.is_tail for hole in self.tape.holes)

    def _fact(self, line: FileRecord) -> None:
        kind, number, topic, pool = line.kind, line.connection, line.topic, self.pool
        if line.time_ns < self._since and kind not in STATES:
            return
        data: dict[str, Any] = msgspec.json.decode(line.data) if bytes(line.data) else {}
        match kind:
            case "begin":
                pool.clear()
                self.answers.cut()
            case "seat":
                pool.seat(number, topic, data.get("line", 0), data.get("host", ""))
            case "left":
                pool.left(number, topic)
            case "closed":
                pool.closed(number, whole=data.get("whole", False))
            case "lost":
                pool.cut()
                self.answers.cut()
            case "failed":
                pool.failed(topic, error_of(data["error"]))
            case "asked" | "answered" | "offered":
                self.answers.happened[kind](data["market"], data["path"], partial(_tell, line, data))
            case "proved":
                self.answers.proved(topic)
            case "event":
                event = event_of(data)
                if event is not None and is_of_a_line(event):
                    self._tell(event)
            case _:
                pass

    def _reaches(self, time_ns: int) -> bool:
        """Let the time until then pass, with all that is due, which may be much. False: it was halted meanwhile."""
        clock, halted = self.clock, self._halted.is_set
        if self._speed is not None:
            self._wait_until(time_ns)
        while clock.due <= time_ns and not halted():
            clock.step()
        if halted():
            return False
        clock.run_until(time_ns)
        return True

    def _wait_until(self, time_ns: int) -> None:
        """Let real time pass, and what is due meanwhile happen when its time has come."""
        clock, (begun, at) = self.clock, self._tempo
        while not self._halted.is_set():
            next_ns = min(clock.due, time_ns)
            wait = begun + (next_ns - at) / _S / (self._speed or 1.0) - time.monotonic()
            if wait > 0:
                self._halted.wait(wait)
            if next_ns >= time_ns:
                return
            clock.run_until(next_ns)


def _tell(line: FileRecord, data: dict[str, Any], observer: abc.ObserverBase[bytes]) -> None:
    """Give an answer to who asked."""
    if "error" in data:
        observer.on_error(error_of(data["error"]))
    else:
        observer.on_next(_answer.decode(bytes(line.data)))
        observer.on_completed()


class _AnswerOnly(msgspec.Struct):
    answer: msgspec.Raw


class _Answer:
    """Finds the answer in a line's data, as it came."""

    def __init__(self) -> None:
        self._decoder = msgspec.json.Decoder(_AnswerOnly)

    def decode(self, data: bytes) -> bytes:
        return text_of(self._decoder.decode(data).answer)


_answer: Final = _Answer()
