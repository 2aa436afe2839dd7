import socket
import struct
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from transport.lines import Line, dialled, gateway, left_behind, silent
from transport.servers import (
    CLOSE,
    TEXT,
    certificate,
    frame,
    tls,
)
from waiting import eventually

from rx_kucoin.errors import LineLost, NoPong
from rx_kucoin.protocol.limits import Rate
from rx_kucoin.simulator import Simulator
from rx_kucoin.transport.certificates import forget
from rx_kucoin.transport.sockets import Sockets

pytestmark = pytest.mark.socket


@pytest.fixture(scope="module")
def exchange() -> Iterator[Simulator]:
    with Simulator(rate=0, dial_rate=Rate(1_000_000, 60.0)) as running:
        yield running


@pytest.fixture(autouse=True)
def nothing_stays_open(exchange: Simulator) -> Iterator[None]:
    with left_behind(exchange):
        yield


def test_a_wire_that_is_disposed_of_says_goodbye() -> None:
    heard: list[bytes] = []

    def listen(connection: socket.socket) -> None:
        while more := connection.recv(1000):
            heard.append(more)

    with gateway(listen) as port:
        line = dialled(port)
        line.open()
        line.subscription.dispose()
        assert eventually(lambda: heard)
        said = b"".join(heard)
        assert said[:2] == bytes([0x80 | CLOSE, 0x80 | 2])
        mask, code = said[2:6], said[6:8]
        assert struct.unpack("!H", bytes(a ^ b for a, b in zip(code, mask, strict=False)))[0] == 1000


def test_what_has_come_but_was_not_read_is_dropped_with_the_wire() -> None:
    def flood(connection: socket.socket) -> None:
        for _ in range(200_000):
            connection.sendall(frame(b"x"))
        silent(connection)

    with gateway(flood) as port:
        reached, go = threading.Event(), threading.Event()
        batches: list[int] = []

        def receive(batch: Sequence[str | bytes]) -> None:
            batches.append(len(batch))
            reached.set()
            go.wait(10)

        line = Line(Sockets(f"http://127.0.0.1:{port}"), receive)
        wire = line.open()
        assert reached.wait(10)
        assert not wire.is_quiet()
        wire.lose(NoPong("enough"))
        go.set()
        assert isinstance(line.ended_by(), NoPong)
        assert batches == [len(line.texts)]


def test_a_line_is_not_quiet_while_its_receiver_is_busy(exchange: Simulator) -> None:
    reached, go = threading.Event(), threading.Event()

    def receive(_: Sequence[str | bytes]) -> None:
        reached.set()
        go.wait(10)

    line = Line(Sockets(exchange.rest_url), receive)
    wire = line.open()
    assert reached.wait(10)
    assert not wire.is_quiet()
    go.set()
    assert eventually(wire.is_quiet)
    line.subscription.dispose()


def test_a_close_by_the_exchange_is_told_with_its_reason(exchange: Simulator) -> None:
    line = Line(Sockets(exchange.rest_url))
    line.open()
    exchange.faults.drop(abrupt=False)
    error = line.ended_by()
    assert type(error) is LineLost
    assert "1000 'Bye'" in str(error)
    assert line.story == ["wire", "ended", "error"]


@pytest.mark.parametrize(("payload", "reason"), [(b"", "without a reason"), (struct.pack("!H", 1012), "1012 ''")])
def test_a_close_is_answered_and_one_without_words_is_no_riddle(payload: bytes, reason: str) -> None:
    heard: list[bytes] = []

    def close(connection: socket.socket) -> None:
        connection.sendall(frame(payload, CLOSE))
        heard.append(connection.recv(100))

    with gateway(close) as port:
        assert reason in str(dialled(port).ended_by())
        assert eventually(lambda: heard)
        assert heard[0][0] == 0x80 | CLOSE


def test_a_reason_is_told_even_if_it_cannot_be_answered() -> None:
    def close(connection: socket.socket) -> None:
        silent(connection)
        connection.sendall(frame(struct.pack("!H", 1001) + b"leaving", CLOSE))

    with gateway(close) as port:
        line = dialled(port)
        line.open()._duplex._socket.shutdown(socket.SHUT_WR)  # type: ignore[attr-defined]
        assert "1001 'leaving'" in str(line.ended_by())


def test_an_abrupt_end_is_a_lost_line(exchange: Simulator) -> None:
    line = Line(Sockets(exchange.rest_url))
    line.open()
    exchange.faults.drop()
    assert type(line.ended_by()) is LineLost
    assert line.story == ["wire", "ended", "error"]


@pytest.mark.parametrize("secure", [False, True])
def test_an_exchange_that_does_not_read_ends_the_line_and_holds_nobody_up(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    secure: bool,  # noqa: FBT001
) -> None:
    pem = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    forget()
    over = threading.Event()

    def deaf(_: socket.socket) -> None:
        over.wait(30)

    try:
        with gateway(deaf, context=tls(pem) if secure else None) as port:
            line = Line(Sockets(f"{'https' if secure else 'http'}://127.0.0.1:{port}"))
            wire = line.open()
            longest, sent = 0.0, 0
            while line.error is None and sent < 10_000:
                started = time.monotonic()
                wire.send("x" * 50_000)
                longest, sent = max(longest, time.monotonic() - started), sent + 1
            error = line.ended_by()
            over.set()
            assert type(error) is LineLost
            assert "send buffer is full" in str(error)
            assert longest < 5
    finally:
        forget()


def test_frames_of_every_kind_are_passed_on_as_they_are() -> None:
    def talk(connection: socket.socket) -> None:
        connection.sendall(frame(b"\x00\xff binary", 2) + frame(b"\xff\xfe bad utf-8"))
        connection.sendall(frame(b"in ", TEXT, final=False) + frame(b"", 9) + frame(b"two", 0))
        for byte in frame(b"slow"):
            connection.sendall(bytes([byte]))
            time.sleep(0.002)
        connection.sendall(frame(b"") + frame(b"x" * 1_000_000))
        silent(connection)

    with gateway(talk) as port:
        line = dialled(port)
        line.open()
        assert eventually(lambda: len(line.texts) == 6), line.error
        line.subscription.dispose()
        assert line.texts == [b"\x00\xff binary", b"\xff\xfe bad utf-8", b"in two", b"slow", b"", b"x" * 1_000_000]


FRAGMENT = frame(b"x" * (1 << 20), 0, final=False)


@pytest.mark.parametrize(
    "said",
    [
        frame(b"x" * 100, length=1 << 40),
        frame(b"x" * 100, length=(1 << 64) - 1),
        frame(b"x" * 100, length=(16 << 20) + 1),
        frame(b"x", TEXT, final=False) + FRAGMENT * 16,
        frame(b"x", 0),
        frame(b"x", 7),
        frame(b"x" * 200, 9),
        frame(b"x", CLOSE),
        b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\n\r\n" + b"<html>" * 20,
    ],
)
def test_a_frame_out_of_all_bounds_or_rules_ends_the_line(said: bytes) -> None:
    def talk(connection: socket.socket) -> None:
        connection.sendall(said)
        silent(connection)

    with gateway(talk) as port:
        line = dialled(port)
        assert type(line.ended_by()) is LineLost
        assert line.texts == []
        assert line.story == ["wire", "ended", "error"]
