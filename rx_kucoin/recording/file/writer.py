"""A recording that is written: whole blocks, each by one call, at the end of a file."""

import errno
import logging
import os
import stat
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

from rx_kucoin.recording.file.block import is_begun, pack
from rx_kucoin.recording.file.reader import Contents, Tape

if sys.platform != "win32":
    import fcntl

__all__ = ["Writer"]

_log = logging.getLogger("rx_kucoin.recording")
_FLAGS: Final = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
_HEAD: Final = 32
"""Bytes by which the beginning of a block is known."""


class Writer:
    """A file that only grows; but for what an earlier recording was writing when it was cut off."""

    def __init__(self, path: str | os.PathLike[str], *, fsync: bool) -> None:
        """Open a file, or make it.

        Raises:
            ValueError: there is a file, and it is no recording, or goes on with something else.
            OSError: it cannot be opened, or somebody records to it.
        """
        self.path, self._fsync = Path(path), fsync
        self._file: int | None = os.open(self.path, _FLAGS, 0o644)
        try:
            _claim(self._file, self.path)
            self.before = self._resume()
            """What was in the file."""
        except BaseException:
            self.close()
            raise
        self.size = self.before.whole_until
        self.blocks = 0
        self._is_deleted = False

    def write(
        self, lines: bytes, count: int, span: tuple[int, int], *, flags: int, topics: set[int], paths: set[int]
    ) -> None:
        """Add a block of lines.

        Raises:
            OSError: the disk does not take it. The file is as it was, if the disk lets it be.
        """
        block = pack(lines, count, *span, flags=flags, topics=topics, paths=paths)
        file = self._file
        if file is None:
            raise OSError(errno.EBADF, "the recording is closed", str(self.path))
        self._look(file)
        try:
            written = os.write(file, block)
            while written < len(block):  # a disk that is full takes a part, and says so only at the next call
                written += os.write(file, block[written:])
            if self._fsync:
                os.fsync(file)
        except OSError:
            with suppress(OSError):
                os.ftruncate(file, self.size)
            raise
        self.size += len(block)
        self.blocks += 1

    def close(self) -> None:
        """Close the file."""
        file, self._file = self._file, None
        if file is not None:
            if sys.platform != "win32":  # what was forked off has the file as well, and would go on claiming it
                fcntl.flock(file, fcntl.LOCK_UN)
            os.close(file)

    def _resume(self) -> Contents:
        """Cut off what is no whole block at the end, if it is one that was being written."""
        file = self._file or 0
        before = Tape(self.path).contents()
        if before.blocks and before.holes and not before.holes[0].offset:
            raise ValueError(f"{self.path} is no recording, though there is one in it")
        if before.torn:
            os.lseek(file, before.whole_until, os.SEEK_SET)
            head = os.read(file, _HEAD)
            if any(head) and not is_begun(head):  # zeros are what a power cut leaves
                raise ValueError(f"{self.path} goes on with what is no recording at byte {before.whole_until}")
            _log.warning("%s was cut off while it was written: its last %d bytes are let go of", self.path, before.torn)
            os.ftruncate(file, before.whole_until)
        return before

    def _look(self, file: int) -> None:
        """See whether the file is as it was left: others rotate logs, and make room."""
        now = os.fstat(file)
        if now.st_size != self.size:
            _log.warning("%s was changed by another: it had %d bytes, and has %d", self.path, self.size, now.st_size)
            self.size = now.st_size
        if not now.st_nlink and not self._is_deleted:
            self._is_deleted = True
            _log.warning("%s was deleted while it is recorded to: what is written is lost", self.path)


def _claim(file: int, path: Path) -> None:
    """Have a file for oneself, where there are locks.

    Raises:
        ValueError: it is a pipe, or a device.
        OSError: another recording has it.
    """
    if not stat.S_ISREG(os.fstat(file).st_mode):
        raise ValueError(f"{path} is no file that a recording could be added to")
    if sys.platform != "win32":
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BlockingIOError(errno.EWOULDBLOCK, "another recording writes to it", str(path)) from None
        except OSError:
            _log.debug("%s cannot be locked: see that nobody else records to it", path)
