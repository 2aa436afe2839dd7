"""A socket that one thread reads and any thread writes to without blocking."""

import socket
import threading
from typing import Final

from urllib3.util import wait_for_read

from rx_kucoin.transport.frame_parser import ReceiveBuffer

__all__ = ["Duplex"]


class Duplex:
    """The socket that websocket-client is given.

    The reader blocks in the same system call that returns the bytes. Each write is non-blocking by a flag of its own
    call. A full send buffer is an error.
    """

    def __init__(self, connected: socket.socket) -> None:
        connected.setblocking(bool(_DONT_WAIT))
        self._socket = connected
        self._lock = threading.RLock()
        self._is_waiting = False
        self._received = bytearray(_AHEAD)
        self._view = memoryview(self._received)
        self.buffer = ReceiveBuffer(self.more)
        self.answer: bytearray | None = None
        """Receives what `recv` returns, while the answer to the upgrade is read."""
        self._allowance = _MOST_UPGRADE

    def handshake(self) -> None:
        """Do nothing: there is no TLS."""

    def more(self) -> bytes | memoryview:
        """Wait for bytes, which are valid until the next call. Returns none at the end of the connection."""
        return self._wait()

    def recv(self, size: int) -> bytes:
        """Wait for bytes: called by websocket-client while it reads the answer to its upgrade."""
        data = self.buffer.some(size)
        if self.answer is not None:
            self.answer += data
        self._allowance -= len(data)
        if self._allowance < 0:
            raise OSError("the other side says too much")
        return data

    def send(self, data: bytes) -> int:
        """Write as much as possible without blocking."""
        with self._lock:
            return self._write(data)

    def is_quiet(self) -> bool:
        """Whether the reader is waiting, and there is nothing to read."""
        with self._lock:
            return self._is_waiting and not wait_for_read(self._socket, 0) and self._received.startswith(_MARK)

    def close(self) -> None:
        """Close the socket."""
        with self._lock:
            self._socket.close()

    def gettimeout(self) -> None:
        """Return no timeout: a cancel scope ends waits by shutting down the socket."""

    def settimeout(self, seconds: float | None) -> None:
        """Do nothing: see `gettimeout`."""

    def _wait(self) -> memoryview:
        # The reader may have received bytes while it waits to be scheduled. `is_quiet` sees that by this mark,
        # which `recv_into` overwrites: a mark that is still there means that nothing was received.
        self._view[: len(_MARK)] = _MARK
        self._is_waiting = True
        try:
            while True:
                try:
                    size = self._socket.recv_into(self._received)
                except BlockingIOError:
                    wait_for_read(self._socket)
                else:
                    return self._view[:size]
        finally:
            self._is_waiting = False

    def _write(self, data: bytes) -> int:
        try:
            return self._socket.send(data, _DONT_WAIT)
        except BlockingIOError:
            full = OSError("the send buffer is full")
        raise full


_AHEAD: Final = 1 << 16
_MOST_UPGRADE: Final = 64 << 10
"""Largest answer to an upgrade in bytes."""
_DONT_WAIT: Final[int] = getattr(socket, "MSG_DONTWAIT", 0)
"""Flag of a single non-blocking call. Windows has none: there every call is non-blocking."""
_MARK: Final = b"\xff" * 8
"""Bytes that no frame, text or TLS record begins with."""
