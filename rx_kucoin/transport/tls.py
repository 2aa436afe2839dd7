"""TLS over memory buffers: all records of one read are decrypted together."""

import socket
import ssl
from contextlib import suppress
from typing import Final

from rx_kucoin.transport.socket import Duplex

__all__ = ["SecureDuplex"]


class SecureDuplex(Duplex):
    """A `Duplex` over TLS.

    An SSL socket needs two system calls for each record, and a market feed sends a record for each message. Here the
    socket is read as if there were no TLS, and OpenSSL works in memory, under the lock: it allows one thread at a
    time. No thread waits for the network while it holds the lock.
    """

    def __init__(self, connected: socket.socket, context: ssl.SSLContext, host: str) -> None:
        super().__init__(connected)
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=host)
        self._is_over = self._is_torn = False
        self._failure: Exception | None = None

    def handshake(self) -> None:
        """Agree on keys and verify the host's certificate.

        Raises:
            OSError: The certificate is not valid for the host, or the connection broke.
        """
        while not self._is_agreed():
            if came := self._wait():
                self._incoming.write(came)
            else:
                self._incoming.write_eof()

    def more(self) -> bytes:
        """Wait for bytes. Returns none at the end of the connection."""
        while not self._is_over:
            came = self._wait()
            with self._lock:
                if plain := self._decrypt(came):
                    return plain
        if self._failure:
            raise self._failure
        return b""

    def send(self, data: bytes) -> int:
        """Write as much as fits into a record."""
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
                with suppress(OSError):  # the alert for the other side is optional
                    self._flush()
                raise
            self._flush()
            return True

    def _decrypt(self, came: memoryview) -> bytes:
        """Decrypt all received bytes. An error is raised by the next call, after the bytes before it."""
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
                    break  # usually one record at a time: the next read would only raise
            self._is_over = not piece
        except ssl.SSLWantReadError:
            pass  # a partial record, or one that OpenSSL handles itself
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
        """Send what OpenSSL has written. After a record that was not sent completely nothing more can be sent."""
        records = self._outgoing.read()
        if not records:
            return
        if self._is_torn:
            raise OSError("a record before this one was not sent")
        self._is_torn = True
        if self._write(records) < len(records):
            raise OSError("the send buffer is full")
        self._is_torn = False


_RECORD: Final = 1 << 14
"""Largest record in bytes."""
