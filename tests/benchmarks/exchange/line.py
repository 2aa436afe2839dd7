"""One WebSocket connection as the exchange sees it, plain or over TLS, without a library in the way."""

import asyncio
import base64
import hashlib
import json
import socket
import ssl
from collections import deque
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from benchmarks.exchange.frames import encode

__all__ = ["Gone", "Line"]

_GUID: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_CHUNK: Final = 1 << 16
_PATIENCE: Final = 10.0
_PING, _PONG, _CLOSE = 9, 0x8A, 8


class Gone(ConnectionError):
    """The client left."""


class Line:
    """A connection. What is prepared first leaves first; what is prepared is encrypted already."""

    def __init__(self, connection: socket.socket, context: ssl.SSLContext | None) -> None:
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket, self._loop = connection, asyncio.get_running_loop()
        self._cipher_in, self._cipher_out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls: Any = context and context.wrap_bio(self._cipher_in, self._cipher_out, server_side=True)
        self._waiting, self._turn = deque[bytes](), asyncio.Lock()
        self._unread = b""
        self.topics: dict[str, None] = {}

    async def open(self) -> str:
        """Shake hands, twice over TLS; return the connectId."""
        while self._tls is not None:
            try:
                self._tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                await self._push_cipher()
                self._cipher_in.write(await self._receive())
        await self._push_cipher()
        while b"\r\n\r\n" not in self._unread:
            self._unread += await self._read()
        head, self._unread = self._unread.split(b"\r\n\r\n", 1)
        request, *fields = head.decode().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (field.partition(":") for field in fields)}
        digest = hashlib.sha1(headers["sec-websocket-key"].encode() + _GUID, usedforsecurity=False).digest()
        answer = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        self.prepare([f"{answer}Sec-WebSocket-Accept: {base64.b64encode(digest).decode()}\r\n\r\n".encode()])
        await self.flush()
        return parse_qs(urlsplit(request.split(" ")[1]).query).get("connectId", ["0"])[0]

    def prepare(self, frames: Iterable[bytes]) -> None:
        """Put frames into the queue; over TLS in a record each, as a server does that sends what happens."""
        if self._tls is None:
            self._waiting.append(b"".join(frames))
            return
        for frame in frames:
            self._tls.write(frame)
        self._waiting.append(self._cipher_out.read())

    async def flush(self) -> None:
        """Send all that is prepared."""
        async with self._turn:
            while self._waiting:
                await self._loop.sock_sendall(self._socket, self._waiting.popleft())

    def say_now(self, frame: bytes) -> None:
        """Send one frame with no loop in the way, and wait where the client is slow; nothing else may be under way."""
        self.prepare([frame])
        record = self._waiting.pop()
        sent = 0
        with suppress(BlockingIOError):
            sent = self._socket.send(record)
        if sent < len(record):
            self._socket.settimeout(_PATIENCE)
            self._socket.sendall(record[sent:])
            self._socket.setblocking(False)

    async def requests(self) -> AsyncIterator[dict[str, Any]]:
        """Give each thing that the client asks for; answer its control frames."""
        while True:
            while (frame := self._cut()) is not None:
                opcode, payload = frame
                if opcode == _CLOSE:
                    return
                if opcode == _PING:
                    self.prepare([encode(payload, _PONG)])
                    await self.flush()
                elif opcode <= 2:
                    yield json.loads(payload)
            self._unread += await self._read()

    def hang_up(self) -> None:
        """End it; whoever reads or writes here finds out."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Give the socket back, when nobody reads or writes here any more."""
        self._socket.close()

    async def _push_cipher(self) -> None:
        if self._cipher_out.pending:
            self._waiting.append(self._cipher_out.read())
        await self.flush()

    async def _receive(self) -> bytes:
        heard = await self._loop.sock_recv(self._socket, _CHUNK)
        if not heard:
            raise Gone
        return heard

    async def _read(self) -> bytes:
        while self._tls is not None:
            try:
                plain: bytes = self._tls.read(_CHUNK)
            except ssl.SSLWantReadError:
                self._cipher_in.write(await self._receive())
            else:
                return plain
        return await self._receive()

    def _cut(self) -> tuple[int, bytes] | None:
        """Cut one whole masked frame off what was read."""
        unread = self._unread
        if len(unread) < 2:
            return None
        size, start = unread[1] & 0x7F, 2
        if size > 125:
            start = 4 if size == 126 else 10
            size = int.from_bytes(unread[2:start])
        end = start + 4 + size
        if len(unread) < end:
            return None
        mask = unread[start : start + 4] * (size // 4 + 1)
        payload = int.from_bytes(unread[start + 4 : end]) ^ int.from_bytes(mask[:size])
        self._unread = unread[end:]
        return unread[0] & 0x0F, payload.to_bytes(size)
