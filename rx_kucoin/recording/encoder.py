"""From what came to blocks of lines: what is a push, whether it may be kept, and when a block is full."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from rx_kucoin.protocol import channels, frames
from rx_kucoin.protocol.frames import UNREADABLE
from rx_kucoin.protocol.topics import Topic
from rx_kucoin.recording.file import block, records
from rx_kucoin.recording.file.writer import Writer

__all__ = ["FULL", "Encoder", "Entry"]

Entry = tuple[int, int, Sequence[str | bytes], tuple[str, Mapping[str, Any]] | None]
"""When, on which connection, and either texts or, of a fact, its topic; its kind and what it says."""

_log = logging.getLogger("rx_kucoin.recording")
FULL: Final = 512 * 1024
"""Bytes of lines that a block holds, and the one line with which it is that long."""


class Encoder:
    """Writes lines of what it is given: of what came, pushes only, as else there are secrets; private ones if asked."""

    def __init__(self, writer: Writer, *, private: bool) -> None:
        self.writer = writer
        self.frames = self.lost = 0
        self.why = ""
        """What the disk said when it last took nothing."""
        self.topics: dict[str, tuple[bytes, set[int]] | None] = {}
        """What is written of each topic, and what marks it in headers; None: it is private."""
        self._private = private
        self._last_ns = writer.before.last_ns
        self._is_out = False
        """Whether the disk takes nothing now."""
        self._outage = 0
        """Frames that were lost since."""
        self._begin()

    def take(self, entry: Entry) -> None:
        """Write an entry."""
        time_ns, connection, texts, said = entry
        self._last_ns = time_ns = max(time_ns, self._last_ns)  # of two connections, one may be late by an instant
        if not self._lines:
            self._first_ns = time_ns
        if said is None:
            start = b'{"time_ns":%d,"kind":"push","connection":%d' % (time_ns, connection)
            for text in texts:
                self._push(start, text)
        else:
            (topic,), (kind, data) = texts, said
            self._fact(time_ns, connection, str(topic), kind, data)
        if self._size >= FULL:
            self.flush()

    def flush(self) -> None:
        """Write what was taken as a block.

        Raises:
            OSError: the disk does not take the very first one. Later on what it does not take is left out.
        """
        if self._lines:
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
        line = b"%b%b%b}\n" % (start, middle, records.to_one_line(text))
        self._lines.append(line)
        self._size += len(line)
        self._frames += 1
        self._topics |= marks

    def _know(self, topic: str, text: str | bytes) -> tuple[bytes, set[int]] | None:
        asked = channels.elsewhere(topic) or topic
        if not self._private and (_is_private(topic, text) or _is_private(asked, text)):
            return None
        return records.push_prefix(topic), {block.mark(topic), block.mark(asked)}

    def _fact(self, time_ns: int, connection: int, topic: str, kind: str, data: Mapping[str, Any]) -> None:
        about = topic or str(data.get("topic", ""))
        if not self._private and (
            (data.get("signed") and str(data["path"]).partition("?")[0] not in _OF_EVERYBODY) or _is_private(about, "")
        ):
            return
        if not self._private and "excerpt" in data:
            data = {**data, "excerpt": ""}  # of whose frame that was nobody knows
        if data.get("signed") and "answer" in data and not _is_harmless(bytes(data["answer"])):
            data = {**data, "answer": None}  # of a proxy, or a wrong address, that repeats what was asked
        if kind in {"asked", "answered", "offered"}:
            self._paths.add(block.mark(records.path_shape(str(data["path"]))))
        self._flags |= block.STATE if kind in records.STATES else block.FACTS
        line = records.encode_record(time_ns, kind, connection, topic, data)
        self._lines.append(line)
        self._facts.append(line)
        self._size += len(line)

    def _begin(self) -> None:
        self._lines: list[bytes] = []
        self._facts: list[bytes] = []
        """Those that are no pushes: the few that must not be lost."""
        self._size = self._frames = self._flags = self._first_ns = 0
        """What came since a block was written, or tried to be."""
        self._topics: set[int] = set()
        self._paths: set[int] = set()

    def _write(self) -> None:
        written, span = b"".join(self._lines), (self._first_ns, self._last_ns)
        try:
            self.writer.write(
                written, len(self._lines), span, flags=self._flags, topics=self._topics, paths=self._paths
            )
        except OSError as error:
            if not self.writer.blocks:
                raise
            self._give_up(error)
            return
        if self._is_out:
            _log.warning("%s is written to again; %d frames were left out", self.writer.path, self._outage)
        self._is_out, self._outage = False, 0
        self.frames += self._frames
        self._begin()

    def _give_up(self, error: OSError) -> None:
        """Let go of the pushes, and keep the rest for when the disk takes it."""
        self.why = error.strerror or str(error)
        if not self._is_out:
            _log.warning("frames are not recorded, as long as this lasts: %s: %s", self.writer.path, self.why)
        self._is_out = True
        lost, self._frames = self._frames, 0
        self.lost += lost
        self._outage += lost
        self._lines, self._topics = self._facts[:], set()
        if lost:
            self._fact(self._last_ns, 0, "", "lost", {"frames": lost})
        self._size = 0


_OF_EVERYBODY: Final = frozenset({"/api/v3/market/orderbook/level2"})
"""Paths of calls that are signed though their answers are public."""


def _is_harmless(answer: bytes) -> bool:
    """Whether an answer to a signed call may be a book, and nothing in it a secret."""
    return answer[:1] == b"{" and not frames.has_secret(answer)


def _is_private(topic: str, text: str | bytes) -> bool:
    """Whether a topic is of one's own account; of one that this library does not know the push itself tells."""
    if Topic.parse(topic).prefix in channels.CHANNELS:
        return channels.is_private(topic)
    if not text:
        return False  # a fact that names a topic, and says nothing of an account
    try:
        told = _private_signs.decode(text)
    except msgspec.MsgspecError:
        return True  # it cannot be told, so it is not written
    return told.channelType == "private" or told.userId is not msgspec.UNSET or told.data.userId is not msgspec.UNSET


class _PrivateData(msgspec.Struct):
    """What of a payload tells that it is of one's own account."""

    userId: Any = msgspec.UNSET  # noqa: N815  the exchange's name


class _PrivateSigns(msgspec.Struct):
    """What of a push tells that it is of one's own account, where its channel is not known."""

    channelType: Any = None  # noqa: N815  the exchange's names
    userId: Any = msgspec.UNSET  # noqa: N815
    data: _PrivateData = msgspec.field(default_factory=_PrivateData)


_private_signs: Final = msgspec.json.Decoder(_PrivateSigns)
