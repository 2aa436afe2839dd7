"""Small servers on loopback that say exactly what a test wants, and a look at what they leave behind."""

import base64
import hashlib
import json
import socket
import ssl
import struct
import subprocess
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

__all__ = [
    "BINARY",
    "CLOSE",
    "CONTINUED",
    "PING",
    "PONG",
    "TEXT",
    "accepted",
    "addresses_of",
    "answer",
    "black_hole",
    "bullet",
    "certificate",
    "descriptors",
    "everything_in",
    "frame",
    "request",
    "serving",
    "tls",
]

Handler = Callable[[socket.socket], None]

CONTINUED, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10


@contextmanager
def serving(
    handle: Handler, context: ssl.SSLContext | None = None, host: str = "127.0.0.1", port: int = 0
) -> Iterator[int]:
    """Answer each connection on a thread of its own; yield the port. A handler that returns has hung up."""
    listener = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    threads: list[threading.Thread] = []
    opened: list[socket.socket] = []
    over = False

    def talk(connection: socket.socket) -> None:
        with suppress(OSError), connection:
            handle(connection)

    def accept() -> None:
        while True:
            connection, _ = listener.accept()
            if over:
                connection.close()
                return
            with suppress(OSError):
                secured = connection if context is None else context.wrap_socket(connection, server_side=True)
                opened.append(secured)
                threads.append(threading.Thread(target=talk, args=(secured,), daemon=True))
                threads[-1].start()
                continue
            connection.close()

    acceptor = threading.Thread(target=accept, daemon=True)
    acceptor.start()
    try:
        yield listener.getsockname()[1]
    finally:
        over = True
        socket.create_connection(listener.getsockname()[:2]).close()
        acceptor.join(10)
        listener.close()
        for connection in opened:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in threads:
            thread.join(10)
            assert not thread.is_alive()


@contextmanager
def addresses_of(name: str, *hosts: str) -> Iterator[None]:
    """Have the resolver find these hosts, in this order, for a name."""
    genuine = socket.getaddrinfo

    def look_up(host: Any, port: Any, *arguments: Any, **settings: Any) -> Any:
        found = [genuine(each, port, *arguments, **settings) for each in (hosts if host == name else [host])]
        return [address for each in found for address in each]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", look_up)
        yield


@contextmanager
def black_hole(host: str = "127.0.0.1", port: int = 0) -> Iterator[int]:
    """A port that takes no more connections and says nothing: a dial hangs there."""
    with socket.socket() as listener:
        listener.bind((host, port))
        listener.listen(0)
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]
        for filler in fillers:
            filler.close()


def request(connection: socket.socket) -> str:
    """Read a request without a body, head and all; empty when the client hung up."""
    heard = b""
    while b"\r\n\r\n" not in heard:
        more = connection.recv(65536)
        if not more:
            return ""
        heard += more
    return heard.decode()


def answer(status: str, body: bytes | str = b"", **headers: str) -> bytes:
    """Write a whole HTTP answer. Underscores in header names are dashes."""
    body = body.encode() if isinstance(body, str) else body
    fields = {"Content-Length": str(len(body)), **{name.replace("_", "-"): text for name, text in headers.items()}}
    head = "".join(f"{name}: {text}\r\n" for name, text in fields.items())
    return f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + body


def bullet(endpoint: str, token: str = "t") -> bytes:  # noqa: S107
    """Answer a token call."""
    server = {"endpoint": endpoint, "protocol": "websocket", "pingInterval": 18000, "pingTimeout": 10000}
    data = {"token": token, "instanceServers": [server]}
    return answer("200 OK", json.dumps({"code": "200000", "data": data}))


def accepted(asked: str) -> bytes:
    """Accept an upgrade."""
    key = next(line.split(": ")[1] for line in asked.split("\r\n") if line.startswith("Sec-WebSocket-Key"))
    proof = hashlib.sha1(f"{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11".encode()).digest()  # noqa: S324
    head = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    return f"{head}Sec-WebSocket-Accept: {base64.b64encode(proof).decode()}\r\n\r\n".encode()


def frame(
    payload: bytes,
    opcode: int = TEXT,
    *,
    final: bool = True,
    reserved: int = 0,
    mask: bytes = b"",
    form: int = 0,
    length: int | None = None,
) -> bytes:
    """Write a WebSocket frame: with any bits, announcing any length, in any of the three forms of a length."""
    announced = len(payload) if length is None else length
    form = form or (announced if announced < 126 else 126 if announced < 1 << 16 else 127)
    long = {126: struct.pack("!H", announced & 0xFFFF), 127: struct.pack("!Q", announced)}.get(form, b"")
    body = bytes(byte ^ mask[n % 4] for n, byte in enumerate(payload)) if mask else payload
    return bytes([final << 7 | reserved << 4 | opcode, bool(mask) << 7 | form]) + long + mask + body


def certificate(folder: Path, name: str = "IP:127.0.0.1,DNS:localhost") -> Path:
    """Make a certificate that signs itself; the key stands in the same file."""
    path = folder / f"{abs(hash(name))}.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=loopback"
    made = subprocess.run(
        [*command.split(), "-addext", f"subjectAltName={name}", "-keyout", "-", "-out", "-"],
        check=True,
        capture_output=True,
    )
    path.write_bytes(made.stdout)
    return path


def tls(pem: Path) -> ssl.SSLContext:
    """Serve with a certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context


def descriptors() -> int:
    """Count the open files and sockets of this process."""
    return len(list(Path("/proc/self/fd").iterdir()))


def everything_in(error: BaseException | None) -> str:
    """Write down all that an error tells, with all the errors that it hangs on."""
    told: list[str] = []
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        told += [repr(one), str(one), repr(one.args), repr(vars(one)), *traceback.format_exception(one)]
        for value in vars(one).values():
            told.append(repr(getattr(value, "headers", None)) + repr(getattr(value, "url", None)))
        waiting += [one.__cause__, one.__context__]
    return "\n".join(told)
