"""A connection that one thread reads and any may write on, where no writer ever waits."""

import socket
import threading
from typing import Final

from urllib3.util import wait_for_read

from rx_kucoin.transport.frame_parser import Inbox

__all__ = ["Duplex"]


class Duplex:
    """What websocket-client takes for a socket.

    The reader waits inside the one system call that also brings the bytes. Whoever writes says for each call that it
    must not wait. A send buffer that is full is an error, not a wait.
    """

    def __init__(self, connected: socket.socket) -> None:
        connected.setblocking(bool(_AT_ONCE))
        self._socket = connected
        self._lock = threading.Lock()
        self._is_waiting = False
        self._came = bytearray(_AHEAD)
        self._view = memoryview(self._came)
        self.inbox = Inbox(self.more)
        self._allowance = _MOST_UPGRADE

    def shake_hands(self) -> None:
        """There is nothing to agree on."""

    def more(self) -> bytes | memoryview:
        """Wait for bytes, which are good until the next call. None at all: the connection is over."""
        return self._wait()

    def recv(self, size: int) -> bytes:
        """Wait for bytes: websocket-client's way, while it reads the answer to its upgrade."""
        data = self.inbox.some(size)
        self._allowance -= len(data)
        if self._allowance < 0:
            raise OSError("the other side says too much")
        return data

    def send(self, data: bytes) -> int:
        """Write as much as goes at once."""
        with self._lock:
            return self._write(data)

    def is_quiet(self) -> bool:
        """Whether the reader waits, and there is nothing to read."""
        with self._lock:
            return self._is_waiting and not wait_for_read(self._socket, 0) and self._came.startswith(_NOTHING)

    def close(self) -> None:
        """Close the socket."""
        with self._lock:
            self._socket.close()

    def gettimeout(self) -> None:
        """There is none: whoever wants an end of waiting shuts the socket down."""

    def settimeout(self, seconds: float | None) -> None:
        """There is none."""

    def _wait(self) -> memoryview:
        # A thread that has been given bytes may still wait for its turn to run. What it has is seen by this mark.
        self._view[: len(_NOTHING)] = _NOTHING
        self._is_waiting = True
        try:
            while True:
                try:
                    size = self._socket.recv_into(self._came)
                except BlockingIOError:
                    wait_for_read(self._socket)
                else:
                    return self._view[:size]
        finally:
            self._is_waiting = False

    def _write(self, data: bytes) -> int:
        try:
            return self._socket.send(data, _AT_ONCE)
        except BlockingIOError:
            full = OSError("the send buffer is full")
        raise full


_AHEAD: Final = 1 << 16
_MOST_UPGRADE: Final = 64 << 10
"""Bytes of the answer to an upgrade."""
_AT_ONCE: Final[int] = getattr(socket, "MSG_DONTWAIT", 0)
"""Do not wait in this one call. Where there is no such word (Windows), no call waits, and the reader waits apart."""
_NOTHING: Final = b"\xff" * 8
"""Bytes that no frame, no text and no TLS record begins with."""
