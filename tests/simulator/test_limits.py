import contextlib
import time

import pytest
import websocket

from rx_kucoin.protocol.limits import Rate
from rx_kucoin.simulator import Simulator
from tests.simulator.raw import Caller, address, dialled, token

pytestmark = pytest.mark.socket

TICKER = "/market/ticker:BTC-USDT"


def symbols(prefix: str, first: int, last: int) -> str:
    return f"{prefix}:{','.join(f'COIN{number}-USDT' for number in range(first, last))}"


def test_a_line_holds_a_hundred_topics_and_no_more() -> None:
    with Simulator(rate=0) as exchange, dialled(exchange) as caller:
        answer = caller.subscribe(symbols("/market/ticker", 0, 101))
        assert (answer["code"], answer["data"]) == (509, "exceed max subscription count limitation of 100 per time")
        assert caller.subscribe(symbols("/market/ticker", 0, 100))["type"] == "ack"
        assert len(exchange.connections[0].topics) == 100


def test_a_spot_connection_holds_four_hundred_topics_and_refuses_the_whole_batch_above() -> None:
    with Simulator(rate=0) as exchange, dialled(exchange) as caller:
        for first in range(0, 300, 100):
            caller.subscribe(symbols("/market/match", first, first + 100))
        caller.subscribe(symbols("/market/match", 300, 350))
        answer = caller.subscribe(symbols("/market/match", 350, 401))
        assert (answer["code"], answer["data"]) == (509, "exceed max subscription count limitation of 400 per session")
        assert len(exchange.connections[0].topics) == 350
        assert caller.subscribe(symbols("/market/match", 300, 400))["type"] == "ack"


def test_a_futures_connection_has_no_limit_of_topics() -> None:
    with Simulator(rate=0) as exchange, dialled(exchange, "futures") as caller:
        for first in range(0, 500, 100):
            assert caller.subscribe(symbols("/contractMarket/tickerV2", first, first + 100))["type"] == "ack"
        assert len(exchange.connections[0].topics) == 500


def test_the_hundred_and_first_message_in_ten_seconds_ends_the_connection() -> None:
    with Simulator(rate=0) as exchange, dialled(exchange) as caller:
        for number in range(101):
            caller.say(id=number, type="ping")
        for _ in range(100):
            assert caller.hear()["type"] == "pong"
        error = caller.hear()
        assert (error["code"], error["data"], len(error["id"])) == (509, "exceed max permits per second", 24)
        assert caller.hear() == {"closed": 1000, "reason": "Bye"}
        assert exchange.refused[-1].code == 509


def test_messages_are_counted_in_any_window_and_not_in_fixed_ones() -> None:
    with Simulator(rate=0, message_rate=Rate(4, 0.5)) as exchange, dialled(exchange) as caller:
        for _ in range(3):
            for _ in range(4):
                caller.ping()
            time.sleep(0.6)
        assert exchange.refused == []


def test_a_silent_client_is_told_and_sent_away_while_data_flows() -> None:
    with Simulator(rate_per_topic=50, client_silence=0.4) as exchange, dialled(exchange) as caller:
        caller.subscribe(TICKER)
        caller.socket.ping()
        error = caller.until(type="error")
        assert (error["code"], error["data"]) == (400, "ping timeout")
        assert caller.hear() == {"closed": 1000, "reason": "Bye"}


def test_a_json_ping_keeps_a_connection_and_a_protocol_ping_does_not() -> None:
    with Simulator(rate=0, client_silence=0.6) as exchange, dialled(exchange) as caller, dialled(exchange) as lazy:
        deadline = time.monotonic() + 1.2
        while time.monotonic() < deadline:
            caller.ping()
            with contextlib.suppress(OSError):  # until it has been sent away
                lazy.socket.ping()
            time.sleep(0.1)
        assert [line.open for line in exchange.connections] == [True, False]


def test_a_connection_ends_politely_when_its_life_is_over() -> None:
    with Simulator(rate=0, connection_life=0.3) as exchange, dialled(exchange) as caller:
        assert caller.hear() == {"closed": 1000, "reason": "Bye"}


def test_the_thirty_first_dial_in_a_minute_is_refused_at_the_upgrade() -> None:
    with Simulator(rate=0) as exchange:
        bearer = token(exchange)
        for _ in range(30):
            with dialled(exchange, bearer=bearer):
                pass
        with pytest.raises(websocket.WebSocketBadStatusException) as refused:
            Caller(address(exchange, token=bearer))
        assert refused.value.status_code == 429
        assert len(exchange.dials) == 31
        assert [dial.refused for dial in exchange.dials if dial.refused] == ["HTTP 429"]


def test_a_dial_too_many_may_also_get_a_frame_in_the_welcome_s_place() -> None:
    with Simulator(rate=0, dial_rate=Rate(1, 60.0), dial_refusal="frame") as exchange, dialled(exchange):
        caller = Caller(address(exchange, token=token(exchange)))
        assert caller.hear()["data"] == "service busy, please retry later"
        with pytest.raises((websocket.WebSocketConnectionClosedException, ConnectionError)):
            caller.hear()
        caller.leave()


def test_a_connection_too_many_is_refused_with_the_limit_named() -> None:
    with Simulator(rate=0, connection_limit=1) as exchange, dialled(exchange):
        caller = Caller(address(exchange, token=token(exchange)))
        frame = caller.hear()
        assert (frame["code"], frame["data"]) == (509, "exceed max session count limitation of 1")
        with pytest.raises((websocket.WebSocketConnectionClosedException, ConnectionError)):
            caller.hear()
        caller.leave()
