"""Proxies of other makers: a whole client goes through them, and they have seen it."""

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import pytest
from transport.asking import Told
from transport.lines import Line, gateway, silent
from transport.servers import certificate, frame, tls
from waiting import eventually, nothing_left

from rx_kucoin import KuCoin
from rx_kucoin.errors import RestUnavailable
from rx_kucoin.simulator import Simulator
from rx_kucoin.transport.network import Network
from rx_kucoin.transport.sockets import Sockets

pytestmark = pytest.mark.socket

LOGIN = "canary-user:canary-pass"
PROXY_PY = "--hostname {host} --port {port} --num-acceptors 1 --num-workers 1 --basic-auth " + LOGIN
# It was written for event loops that make themselves, and does not get on with newer uvloops.
PPROXY = """
import asyncio, sys
sys.modules["uvloop"] = None
asyncio.set_event_loop(asyncio.new_event_loop())
from pproxy.server import main
main()
"""


class Running(NamedTuple):
    """A proxy, and what it has said."""

    port: int
    log: list[str]

    def ways(self, port: int) -> int:
        """How many ways to a port it says to have opened."""
        return sum(f"127.0.0.1:{port}" in line for line in self.log)


@contextmanager
def program(*command: str) -> Iterator[Running]:
    """Run a proxy until the end, and listen to it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    words = [word.format(host="127.0.0.1", port=port) for word in command]
    log: list[str] = []
    with subprocess.Popen(
        [sys.executable, "-u", *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as running:

        def listen() -> None:
            log.extend(running.stdout or ())

        def is_up() -> bool:
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                return True
            return False

        listening = threading.Thread(target=listen)
        listening.start()
        try:
            assert eventually(is_up, 20), log
            yield Running(port, log)
        finally:
            running.terminate()
            running.wait(10)
            listening.join(10)


@pytest.fixture(scope="module")
def http() -> Iterator[Running]:
    with program("-m", "proxy", *PROXY_PY.split()) as running:
        yield running


@pytest.fixture(scope="module")
def socks() -> Iterator[Running]:
    with program("-c", PPROXY, "-v", "-l", "socks4+socks5://{host}:{port}#" + LOGIN) as running:
        yield running


@pytest.fixture(scope="module")
def exchange() -> Iterator[Simulator]:
    with Simulator(rate=200) as running:
        yield running


SCHEMES = ["http", "socks5", "socks5h", "socks4"]


@pytest.fixture
def proxy(request: pytest.FixtureRequest) -> tuple[str, Running]:
    scheme: str = request.param
    running: Running = request.getfixturevalue("http" if scheme == "http" else "socks")
    login = LOGIN if scheme != "socks4" else LOGIN.replace(":", "%3A")
    return f"{scheme}://{login}@127.0.0.1:{running.port}", running


@pytest.mark.parametrize("proxy", SCHEMES, indirect=True)
def test_rest_and_the_socket_of_a_whole_client_go_through_it(proxy: tuple[str, Running], exchange: Simulator) -> None:
    url, running = proxy
    port = int(exchange.rest_url.rsplit(":", 1)[1])
    before = running.ways(port)
    matches: list[object] = []
    with (
        nothing_left(),
        KuCoin(transport=lambda market, private: Sockets(exchange.rest_url, network=Network(proxy=url))) as kucoin,
    ):
        kucoin.match(exchange.listed["spot"][0]).subscribe(matches.append)
        assert eventually(lambda: len(matches) > 3)
    assert eventually(lambda: running.ways(port) == before + 2), running.log  # the token, and the socket


@pytest.mark.parametrize("proxy", ["http", "socks5"], indirect=True)
def test_tls_goes_through_it_to_an_exchange_with_a_certificate_of_its_own(
    proxy: tuple[str, Running], tmp_path: Path
) -> None:
    url, running = proxy
    pem = certificate(tmp_path)

    def talk(connection: socket.socket) -> None:
        connection.sendall(frame(b"welcome"))
        silent(connection)

    with nothing_left(), gateway(talk, context=tls(pem)) as port:
        line = Line(Sockets(f"https://127.0.0.1:{port}", network=Network(proxy=url, ca=pem)))
        assert eventually(lambda: line.texts == [b"welcome"]), line.error
        line.subscription.dispose()
        assert eventually(lambda: running.ways(port) == 2)


def test_a_wrong_password_is_refused(http: Running, exchange: Simulator) -> None:
    network = Network(proxy=f"http://canary-user:wrong@127.0.0.1:{http.port}")
    error = Told(Sockets(exchange.rest_url, network=network).fetch("/api/v1/timestamp")).error()
    assert type(error) is RestUnavailable
    assert f"no way through the proxy 127.0.0.1:{http.port}: 407" in str(error)
    assert "wrong" not in str(error)


def test_a_way_that_the_proxy_finds_closed_is_its_to_tell(http: Running) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    network = Network(proxy=f"http://{LOGIN}@127.0.0.1:{http.port}")
    error = Told(Sockets(f"http://127.0.0.1:{port}", network=network).fetch("/x")).error()
    assert f"no way through the proxy 127.0.0.1:{http.port}: 502" in str(error)
