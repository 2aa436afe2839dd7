"""From what came to blocks of lines: what is a push, whether it may be kept, and when a block is full."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any, Final

from rx_kucoin.protocol import channels, frames
from rx_kucoin.protocol.frames import UNREADABLE
from rx_kucoin.protocol.topics import Topic
from rx_kucoin.tape import block, lines
from rx_kucoin.tape.writing import Writer

__all__ = ["Entry", "Scribe"]

Entry = tuple[int, int, Sequence[str | bytes], tuple[str, Mapping[str, Any]] | None]
"""When, on which connection, and either texts or, of a fact, its topic; its kind and what it says."""

_log = logging.getLogger("rx_kucoin.recording")
_FULL: Final = 256 * 1024
"""Bytes of lines in a block, more or less."""


class Scribe:
    """Writes lines of what it is given: of what came, pushes only, as else there are secrets; private ones if asked."""

    def __init__(self, writer: Writer, *, private: bool, every: float) -> None:
        self.writer = writer
        self.frames = self.lost = 0
        self.topics: dict[str, tuple[bytes, set[int]] | None] = {}
        """What is written of each topic, and what marks it in headers; None: it is private."""
        self._private, self._every = private, every
        self._last_ns = writer.before.last_ns
        self._due = 0.0
        self._begin()

    def take(self, entry: Entry, now: float) -> None:
        """Write an entry."""
        time_ns, connection, texts, said = entry
        self._last_ns = time_ns = max(time_ns, self._last_ns)  # of two connections, one may be late by an instant
        if not self._lines:
            self._first_ns, self._due = time_ns, now + self._every
        if said is None:
            start = b'{"time_ns":%d,"kind":"push","connection":%d' % (time_ns, connection)
            for text in texts:
                self._push(start, text)
        else:
            (topic,), (kind, data) = texts, said
            self._fact(time_ns, connection, str(topic), kind, data)
        if self._size >= _FULL:
            self._write()

    def look(self, now: float, *, over: bool) -> None:
        """Write the block, if it is time to."""
        if self._lines and (over or now >= self._due):
            self._write()

    def _push(self, start: bytes, text: str | bytes) -> None:
        try:
            frame = frames.decode(text)
        except UNREADABLE:
            return  # an event tells of it
        if not frame.is_push or not frame.topic:
            return
        try:
            known = self.topics[frame.topic]
        except KeyError:
            known = self.topics[frame.topic] = self._know(frame.topic, text)
        if known is None:
            return
        middle, marks = known
        line = b"%b%b%b}\n" % (start, middle, lines.texts(text))
        self._lines.append(line)
        self._size += len(line)
        self._frames += 1
        self._topics |= marks

    def _know(self, topic: str, text: str | bytes) -> tuple[bytes, set[int]] | None:
        asked = channels.elsewhere(topic) or topic
        if not self._private and (_is_private(topic, text) or _is_private(asked, text)):
            return None
        return lines.push_of(topic), {block.mark(topic), block.mark(asked)}

    def _fact(self, time_ns: int, connection: int, topic: str, kind: str, data: Mapping[str, Any]) -> None:
        about = topic or str(data.get("topic", ""))
        if not self._private and ((data.get("signed") and _BOOK not in data["path"]) or _is_private(about, "")):
            return
        if not self._private and "excerpt" in data:
            data = {**data, "excerpt": ""}  # of whose frame that was nobody knows
        if kind in {"asked", "answered", "offered"}:
            self._paths.add(block.mark(lines.path_shape(str(data["path"]))))
        self._flags |= block.STATE if kind in lines.STATES else block.FACTS
        line = lines.fact(time_ns, kind, connection, topic, data)
        self._lines.append(line)
        self._facts.append(line)
        self._size += len(line)

    def _begin(self) -> None:
        self._lines: list[bytes] = []
        self._facts: list[bytes] = []
        """Those that are no pushes: the few that must not be lost."""
        self._size = self._frames = self._flags = self._first_ns = 0
        self._topics: set[int] = set()
        self._paths: set[int] = set()

    def _write(self) -> None:
        written, span = b"".join(self._lines), (self._first_ns, self._last_ns)
        try:
            self.writer.write(
                written, len(self._lines), span, flags=self._flags, topics=self._topics, paths=self._paths
            )
        except OSError as error:
            self._give_up(error)
            return
        self.frames += self._frames
        self._begin()

    def _give_up(self, error: OSError) -> None:
        """Let go of the pushes, and keep the rest for when the disk takes it."""
        if not self._frames:
            return
        _log.warning("%d frames were not recorded: %s", self._frames, error)
        self.lost += self._frames
        lost = {"frames": self._frames}
        self._lines, self._frames, self._topics = self._facts[:], 0, set()
        self._size = sum(map(len, self._lines))
        self._fact(self._last_ns, 0, "", "lost", lost)


_BOOK: Final = "/orderbook/"
"""In the path of a call that is signed, though what it answers is everybody's."""


def _is_private(topic: str, text: str | bytes) -> bool:
    """Whether a topic is of one's own account; of one that this library does not know the push itself tells."""
    if Topic.parse(topic).prefix in channels.CHANNELS:
        return channels.is_private(topic)
    said = text if isinstance(text, bytes) else text.encode()
    return b'"private"' in said or b'"userId"' in said
