"""A wire as its owner sees it, and an exchange of a few bytes to dial."""

import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from ssl import SSLContext
from typing import Any

import pytest
from transport.servers import (
    accepted,
    bullet,
    certificate,
    descriptors,
    everything_in,
    request,
    serving,
    tls,
)
from waiting import eventually, nothing_left

from rx_kucoin.simulator import Simulator
from rx_kucoin.transport.certificates import forget
from rx_kucoin.transport.interfaces import Wire
from rx_kucoin.transport.network import Network
from rx_kucoin.transport.sockets import Sockets

__all__ = ["NAME", "PING", "TOKEN", "Line", "dialled", "gateway", "left_behind", "refusal", "silent", "trusted"]

NAME = "rx_kucoin line 1"
TOKEN = "canary-token-2neAiuYvAU61ZDXANAGAsiL4"  # noqa: S105
PING = '{"id":"p1","type":"ping"}'


@contextmanager
def left_behind(exchange: Simulator) -> Iterator[None]:
    """No thread and no descriptor outlives the block."""
    assert eventually(lambda: not exchange.open_connections)
    before = descriptors()
    with nothing_left():
        yield
    exchange.faults.clear()
    assert eventually(lambda: descriptors() <= before), (before, descriptors())


class Line:
    """A wire as its owner sees it: what came, in which order, on which threads."""

    def __init__(
        self,
        sockets: Sockets,
        receive: Callable[[Sequence[str | bytes]], None] | None = None,
        on_wire: Callable[[Wire], None] | None = None,
        name: str = NAME,
    ) -> None:
        self.texts: list[bytes] = []
        self.story: list[str] = []
        self.threads: set[str] = set()
        self.error: Exception | None = None
        self.wire: Wire | None = None
        self._receive, self._on_wire = receive, on_wire
        self.subscription = sockets.dial(name).subscribe(self._opened, self._failed)

    def open(self) -> Wire:
        assert eventually(lambda: self.wire or self.error)
        assert self.wire is not None, self.error
        return self.wire

    def ended_by(self) -> Exception:
        assert eventually(lambda: self.error), "it goes on"
        assert self.error is not None
        return self.error

    def _opened(self, wire: Wire) -> None:
        self._note("wire")
        wire.listen(self._heard, lambda: self._note("ended"))
        self.wire = wire
        if self._on_wire:
            self._on_wire(wire)

    def _heard(self, batch: Sequence[str | bytes]) -> None:
        self.threads.add(threading.current_thread().name)
        self.texts += [text.encode() if isinstance(text, str) else text for text in batch]
        if self._receive:
            self._receive(batch)

    def _failed(self, error: Exception) -> None:
        self._note("error")
        self.error = error

    def _note(self, what: str) -> None:
        self.threads.add(threading.current_thread().name)
        self.story.append(what)


def gateway(
    talk: Callable[[socket.socket], None] = lambda connection: None,
    *,
    upgrade: Callable[[str], bytes] = accepted,
    context: SSLContext | None = None,
) -> AbstractContextManager[int]:
    """An exchange of a few bytes: a token, and then what the test wants."""

    def handle(connection: socket.socket) -> None:
        asked = request(connection)
        if asked.startswith("POST"):
            scheme = "ws" if context is None else "wss"
            connection.sendall(bullet(f"{scheme}://127.0.0.1:{connection.getsockname()[1]}/endpoint", TOKEN))
        elif asked:
            connection.sendall(upgrade(asked))
            talk(connection)

    return serving(handle, context)


def silent(connection: socket.socket) -> None:
    while connection.recv(65536):
        pass


@contextmanager
def trusted(folder: Path) -> Iterator[SSLContext]:
    """Serve with a certificate that is believed in, meanwhile."""
    pem = certificate(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(pem))
        forget()
        yield tls(pem)
    forget()


def dialled(port: int, *, secure: bool = False, **settings: Any) -> Line:
    return Line(Sockets(f"http{'s' * secure}://127.0.0.1:{port}", network=Network(**settings)))


def refusal(line: Line) -> Exception:
    """How a dial failed, having told nobody the token."""
    error = line.ended_by()
    assert line.story == ["error"]
    assert "canary" not in everything_in(error)
    assert error.__traceback__ is None  # its frames would hold the token
    return error
