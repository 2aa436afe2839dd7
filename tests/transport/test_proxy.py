"""Proxies that do as they should, and all the others."""

import socket
import struct
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from transport.asking import Told, good
from transport.fetching import saying
from transport.lines import TOKEN, Line, silent
from transport.servers import (
    accepted,
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
from transport.tunnels import ENCODED, ESTABLISHED, LOGIN, Handler, connecting
from waiting import eventually, nothing_left, our_threads

from rx_kucoin.errors import DialFailed, RestUnavailable
from rx_kucoin.transport.cancellation import Cancelled, CancelScope
from rx_kucoin.transport.network import Network
from rx_kucoin.transport.proxy import Proxy
from rx_kucoin.transport.sockets import Sockets

pytestmark = pytest.mark.socket


@pytest.fixture(autouse=True)
def nothing_stays_open() -> Iterator[None]:
    before = descriptors()
    with nothing_left():
        yield
    assert eventually(lambda: descriptors() <= before), (before, descriptors())


def through(port: int, **settings: float) -> Network:
    return Network(proxy=f"http://{LOGIN}@127.0.0.1:{port}", **settings)  # type: ignore[arg-type]


def failure(proxy: Handler, scheme: str = "http", timeout: float = 10.0) -> str:
    """How it fails, without a word of the login."""
    with serving(proxy) as port:
        network = Network(proxy=f"{scheme}://{LOGIN}@127.0.0.1:{port}", timeout=timeout)
        error = Told(Sockets("http://api.example:8000", network=network).fetch("/x")).error()
        assert type(error) is RestUnavailable
        assert f"proxy 127.0.0.1:{port}" in str(error)
        told = everything_in(error)
        assert "canary" not in told
        assert ENCODED not in told
        return str(error)


@pytest.mark.parametrize("login", ["", "canary-user:canary-pass@", "canary-user:@"])
def test_an_http_proxy_is_asked_to_connect_and_the_name_is_its_to_look_up(login: str) -> None:
    asked: list[str] = []
    with serving(saying(good(7))) as exchange, serving(connecting(exchange, asked)) as port:
        network = Network(proxy=f"http://{login}127.0.0.1:{port}")
        assert Told(Sockets("http://api.no-such-host.invalid:8000", network=network).fetch("/x")).whole()[0] == b"7"
    head = asked[0].split("\r\n")
    assert head[0] == "CONNECT api.no-such-host.invalid:8000 HTTP/1.1"
    assert [line for line in head if line.startswith("Proxy-Auth")] == {
        "": [],
        "canary-user:canary-pass@": [f"Proxy-Authorization: Basic {ENCODED}"],
        "canary-user:@": ["Proxy-Authorization: Basic Y2FuYXJ5LXVzZXI6"],
    }[login]


def test_an_answer_in_pieces_with_many_headers_leaves_nothing_in_the_tunnel() -> None:
    pieces = b"HTTP/1.", b"1 200 OK\r\nVia: 1.1 ", b"x" * 5000, b"\r\nX-Cache: MISS\r\n\r", b"\n"
    with serving(saying(good(7))) as exchange, serving(connecting(exchange, [], *pieces)) as port:
        assert Told(Sockets("http://api.example:1", network=through(port)).fetch("/x")).whole()[0] == b"7"


@pytest.mark.parametrize("what", ["REST", "the socket"])
def test_tls_goes_through_a_proxy_to_the_exchange_itself(tmp_path: Path, what: str) -> None:
    pem, asked = certificate(tmp_path, "DNS:exchange.example"), list[str]()

    def talk(connection: socket.socket) -> None:
        heard = request(connection)
        if heard.startswith("POST"):
            connection.sendall(bullet("wss://exchange.example/endpoint", TOKEN))
        elif heard.startswith("GET /x"):
            connection.sendall(good(7))
        elif heard:
            connection.sendall(accepted(heard) + frame(b"welcome"))
            silent(connection)

    with serving(talk, tls(pem)) as exchange, serving(connecting(exchange, asked)) as port:
        sockets = Sockets("https://exchange.example", network=Network(proxy=f"http://127.0.0.1:{port}", ca=pem))
        if what == "REST":
            assert Told(sockets.fetch("/x")).whole()[0] == b"7"
        else:
            line = Line(sockets)
            assert eventually(lambda: line.texts == [b"welcome"]), line.error
            line.subscription.dispose()
            assert eventually(lambda: not our_threads())
    assert {line.split("\r\n")[0] for line in asked} == {"CONNECT exchange.example:443 HTTP/1.1"}
    assert "canary-token" not in "".join(asked)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "407 Proxy Authentication Required"),
        (b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno", "403 Forbidden"),
        (b"HTTP/1.0 502 Bad Gateway\r\n\r\n", "502 Bad Gateway"),
        (b"HTTP/1.1 403 canary-pass is not the password\r\n\r\n", "403 … is not the password"),
        (b"HTTP/1.1 403 Basic " + ENCODED.encode() + b"\r\n\r\n", "403 Basic …"),
        (b"HTTP/1.1 200", "it hung up, having said 'HTTP/1.1 200'"),
        (b"HTTP/1.1\r\n\r\n", "Invalid status line"),
        (b"HTTP/1.1 yes\r\n\r\n", "Invalid status code"),
        (b"\xff\xfe\r\n\r\n", "Invalid status line"),
        (b"", "it hung up"),
        (b"x" * 100_000, "it says too much"),
    ],
)
def test_an_http_proxy_that_does_not_connect_is_named_with_what_it_said(said: bytes, told: str) -> None:
    def handle(connection: socket.socket) -> None:
        request(connection)
        connection.sendall(said)

    assert told in failure(handle)


def test_a_proxy_that_echoes_what_it_is_told_tells_nobody_the_login() -> None:
    failure(lambda connection: connection.sendall(request(connection).encode()))


@pytest.mark.parametrize(
    ("scheme", "answers", "told"),
    [
        ("socks5", [b"\x05\xff"], "authentication"),
        ("socks5", [b"\x05\x02", b"\x01\x01"], "Username and password authentication failure"),
        ("socks5", [b"\x05\x00", b"\x05\x05\x00\x01" + bytes(6)], "Connection refused by destination host"),
        ("socks5h", [b"\x05\x00", b"\x05\x02\x00\x01" + bytes(6)], "Connection not allowed by ruleset"),
        ("socks5h", [b"\x05\x00", b"\x05\x00\x00\x03\x02\xff\xff\x00\x00"], "decode"),
        ("socks5h", [b"\x05\x00", b"\x05\x00\x00\x09"], "Invalid address type"),
        ("socks5h", [b"HTTP/1.1 400 Bad Request\r\n\r\n"], "Unexpected SOCKS version number"),
        ("socks5h", [b"\x05"], "closed unexpectedly"),
        ("socks5h", [b""], "closed unexpectedly"),
    ],
)
def test_a_socks_proxy_that_does_not_connect_is_named_with_what_it_said(
    scheme: str, answers: list[bytes], told: str
) -> None:
    def handle(connection: socket.socket) -> None:
        for said in answers:
            connection.recv(1000)
            connection.sendall(said)

    assert told in failure(handle, scheme)


def test_a_proxy_that_is_not_there_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    for where, told in ((f"127.0.0.1:{port}", "refused"), ("no-such-proxy.invalid:80", "ame")):
        network = Network(proxy=f"socks5h://{LOGIN}@{where}")
        error = Told(Sockets("http://api.example", network=network).fetch("/x")).error()
        assert type(error) is RestUnavailable
        assert f"no way through the proxy {where}: " in str(error)
        assert told in str(error)


def test_a_line_that_the_proxy_does_not_open_fails_the_dial_and_tells_nobody_the_token() -> None:
    turns: list[str] = []

    def proxy(connection: socket.socket) -> None:
        turns.append(request(connection))
        if len(turns) == 1:
            connection.sendall(ESTABLISHED)
            request(connection)
            connection.sendall(bullet("ws://push.example/", TOKEN))
        else:
            connection.sendall(b"HTTP/1.1 403 Forbidden\r\n\r\n")

    with serving(proxy) as port:
        error = Line(Sockets("http://api.example", network=through(port))).ended_by()
    assert type(error) is DialFailed
    assert f"could not connect to push.example: no way through the proxy 127.0.0.1:{port}: 403" in str(error)
    assert "canary" not in everything_in(error)
    assert turns[1].startswith("CONNECT push.example:80 ")


def drip(connection: socket.socket) -> None:
    connection.recv(1000)
    while True:
        connection.sendall(b"x")
        time.sleep(0.01)


@pytest.mark.parametrize(("scheme", "proxy"), [("http", silent), ("http", drip), ("socks5", silent)])
def test_a_proxy_that_is_silent_or_slow_is_given_up_in_time(scheme: str, proxy: Handler) -> None:
    started = time.monotonic()
    said = failure(proxy, scheme, timeout=0.3)
    assert "in time" in said or "within 0.3 s by the proxy" in said
    assert time.monotonic() - started < 5


@pytest.mark.parametrize("scheme", ["http", "socks5h", "socks4"])
@pytest.mark.parametrize("where", ["in TCP", "in the handshake"])
def test_a_proxy_that_hangs_is_cut_short_at_once(scheme: str, where: str) -> None:
    greeted = threading.Event()

    def mute(connection: socket.socket) -> None:
        connection.recv(1000)
        greeted.set()
        silent(connection)

    with black_hole() as hole, serving(mute) as port:
        proxy = f"{scheme}://127.0.0.1:{hole if where == 'in TCP' else port}"
        line = Line(Sockets("http://127.0.0.1:1", network=Network(proxy=proxy, timeout=60)))
        assert eventually(lambda: our_threads() if where == "in TCP" else greeted.is_set())
        started = time.monotonic()
        line.subscription.dispose()
        assert eventually(lambda: not our_threads())
        assert time.monotonic() - started < 5
        assert line.story == []


def test_one_that_is_cut_short_says_so() -> None:
    with serving(silent) as port:
        line = CancelScope(proxy=Proxy("http", "127.0.0.1", port))
        outcome: list[object] = []

        def dial() -> None:
            try:
                outcome.append(line.open(("api.example", 80), 60))
            except (Cancelled, OSError) as error:
                outcome.append(error)

        dialling = threading.Thread(target=dial)
        dialling.start()
        assert eventually(lambda: line._held)
        line.cancel()
        dialling.join(10)
        line.release()
        assert [type(what) for what in outcome] == [Cancelled]


def test_an_exchange_that_is_silent_is_not_the_fault_of_the_proxy() -> None:
    with serving(silent) as exchange, serving(connecting(exchange, [])) as port:
        error = Told(Sockets("http://api.example", network=through(port, timeout=0.3)).fetch("/x")).error()
    assert str(error) == "GET /x: no answer from api.example: TimeoutError: not done within 0.3 s"


def test_socks4_is_told_an_address_that_this_machine_looked_up() -> None:
    heard: list[bytes] = []

    def refuse(connection: socket.socket) -> None:
        heard.append(connection.recv(1000))
        connection.sendall(b"\x00\x5b" + bytes(6))

    with serving(refuse) as port:
        network = Network(proxy=f"socks4://me@127.0.0.1:{port}")
        error = Told(Sockets("http://localhost:8000", network=network).fetch("/x")).error()
    assert f"no way through the proxy 127.0.0.1:{port}: Request rejected" in str(error)
    assert heard == [b"\x04\x01" + struct.pack("!H", 8000) + b"\x7f\x00\x00\x01me\x00"]
