"""A connection that one thread reads and any may write on, where no writer ever waits."""

import socket
import ssl
import threading
from typing import Final

from urllib3.util import wait_for_read

__all__ = ["Duplex"]


class Duplex:
    """What websocket-client takes for a socket.

    OpenSSL forbids two threads inside one connection at a time. So the reader waits for bytes outside of it, and
    whoever reads or writes gets what is possible at once. A send buffer that is full is an error, not a wait.
    """

    def __init__(self, connected: socket.socket) -> None:
        connected.setblocking(False)
        self._socket = connected
        self._lock = threading.Lock()
        self._is_waiting = False
        self._ahead: bytes = b""
        self._at = 0
        self.allowance: int | None = None
        """How many bytes may still be read. None: any number."""

    def recv(self, size: int) -> bytes:
        """Wait for bytes. None at all: the connection is over."""
        if self._at == len(self._ahead):
            self._ahead, self._at = self._fetch(), 0
        data = self._ahead[self._at : self._at + size]
        self._at += len(data)
        if self.allowance is not None:
            self.allowance -= len(data)
            if self.allowance < 0:
                raise OSError("the other side says too much")
        return data

    def send(self, data: bytes) -> int:
        """Write as much as goes at once."""
        with self._lock:
            try:
                return self._socket.send(data)
            except _NOT_NOW:
                full = OSError("the send buffer is full")
        raise full

    def is_quiet(self) -> bool:
        """Whether the reader waits, and there is nothing to read."""
        with self._lock:
            return self._is_waiting and self._socket.fileno() >= 0 and not wait_for_read(self._socket, 0)

    def close(self) -> None:
        """Close the socket."""
        with self._lock:
            self._socket.close()

    def gettimeout(self) -> None:
        """There is none: whoever wants an end of waiting shuts the socket down."""

    def settimeout(self, seconds: float | None) -> None:
        """There is none."""

    def _fetch(self) -> bytes:
        """Take all that has come, for websocket-client asks for two bytes, and then for the next few."""
        while (data := self._take()) is None:
            self._is_waiting = True
            wait_for_read(self._socket)
            self._is_waiting = False
        return data

    def _take(self) -> bytes | None:
        with self._lock:
            try:
                return self._socket.recv(_AHEAD)
            except _NOT_NOW:
                return None


_AHEAD: Final = 1 << 16
_NOT_NOW: Final = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)
