"""The REST door: answers the token calls itself and passes everything else on to the simulator."""

import asyncio
import json
import re
from contextlib import suppress
from typing import Final
from urllib.parse import urlsplit

__all__ = ["front"]

_BULLET: Final = re.compile(rb"POST \S*/bullet-(public|private)\b")
_HOST: Final = re.compile(rb"(?im)^host:[^\r\n]*\r\n|^connection:[^\r\n]*\r\n")
_LENGTH: Final = re.compile(rb"(?im)^content-length:\s*(\d+)")


async def front(socket_url: str, behind: str) -> str:
    """Open the door; return its URL.

    Args:
        socket_url: Where the token answer sends a client.
        behind: The URL of the simulator's REST host.
    """
    server = {"endpoint": socket_url, "encrypt": socket_url.startswith("wss") or None, "protocol": "websocket"}
    data = {"token": "bench==", "instanceServers": [{**server, "pingInterval": 18000, "pingTimeout": 10000}]}
    bullet = _answer(json.dumps({"code": "200000", "data": data}).encode())

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            length = _LENGTH.search(head)
            body = await reader.readexactly(int(length[1])) if length else b""
            if _BULLET.match(head):
                writer.write(bullet)
            else:
                writer.write(await _ask(behind, head, body))
            await writer.drain()
        writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    return f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"


async def _ask(url: str, head: bytes, body: bytes) -> bytes:
    host = urlsplit(url).netloc
    reader, writer = await asyncio.open_connection(*host.split(":"))
    first, rest = _HOST.sub(b"", head).split(b"\r\n", 1)
    writer.write(first + b"\r\nHost: %b\r\nConnection: close\r\n" % host.encode() + rest + body)
    answer = await reader.read()
    writer.close()
    return answer


def _answer(body: bytes) -> bytes:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"Connection: close\r\n\r\n" + body
