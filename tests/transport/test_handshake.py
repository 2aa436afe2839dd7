import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from transport.lines import NAME, PING, TOKEN, Line, dialled, gateway, left_behind, refusal, silent
from transport.servers import (
    accepted,
    answer,
    black_hole,
    bullet,
    certificate,
    frame,
    request,
    serving,
    tls,
)
from waiting import eventually, our_threads

from rx_kucoin.errors import DialFailed, RateLimited, RestUnavailable, TokenRefused
from rx_kucoin.protocol.limits import Rate
from rx_kucoin.simulator import Simulator
from rx_kucoin.transport.certificates import forget
from rx_kucoin.transport.network import Network
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


@pytest.mark.parametrize(
    ("status", "kind"),
    [(429, RateLimited), (401, TokenRefused), (403, DialFailed), (503, DialFailed), (200, DialFailed)],
)
def test_a_refused_upgrade_says_why(exchange: Simulator, status: int, kind: type) -> None:
    exchange.faults.refuse_dials(status)
    error = refusal(Line(Sockets(exchange.rest_url)))
    assert type(error) is kind
    assert str(status) in str(error)


def test_a_refused_upgrade_may_say_how_long_to_wait() -> None:
    said = answer("429 Too Many Requests", b"slow down", gw_ratelimit_reset="2500")
    with gateway(upgrade=lambda _: said) as port:
        error = refusal(dialled(port))
        assert isinstance(error, RateLimited)
        assert error.retry_after == 2.5


def test_a_token_that_cannot_be_fetched_fails_the_dial(exchange: Simulator) -> None:
    exchange.faults.refuse_tokens("unavailable")
    assert type(refusal(Line(Sockets(exchange.rest_url)))) is RestUnavailable


@pytest.mark.parametrize(
    "upgrade",
    [
        lambda asked: b"",
        lambda asked: asked.encode(),  # an echo, token and all
        lambda asked: b"\xff\xfe token=canary \xff\r\n\r\n",
        lambda asked: b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
        lambda asked: b"HTTP/1.1 302 Found\r\nLocation: ws://127.0.0.1:1/?token=canary\r\n\r\n",
        lambda asked: b"HTTP/1.1 101 Switching Protocols\r\nSet-Cookie: a[b]=1; \x01=2\r\n\r\n",
        lambda asked: b"HTTP/1.1 500 x\r\nContent-Length: many\r\n\r\n",
        lambda asked: b"HTTP/1.1 500 x\r\nContent-Length: 1000000000000\r\n\r\n" + b"x" * 200_000,
        lambda asked: b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000,
        lambda asked: accepted(asked.replace("Sec-WebSocket-Key: ", "Sec-WebSocket-Key: x")),
    ],
)
def test_whatever_answers_an_upgrade_fails_the_dial_and_tells_nobody_the_token(
    upgrade: Callable[[str], bytes], caplog: pytest.LogCaptureFixture
) -> None:
    with gateway(upgrade=upgrade) as port:
        assert type(refusal(dialled(port))) is DialFailed
    assert caplog.text == ""


def test_a_reset_during_the_upgrade_tells_nobody_the_token() -> None:
    def handle(connection: socket.socket) -> None:
        asked = connection.recv(65536)
        if asked.startswith(b"POST"):
            connection.sendall(bullet(f"ws://127.0.0.1:{connection.getsockname()[1]}/endpoint", TOKEN))
        else:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    with serving(handle) as port:
        assert type(refusal(dialled(port))) is DialFailed


@pytest.mark.parametrize("endpoint", ["ws://two..dots/", "ws://127.0.0.1:99999/", "ws://127.0.0.1:1/"])
def test_an_endpoint_that_is_none_fails_the_dial(endpoint: str, caplog: pytest.LogCaptureFixture) -> None:
    def handle(connection: socket.socket) -> None:
        if request(connection):
            connection.sendall(bullet(endpoint, TOKEN))

    with serving(handle) as port:
        assert type(refusal(dialled(port))) is DialFailed
    assert caplog.text == ""


def test_an_upgrade_without_end_fails() -> None:
    def flood(connection: socket.socket) -> None:
        while True:
            connection.sendall(b"x" * 10_000)

    with gateway(flood, upgrade=lambda _: b"HTTP/1.1 101 ") as port:
        error = refusal(dialled(port, timeout=60))
        assert type(error) is DialFailed
        assert "says too much" in str(error)


def test_an_upgrade_that_drips_fails_in_time() -> None:
    def drip(connection: socket.socket) -> None:
        while True:
            connection.sendall(b"x")
            time.sleep(0.02)

    with gateway(drip, upgrade=lambda _: b"HTTP/1.1 101 ") as port:
        error = refusal(dialled(port, timeout=0.3))
        assert type(error) is DialFailed
        assert "not done within 0.3 s" in str(error)


@pytest.mark.parametrize("where", ["tcp", "upgrade", "token"])
def test_a_dial_that_hangs_is_disposed_of_at_once(exchange: Simulator, where: str) -> None:
    with black_hole() as hole, gateway(silent, upgrade=lambda _: b"HTTP/1.1 ") as mute:
        exchange.faults.refuse_tokens("hang")
        url = {"tcp": f"http://127.0.0.1:{hole}", "upgrade": f"http://127.0.0.1:{mute}", "token": exchange.rest_url}
        line = Line(Sockets(url[where], network=Network(timeout=60)))
        assert eventually(lambda: NAME in our_threads())
        time.sleep(0.1)
        started = time.monotonic()
        line.subscription.dispose()
        assert eventually(lambda: not our_threads())
        assert time.monotonic() - started < 5
        assert line.story == []


@pytest.mark.parametrize("trusted", [True, False])
def test_a_certificate_is_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trusted: bool) -> None:  # noqa: FBT001
    pem = certificate(tmp_path)
    heard: list[bytes] = []

    def talk(connection: socket.socket) -> None:
        connection.sendall(frame(b"welcome"))
        for _ in range(3):
            heard.append(connection.recv(1000))
            connection.sendall(frame(b"pong"))
        silent(connection)

    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    forget()
    try:
        with gateway(talk, context=tls(pem)) as secure:
            endpoint = f"wss://127.0.0.1:{secure}/endpoint"

            def give_token(connection: socket.socket) -> None:
                if request(connection):
                    connection.sendall(bullet(endpoint, TOKEN))

            with serving(give_token) as port:
                line = dialled(port)
                if not trusted:
                    error = refusal(line)
                    assert type(error) is DialFailed
                    assert "certificate verify failed" in str(error)
                    return
                wire = line.open()
                assert eventually(lambda: line.texts == [b"welcome"])
                for n in range(3):
                    assert eventually(wire.is_quiet)
                    wire.send(PING)  # while the reader waits
                    assert eventually(lambda n=n: len(line.texts) == n + 2)  # type: ignore[misc]
                line.subscription.dispose()
                assert eventually(lambda: not our_threads())
                assert line.story == ["wire", "ended"]
                assert len(heard) == 3
    finally:
        forget()


def test_many_threads_may_write_while_one_reads_over_tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pem = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    forget()

    def echo(connection: socket.socket) -> None:
        """Answer every masked frame of a known length."""
        size, heard = 2 + 4 + len(PING), b""
        while more := connection.recv(65536):
            heard += more
            while len(heard) >= size:
                heard = heard[size:]
                connection.sendall(frame(b"x" * 20_000))

    try:
        with gateway(echo, context=tls(pem)) as port:
            line = Line(Sockets(f"https://127.0.0.1:{port}"))
            wire = line.open()

            def write() -> None:
                for n in range(100):
                    assert eventually(lambda n=n: len(line.texts) >= n)  # type: ignore[misc]
                    wire.send(PING)

            writers = [threading.Thread(target=write) for _ in range(4)]
            for writer in writers:
                writer.start()
            for writer in writers:
                writer.join()
            assert eventually(lambda: len(line.texts) == 400), (len(line.texts), line.error)
            line.subscription.dispose()
            assert line.error is None
    finally:
        forget()
