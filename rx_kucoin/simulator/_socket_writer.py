"""The sending side of one connection: frames in order, each after the connection's own delay, and its end."""

import asyncio
import contextlib
import socket
import struct
from collections import deque
from collections.abc import Callable
from enum import Enum
from typing import Final

from aiohttp import web
from aiohttp.client_exceptions import ClientError

from rx_kucoin.simulator._log import ConnectionLog

__all__ = ["SocketWriter"]

BACKLOG: Final = 100_000
"""Frames that a slow reader may leave waiting before the connection is reset."""


class CloseKind(Enum):
    """How the exchange ends a connection after its last frame."""

    CLOSE_FRAME = "close frame"
    DROP = "drop"


class SocketWriter:
    """A WebSocket with a queue of frames and one task that sends them. Used by the exchange's thread only."""

    def __init__(self, socket: web.WebSocketResponse, request: web.Request, log: ConnectionLog) -> None:
        self.log = log
        self.muted = False
        self.last_message_at = log.dialled_at
        self.recent_messages: deque[float] = deque()
        self._socket = socket
        self._transport = request.transport
        self._delay = log.delay
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[tuple[float, str | bytes | CloseKind]] = deque()
        self._pending = asyncio.Event()
        self._ending = False
        self._writer = self._loop.create_task(self._write())

    @property
    def ending(self) -> bool:
        """Whether the exchange has decided to end the connection."""
        return self._ending

    def push(self, text: str) -> None:
        """Send a data frame."""
        if not self.muted and not self._ending:
            self.log.pushed += 1
            self._put(text)

    def send(self, frame: str | bytes, later: float = 0.0) -> None:
        """Send any other frame, after `later` seconds."""
        if later > 0:
            self.after(later, lambda: self.send(frame))
        elif not self.muted and not self._ending:
            self._put(frame)

    def after(self, seconds: float, act: Callable[[], None]) -> None:
        """Call `act` after `seconds`, or now."""
        if seconds > 0:
            self._loop.call_later(seconds, act)
        else:
            act()

    def close(self, why: str) -> None:
        """Close with 1000 "Bye" after the frames that are queued."""
        self._end(CloseKind.CLOSE_FRAME, why)

    def drop(self, why: str) -> None:
        """Drop the connection without a close frame, after the frames that are queued."""
        self._end(CloseKind.DROP, why)

    def reset(self, why: str) -> None:
        """Abort the connection at once with a TCP reset; queued frames are lost."""
        self._ending = True
        self.log.ended = self.log.ended or why
        self._writer.cancel()
        if self._transport is not None:
            raw = self._transport.get_extra_info("socket")
            if raw is not None:
                with contextlib.suppress(OSError):  # the client closed it first
                    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._transport.abort()

    async def finish(self) -> None:
        """Stop the sending task when the connection has ended."""
        self._ending = True
        self._writer.cancel()
        await asyncio.gather(self._writer, return_exceptions=True)

    def _end(self, kind: CloseKind, why: str) -> None:
        if not self._ending:
            self._ending = True
            self.log.ended = why
            self._put(kind)

    def _put(self, item: str | bytes | CloseKind) -> None:
        if len(self._waiting) >= BACKLOG:
            self.reset("too slow a reader")
            return
        self._waiting.append((self._loop.time() + self._delay, item))
        self._pending.set()

    async def _write(self) -> None:
        with contextlib.suppress(ConnectionError, ClientError):  # the client left; the reading side notes it
            while True:
                await self._pending.wait()
                self._pending.clear()
                while self._waiting:
                    due, item = self._waiting.popleft()
                    if self._delay and (wait := due - self._loop.time()) > 0:
                        await asyncio.sleep(wait)
                    await self._send(item)

    async def _send(self, item: str | bytes | CloseKind) -> None:
        if isinstance(item, str):
            await self._socket.send_str(item)
        elif isinstance(item, bytes):
            await self._socket.send_bytes(item)
        elif item is CloseKind.CLOSE_FRAME:
            await self._socket.close(code=1000, message=b"Bye")
        elif self._transport is not None:
            self._transport.close()
