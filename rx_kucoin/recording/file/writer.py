"""Writes a recording: complete blocks, each by one system call, at the end of the file."""

import errno
import logging
import os
import stat
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

from rx_kucoin.recording.file.block import is_begun, pack
from rx_kucoin.recording.file.reader import Contents, RecordingFile

if sys.platform != "win32":
    import fcntl

__all__ = ["Writer"]

_log = logging.getLogger("rx_kucoin.recording")
_FLAGS: Final = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
_HEAD: Final = 32
"""Size in bytes that is enough to recognise the beginning of a block."""


class Writer:
    """Appends blocks to a file. An incomplete block at its end is removed first."""

    def __init__(self, path: str | os.PathLike[str], *, fsync: bool) -> None:
        """Open a file, or create it.

        Raises:
            ValueError: The file is no recording, or continues with something else.
            OSError: It cannot be opened, or another recording writes to it.
        """
        self.path, self._fsync = Path(path), fsync
        self._file: int | None = os.open(self.path, _FLAGS, 0o644)
        try:
            _lock_file(self._file, self.path)
            self.before = self._resume()
            """The contents of the file when it was opened."""
        except BaseException:
            self.close()
            raise
        self.size = self.before.whole_until
        self.blocks = 0
        self._is_deleted = False

    def write(
        self, lines: bytes, count: int, span: tuple[int, int], *, flags: int, topics: set[int], paths: set[int]
    ) -> None:
        """Append a block of records.

        Raises:
            OSError: The block could not be written. It is removed from the file, if possible.
        """
        block = pack(lines, count, *span, flags=flags, topics=topics, paths=paths)
        file = self._file
        if file is None:
            raise OSError(errno.EBADF, "the recording is closed", str(self.path))
        self._check_unchanged(file)
        try:
            written = os.write(file, block)
            while written < len(block):  # a full disk takes a part, and raises at the next call
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
            if sys.platform != "win32":  # a forked process has the file too, and would keep the lock
                fcntl.flock(file, fcntl.LOCK_UN)
            os.close(file)

    def abandon(self) -> None:
        """Close the file in a forked child, without letting go of the claim, which is the parent's as well."""
        file, self._file = self._file, None
        if file is not None:
            os.close(file)

    def _resume(self) -> Contents:
        """Remove an incomplete block at the end of the file."""
        file = self._file or 0
        before = RecordingFile(self.path).contents()
        if before.blocks and before.holes and not before.holes[0].offset:
            raise ValueError(f"{self.path} is no recording, though there is one in it")
        if before.torn:
            os.lseek(file, before.whole_until, os.SEEK_SET)
            head = os.read(file, _HEAD)
            if any(head) and not is_begun(head):  # zeros are left by a power failure
                raise ValueError(f"{self.path} goes on with what is no recording at byte {before.whole_until}")
            _log.warning("%s was cut off while it was written: its last %d bytes are removed", self.path, before.torn)
            os.ftruncate(file, before.whole_until)
        return before

    def _check_unchanged(self, file: int) -> None:
        """Check that no other program has changed or deleted the file."""
        now = os.fstat(file)
        if now.st_size != self.size:
            _log.warning("%s was changed by another: it had %d bytes, and has %d", self.path, self.size, now.st_size)
            self.size = now.st_size
        if not now.st_nlink and not self._is_deleted:
            self._is_deleted = True
            _log.warning("%s was deleted while it is recorded to: what is written is lost", self.path)


def _lock_file(file: int, path: Path) -> None:
    """Lock a file, if the platform has locks.

    Raises:
        ValueError: It is a pipe, or a device.
        OSError: Another recording has locked it.
    """
    if not stat.S_ISREG(os.fstat(file).st_mode):
        raise ValueError(f"{path} is no file that a recording could be added to")
    if sys.platform != "win32":
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BlockingIOError(errno.EWOULDBLOCK, "another recording writes to it", str(path)) from None
        except OSError:
            _log.debug("%s cannot be locked: make sure that no other recording writes to it", path)
