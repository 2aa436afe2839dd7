"""Clocks that are wrong, here or there."""

import logging
import socket
import time
from collections.abc import Callable, Iterator

import pytest
from transport.asking import KEYS, Asked, Told, good
from transport.lines import Line, silent
from transport.servers import answer, descriptors, request, serving
from waiting import eventually, nothing_left

from rx_kucoin.errors import ClockOff
from rx_kucoin.protocol.signing import Credentials
from rx_kucoin.simulator import Simulator
from rx_kucoin.transport.cancellation import CancelScope
from rx_kucoin.transport.exchange_clock import ExchangeClock
from rx_kucoin.transport.network import DIRECT, Network
from rx_kucoin.transport.rest import Rest
from rx_kucoin.transport.sockets import Sockets

pytestmark = pytest.mark.socket

CLOCK, ASK = "GET /api/v1/timestamp", "GET /x"
SIGNED = [b'{"signed": true}', "completed"]


@pytest.fixture(autouse=True)
def nothing_stays_open() -> Iterator[None]:
    before = descriptors()
    with nothing_left():
        yield
    assert eventually(lambda: descriptors() <= before), (before, descriptors())


def sockets(port: int) -> Sockets:
    return Sockets(f"http://127.0.0.1:{port}", KEYS)


@pytest.mark.parametrize("hours", [-7, 0, 9_000])
def test_a_clock_that_is_off_by_hours_signs_with_the_exchanges_time(hours: int) -> None:
    with serving(exchange := Asked(hours * 3600)) as port:
        asking = sockets(port)
        for _ in range(3):
            assert Told(asking.fetch("/x")).whole() == SIGNED
    assert exchange.requests == [CLOCK, ASK, ASK, ASK]  # measured once


@pytest.mark.parametrize("hours", [-7, 9_000])
def test_a_private_line_is_opened_to_an_exchange_whose_clock_is_another(hours: int) -> None:
    with Simulator(rate=0, clock_offset=hours * 3600.0) as exchange:
        keys = Credentials(exchange.api_key, exchange.api_secret, exchange.api_passphrase)
        line = Line(Sockets(exchange.rest_url, keys))
        line.open()
        assert exchange.open_connections[0].private
        line.subscription.dispose()
        assert eventually(lambda: not exchange.open_connections)


def test_who_does_not_sign_does_not_ask_for_the_time() -> None:
    with serving(exchange := Asked(7200)) as port:
        assert Told(Sockets(f"http://127.0.0.1:{port}").fetch("/x")).whole()[0] == b'{"signed": false}'
    assert exchange.requests == [ASK]


def test_a_measure_that_has_become_wrong_is_taken_anew() -> None:
    with serving(exchange := Asked()) as port:
        asking = sockets(port)
        assert Told(asking.fetch("/x")).whole() == SIGNED
        exchange.offset = 3600
        assert Told(asking.fetch("/x")).whole() == SIGNED
    assert exchange.requests == [CLOCK, ASK, ASK, CLOCK, ASK]


def test_who_is_refused_even_with_a_fresh_measure_is_told_so() -> None:
    with serving(exchange := Asked(tell=lambda _: good(1_000_000_000_000))) as port:
        error = Told(sockets(port).fetch("/x")).error()
    assert type(error) is ClockOff
    assert error.code == "400002"
    assert exchange.requests == [CLOCK, ASK, CLOCK, ASK]


@pytest.mark.parametrize(
    "said",
    [
        answer("404 Not Found", '{"code":"404","msg":"Not Found"}'),
        answer("429 Too Many Requests", "x"),
        answer("200 OK", "<html>"),
        good("soon"),
        good(-1),
        good(None),
        answer("200 OK", b'{"code":"200000","data":1' + b"0" * 400 + b"}"),
    ],
)
def test_where_nobody_tells_the_time_this_machines_own_is_signed(said: bytes) -> None:
    with serving(Asked(tell=lambda _: said)) as port:
        assert Told(sockets(port).fetch("/x")).whole() == SIGNED


def drip(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    for _ in range(1000):
        connection.sendall(b" ")
        time.sleep(0.02)


@pytest.mark.parametrize(
    "told",
    [
        lambda _: None,
        lambda connection: connection.sendall(b"\x00\x01 no HTTP\r\n\r\n"),
        lambda connection: connection.sendall(answer("200 OK", b" " * (2 << 20))),
        lambda connection: connection.sendall(answer("200 OK", b"not packed", Content_Encoding="gzip")),
        drip,
        silent,
    ],
)
def test_a_clock_that_hangs_or_breaks_off_keeps_nobody_from_signing_with_this_machines_own(
    told: Callable[[socket.socket], None],
) -> None:
    exchange = Asked()

    def handle(connection: socket.socket) -> None:
        if connection.recv(1000, socket.MSG_PEEK).startswith(CLOCK.encode()):
            request(connection)
            told(connection)
        else:
            exchange(connection)

    with serving(handle) as port:
        asking = Sockets(f"http://127.0.0.1:{port}", KEYS, network=Network(timeout=2.0))
        assert Told(asking.fetch("/x")).whole() == SIGNED


def test_a_measure_is_good_for_ten_minutes() -> None:
    now = 1000.0
    with serving(exchange := Asked(7200)) as port:
        rest = Rest(f"http://127.0.0.1:{port}", KEYS, DIRECT, ExchangeClock(monotonic=lambda: now + time.monotonic()))
        for later in (0.0, 590.0, 605.0):
            now = 1000 + later
            exchange.offset = 7200 + later
            rest.request("GET", "/x", CancelScope(), most=1000)
    assert exchange.requests == [CLOCK, ASK, ASK, CLOCK, ASK]


@pytest.mark.parametrize(
    ("offset", "said"),
    [(7200, "7200.0 s behind the exchange's"), (-60, "60.0 s ahead of the exchange's"), (0.5, ""), (-0.5, "")],
)
def test_a_clock_that_is_off_by_more_than_a_second_is_logged(
    caplog: pytest.LogCaptureFixture, offset: float, said: str
) -> None:
    with caplog.at_level(logging.INFO, "rx_kucoin.transport"), serving(Asked(offset)) as port:
        Told(sockets(port).fetch("/x")).whole()
    assert said in caplog.text
    assert bool(caplog.text) == bool(said)


def test_what_was_told_was_so_halfway_and_goes_on_whatever_this_machines_clock_is_set_to() -> None:
    wall, monotonic = 1_000_000.0, 50.0
    clock = ExchangeClock(wall=lambda: wall, monotonic=lambda: monotonic)
    assert clock.now_ms() == 1_000_000_000
    asked = clock.elapsed()
    monotonic = 52.0
    clock.learn(3_000_000_000, asked)
    assert clock.now_ms() == 3_000_001_000
    wall, monotonic = 5.0, 60.0
    assert clock.now_ms() == 3_000_009_000


@pytest.mark.parametrize(("told", "is_off"), [(1000.5, False), (1004.5, False), (1006.5, True), (998.5, True)])
def test_a_slow_answer_is_no_proof_that_a_clock_is_off(
    caplog: pytest.LogCaptureFixture,
    told: float,
    is_off: bool,  # noqa: FBT001
) -> None:
    monotonic = 50.0
    clock = ExchangeClock(wall=lambda: 1005.0, monotonic=lambda: monotonic)
    with caplog.at_level(logging.INFO, "rx_kucoin.transport"):
        asked = clock.elapsed()
        monotonic = 55.0  # asked at 1000 by the wall, answered at 1005
        clock.learn(int(1000 * told), asked)
    assert bool(caplog.text) == is_off
