"""The limit: the same parts in the tightest loop that Python has, and nothing else."""

import base64
import json
import os
import socket
import ssl
import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from functools import partial
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
import orjson

from benchmarks.symbols import TICKER

__all__ = ["LOOPS", "PACKAGE", "run"]

PACKAGE: Final = ""
_CHUNK: Final = 1 << 16
_LONG_TEXT: Final = 0x817E


class _Ticker(msgspec.Struct, gc=False, rename="camel"):
    sequence: int
    price: Decimal
    size: Decimal
    best_ask: Decimal
    best_ask_size: Decimal
    best_bid: Decimal
    best_bid_size: Decimal
    time: int


class _Frame(msgspec.Struct, gc=False):
    topic: str
    data: _Ticker


_decode: Final = msgspec.json.Decoder(_Frame, strict=False).decode


def run(way: str, symbols: Sequence[str], hear: Callable[[Any], None], _rest_url: str, socket_url: str) -> None:
    """Listen for ever. Ways: split (only cut frames), orjson, or msgspec (typed, exact decimals)."""
    read, write = _open(socket_url)
    write(_masked({"id": "1", "type": "subscribe", "topic": TICKER + ",".join(symbols), "response": True}))
    LOOPS[way](_batches(read), hear)


def _split(batches: Iterable[list[bytes]], hear: Callable[[Any], None]) -> None:
    for frames in batches:
        for frame in frames:
            hear(frame)


def _orjson(batches: Iterable[list[bytes]], hear: Callable[[Any], None]) -> None:
    loads = orjson.loads
    for frames in batches:
        for frame in frames:
            hear(loads(frame)["data"]["price"])


def _msgspec(batches: Iterable[list[bytes]], hear: Callable[[Any], None]) -> None:
    decode = _decode
    for frames in batches:
        for frame in frames:
            hear(decode(frame).data.price)


LOOPS: Final = {"split": _split, "orjson": _orjson, "msgspec": _msgspec}
"""What is done with the frames of each read, by way."""


def _batches(read: Callable[[], bytes]) -> Iterator[list[bytes]]:
    """Give the whole tickers of each read; the welcome and the ack are short, and thrown away."""
    head_and_size, rest = struct.Struct(">HH").unpack_from, b""
    while chunk := read():
        buffer = rest + chunk
        start, end = 0, len(buffer)
        frames: list[bytes] = []
        add = frames.append
        while start <= end - 4:
            head, size = head_and_size(buffer, start)
            if head != _LONG_TEXT:
                start += 2 + (head & 0x7F)
                continue
            stop = start + 4 + size
            if stop > end:
                break
            add(buffer[start + 4 : stop])
            start = stop
        rest = buffer[start:]
        yield frames


def _open(url: str) -> tuple[Callable[[], bytes], Callable[[bytes], None]]:
    """Dial; over TLS read 64 KiB of it at a time, too, and decrypt it from memory."""
    parts = urlsplit(url)
    connection = socket.create_connection((parts.hostname or "", parts.port or 443))
    plain = partial(connection.recv, _CHUNK), connection.sendall
    read, write = plain if parts.scheme == "ws" else _secured(connection)
    key = base64.b64encode(os.urandom(16)).decode()
    fields = f"Host: {parts.netloc}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
    write(f"GET /?connectId=bare HTTP/1.1\r\n{fields}Sec-WebSocket-Version: 13\r\n\r\n".encode())
    heard = b""
    while b"\r\n\r\n" not in heard:
        heard += read()
    left = [heard.split(b"\r\n\r\n", 1)[1]]
    return lambda: left.pop() or read() if left else read(), write


def _secured(connection: socket.socket) -> tuple[Callable[[], bytes], Callable[[bytes], None]]:
    receive, send = connection.recv, connection.sendall
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls: Any = ssl.create_default_context().wrap_bio(incoming, outgoing, server_hostname=connection.getpeername()[0])
    decrypt, feed = tls.read, incoming.write

    def read() -> bytes:
        parts: list[bytes] = []
        while not parts:
            feed(receive(_CHUNK))
            try:
                while part := decrypt(_CHUNK):
                    parts.append(part)
            except ssl.SSLWantReadError:
                continue
        return b"".join(parts)

    def write(data: bytes) -> None:
        tls.write(data)
        send(outgoing.read())

    while True:
        try:
            tls.do_handshake()
            break
        except ssl.SSLWantReadError:
            send(outgoing.read())
            feed(receive(_CHUNK))
    send(outgoing.read())
    return read, write


def _masked(message: dict[str, Any]) -> bytes:
    """Frame what a client says; the mask is four zeros."""
    payload = json.dumps(message).encode()
    return b"\x81\xfe" + len(payload).to_bytes(2) + bytes(4) + payload
