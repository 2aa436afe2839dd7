import logging
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from ssl import SSLContext
from typing import Any

import msgspec
import pytest
from transport.servers import (
    CLOSE,
    TEXT,
    accepted,
    answer,
    black_hole,
    bullet,
    certificate,
    descriptors,
    everything_in,
    frame,
    request,
    serving,
    tls,
)
from waiting import eventually, nothing_left, our_threads

from rx_kucoin.errors import DialFailed, LineLost, NoPong, RateLimited, RestUnavailable, TokenRefused
from rx_kucoin.protocol.limits import Rate
from rx_kucoin.protocol.signing import Credentials
from rx_kucoin.simulator import Simulator
from rx_kucoin.transport.sockets import Sockets
from rx_kucoin.transport.trust import forget
from rx_kucoin.transport.wire import Wire

pytestmark = pytest.mark.socket

NAME = "rx_kucoin line 1"
TOKEN = "canary-token-2neAiuYvAU61ZDXANAGAsiL4"  # noqa: S105
PING = '{"id":"p1","type":"ping"}'


@pytest.fixture(scope="module")
def exchange() -> Iterator[Simulator]:
    with Simulator(rate=0, dial_rate=Rate(1_000_000, 60.0)) as running:
        yield running


@pytest.fixture(autouse=True)
def nothing_stays_open(exchange: Simulator) -> Iterator[None]:
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


def dialled(port: int, **settings: Any) -> Line:
    return Line(Sockets(f"http://127.0.0.1:{port}", **settings))


def refusal(line: Line) -> Exception:
    """How a dial failed, having told nobody the token."""
    error = line.ended_by()
    assert line.story == ["error"]
    assert "canary" not in everything_in(error)
    return error


def test_a_wire_is_opened_hears_speaks_and_is_closed_politely(exchange: Simulator) -> None:
    sockets = Sockets(exchange.rest_url)
    line = Line(sockets)
    wire = line.open()
    assert (wire.host, wire.ping_interval, wire.ping_timeout) == (
        exchange.rest_url.removeprefix("http://"),
        exchange.ping_interval,
        exchange.ping_timeout,
    )
    assert eventually(lambda: line.texts)
    assert msgspec.json.decode(line.texts[0])["type"] == "welcome"
    wire.send(PING)
    assert eventually(lambda: len(line.texts) == 2)
    assert msgspec.json.decode(line.texts[1])["type"] == "pong"
    assert eventually(wire.is_quiet)
    assert repr(sockets) == f"<Sockets {wire.host}, 1 threads>"
    line.subscription.dispose()
    assert eventually(lambda: not our_threads())
    assert eventually(lambda: not exchange.open_connections)
    assert line.story == ["wire", "ended"]
    assert line.threads == {NAME}
    assert not wire.is_quiet()


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


def test_a_private_wire_is_opened_with_keys(exchange: Simulator) -> None:
    keys = Credentials("simulated-key", "simulated-secret", "simulated-passphrase")
    line = Line(Sockets(exchange.rest_url, keys))
    line.open()
    assert eventually(lambda: exchange.open_connections and exchange.open_connections[0].private)
    line.subscription.dispose()


def test_a_lost_wire_ends_then_fails_by_the_first_cause_on_its_own_thread(exchange: Simulator) -> None:
    line = Line(Sockets(exchange.rest_url))
    cause = NoPong("silence")
    wire = line.open()
    wire.lose(cause)
    wire.lose(LineLost("too late"))
    assert line.ended_by() is cause
    assert line.story == ["wire", "ended", "error"]
    assert line.threads == {NAME}
    wire.send(PING)  # into nowhere
    wire.lose(LineLost("much too late"))
    assert line.story == ["wire", "ended", "error"]


def test_what_has_come_but_was_not_read_is_dropped_with_the_wire() -> None:
    def flood(connection: socket.socket) -> None:
        for _ in range(200_000):
            connection.sendall(frame(b"x"))
        silent(connection)

    with gateway(flood) as port:
        reached, go = threading.Event(), threading.Event()

        def receive(_: Sequence[str | bytes]) -> None:
            reached.set()
            go.wait(10)

        line = Line(Sockets(f"http://127.0.0.1:{port}"), receive)
        wire = line.open()
        assert reached.wait(10)
        assert not wire.is_quiet()
        wire.lose(NoPong("enough"))
        go.set()
        assert isinstance(line.ended_by(), NoPong)
        assert len(line.texts) == 1


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


def test_a_reason_is_told_even_if_the_exchange_has_hung_up_already() -> None:
    def close(connection: socket.socket) -> None:
        connection.sendall(frame(struct.pack("!H", 1001) + b"leaving", CLOSE))
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    with gateway(close) as port:
        told = str(dialled(port).ended_by())
        assert "leaving" in told or "reset" in told


def test_an_abrupt_end_is_a_lost_line(exchange: Simulator) -> None:
    line = Line(Sockets(exchange.rest_url))
    line.open()
    exchange.faults.drop()
    assert type(line.ended_by()) is LineLost
    assert line.story == ["wire", "ended", "error"]


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
        line = Line(Sockets(url[where], timeout=60))
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


def test_close_ends_every_wire_in_time(exchange: Simulator) -> None:
    sockets = Sockets(exchange.rest_url)
    lines = [Line(sockets, name=f"rx_kucoin line {n}") for n in range(40)]
    for line in lines:
        line.open()
    assert len(exchange.open_connections) == 40
    assert repr(sockets).endswith("40 threads>")
    assert sockets.close(10) is True
    assert our_threads() == []
    assert all(line.story == ["wire", "ended"] for line in lines)
    assert {name for line in lines for name in line.threads} == {f"rx_kucoin line {n}" for n in range(40)}
    assert sockets.close(0) is True


def test_close_may_be_called_on_a_wires_own_thread(exchange: Simulator) -> None:
    sockets = Sockets(exchange.rest_url)
    other = Line(sockets, name="rx_kucoin line 2")
    other.open()
    answers: list[bool] = []
    Line(sockets, lambda _: answers.append(sockets.close(10)))
    assert eventually(lambda: answers)
    assert answers[0] is True
    assert eventually(lambda: other.story == ["wire", "ended"])


def test_close_waits_no_longer_than_it_is_told_to(exchange: Simulator) -> None:
    sockets = Sockets(exchange.rest_url)
    stuck, free = threading.Event(), threading.Event()

    def receive(_: Sequence[str | bytes]) -> None:
        stuck.set()
        free.wait(30)

    Line(sockets, receive)
    assert stuck.wait(10)
    started = time.monotonic()
    assert sockets.close(0.1) is False
    assert time.monotonic() - started < 5
    free.set()
    assert sockets.close(10) is True


@pytest.mark.parametrize("raised", [ValueError("a bad receiver"), SystemExit(1)])
def test_a_receiver_that_raises_ends_the_line_and_is_logged(
    exchange: Simulator, caplog: pytest.LogCaptureFixture, raised: BaseException
) -> None:
    def receive(_: Sequence[str | bytes]) -> None:
        raise raised

    line = Line(Sockets(exchange.rest_url), receive)
    error = line.ended_by()
    assert type(error) is LineLost
    assert type(raised).__name__ in str(error)
    assert line.story == ["wire", "ended", "error"]
    assert [record.name for record in caplog.records if record.levelno >= logging.ERROR] == ["rx_kucoin.transport"]


def test_an_owner_that_raises_when_given_the_wire_ends_it_and_is_logged(
    exchange: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    def bad(_: Wire) -> None:
        raise ValueError("a bad owner")

    line = Line(Sockets(exchange.rest_url), on_wire=bad)
    assert type(line.ended_by()) is LineLost
    assert line.story == ["wire", "ended", "error"]
    assert "a bad owner" in caplog.text


def test_a_wire_may_be_lost_or_disposed_of_before_it_is_read(exchange: Simulator) -> None:
    sockets = Sockets(exchange.rest_url)
    line = Line(sockets, on_wire=lambda wire: wire.lose(NoPong("at once")))
    assert isinstance(line.ended_by(), NoPong)
    assert line.texts == []
    other = Line(sockets, on_wire=lambda wire: sockets.close(0) and None)
    assert eventually(lambda: other.story == ["wire", "ended"])
    assert other.texts == []


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


def test_a_machine_without_threads_fails_the_dial(exchange: Simulator) -> None:
    sockets = Sockets(exchange.rest_url)
    before = threading.stack_size(1 << 46)
    try:
        line = Line(sockets)
    finally:
        threading.stack_size(before)
    assert type(line.error) is DialFailed
    assert sockets.close(1) is True


def test_wires_disposed_of_at_random_moments_leave_nothing(exchange: Simulator) -> None:
    sockets = Sockets(exchange.rest_url)
    for round_ in range(60):
        line = Line(sockets)
        time.sleep(round_ / 4000)
        line.subscription.dispose()
        assert sockets.close(10) is True
        assert "error" not in line.story
    assert eventually(lambda: not exchange.open_connections)
