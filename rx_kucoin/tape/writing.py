"""A recording that is written: whole blocks, each by one call, at the end of a file."""

import errno
import logging
import os
from pathlib import Path
from typing import Final

from rx_kucoin.tape.block import pack
from rx_kucoin.tape.reading import Contents, Tape

__all__ = ["Writer"]

_log = logging.getLogger("rx_kucoin.recording")
_FLAGS: Final = os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)


class Writer:
    """A file that only grows; but for what an earlier recording was writing when it was cut off."""

    def __init__(self, path: str | os.PathLike[str], *, fsync: bool) -> None:
        """Open a file, or make it.

        Raises:
            ValueError: there is a file, and it is no recording.
            OSError: it cannot be opened.
        """
        self.path, self._fsync = Path(path), fsync
        self._file: int | None = os.open(self.path, _FLAGS, 0o644)
        try:
            self.before = self._resume()
            """What was in the file."""
        except BaseException:
            self.close()
            raise
        self.size = self.before.whole_until
        self.blocks = 0

    def write(
        self, lines: bytes, count: int, span: tuple[int, int], *, flags: int, topics: set[int], paths: set[int]
    ) -> None:
        """Add a block of lines.

        Raises:
            OSError: the disk does not take it. The file is as it was.
        """
        block = pack(lines, count, *span, flags=flags, topics=topics, paths=paths)
        file = self._file
        if file is None:
            raise OSError(errno.EBADF, "the recording is closed", str(self.path))
        try:
            written = os.write(file, block)
            while written < len(block):  # a disk that is full takes a part, and says so only at the next call
                written += os.write(file, block[written:])
            if self._fsync:
                os.fsync(file)
        except OSError:
            os.ftruncate(file, self.size)
            os.lseek(file, self.size, os.SEEK_SET)
            raise
        self.size += len(block)
        self.blocks += 1

    def close(self) -> None:
        """Close the file."""
        file, self._file = self._file, None
        if file is not None:
            os.close(file)

    def _resume(self) -> Contents:
        """Go to the end, and cut off what is no whole block there."""
        file = self._file or 0
        before = Tape(self.path).contents()
        if before.torn:
            _log.warning("%s was cut off while it was written: its last %d bytes are let go of", self.path, before.torn)
            os.ftruncate(file, before.whole_until)
        os.lseek(file, before.whole_until, os.SEEK_SET)
        return before
