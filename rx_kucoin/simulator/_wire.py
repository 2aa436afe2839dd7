"""One connection's outgoing side: in order, each frame after the line's own delay, ending politely or not."""

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

from rx_kucoin.simulator._record import Line

__all__ = ["Wire"]

BACKLOG: Final = 100_000
"""Frames that a slow reader may leave waiting before the connection is reset."""


class End(Enum):
    """The two ways in which the exchange ends a connection after its last frame."""

    BYE = "bye"
    HANG_UP = "hang up"


class Wire:
    """A WebSocket that is written to by one task."""

    def __init__(self, socket: web.WebSocketResponse, request: web.Request, line: Line) -> None:
        self.line = line
        self.muted = False
        self.heard_at = line.dialled_at
        self.recent: deque[float] = deque()
        self._socket = socket
        self._transport = request.transport
        self._delay = line.delay
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[tuple[float, str | bytes | End]] = deque()
        self._news = asyncio.Event()
        self._ending = False
        self._writer = self._loop.create_task(self._write())

    @property
    def ending(self) -> bool:
        """Whether the exchange has decided to end the connection."""
        return self._ending

    def push(self, text: str) -> None:
        """Send a data frame."""
        if not self.muted and not self._ending:
            self.line.pushed += 1
            self._put(text)

    def say(self, frame: str | bytes, later: float = 0.0) -> None:
        """Send any other frame, perhaps later."""
        if later > 0:
            self.after(later, lambda: self.say(frame))
        elif not self.muted and not self._ending:
            self._put(frame)

    def after(self, seconds: float, act: Callable[[], None]) -> None:
        """Do something for this connection later, or now."""
        if seconds > 0:
            self._loop.call_later(seconds, act)
        else:
            act()

    def bye(self, why: str) -> None:
        """Close with 1000 "Bye" after what was said before."""
        self._end(End.BYE, why)

    def hang_up(self, why: str) -> None:
        """Drop the connection without a close frame, after what was said before."""
        self._end(End.HANG_UP, why)

    def reset(self, why: str) -> None:
        """Break the connection off at once: a TCP reset, whatever was still to be said."""
        self._ending = True
        self.line.ended = self.line.ended or why
        self._writer.cancel()
        if self._transport is not None:
            raw = self._transport.get_extra_info("socket")
            if raw is not None:
                with contextlib.suppress(OSError):  # the other side was faster
                    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._transport.abort()

    async def gone(self) -> None:
        """Clean up when the connection is over."""
        self._ending = True
        self._writer.cancel()
        await asyncio.gather(self._writer, return_exceptions=True)

    def _end(self, end: End, why: str) -> None:
        if not self._ending:
            self._ending = True
            self.line.ended = why
            self._put(end)

    def _put(self, item: str | bytes | End) -> None:
        if len(self._waiting) >= BACKLOG:
            self.reset("too slow a reader")
            return
        self._waiting.append((self._loop.time() + self._delay, item))
        self._news.set()

    async def _write(self) -> None:
        with contextlib.suppress(ConnectionError, ClientError):  # the client left; the reading side notes it
            while True:
                await self._news.wait()
                self._news.clear()
                while self._waiting:
                    due, item = self._waiting.popleft()
                    if self._delay and (wait := due - self._loop.time()) > 0:
                        await asyncio.sleep(wait)
                    await self._send(item)

    async def _send(self, item: str | bytes | End) -> None:
        if isinstance(item, str):
            await self._socket.send_str(item)
        elif isinstance(item, bytes):
            await self._socket.send_bytes(item)
        elif item is End.BYE:
            await self._socket.close(code=1000, message=b"Bye")
        elif self._transport is not None:
            self._transport.close()
