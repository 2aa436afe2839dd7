import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from transport.fetching import CANARY, GOOD, KEYS, failure, fetch, saying
from transport.servers import answer, black_hole, certificate, descriptors, everything_in, request, serving, tls
from waiting import eventually, nothing_left

from rx_kucoin.errors import RestUnavailable, UnexpectedAnswer
from rx_kucoin.simulator import Simulator
from rx_kucoin.transport.cancellation import Cancelled, CancelScope
from rx_kucoin.transport.certificates import forget
from rx_kucoin.transport.network import Network
from rx_kucoin.transport.rest import Rest, fetch_token

pytestmark = pytest.mark.socket


@pytest.fixture(scope="module")
def exchange() -> Iterator[Simulator]:
    with Simulator(rate=0) as running:
        yield running


@pytest.fixture(autouse=True)
def nothing_stays_open(exchange: Simulator) -> Iterator[None]:
    before = descriptors()
    with nothing_left():
        yield
    exchange.faults.clear()
    assert eventually(lambda: descriptors() <= before), (before, descriptors())


def test_a_redirect_is_not_followed_for_it_would_carry_the_keys_elsewhere() -> None:
    elsewhere: list[str] = []
    with serving(saying(GOOD, heard=elsewhere)) as there:
        moved = answer("307 Temporary Redirect", Location=f"http://127.0.0.1:{there}/")
        with serving(saying(moved)) as port:
            assert type(failure(f"http://127.0.0.1:{port}")) is UnexpectedAnswer
    assert elsewhere == []


def test_an_echo_of_the_request_tells_nobody_the_keys() -> None:
    def echo(connection: socket.socket) -> None:
        connection.sendall(request(connection).encode())

    with serving(echo) as port:
        assert type(failure(f"http://127.0.0.1:{port}")) is RestUnavailable


def test_an_answer_without_end_is_given_up() -> None:
    def flood(connection: socket.socket) -> None:
        request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n")
        while True:
            connection.sendall(b" " * 65536)

    with serving(flood) as port:
        error = failure(f"http://127.0.0.1:{port}", timeout=60)
        assert "more than 1048576 bytes" in str(error)


@pytest.mark.parametrize(
    "head", [b"", b"HTTP/1.1 200 OK\r\nX-Slow: ", b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"]
)
def test_a_drip_of_bytes_is_given_up_in_time(head: bytes) -> None:
    def drip(connection: socket.socket) -> None:
        request(connection)
        connection.sendall(head or b"HTTP/1.1 100 Continue\r\n\r\n")
        while True:
            connection.sendall(b"x" if head else b"HTTP/1.1 100 Continue\r\n\r\n")
            time.sleep(0.02)

    with serving(drip) as port:
        started = time.monotonic()
        error = failure(f"http://127.0.0.1:{port}", timeout=0.3)
        assert "not done within 0.3 s" in str(error)
        assert time.monotonic() - started < 5


def test_a_hang_ends_by_the_timeout(exchange: Simulator) -> None:
    exchange.faults.refuse_tokens("hang")
    started = time.monotonic()
    assert type(failure(exchange.rest_url, timeout=0.2)) is RestUnavailable
    assert 0.15 < time.monotonic() - started < 5


@pytest.mark.parametrize("where", ["in TCP", "in the answer"])
def test_a_hang_is_cut_short_by_the_lifeline(exchange: Simulator, where: str) -> None:
    exchange.faults.refuse_tokens("hang")
    with black_hole() as hole:
        url = exchange.rest_url if where == "in the answer" else f"http://127.0.0.1:{hole}"
        line, got = CancelScope(), list[str]()

        def ask() -> None:
            try:
                fetch_token(Rest(url, CANARY, Network(60)), line)
            except Cancelled as error:
                got.append(everything_in(error))

        asking = threading.Thread(target=ask)
        asking.start()
        assert eventually(lambda: line._held)
        started = time.monotonic()
        line.cancel()
        asking.join(10)
        assert time.monotonic() - started < 5
        assert len(got) == 1
        assert "canary" not in got[0]


def test_a_refused_port_and_an_unknown_host_pass() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert "refused" in str(failure(f"http://127.0.0.1:{port}"))
    for host in ("no-such-host.invalid", "two..dots", "x" * 70 + ".invalid"):
        assert type(failure(f"http://{host}")) is RestUnavailable


def test_proxies_of_the_environment_and_netrc_are_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[str] = []
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login canary password canary\n")
    netrc.chmod(0o600)
    with serving(saying(answer("502 Bad Gateway"))) as proxy, serving(saying(GOOD, heard=heard)) as port:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy}")
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.setenv("NETRC", str(netrc))
        assert fetch(f"http://127.0.0.1:{port}").value == "t"
    assert heard[0].startswith("POST /api/v1/bullet-public HTTP/1.1\r\n")
    assert "Authorization" not in heard[0]


def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    with serving(saying(GOOD), tls(certificate(tmp_path))) as port:
        error = failure(f"https://127.0.0.1:{port}")
        assert type(error) is RestUnavailable
        assert "certificate verify failed" in str(error)


def test_a_certificate_that_the_machine_trusts_is_taken_for_its_own_name_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, other = certificate(tmp_path), certificate(tmp_path, "DNS:elsewhere.example")
    bundle = tmp_path / "bundle.pem"
    bundle.write_text(good.read_text() + other.read_text())
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    forget()
    try:
        with serving(saying(GOOD), tls(good)) as port:
            assert fetch(f"https://127.0.0.1:{port}", KEYS).value == "t"
        with serving(saying(GOOD), tls(other)) as port:
            assert "127.0.0.1" in str(failure(f"https://127.0.0.1:{port}"))
    finally:
        forget()
