"""Cutting WebSocket messages out of what a read brought, many at a time."""

import struct
from collections.abc import Callable
from typing import Final

import websocket

__all__ = ["MOST", "Inbox", "cut"]

MOST: Final = 16 << 20
"""Bytes of a message. KuCoin's longest are full books of some hundred kilobytes."""


def cut(data: bytes, at: int, messages: list[bytes]) -> tuple[int, int]:
    """Cut whole, plain frames out of `data` from `at` on, and put their payloads into `messages`.

    Plain is a text or a binary that stands in one frame, is not masked, uses no reserved bit and is not too long.

    Returns:
        Where it stopped, and how many bytes more it takes at least to go on from there; 0: a frame that is not plain.
    """
    end = len(data)
    last = end - 4
    append, header = messages.append, _HEADER
    while True:
        while at <= last:
            first, length = header(data, at)
            if first == _TEXT_16 or first == _BINARY_16:  # noqa: PLR1714, SIM109  half as long as a tuple takes
                start = at + 4
            elif first in _SHORT:
                start, length = at + 2, first & 0x7F
            else:
                break
            stop = start + length
            if stop > end:
                return at, stop - end
            append(data[start:stop])
            at = stop
        start, stop = _bounds(data, at)
        if not start:
            return at, 0
        if stop > end:
            return at, stop - end
        append(data[start:stop])
        at = stop


class Inbox:
    """What has come and was not used yet."""

    def __init__(self, more: Callable[[], bytes | memoryview]) -> None:
        """Get `more` bytes by waiting for them: none at all when there will never be any. They may change later."""
        self._more = more
        self._held = b""
        self._at: int = 0

    def some(self, most: int) -> bytes:
        """Wait for bytes, and take at most so many. None at all: the other side has said all."""
        if self._at == len(self._held):
            self._held, self._at = bytes(self._more()), 0
        data = self._held[self._at : self._at + most]
        self._at += len(data)
        return data

    def exactly(self, size: int) -> bytes:
        """Wait for so many bytes.

        Raises:
            WebSocketConnectionClosedException: they will not come.
        """
        missing = self._at + size - len(self._held)
        if missing > 0:
            self._fill(missing)
        start = self._at
        self._at += size
        return self._held[start : self._at]

    def messages(self) -> list[bytes]:
        """Wait for messages, and take all that have come up to the first frame that is not plain.

        None: such a frame is next.

        Raises:
            WebSocketConnectionClosedException: nothing will come any more.
        """
        messages: list[bytes] = []
        while True:
            self._at, missing = cut(self._held, self._at, messages)
            if messages or not missing:
                return messages
            self._fill(missing)

    def _fill(self, missing: int) -> None:
        """Wait for so many bytes, in time that grows with their number and no faster, in whatever pieces they come."""
        rest = self._held[self._at :]
        self._held, self._at = b"", 0  # a line may stay silent for long
        came = self._wait()
        if len(came) >= missing:
            self._held = rest + came
            return
        pieces = bytearray(rest)
        pieces += came
        needed = len(rest) + missing
        while len(pieces) < needed:
            pieces += self._wait()
        self._held = bytes(pieces)

    def _wait(self) -> bytes | memoryview:
        came = self._more()
        if not came:
            raise websocket.WebSocketConnectionClosedException("Connection to remote host was lost.")
        return came


_HEADER: Final = struct.Struct(">HH").unpack_from
_TEXT_16: Final = 0x817E
_BINARY_16: Final = 0x827E
_SHORT: Final = frozenset({*range(0x8100, _TEXT_16), *range(0x8200, _BINARY_16)})
_PLAIN: Final = b"\x81\x82"
_MASKED: Final = 0x80
_LENGTHS: Final = {126: 2, 127: 8}
"""How many bytes the length takes that does not fit into the second byte."""


def _bounds(data: bytes, at: int) -> tuple[int, int]:
    """From where to where a payload goes, whatever its length; as far as is known while its header is not here.

    Zero: the frame is not plain.
    """
    start = at + 2
    if start > len(data):
        return start, start
    if data[at] not in _PLAIN or data[at + 1] >= _MASKED:
        return 0, 0
    length = data[at + 1]
    if more := _LENGTHS.get(length):
        start += more
        if start > len(data):
            return start, start
        length = int.from_bytes(data[at + 2 : start])
    return (start, start + length) if length <= MOST else (0, 0)
