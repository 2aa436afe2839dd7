"""Hosts that tell what they were told: gateways of one frame, REST hosts of one answer, proxies."""

import json
import secrets
import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from transport.servers import accepted, answer, bullet, certificate, frame, request, serving, tls

__all__ = ["CLOSE_IN", "Heard", "gateway", "proxy", "rest", "secured"]

Heard = Callable[[str, str], object]
"""Told of a secret that was made up, by name."""

CLOSE_IN: Final = 20
"""Seconds that a host listens at most."""


@contextmanager
def rest(say: Callable[[str], bytes]) -> Iterator[str]:
    """A REST host that gives each call but that for the time an answer made of its request."""

    def handle(connection: socket.socket) -> None:
        asked = request(connection)
        if asked.startswith("GET /api/v1/timestamp"):
            connection.sendall(answer("404 Not Found", '{"code":"404000","msg":"Url Not Found"}'))
        elif asked:
            connection.sendall(say(asked))

    with serving(handle) as port:
        yield f"http://127.0.0.1:{port}"


@contextmanager
def gateway(
    know: Heard,
    says: Callable[[str], bytes] = lambda address: b"",
    *,
    upgrade: Callable[[str], bytes] = accepted,
    endpoint: str = "",
    book: Callable[[str], bytes] = lambda asked: answer("404 Not Found", '{"code":"404000","msg":"Url Not Found"}'),
) -> Iterator[str]:
    """A host with a fresh token for each call, which welcomes, hears an ask, and says what it makes of its address.

    Where a book is asked for it answers with what it makes of the request.
    """

    def handle(connection: socket.socket) -> None:
        asked = request(connection)
        if asked.startswith("POST"):
            token = f"2neAiuYvAU{secrets.token_urlsafe(130)}==.{secrets.token_urlsafe(15)}+/=="
            know("a token", token)
            here = endpoint or f"ws://127.0.0.1:{connection.getsockname()[1]}/endpoint"
            connection.sendall(bullet(here, token))
        elif asked.startswith("GET /api") and "/level2" in asked.split("\r\n")[0]:
            connection.sendall(book(asked))
        elif asked.startswith("GET /api"):
            connection.sendall(answer("404 Not Found", '{"code":"404000","msg":"Url Not Found"}'))
        elif asked:
            _talk(connection, asked, upgrade, says)

    with serving(handle) as port:
        yield f"http://127.0.0.1:{port}"


def _talk(connection: socket.socket, asked: str, upgrade: Callable[[str], bytes], says: Callable[[str], bytes]) -> None:
    connection.sendall(upgrade(asked))
    connection.settimeout(CLOSE_IN)
    connection.sendall(frame(b'{"id":"w","type":"welcome"}'))
    connection.recv(65536)
    connection.sendall(says(asked.split(" ")[1]))
    while connection.recv(65536):
        pass


@contextmanager
def secured(know: Heard, folder: Path, *, only_socket: bool) -> Iterator[str]:
    """A host whose certificate nobody vouches for, or whose gateway has such a one."""
    with serving(lambda connection: None, tls(certificate(folder))) as port:
        if only_socket:
            with gateway(know, endpoint=f"wss://127.0.0.1:{port}/endpoint") as url:
                yield url
        else:
            yield f"https://127.0.0.1:{port}"


@contextmanager
def proxy(say: Callable[[str], bytes], login: str, scheme: str = "http", *, reset: bool = False) -> Iterator[str]:
    """A proxy that answers with what it makes of what it was told."""

    def handle(connection: socket.socket) -> None:
        told = request(connection) if scheme == "http" else _socks(connection)
        connection.sendall(say(told))
        if reset:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    with serving(handle) as port:
        yield f"{scheme}://{login}@127.0.0.1:{port}"


def _socks(connection: socket.socket) -> str:
    connection.recv(65536)
    connection.sendall(b"\x05\x02")
    return connection.recv(65536).decode("latin-1")


def echo(asked: str, code: str = "400100") -> bytes:
    """Refuse a request, and repeat it."""
    return answer("400 Bad Request", json.dumps({"code": code, "msg": asked}))
