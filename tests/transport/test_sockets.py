import logging
import threading
import time
from collections.abc import Iterator, Sequence

import msgspec
import pytest
from transport.lines import NAME, PING, Line, left_behind
from waiting import eventually, our_threads

from rx_kucoin.errors import DialFailed, LineLost, NoPong
from rx_kucoin.protocol.limits import Rate
from rx_kucoin.protocol.signing import Credentials
from rx_kucoin.simulator import Simulator
from rx_kucoin.transport.interfaces import Wire
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
