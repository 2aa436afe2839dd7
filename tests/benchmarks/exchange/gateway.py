"""The WebSocket gateway: it welcomes, acks and answers pings, and when it is told to, it sends."""

import asyncio
import socket
import ssl
import threading
import time
from contextlib import suppress
from typing import Any, Final

from benchmarks.exchange.frames import Feed, control
from benchmarks.exchange.line import Line

__all__ = ["Gateway"]

_PATIENCE: Final = 20.0


class Gateway:
    """Every connection of the client that is being measured. Topics live on the connection that asked for them."""

    def __init__(self) -> None:
        self._feed = Feed()
        self._lines: dict[Line, None] = {}
        self._doors = set[asyncio.Task[None]]()
        self._talks = set[asyncio.Task[None]]()
        self._changed = asyncio.Event()

    async def listen(self, context: ssl.SSLContext | None) -> str:
        """Open a port; return its URL."""
        listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        listener.setblocking(False)
        self._doors.add(asyncio.create_task(self._accept(listener, context)))
        return f"{'wss' if context else 'ws'}://127.0.0.1:{listener.getsockname()[1]}/"

    async def live(self, topics: int, within: float) -> int:
        """Wait until so many topics are subscribed, for so many seconds; return how many are."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                while self._topics() < topics:
                    self._changed.clear()
                    await self._changed.wait()
        return self._topics()

    async def blast(self, count: int) -> float:
        """Send so many messages as fast as the sockets take them; return the seconds it took."""
        lines = [line for line in self._lines if line.topics]
        for number, line in enumerate(lines):
            share = count // len(lines) + (number < count % len(lines))
            line.prepare(self._feed.many(list(line.topics), share))
        begun = time.monotonic()
        with suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE):
                await asyncio.gather(*[line.flush() for line in lines], return_exceptions=True)
        return time.monotonic() - begun

    def pace(self, count: int, rate: float) -> float:
        """Send so many messages evenly, each with its moment of sending. Nothing else happens meanwhile."""
        topics = [(line, topic) for line in self._lines for topic in line.topics]
        begun, never = time.monotonic(), threading.Event()
        for number in range(count):
            line, topic = topics[number % len(topics)]
            pause = begun + number / rate - time.monotonic()
            if pause > 0:
                never.wait(pause)
            with suppress(OSError):
                line.say_now(self._feed.one(topic, time.monotonic_ns()))
        return time.monotonic() - begun

    async def reset(self) -> None:
        """Hang up on everybody."""
        for line in self._lines:
            line.hang_up()
        await asyncio.gather(*self._talks)

    async def _accept(self, listener: socket.socket, context: ssl.SSLContext | None) -> None:
        loop = asyncio.get_running_loop()
        while True:
            connection, _ = await loop.sock_accept(listener)
            talk = asyncio.create_task(self._talk(Line(connection, context)))
            self._talks.add(talk)
            talk.add_done_callback(self._talks.discard)

    def _topics(self) -> int:
        return sum(len(line.topics) for line in self._lines)

    async def _talk(self, line: Line) -> None:
        self._lines[line] = None
        with suppress(OSError):
            await self._welcome(line, await line.open())
        del self._lines[line]
        line.close()

    async def _welcome(self, line: Line, name: str) -> None:
        line.prepare([control({"id": name, "type": "welcome"})])
        await line.flush()
        async for request in line.requests():
            line.prepare(self._answers(line, request))
            await line.flush()
            self._changed.set()

    def _answers(self, line: Line, request: dict[str, Any]) -> list[bytes]:
        """A subscription brings an ack and a first message of each topic."""
        name, topics = str(request.get("id", "")), _single(request.get("topic", ""))
        kind = request.get("type")
        if kind == "ping":
            return [control({"id": name, "type": "pong", "timestamp": time.time_ns() // 1000})]
        if kind == "subscribe":
            fresh = [topic for topic in topics if topic not in line.topics]
            line.topics |= dict.fromkeys(fresh)
            return [control({"id": name, "type": "ack"}), *self._feed.many(fresh, len(fresh))]
        for topic in topics:
            line.topics.pop(topic, None)
        return [control({"id": name, "type": "ack"})]


def _single(topic: str) -> list[str]:
    """Take a comma list apart."""
    prefix, _, arguments = topic.replace(" ", "").partition(":")
    return [f"{prefix}:{argument}" for argument in arguments.split(",") if argument]
