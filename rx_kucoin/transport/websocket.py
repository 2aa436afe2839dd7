"""websocket-client with its own receive path: plain messages many at a time, everything else by websocket-client."""

from contextlib import suppress
from typing import Any, Final, cast

import websocket
from websocket import ABNF

from rx_kucoin.transport.frame_parser import MOST, ReceiveBuffer

__all__ = ["ClosedByPeer", "WebSocket"]


class ClosedByPeer(Exception):
    """The other side sent a close frame, with this payload."""

    def __init__(self, payload: bytes) -> None:
        super().__init__(payload)
        self.payload = payload


class WebSocket(websocket.WebSocket):
    """A WebSocket of websocket-client (URL, upgrade, sending, pings, fragments, close) with a faster receive path.

    UTF-8 is not validated here: the JSON decoder does that, and websocket-client's check in Python would cost more than
    all the rest together.
    """

    def __init__(self, buffer: ReceiveBuffer) -> None:
        super().__init__(skip_utf8_validation=True)  # pyright: ignore[reportUnknownMemberType]
        self._buffer = buffer
        self.frame_buffer = _Frames(buffer)
        self.cont_frame = _Fragments(fire_cont_frame=False, skip_utf8_validation=True)

    def connect(self, url: str, **options: Any) -> None:
        """Request the upgrade."""
        cast("Any", super()).connect(url, **options)

    def receive(self) -> list[bytes]:
        """Wait for messages and return all of one read, up to a frame that is not plain.

        Raises:
            ClosedByPeer: The next frame is a close frame.
            OSError: The connection broke.
            WebSocketException: The connection ended, or the other side broke the protocol.
        """
        if messages := self._buffer.messages():
            return messages
        opcode, payload = cast("Any", self).recv_data()  # joins fragments, and answers pings among them
        if opcode == ABNF.OPCODE_CLOSE:
            raise ClosedByPeer(payload)
        return [bytes(payload)]

    def send_close(self, *args: Any, **kwargs: Any) -> None:
        """Answer a close frame if possible; its payload is what matters."""
        with suppress(OSError, websocket.WebSocketException):
            super().send_close(*args, **kwargs)


class _Frames(websocket.frame_buffer):
    """Refuses invalid frames by their header, before waiting for the rest."""

    def __init__(self, buffer: ReceiveBuffer) -> None:
        super().__init__(buffer.some, skip_utf8_validation=True)
        self._buffer = buffer

    def recv_strict(self, bufsize: int) -> bytes:
        return self._buffer.exactly(bufsize)

    def recv_header(self) -> None:
        super().recv_header()
        header = cast("Any", self).header
        fin, rsv1, rsv2, rsv3, opcode, is_masked, length = header
        if rsv1 or rsv2 or rsv3:
            raise websocket.WebSocketProtocolException("a frame with reserved bits")
        if opcode not in ABNF.OPCODES:
            raise websocket.WebSocketProtocolException(f"a frame of the unknown kind {opcode}")
        if is_masked:
            raise websocket.WebSocketProtocolException("a masked frame, as only clients send")
        if opcode >= ABNF.OPCODE_CLOSE and not (fin and length <= _MOST_CONTROL):
            raise websocket.WebSocketProtocolException("a control frame that is fragmented, or too long")

    def recv_length(self) -> None:
        super().recv_length()
        _check(self.length or 0)


class _Fragments(websocket.continuous_frame):
    """Refuses a message whose fragments are too long together."""

    def add(self, frame: ABNF) -> None:
        if not self.cont_data:
            payload: Any = frame.data
            frame.data = cast("Any", bytearray(payload))  # grows in place; bytes would be copied for each fragment
        super().add(frame)
        _check(len(self.cont_data[1]) if self.cont_data else 0)


_MOST_CONTROL: Final = 125


def _check(length: int) -> None:
    if length > MOST:
        raise websocket.WebSocketPayloadException(f"a message of {length} bytes is more than {MOST}")
