import signal
import socket
import threading
import time

import pytest
from cli_process import PATIENCE, piped

from rx_kucoin.cli._shutdown import Shutdown
from rx_kucoin.simulator import Simulator

pytestmark = pytest.mark.socket


def test_ctrl_c_ends_a_watch_well() -> None:
    with Simulator(rate_per_topic=50) as exchange, piped("watch", "BTC-USDT", "--rest-url", exchange.rest_url) as it:
        it.stdout.readline()
        it.send_signal(signal.SIGINT)
        it.stdout.read()
        assert it.wait(PATIENCE) == 0
        assert it.stderr.read() == ""


def test_ctrl_c_again_and_again_is_the_same_as_once() -> None:
    with Simulator(rate_per_topic=50) as exchange, piped("watch", "BTC-USDT", "--rest-url", exchange.rest_url) as it:
        it.stdout.readline()
        while it.poll() is None:
            it.send_signal(signal.SIGINT)
            time.sleep(0.001)
        assert it.returncode == 0
        assert it.stderr.read() == ""


def test_ctrl_c_ends_a_watch_well_during_an_outage() -> None:
    with Simulator(rate_per_topic=50) as exchange, piped("watch", "BTC-USDT", "--rest-url", exchange.rest_url) as it:
        it.stdout.readline()
        exchange.faults.refuse_tokens("unavailable")
        exchange.faults.drop()
        told = ""
        while "dialled again" not in told:
            told = it.stderr.readline()
        it.send_signal(signal.SIGINT)
        it.stdout.read()
        assert it.wait(PATIENCE) == 0
        assert "Traceback" not in it.stderr.read()


def test_ctrl_c_ends_a_watch_well_while_the_exchange_does_not_answer_the_dial() -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        host, port = deaf.getsockname()
        with piped("watch", "BTC-USDT", "--rest-url", f"http://{host}:{port}") as watching:
            deaf.settimeout(PATIENCE)
            with deaf.accept()[0]:
                begun = time.monotonic()
                watching.send_signal(signal.SIGINT)
                assert watching.wait(PATIENCE) == 0
                assert time.monotonic() - begun < 8.0  # the dial itself would wait 10 s
                assert watching.stderr.read() == ""


def test_ctrl_c_closes_a_simulated_exchange_that_is_listened_to() -> None:
    with piped("simulate") as serving:
        url = serving.stdout.readlines(1)[0].split('"')[1]
        with piped("watch", "BTC-USDT", "--rest-url", url) as watching:
            watching.stdout.readline()
            serving.send_signal(signal.SIGINT)
            assert serving.wait(PATIENCE) == 0
        assert serving.stderr.read() == "rx-kucoin: the exchange is open; Ctrl-C closes it\n"


def test_the_first_reason_to_end_counts() -> None:
    shutdown = Shutdown()
    shutdown.request()
    shutdown.request(OSError("too late"))
    shutdown.wait(meanwhile=lambda: None, every=1.0)


def test_an_error_to_end_with_is_raised() -> None:
    shutdown = Shutdown()
    threading.Timer(0.05, shutdown.request, [OSError("over")]).start()
    with pytest.raises(OSError, match="over"):
        shutdown.wait(meanwhile=lambda: None, every=0.01)


def test_the_wait_is_spent_on_something() -> None:
    shutdown = Shutdown()
    calls: list[int] = []

    def act() -> None:
        calls.append(1)
        if len(calls) == 3:
            shutdown.request()

    shutdown.wait(meanwhile=act, every=0.001)
    assert len(calls) == 3


def test_what_is_to_be_done_soon_does_not_wait_for_its_turn() -> None:
    shutdown = Shutdown()
    order: list[str] = []

    def draw() -> None:
        order.append("drawn")
        if len(order) == 2:
            shutdown.request()
        else:
            shutdown.call_soon(draw)

    shutdown.call_soon(draw)
    begun = time.monotonic()
    shutdown.wait(meanwhile=lambda: order.append("late"), every=20.0)
    assert order == ["drawn", "drawn"]
    assert time.monotonic() - begun < 10.0


def test_the_same_thing_to_be_done_many_times_at_once_is_done_once() -> None:
    shutdown = Shutdown()
    done: list[int] = []

    def act() -> None:
        done.append(1)

    for _ in range(100):
        shutdown.call_soon(act)
    shutdown.request()
    shutdown.wait(meanwhile=lambda: None, every=20.0)
    assert done == [1]
