"""websocket-client with another way of receiving: plain messages many at a time, all else in its own way."""

from contextlib import suppress
from typing import Any, Final, cast

import websocket
from websocket import ABNF

from rx_kucoin.transport.frame_parser import MOST, Inbox

__all__ = ["ClosedByPeer", "WebSocket"]


class ClosedByPeer(Exception):
    """The other side closed the line, and this is what it said."""

    def __init__(self, payload: bytes) -> None:
        super().__init__(payload)
        self.payload = payload


class WebSocket(websocket.WebSocket):
    """Its address, its upgrade, its way of sending, of pings, fragments and closing; but its own way of receiving.

    Nothing here looks whether a text is UTF-8: the JSON decoder does, and websocket-client's check in Python costs
    more than all the rest together.
    """

    def __init__(self, inbox: Inbox) -> None:
        super().__init__(skip_utf8_validation=True)  # pyright: ignore[reportUnknownMemberType]
        self._inbox = inbox
        self.frame_buffer = _Frames(inbox)
        self.cont_frame = _Fragments(fire_cont_frame=False, skip_utf8_validation=True)

    def connect(self, url: str, **options: Any) -> None:
        """Ask for the upgrade."""
        upgraded = cast("Any", super())
        upgraded.connect(url, **options)
        if upgraded.status != _SWITCHING:  # before 1.9, a redirect that is not followed passed for an upgrade
            raise websocket.WebSocketException(f"HTTP {upgraded.status}")

    def receive(self) -> list[bytes]:
        """Wait for messages: all that one read brought, up to a frame that is not plain.

        Raises:
            ClosedByPeer: there was nothing before a close.
            OSError: the line broke.
            WebSocketException: it ended, or somebody broke the protocol.
        """
        if messages := self._inbox.messages():
            return messages
        opcode, payload = cast("Any", self).recv_data()  # all fragments of a message, and the pings among them
        if opcode == ABNF.OPCODE_CLOSE:
            raise ClosedByPeer(payload)
        return [bytes(payload)]

    def send_close(self, *args: Any, **kwargs: Any) -> None:
        """Answer a close, if it can be answered: what matters is what it said."""
        with suppress(OSError, websocket.WebSocketException):
            super().send_close(*args, **kwargs)


class _Frames(websocket.frame_buffer):
    """Refuses a frame by its header, before the rest of it is waited for."""

    def __init__(self, inbox: Inbox) -> None:
        super().__init__(inbox.some, skip_utf8_validation=True)
        self._inbox = inbox

    def recv_strict(self, bufsize: int) -> bytes:
        return self._inbox.exactly(bufsize)

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
    """Refuses a message that grows beyond bounds by many frames."""

    def add(self, frame: ABNF) -> None:
        if not self.cont_data:
            payload: Any = frame.data
            frame.data = cast("Any", bytearray(payload))  # grows in place, where bytes are copied for each frame
        super().add(frame)
        _check(len(self.cont_data[1]) if self.cont_data else 0)


_MOST_CONTROL: Final = 125
_SWITCHING: Final = 101


def _check(length: int) -> None:
    if length > MOST:
        raise websocket.WebSocketPayloadException(f"a message of {length} bytes is more than {MOST}")
