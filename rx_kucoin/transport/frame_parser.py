"""Parses WebSocket frames out of received bytes, many at a time."""

import struct
from collections.abc import Callable
from typing import Final

import websocket

__all__ = ["MOST", "ReceiveBuffer", "parse_frames"]

MOST: Final = 16 << 20
"""Largest message in bytes. KuCoin's longest are full books of some hundred kilobytes."""


def parse_frames(data: bytes, at: int, messages: list[bytes]) -> tuple[int, int]:
    """Append the payloads of the complete, plain frames of `data` from `at` on to `messages`.

    A plain frame is an unfragmented text or binary message, unmasked, without reserved bits, and not too long.

    Returns:
        The index at which it stopped, and how many more bytes the frame there needs at least; 0 if it is not plain.
    """
    end = len(data)
    last = end - 4
    append, header = messages.append, _HEADER
    while True:
        while at <= last:
            first, length = header(data, at)
            if first == _TEXT_16 or first == _BINARY_16:  # noqa: PLR1714, SIM109  twice as fast as a tuple
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


class ReceiveBuffer:
    """Received bytes that are not consumed yet."""

    def __init__(self, more: Callable[[], bytes | memoryview]) -> None:
        """`more` waits for bytes and returns none at the end. What it returns may be overwritten by its next call."""
        self._more = more
        self._held = b""
        self._at: int = 0

    def some(self, most: int) -> bytes:
        """Wait for bytes and consume at most `most`. Returns none at the end of the connection."""
        if self._at == len(self._held):
            self._held, self._at = bytes(self._more()), 0
        data = self._held[self._at : self._at + most]
        self._at += len(data)
        return data

    def exactly(self, size: int) -> bytes:
        """Wait for `size` bytes and consume them.

        Raises:
            WebSocketConnectionClosedException: The connection ended before.
        """
        missing = self._at + size - len(self._held)
        if missing > 0:
            self._fill(missing)
        start = self._at
        self._at += size
        return self._held[start : self._at]

    def messages(self) -> list[bytes]:
        """Wait for messages and consume all that have arrived before the first frame that is not plain.

        An empty list means that such a frame is next.

        Raises:
            WebSocketConnectionClosedException: The connection ended.
        """
        messages: list[bytes] = []
        while True:
            self._at, missing = parse_frames(self._held, self._at, messages)
            if messages or not missing:
                return messages
            self._fill(missing)

    def _fill(self, missing: int) -> None:
        """Wait for `missing` bytes, in linear time however small the pieces are in which they arrive."""
        rest = self._held[self._at :]
        self._held, self._at = b"", 0  # the wait may be long: do not keep the buffer alive
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
"""Size in bytes of a length that does not fit into the second byte."""


def _bounds(data: bytes, at: int) -> tuple[int, int]:
    """Return start and end of a payload of any length; if the header is incomplete, what is known of them.

    Zero means that the frame is not plain.
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
