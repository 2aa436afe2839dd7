"""One block of a recording: a gzip member whose header summarises it, so that it can be skipped.

The header's extra field (RFC 1952, 2.3.1.1) has up to three subfields, all little-endian:

    RX  version u8, flags u8, records u32, bytes of the whole member u32, first and last receipt time in ns i64 i64;
        then the CRC-32 of these and of all that follows in the extra field u32
    RT  u16 each: the low half of the CRC-32 of each topic that the block has pushes of; omitted if there are too many
    RA  the same of each REST path, without its times, that was requested or answered
"""

import struct
import time
import zlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

__all__ = ["FACTS", "MAGIC", "STATE", "Block", "DamagedBlock", "is_begun", "mark", "pack", "read_header", "unpack"]

MAGIC: Final = b"\x1f\x8b\x08\x04"
"""Gzip, deflated, with an extra field and nothing else."""
STATE: Final = 1
"""Flag: records assign topics to connections."""
FACTS: Final = 2
"""Flag: there are records other than pushes: events, answers."""
_ANY: Final = 4
"""Flag: too many topics to list."""
_VERSION: Final = 1
_MOST: Final = 1_000
"""Most topics that are listed."""
_LEVEL: Final = 3
"""Compression level: a third of the time of zlib's default, for a seventh more bytes."""
_START: Final = struct.Struct("<4sIBBH")
_FIELD: Final = struct.Struct("<2sH")
_FACT: Final = struct.Struct("<BBIIqq")
_SUM: Final = struct.Struct("<I")
_FIRST: Final = _FIELD.pack(b"RX", _FACT.size + _SUM.size) + bytes([_VERSION])
"""The start of a block's extra field, which other gzip files with one, such as those of `bgzip`, do not have."""
_FACTS_END: Final = _FIELD.size + _FACT.size
_END: Final = struct.Struct("<II")


class DamagedBlock(Exception):
    """These bytes are no block, or an incomplete one."""


@dataclass(frozen=True, slots=True)
class Block:
    """The header of a block."""

    offset: int
    size: int
    """Size in bytes."""
    header: int
    """Size of the header in bytes."""
    count: int
    first_ns: int
    last_ns: int
    flags: int
    topics: frozenset[int]
    paths: frozenset[int]

    @property
    def end(self) -> int:
        """Offset of the next block."""
        return self.offset + self.size

    @property
    def lists_topics(self) -> bool:
        """Whether all its topics are in `topics`, and not too many to be listed."""
        return not self.flags & _ANY

    def may_have(self, topics: Collection[int]) -> bool:
        """Whether it may have pushes of one of these topics, given by their `mark`s."""
        return bool(topics) and (not self.lists_topics or not self.topics.isdisjoint(topics))


def mark(name: str) -> int:
    """Return the 16 bits that represent a topic or a path in a header."""
    return zlib.crc32(name.encode()) & 0xFFFF


def pack(
    lines: bytes, count: int, first_ns: int, last_ns: int, *, flags: int, topics: Iterable[int], paths: Iterable[int]
) -> bytes:
    """Make a block of complete records."""
    compressor = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    body = compressor.compress(lines) + compressor.flush()
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
    """Parse the header of the block at `offset` of the file, which begins with `data`.

    Raises:
        DamagedBlock: There is no block, or `data` has not all of its header.
    """
    try:
        magic, _, _, _, length = _START.unpack_from(data)
        extra, header = data[_START.size : _START.size + length], _START.size + length
        facts, rest = extra[_FIELD.size : _FACTS_END], extra[_FACTS_END + _SUM.size :]
        (sum_,) = _SUM.unpack_from(extra, _FACTS_END)
        _, flags, count, size, first_ns, last_ns = _FACT.unpack(facts)
        fields = dict(_fields(rest))
    except struct.error as error:
        raise DamagedBlock(f"no block begins at byte {offset}") from error
    is_ours = magic == MAGIC and extra.startswith(_FIRST) and sum_ == zlib.crc32(facts + rest)
    if not is_ours or len(data) < header or size <= header:
        raise DamagedBlock(f"no block begins at byte {offset}")
    topics, paths = (_unmarks(fields.get(name, b"")) for name in (b"RT", b"RA"))
    return Block(offset, size, header, count, first_ns, last_ns, flags, topics, paths)


def is_begun(data: bytes) -> bool:
    """Return whether these bytes may be the beginning of an incomplete block."""
    begun = data[: _START.size + len(_FIRST)]
    return MAGIC.startswith(begun[: len(MAGIC)]) and _FIRST.startswith(begun[_START.size :])


def unpack(block: Block, data: bytes) -> bytes:
    """Return the records of a block as they were written.

    Raises:
        DamagedBlock: They are damaged.
    """
    try:
        lines = zlib.decompress(data[block.header : -_END.size], -zlib.MAX_WBITS)
        is_whole = _END.unpack(data[-_END.size :]) == (zlib.crc32(lines), len(lines) & 0xFFFFFFFF)
    except (zlib.error, struct.error):
        is_whole, lines = False, b""
    if not is_whole or len(data) != block.size:
        raise DamagedBlock(f"the block at byte {block.offset} is damaged")
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
