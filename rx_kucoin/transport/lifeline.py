"""Sockets that a thread may wait on and somebody else may cut."""

import socket
import threading
from collections.abc import Iterable
from contextlib import suppress

__all__ = ["Cut", "Lifeline"]

_Option = tuple[int, int, int | bytes]


class Cut(Exception):
    """The wait was cut short, because nobody wants the result any more."""


class Lifeline:
    """Holds the socket that a thread is busy with.

    A blocking call ends when its socket is shut down, and not when it is closed; and TLS takes the socket object over.
    So a duplicate is kept, which shuts down the same connection whoever holds it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self.is_cut = False

    def open(self, address: tuple[str, int], timeout: float, options: Iterable[_Option] = ()) -> socket.socket:
        """Connect to any address of a host.

        Raises:
            OSError: none of its addresses took the connection in time.
            Cut: somebody cut the line meanwhile.
        """
        failure = OSError("the name has no address")
        for family, kind, protocol, _, target in socket.getaddrinfo(*address, type=socket.SOCK_STREAM):
            opened = socket.socket(family, kind, protocol)
            try:
                self._hold(opened)
                opened.settimeout(timeout)
                for option in (*options, (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)):
                    opened.setsockopt(*option)
                opened.connect(target)
            except OSError as error:
                opened.close()
                failure = error
                if self.is_cut:
                    raise Cut from None
            except Cut:
                opened.close()
                raise
            else:
                return opened
        raise failure

    def cut(self) -> None:
        """End the wait, now or whenever it would begin. Never waits itself."""
        with self._lock:
            self.is_cut = True
            self._shut()

    def release(self) -> None:
        """The thread is done with the socket."""
        with self._lock:
            if self._socket is not None:
                self._socket.close()
                self._socket = None

    def _hold(self, opened: socket.socket) -> None:
        with self._lock:
            if self._socket is not None:
                self._socket.close()
            self._socket = opened.dup()
            if self.is_cut:
                raise Cut

    def _shut(self) -> None:
        if self._socket is not None:
            with suppress(OSError):  # it was not connected, or is shut already
                self._socket.shutdown(socket.SHUT_RDWR)
