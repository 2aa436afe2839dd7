"""TLS over memory: all records that a read brought are decrypted at once."""

import socket
import ssl
from contextlib import suppress
from typing import Final

from rx_kucoin.transport.socket import Duplex

__all__ = ["SecureDuplex"]


class SecureDuplex(Duplex):
    """A `Duplex` over TLS.

    An SSL socket reads one record with two system calls, and a market feed writes a record for each message. Here the
    socket is read as if there were no TLS, and OpenSSL works in memory: one thread at a time, which is what it asks
    for, and never while anybody waits.
    """

    def __init__(self, connected: socket.socket, context: ssl.SSLContext, host: str) -> None:
        super().__init__(connected)
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=host)
        self._is_over = self._is_torn = False
        self._failure: Exception | None = None

    def shake_hands(self) -> None:
        """Agree on keys, and make sure of who is there.

        Raises:
            OSError: it is somebody else, or the line broke.
        """
        while not self._is_agreed():
            if came := self._wait():
                self._incoming.write(came)
            else:
                self._incoming.write_eof()

    def more(self) -> bytes:
        """Wait for bytes. None at all: the connection is over."""
        while not self._is_over:
            came = self._wait()
            with self._lock:
                if plain := self._decrypt(came):
                    return plain
        if self._failure:
            raise self._failure
        return b""

    def send(self, data: bytes) -> int:
        """Write as much as goes into a record."""
        with self._lock:
            size = self._tls.write(data)
            self._flush()
            return size

    def _is_agreed(self) -> bool:
        with self._lock:
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                self._flush()
                return False
            except ssl.SSLError:
                with suppress(OSError):  # the other side may be told why, and need not listen
                    self._flush()
                raise
            self._flush()
            return True

    def _decrypt(self, came: memoryview) -> bytes:
        """Decrypt all that came. What goes wrong is told after what went well."""
        if not came:
            self._is_over = True
            return b""
        self._incoming.write(came)
        pieces: list[bytes] = []
        read, keep = self._tls.read, pieces.append
        try:
            while piece := read(_RECORD):
                keep(piece)
                if len(pieces) == 1 and not self._incoming.pending:
                    break  # most often a record comes alone, and the next read would only raise
            self._is_over = not piece
        except ssl.SSLWantReadError:
            pass  # a part of a record, or one that was for OpenSSL alone
        except OSError as error:
            self._fail(error)
        try:
            self._flush()
        except OSError as error:
            self._fail(error)
        return b"".join(pieces)

    def _fail(self, error: OSError) -> None:
        self._failure = self._failure or error
        self._is_over = True

    def _flush(self) -> None:
        """Send what OpenSSL has written. A record that is sent in part, or not at all, is the end of sending."""
        said = self._outgoing.read()
        if not said:
            return
        if self._is_torn:
            raise OSError("a record before this one was not sent")
        self._is_torn = True
        if self._write(said) < len(said):
            raise OSError("the send buffer is full")
        self._is_torn = False


_RECORD: Final = 1 << 14
"""Bytes that a record holds at most."""
