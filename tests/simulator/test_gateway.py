import itertools
import json
import time

import pytest
import requests
import websocket

from rx_kucoin.simulator import Simulator
from tests.simulator.raw import PATIENCE, Caller, address, dialled, token

pytestmark = pytest.mark.socket

TICKER = "/market/ticker:BTC-USDT"


def test_a_welcome_carries_the_connect_id_and_unknown_parameters_are_ignored() -> None:
    with Simulator(rate=0) as exchange:
        url = address(exchange, token=token(exchange), connectId="hQvf8jkno", acceptUserMessage="true", x="y")
        caller = Caller(url)
        assert caller.hear() == {"id": "hQvf8jkno", "type": "welcome"}
        caller.leave()


def test_without_a_connect_id_the_welcome_has_a_hex_id() -> None:
    with Simulator(rate=0) as exchange:
        caller = Caller(address(exchange, token=token(exchange)))
        assert int(caller.hear()["id"], 16) >= 0
        caller.leave()


@pytest.mark.parametrize("wrong", ["nonsense", "futures", "expired"])
def test_a_bad_token_is_refused_after_the_upgrade_without_a_close_frame(wrong: str) -> None:
    with Simulator(rate=0, token_life=0.0 if wrong == "expired" else 60.0) as exchange:
        bearer = {"nonsense": "x"}.get(wrong) or token(exchange, "futures" if wrong == "futures" else "spot")
        caller = Caller(address(exchange, token=bearer))
        frame = caller.hear()
        text = "token is expired" if wrong == "expired" else "token is invalid"
        assert (frame["type"], frame["code"], frame["data"]) == ("error", 401, text)
        with pytest.raises((websocket.WebSocketConnectionClosedException, ConnectionError)):
            caller.hear()
        caller.leave()
        assert exchange.dials[-1].refused == text


def test_what_is_said_before_the_welcome_is_not_heard_but_noted() -> None:
    with Simulator(rate=0) as exchange:
        exchange.faults.slow_welcome(0.5, times=1)
        caller = Caller(address(exchange, token=token(exchange)))
        caller.say(id="early", type="subscribe", topic=TICKER, response=True)
        assert caller.hear()["type"] == "welcome"
        assert caller.meanwhile() == []
        assert exchange.refused[0].text == "sent before the welcome, and ignored"
        assert exchange.listeners(TICKER) == 0
        caller.leave()


def test_every_token_is_fresh_and_its_second_use_is_noted() -> None:
    with Simulator(rate=0) as exchange:
        bearer = token(exchange)
        assert token(exchange) != bearer
        with dialled(exchange, bearer=bearer), dialled(exchange, bearer=bearer):
            assert [line.fresh_token for line in exchange.connections] == [True, False]


def test_a_ping_is_answered_with_its_id_and_microseconds() -> None:
    with Simulator(rate=0) as exchange, dialled(exchange) as caller:
        pong = caller.ping("1545910590801")
        assert (pong["id"], pong["type"]) == ("1545910590801", "pong")
        assert abs(pong["timestamp"] / 1e6 - time.time()) < 60
        caller.say(type="ping")
        assert "id" not in caller.until(type="pong")


def test_a_number_as_id_comes_back_as_a_string() -> None:
    with Simulator(rate=0) as exchange, dialled(exchange) as caller:
        caller.say(id=7, type="subscribe", topic=TICKER, response=True)
        assert caller.hear() == {"id": "7", "type": "ack"}


def test_an_ack_comes_only_if_asked_for_but_an_error_always() -> None:
    with Simulator(rate=0) as exchange, dialled(exchange) as caller:
        caller.say(id="1", type="subscribe", topic=TICKER)
        caller.say(id="2", type="subscribe", topic="/no/such")
        assert caller.hear() == {"id": "2", "type": "error", "code": 404, "data": "topic does not exist"}
        assert caller.meanwhile() == []
        assert exchange.listeners(TICKER) == 1


def test_a_comma_list_is_many_topics_pushed_singly() -> None:
    with Simulator(rate=0) as exchange, dialled(exchange) as caller:
        caller.subscribe("/market/ticker:BTC-USDT,ETH-USDT")
        exchange.tick("/market/ticker:ETH-USDT")
        assert caller.hear()["topic"] == "/market/ticker:ETH-USDT"
        caller.ask("unsubscribe", "/market/ticker:ETH-USDT")
        assert exchange.tick("/market/ticker:ETH-USDT") == 0
        assert exchange.tick("/market/ticker:BTC-USDT") == 1


def test_subscribing_twice_gives_two_acks_and_one_stream_that_one_unsubscribe_ends() -> None:
    with Simulator(rate=0) as exchange, dialled(exchange) as caller:
        assert caller.subscribe(TICKER)["type"] == caller.subscribe(TICKER)["type"] == "ack"
        exchange.tick(TICKER, 3)
        assert len(caller.meanwhile()) == 3
        assert caller.ask("unsubscribe", TICKER)["type"] == "ack"
        exchange.tick(TICKER)
        assert caller.meanwhile() == []


@pytest.mark.parametrize("topic", ["/market/ticker:NO-SUCH", "/market/candles:BTC-USDT_7min", "/market/snapshot:NOPE"])
def test_unknown_names_in_a_known_channel_are_acked_and_silent(topic: str) -> None:
    with Simulator(rate_per_topic=100) as exchange, dialled(exchange) as caller:
        assert caller.subscribe(topic)["type"] == "ack"
        assert caller.subscribe(TICKER)["type"] == "ack"
        caller.until(topic=TICKER)
        assert all(frame["topic"] == TICKER for frame in caller.meanwhile())
        assert topic in exchange.connections[0].topics


@pytest.mark.parametrize(
    ("frame", "code", "text"),
    [
        ({"type": "subscribe", "topic": "/market/nothing:BTC-USDT"}, 404, "topic does not exist"),
        ({"type": "subscribe", "topic": "/contractMarket/tickerV2:XBTUSDTM"}, 404, "topic does not exist"),
        ({"type": "subscribe", "topic": "market"}, 400, "topic is invalid"),
        ({"type": "subscribe", "topic": "/market/ticker:A-B,,C-D"}, 400, "topic is invalid"),
        ({"type": "subscribe", "topic": "/market/match"}, 400, "topic is invalid"),
        ({"type": "subscribe", "topic": 7}, 400, "topic is invalid"),
        ({"type": "subscribe"}, 406, "topic is required"),
        ({"type": "dance"}, 415, "type is not supported"),
        ({}, 415, "command type is invalid"),
        ({"type": "subscribe", "topic": "/account/balance", "privateChannel": True}, 403, "login is required"),
    ],
)
def test_each_wrong_request_has_its_error_and_the_connection_stays(
    frame: dict[str, object], code: int, text: str
) -> None:
    with Simulator(rate=0) as exchange, dialled(exchange) as caller:
        caller.say(id="x", **frame)
        assert caller.hear() == {"id": "x", "type": "error", "code": code, "data": text}
        assert caller.ping()["type"] == "pong"
        assert [(refusal.request, refusal.code, refusal.text) for refusal in exchange.refused] == [("x", code, text)]


@pytest.mark.parametrize("text", ["not json", "", "[1]", '"ping"'])
def test_what_is_no_json_object_gets_error_400_with_an_id_of_the_exchange(text: str) -> None:
    with Simulator(rate=0) as exchange, dialled(exchange) as caller:
        caller.socket.send(text)
        frame = caller.hear()
        assert (frame["type"], frame["code"]) == ("error", 400)
        assert len(frame["id"]) == 24
        if text == "not json":
            assert frame["data"].startswith("Unrecognized token 'not': ")
        assert caller.ping()["type"] == "pong"


def test_a_batch_with_one_wrong_topic_is_refused_whole() -> None:
    with Simulator(rate=0) as exchange, dialled(exchange) as caller:
        exchange.faults.refuse_topic("/market/ticker:ETH-USDT", 404, "topic ETH-USDT is not found", times=1)
        batch = "/market/ticker:BTC-USDT,ETH-USDT,KCS-USDT"
        assert caller.subscribe(batch)["data"] == "topic ETH-USDT is not found"
        assert exchange.connections[0].topics == set()
        assert caller.subscribe(batch)["type"] == "ack"


def test_deflate_is_negotiated_when_offered_and_only_then() -> None:
    with Simulator(rate=0) as exchange:
        url = address(exchange, token=token(exchange))
        offered = websocket.create_connection(
            url, header=["Sec-WebSocket-Extensions: permessage-deflate"], timeout=PATIENCE
        )
        plain = websocket.create_connection(url, timeout=PATIENCE)
        assert "permessage-deflate" in offered.getheaders()["sec-websocket-extensions"]
        assert "sec-websocket-extensions" not in plain.getheaders()
        offered.shutdown()
        plain.shutdown()


def test_frames_are_text() -> None:
    with Simulator(rate=0) as exchange, dialled(exchange) as caller:
        caller.say(id="1", type="ping")
        kind, data = caller.socket.recv_data()
        assert (kind, json.loads(data)["type"]) == (websocket.ABNF.OPCODE_TEXT, "pong")


def test_data_comes_before_the_ack_now_and_then() -> None:
    with Simulator(rate_per_topic=500, late_ack=0.5) as exchange, dialled(exchange) as caller:
        first = set[str]()
        for number in itertools.count():
            caller.say(id=f"s{number}", type="subscribe", topic=TICKER, response=True)
            first.add(caller.hear()["type"])
            caller.say(id=f"u{number}", type="unsubscribe", topic=TICKER, response=True)
            caller.until(id=f"u{number}")
            caller.meanwhile()
            if first == {"ack", "message"}:
                break
            assert number < 30


def test_the_record_tells_topics_frames_and_dials() -> None:
    with Simulator(rate=0) as exchange, dialled(exchange) as caller:
        caller.subscribe("/market/ticker:BTC-USDT,ETH-USDT")
        caller.ping()
        exchange.tick(TICKER, 5)
        (line,) = exchange.connections
        assert (line.topics, len(line.frames)) == ({"/market/ticker:BTC-USDT", "/market/ticker:ETH-USDT"}, 2)
        assert (line.subscribes, line.pings, line.pushed) == (1, 1, 5)
        assert repr(line) == "<ConnectionLog 0 spot | 2 topics, 2 frames, most 2 in 10 s, 0 refused, 5 pushed | open>"
        assert "2 topics, 2 frames in, 5 pushes out" in repr(exchange)
        requests.get(f"{exchange.rest_url}/api/v1/status", timeout=PATIENCE)
        assert exchange.calls[-1][1:3] == ("GET /api/v1/status", 200)
