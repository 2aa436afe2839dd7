import socket
import threading
import time
from contextlib import ExitStack

import pytest

from rx_kucoin.simulator import Simulator, busiest
from tests.simulator.raw import dialled

pytestmark = pytest.mark.socket

TICKER = "/market/ticker:BTC-USDT"


def simulators() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("kucoin-simulator")]


def test_stopping_ends_the_thread_and_every_socket_within_two_seconds() -> None:
    exchange = Simulator(rate_per_topic=200).start()
    with dialled(exchange) as caller, dialled(exchange, "futures"):
        caller.subscribe(TICKER)
        started = time.monotonic()
        exchange.stop()
        assert time.monotonic() - started < 2
        assert simulators() == []
        with pytest.raises(ConnectionError):
            socket.create_connection(("127.0.0.1", int(exchange.rest_url.rpartition(":")[2])), timeout=1)
    assert [line.ended for line in exchange.connections] == ["the exchange stopped"] * 2


def test_stopping_twice_and_stopping_what_never_started_do_nothing() -> None:
    never = Simulator(rate=0)
    never.stop()
    exchange = Simulator(rate=0).start()
    exchange.stop()
    exchange.stop()
    assert simulators() == []
    assert repr(never).startswith("<Simulator not started")


def test_what_was_seen_can_be_read_after_the_end() -> None:
    with Simulator(rate=0) as exchange, dialled(exchange) as caller:
        caller.subscribe(TICKER)
        exchange.tick(TICKER, 3)
    assert exchange.sent(TICKER).total == 3
    assert len(exchange.connections[0].frames) == 1


def test_an_exchange_starts_once() -> None:
    with Simulator(rate=0) as exchange, pytest.raises(RuntimeError, match="build another one"):
        exchange.start()


def test_two_exchanges_at_once_are_strangers() -> None:
    with Simulator(rate=0) as one, Simulator(rate=0) as other, dialled(one) as caller:
        caller.subscribe(TICKER)
        assert (one.tick(TICKER), other.tick(TICKER)) == (1, 0)
        assert one.rest_url != other.rest_url


def test_a_port_that_is_taken_is_told_to_whoever_starts() -> None:
    with Simulator(rate=0) as exchange:
        port = int(exchange.rest_url.rpartition(":")[2])
        with pytest.raises(OSError, match="address already in use"):
            Simulator(rate=0, port=port).start()
    assert simulators() == []


def test_scripts_run_from_any_thread() -> None:
    with Simulator(rate=0) as exchange:
        threads = [threading.Thread(target=exchange.tick, args=(TICKER, 50)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        produced = exchange.sent(TICKER)
        assert produced.total == 400
        assert produced.sequences == sorted(set(produced.sequences))


def test_without_a_rate_nothing_happens_by_itself() -> None:
    with Simulator(rate=0) as exchange, dialled(exchange) as caller:
        caller.subscribe(TICKER)
        time.sleep(0.3)
        assert caller.meanwhile() == []


def test_a_total_rate_is_shared_by_all_topics() -> None:
    topics = [f"/market/match:{symbol}-USDT" for symbol in ("BTC", "ETH", "KCS", "SOL")]
    with Simulator(rate=400) as exchange, dialled(exchange) as caller:
        for topic in topics:
            caller.subscribe(topic)
        time.sleep(1.0)
        totals = [exchange.sent(topic).total for topic in topics]
        assert 150 < sum(totals) < 800
        assert max(totals) - min(totals) < 60


def test_lifelike_topics_have_each_their_cadence() -> None:
    with Simulator() as exchange, dialled(exchange) as caller:
        caller.subscribe("/market/ticker:BTC-USDT,USDT-USDC")
        time.sleep(1.5)
        assert exchange.sent(TICKER).total > exchange.sent("/market/ticker:USDT-USDC").total


def test_two_thousand_messages_a_second_arrive_complete() -> None:
    topics = [f"/market/match:{symbol}-USDT" for symbol in ("BTC", "ETH", "KCS", "SOL", "XRP")]
    with Simulator(rate=2_000) as exchange, dialled(exchange) as caller:
        for topic in topics:
            caller.subscribe(topic)
        heard: dict[str, list[int]] = {topic: [] for topic in topics}
        deadline = time.monotonic() + 2.0
        while time.monotonic() < deadline:
            frame = caller.hear()
            heard[frame["topic"]].append(int(frame["data"]["sequence"]))
        for topic in topics:
            produced = exchange.sent(topic).sequences
            first = produced.index(heard[topic][0])
            assert heard[topic] == produced[first : first + len(heard[topic])]
        assert sum(map(len, heard.values())) > 1_000


def test_two_thousand_topics_on_many_connections_are_all_live() -> None:
    with Simulator(symbols=2_000, rate=1_500) as exchange, ExitStack() as opened:
        names = exchange.listed["spot"]
        for start in range(0, 2_000, 200):
            caller = opened.enter_context(dialled(exchange))
            for first in range(start, start + 200, 100):
                assert caller.subscribe(f"/market/ticker:{','.join(names[first : first + 100])}")["type"] == "ack"
        assert exchange.log.topics == 2_000
        assert exchange.refused == []
        time.sleep(2.5)
        assert all(exchange.sent(f"/market/ticker:{name}").total > 0 for name in names)
        assert all(line.pushed > 100 for line in exchange.connections)


def test_the_busiest_window_is_found() -> None:
    assert busiest([], 10.0) == 0
    assert busiest([0.0, 1.0, 9.99, 10.0, 10.5], 10.0) == 4
    assert busiest([0.0, 10.0, 20.0], 10.0) == 1
