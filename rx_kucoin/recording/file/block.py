"""One block of a recording: a gzip member that says in its header what is in it, so that it can be skipped.

The header's extra field (RFC 1952, 2.3.1.1) has up to three subfields, all little-endian:

    RX  version u8, flags u8, lines u32, bytes of the whole member u32, first and last receipt time in ns i64 i64;
        then the CRC-32 of these and of all that follows in the extra field u32
    RT  u16 each: the low half of the CRC-32 of each topic that the block has pushes of; left out when they are many
    RA  the same of each REST path, its times left out, that was asked for or answered
"""

import struct
import time
import zlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

__all__ = ["FACTS", "MAGIC", "STATE", "Block", "Damaged", "is_begun", "mark", "pack", "read_header", "unpack"]

MAGIC: Final = b"\x1f\x8b\x08\x04"
"""Gzip, deflated, with an extra field and nothing else."""
STATE: Final = 1
"""Flag: lines say on which connection a topic is."""
FACTS: Final = 2
"""Flag: lines say something else than what was pushed: events, answers."""
_ANY: Final = 4
"""Flag: too many topics to list."""
_VERSION: Final = 1
_MOST: Final = 1_000
"""Topics that are listed, at most."""
_LEVEL: Final = 3
"""Of compression: a third of the time that zlib's own choice takes, for a seventh more bytes."""
_START: Final = struct.Struct("<4sIBBH")
_FIELD: Final = struct.Struct("<2sH")
_FACT: Final = struct.Struct("<BBIIqq")
_SUM: Final = struct.Struct("<I")
_FIRST: Final = _FIELD.pack(b"RX", _FACT.size + _SUM.size) + bytes([_VERSION])
"""How the extra field of a block begins. Others write gzip with an extra field, too, as `bgzip` does."""
_FACTS_END: Final = _FIELD.size + _FACT.size
_END: Final = struct.Struct("<II")


class Damaged(Exception):
    """This is no block, or not a whole one."""


@dataclass(frozen=True, slots=True)
class Block:
    """What the header of a block says."""

    offset: int
    size: int
    """Bytes in the file."""
    header: int
    """Bytes of them before the compressed ones."""
    count: int
    first_ns: int
    last_ns: int
    flags: int
    topics: frozenset[int]
    paths: frozenset[int]

    @property
    def end(self) -> int:
        """Where the next one begins."""
        return self.offset + self.size

    @property
    def lists_topics(self) -> bool:
        """Whether `topics` are all that it has pushes of, and not too many to be listed."""
        return not self.flags & _ANY

    def may_have(self, topics: Collection[int]) -> bool:
        """Whether it has pushes of one of these topics, given by their `mark`s; or perhaps."""
        return bool(topics) and (not self.lists_topics or not self.topics.isdisjoint(topics))


def mark(name: str) -> int:
    """What stands for a topic or a path in a header."""
    return zlib.crc32(name.encode()) & 0xFFFF


def pack(
    lines: bytes, count: int, first_ns: int, last_ns: int, *, flags: int, topics: Iterable[int], paths: Iterable[int]
) -> bytes:
    """Make a block of whole lines."""
    squeezer = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    body = squeezer.compress(lines) + squeezer.flush()
    named = sorted(topics)
    if len(named) > _MOST:
        named, flags = [], flags | _ANY
    fields = _field(b"RT", _marks(named)) + _field(b"RA", _marks(sorted(paths)[:_MOST]))
    extra = _FIELD.size + _FACT.size + _SUM.size + len(fields)
    size = _START.size + extra + len(body) + _END.size
    head = _START.pack(MAGIC, int(time.time()), 0, 255, extra)
    facts = _FACT.pack(_VERSION, flags, count, size, first_ns, last_ns)
    first = _field(b"RX", facts + _SUM.pack(zlib.crc32(facts + fields)))
    return head + first + fields + body + _END.pack(zlib.crc32(lines), len(lines) & 0xFFFFFFFF)


def read_header(data: bytes, offset: int) -> Block:
    """Read the header of the block that stands at `offset` of the file and begins with this.

    Raises:
        Damaged: it does not, or its header goes on.
    """
    try:
        magic, _, _, _, length = _START.unpack_from(data)
        extra, header = data[_START.size : _START.size + length], _START.size + length
        facts, rest = extra[_FIELD.size : _FACTS_END], extra[_FACTS_END + _SUM.size :]
        (sum_,) = _SUM.unpack_from(extra, _FACTS_END)
        _, flags, count, size, first_ns, last_ns = _FACT.unpack(facts)
        fields = dict(_fields(rest))
    except struct.error as error:
        raise Damaged(f"no block begins at byte {offset}") from error
    is_ours = magic == MAGIC and extra.startswith(_FIRST) and sum_ == zlib.crc32(facts + rest)
    if not is_ours or len(data) < header or size <= header:
        raise Damaged(f"no block begins at byte {offset}")
    topics, paths = (_unmarks(fields.get(name, b"")) for name in (b"RT", b"RA"))
    return Block(offset, size, header, count, first_ns, last_ns, flags, topics, paths)


def is_begun(data: bytes) -> bool:
    """Whether these bytes, as far as they go, may be the beginning of a block of which the rest is missing."""
    begun = data[: _START.size + len(_FIRST)]
    return MAGIC.startswith(begun[: len(MAGIC)]) and _FIRST.startswith(begun[_START.size :])


def unpack(block: Block, data: bytes) -> bytes:
    """Give the lines of a block, whole and as they were written.

    Raises:
        Damaged: they are not.
    """
    try:
        lines = zlib.decompress(data[block.header : -_END.size], -zlib.MAX_WBITS)
        is_whole = _END.unpack(data[-_END.size :]) == (zlib.crc32(lines), len(lines) & 0xFFFFFFFF)
    except (zlib.error, struct.error):
        is_whole, lines = False, b""
    if not is_whole or len(data) != block.size:
        raise Damaged(f"the block at byte {block.offset} is damaged")
    return lines


def _field(name: bytes, data: bytes) -> bytes:
    return _FIELD.pack(name, len(data)) + data


def _fields(data: bytes) -> Iterable[tuple[bytes, bytes]]:
    at = 0
    while at < len(data):
        name, length = _FIELD.unpack_from(data, at)
        at += _FIELD.size
        yield name, data[at : at + length]
        at += length


def _marks(named: list[int]) -> bytes:
    return struct.pack(f"<{len(named)}H", *named)


def _unmarks(data: bytes) -> frozenset[int]:
    return frozenset(struct.unpack(f"<{len(data) // 2}H", data))
