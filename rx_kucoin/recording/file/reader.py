"""A recording that is read: by hopping from header to header, and opening the blocks that are wanted."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final

import msgspec

from rx_kucoin.recording.file.block import MAGIC, STATE, Block, Damaged, is_begun, read_header, unpack
from rx_kucoin.recording.file.lines import Line, decode

__all__ = ["Contents", "Hole", "Tape"]

_HEAD: Final = 8_192
"""Bytes that nearly every header fits in."""
_FAR: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Hole:
    """Bytes that are no block."""

    offset: int
    size: int
    is_tail: bool
    """Whether nothing follows them: the recording was cut off while it wrote."""


@dataclass(slots=True)
class Contents:
    """What is in a recording, as its headers tell."""

    bytes: int = 0
    blocks: int = 0
    lines: int = 0
    first_ns: int = 0
    last_ns: int = 0
    is_closed: bool = False
    """Whether whoever wrote it came to an end. Otherwise what the last second brought may be missing."""
    holes: list[Hole] = field(default_factory=list[Hole])
    whole_until: int = 0
    """Where the last whole block ends."""
    begin: dict[str, Any] = field(default_factory=dict[str, Any])
    """What the first recording in it said of itself."""
    topics: set[int] | None = field(default_factory=set[int])
    """The marks of all topics that it has pushes of; None: they were too many to be listed."""
    paths: dict[int, int] = field(default_factory=dict[int, int])
    """When each REST path was last spoken of, by its mark."""

    @property
    def torn(self) -> int:
        """Bytes at the end that are no whole block."""
        return sum(hole.size for hole in self.holes if hole.is_tail)


class Tape:
    """A file of blocks. Nothing of it is kept in memory but the block that is read."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self.holes: list[Hole] = []
        """What the last walk came across, damaged blocks among it."""
        self.spoilt = 0
        """Lines that could not be read, of those that were read on that walk."""

    def __repr__(self) -> str:
        return f"<Tape {self.path.name}>"

    def contents(self) -> Contents:
        """Look through the headers, and into the last block.

        Raises:
            ValueError: it is no recording.
        """
        found = Contents(bytes=self.path.stat().st_size)
        last: Block | None = None
        for block in self.blocks():
            if last is None:
                found.first_ns = block.first_ns
                found.begin = self._begin(block)
            last = block
            found.blocks += 1
            found.lines += block.count
            found.last_ns = max(found.last_ns, block.last_ns)
            found.paths.update(dict.fromkeys(block.paths, block.last_ns))
            if found.topics is not None:
                found.topics = found.topics | block.topics if block.lists_topics else None
        found.holes = self.holes
        if last is not None:
            found.whole_until = last.end
            lines = self.lines(last)
            found.is_closed = bool(lines) and lines[-1].kind == "end" and not found.torn
        return found

    def blocks(self) -> Iterator[Block]:
        """Go through the headers, in order. What is no block is hopped over, and stands in `holes` then.

        Raises:
            ValueError: it is no recording.
        """
        self.holes, self.spoilt = [], 0
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
        """Name the topics that were recorded: so it is said in a few of the blocks."""
        told = (line for block in self.blocks() if block.flags & STATE for line in self.lines(block))
        return list(dict.fromkeys([line.topic for line in told if line.kind == "seat"]))

    def lines(self, block: Block) -> list[Line]:
        """Read the lines of a block; of a damaged one, none."""
        with self.path.open("rb", buffering=0) as file:
            try:
                data = unpack(block, _read(file, block.offset, block.size))
            except Damaged:
                self.holes.append(Hole(block.offset, block.size, is_tail=False))
                return []
        lines, spoilt = decode(data)
        self.spoilt += spoilt
        return lines

    def _begin(self, first: Block) -> dict[str, Any]:
        lines = self.lines(first)
        said = bytes(lines[0].data) if lines and lines[0].kind == "begin" else b""
        return msgspec.json.decode(said, type=dict[str, Any]) if said else {}

    def _is_whole(self, file: BinaryIO, block: Block) -> bool:
        """Look into the last block: a machine that lost its power may have made the file longer, and no more."""
        try:
            unpack(block, _read(file, block.offset, block.size))
        except Damaged:
            return False
        return True

    def _after(self, file: BinaryIO, at: int, size: int) -> Block | None:
        """Find the next block after what is none."""
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
    """Read the header at a place. None: there is none, or the file ends before its block does."""
    data = _read(file, at, _HEAD)
    if len(data) >= len(MAGIC) + 8:
        length = int.from_bytes(data[10:12], "little") + 12
        if length > len(data):
            data = _read(file, at, length)
    try:
        block = read_header(data, at)
    except Damaged:
        return None
    return block if block.end <= size else None


def _read(file: BinaryIO, at: int, length: int) -> bytes:
    file.seek(at)
    parts = bytearray()
    while len(parts) < length and (part := file.read(length - len(parts))):
        parts += part
    return bytes(parts)
