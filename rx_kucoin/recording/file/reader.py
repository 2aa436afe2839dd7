"""Reads a recording: from header to header, decompressing only the blocks that are needed."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final

import msgspec

from rx_kucoin.recording.file.block import MAGIC, STATE, Block, DamagedBlock, is_begun, read_header, unpack
from rx_kucoin.recording.file.records import FileRecord, decode

__all__ = ["Contents", "Hole", "RecordingFile"]

_HEAD: Final = 8_192
"""Size in bytes that is enough for nearly every header."""
_FAR: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Hole:
    """Bytes that are no block."""

    offset: int
    size: int
    is_tail: bool
    """Whether they are the end of the file: the recorder was stopped while it wrote."""


@dataclass(slots=True)
class Contents:
    """A summary of a recording, from its headers."""

    bytes: int = 0
    blocks: int = 0
    records: int = 0
    first_ns: int = 0
    last_ns: int = 0
    is_closed: bool = False
    """Whether the recording was closed. Otherwise the last second may be missing."""
    holes: list[Hole] = field(default_factory=list[Hole])
    whole_until: int = 0
    """End of the last complete block."""
    begin: dict[str, Any] = field(default_factory=dict[str, Any])
    """The data of the first `begin` record."""
    topics: set[int] | None = field(default_factory=set[int])
    """The marks of all topics with pushes; `None`: too many to be listed."""
    paths: dict[int, int] = field(default_factory=dict[int, int])
    """The time of the last record of each REST path, by its mark."""

    @property
    def torn(self) -> int:
        """Bytes at the end that are no complete block."""
        return sum(hole.size for hole in self.holes if hole.is_tail)


class RecordingFile:
    """A recording on disk. Only the block that is being read is in memory."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self.holes: list[Hole] = []
        """Holes and damaged blocks found by the last iteration over the blocks."""
        self.unreadable = 0
        """Records that could not be decoded, in the blocks read during that iteration."""

    def __repr__(self) -> str:
        return f"<Tape {self.path.name}>"

    def contents(self) -> Contents:
        """Read all headers, and the last block.

        Raises:
            ValueError: The file is no recording.
        """
        found = Contents(bytes=self.path.stat().st_size)
        last: Block | None = None
        for block in self.blocks():
            if last is None:
                found.first_ns = block.first_ns
                found.begin = self._begin(block)
            last = block
            found.blocks += 1
            found.records += block.count
            found.last_ns = max(found.last_ns, block.last_ns)
            found.paths.update(dict.fromkeys(block.paths, block.last_ns))
            if found.topics is not None:
                found.topics = found.topics | block.topics if block.lists_topics else None
        found.holes = self.holes
        if last is not None:
            found.whole_until = last.end
            lines = self.records(last)
            found.is_closed = bool(lines) and lines[-1].kind == "end" and not found.torn
        return found

    def blocks(self) -> Iterator[Block]:
        """Iterate over the headers. Bytes that are no block are skipped and added to `holes`.

        Raises:
            ValueError: The file is no recording.
        """
        self.holes, self.unreadable = [], 0
        with self.path.open("rb", buffering=0) as file:
            size, at = file.seek(0, os.SEEK_END), 0
            while at < size:
                block = _block_at(file, at, size)
                if block is None or (block.end == size and not self._is_whole(file, block)):
                    block = self._after(file, at, size)
                    if block is None:
                        return
                yield block
                at = block.end

    def topics(self) -> list[str]:
        """Return the recorded topics. Only blocks that assign topics to connections are read."""
        records = (record for block in self.blocks() if block.flags & STATE for record in self.records(block))
        return list(dict.fromkeys([record.topic for record in records if record.kind == "seat"]))

    def records(self, block: Block) -> list[FileRecord]:
        """Return the records of a block, none of a damaged one."""
        with self.path.open("rb", buffering=0) as file:
            try:
                data = unpack(block, _read(file, block.offset, block.size))
            except DamagedBlock:
                self.holes.append(Hole(block.offset, block.size, is_tail=False))
                return []
        lines, unreadable = decode(data)
        self.unreadable += unreadable
        return lines

    def _begin(self, first: Block) -> dict[str, Any]:
        lines = self.records(first)
        said = bytes(lines[0].data) if lines and lines[0].kind == "begin" else b""
        return msgspec.json.decode(said, type=dict[str, Any]) if said else {}

    def _is_whole(self, file: BinaryIO, block: Block) -> bool:
        """Verify the last block: a power failure may have extended the file without writing the data."""
        try:
            unpack(block, _read(file, block.offset, block.size))
        except DamagedBlock:
            return False
        return True

    def _after(self, file: BinaryIO, at: int, size: int) -> Block | None:
        """Return the next block after bytes that are none."""
        looked = at + 1
        while looked < size:
            data = _read(file, looked, _FAR)
            found = data.find(MAGIC)
            if found < 0:
                looked += max(1, len(data) - len(MAGIC) + 1)
                continue
            looked += found
            block = _block_at(file, looked, size)
            if block is not None and self._is_whole(file, block):
                self.holes.append(Hole(at, looked - at, is_tail=False))
                return block
            looked += 1
        if at == 0 and not is_begun(_read(file, 0, _HEAD)):
            raise ValueError(f"{self.path} is no recording, or one of a newer rx_kucoin: its beginning is no block")
        self.holes.append(Hole(at, size - at, is_tail=True))
        return None


def _block_at(file: BinaryIO, at: int, size: int) -> Block | None:
    """Read the header at an offset; None if there is none, or the file ends before its block."""
    data = _read(file, at, _HEAD)
    if len(data) >= len(MAGIC) + 8:
        length = int.from_bytes(data[10:12], "little") + 12
        if length > len(data):
            data = _read(file, at, length)
    try:
        block = read_header(data, at)
    except DamagedBlock:
        return None
    return block if block.end <= size else None


def _read(file: BinaryIO, at: int, length: int) -> bytes:
    file.seek(at)
    parts = bytearray()
    while len(parts) < length and (part := file.read(length - len(parts))):
        parts += part
    return bytes(parts)
