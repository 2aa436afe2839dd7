import time

import pytest
import requests
import websocket

from rx_kucoin.simulator import Simulator
from tests.simulator.raw import PATIENCE, Caller, address, dialled, token

pytestmark = pytest.mark.socket

TICKER = "/market/ticker:BTC-USDT"
GONE = (websocket.WebSocketConnectionClosedException, ConnectionError)


def bullet(exchange: Simulator, timeout: float = PATIENCE) -> requests.Response:
    return requests.post(f"{exchange.rest_url}/api/v1/bullet-public", timeout=timeout)


def sequences(frames: list[dict[str, object]]) -> list[int]:
    return [int(frame["data"]["sequence"]) for frame in frames]  # type: ignore[index]


def test_a_reset_breaks_all_connections_off_or_one() -> None:
    with Simulator(rate=0) as exchange, dialled(exchange) as one, dialled(exchange) as other:
        assert exchange.faults.drop(1) == 1
        with pytest.raises(ConnectionResetError):
            other.hear()
        assert one.ping()["type"] == "pong"
        assert exchange.faults.drop() == 1
        with pytest.raises(ConnectionResetError):
            one.hear()


def test_a_polite_drop_says_bye() -> None:
    with Simulator(rate=0) as exchange, dialled(exchange) as caller:
        exchange.faults.drop(abrupt=False)
        assert caller.hear() == {"closed": 1000, "reason": "Bye"}


def test_a_silenced_connection_says_nothing_not_even_pongs_and_stays_open() -> None:
    with Simulator(rate=0) as exchange, dialled(exchange) as caller:
        caller.subscribe(TICKER)
        assert exchange.faults.silence() == 1
        caller.say(id="lost", type="ping")
        exchange.tick(TICKER)
        caller.socket.settimeout(0.3)
        with pytest.raises(websocket.WebSocketTimeoutException):
            caller.hear()
        caller.socket.settimeout(PATIENCE)
        assert exchange.connections[0].open
        exchange.faults.speak()
        caller.say(id="found", type="ping")
        assert caller.hear()["id"] == "found"


def test_a_silenced_topic_is_still_while_its_sequence_goes_on() -> None:
    with Simulator(rate=0) as exchange, dialled(exchange) as caller:
        caller.subscribe(TICKER)
        exchange.faults.silence_topic(TICKER)
        exchange.tick(TICKER, 3)
        assert caller.meanwhile() == []
        exchange.faults.speak_topic(TICKER)
        exchange.tick(TICKER)
        assert sequences(caller.meanwhile()) == exchange.sent(TICKER).sequences[-1:]
        assert exchange.sent(TICKER).total == 4


def test_a_welcome_may_come_late() -> None:
    with Simulator(rate=0) as exchange:
        exchange.faults.slow_welcome(0.3, times=1)
        started = time.monotonic()
        with dialled(exchange):
            assert time.monotonic() - started >= 0.3


def test_a_welcome_may_never_come() -> None:
    with Simulator(rate=0) as exchange:
        exchange.faults.no_welcome(times=1)
        caller = Caller(address(exchange, token=token(exchange)))
        caller.socket.settimeout(0.3)
        with pytest.raises(websocket.WebSocketTimeoutException):
            caller.hear()
        caller.leave()
        with dialled(exchange):
            assert len(exchange.connections) == 2


@pytest.mark.parametrize("status", [403, 429, 503])
def test_dials_may_be_refused_with_a_status(status: int) -> None:
    with Simulator(rate=0) as exchange:
        exchange.faults.refuse_dials(status, times=2)
        for _ in range(2):
            with pytest.raises(websocket.WebSocketBadStatusException) as refused:
                Caller(address(exchange, token=token(exchange)))
            assert refused.value.status_code == status
        with dialled(exchange):
            assert [dial.refused for dial in exchange.dials] == [f"HTTP {status}", f"HTTP {status}", ""]


def test_a_socket_may_be_refused_in_the_welcome_s_place() -> None:
    with Simulator(rate=0) as exchange:
        exchange.faults.refuse_sockets(401, "token is expired", times=1)
        caller = Caller(address(exchange, token=token(exchange)))
        assert (caller.hear()["data"], exchange.connections[0].ended) == ("token is expired", "token is expired")
        with pytest.raises(GONE):
            caller.hear()
        caller.leave()


@pytest.mark.parametrize(
    ("answer", "status", "code"),
    [("busy", 429, "429000"), ("unavailable", 503, "503000"), ("error", 500, "500000"), ("wrong code", 200, "200003")],
)
def test_token_calls_may_fail_in_many_ways(answer: str, status: int, code: str) -> None:
    with Simulator(rate=0) as exchange:
        exchange.faults.refuse_tokens(answer, times=1, reset=1.5)  # type: ignore[arg-type]
        refused = bullet(exchange)
        assert (refused.status_code, refused.json()["code"]) == (status, code)
        assert refused.headers["gw-ratelimit-reset"] == "1500"
        assert bullet(exchange).json()["code"] == "200000"


def test_a_refused_token_may_have_any_status_and_code() -> None:
    with Simulator(rate=0) as exchange:
        exchange.faults.refuse_tokens("error", status=418, code="400301")
        refused = bullet(exchange)
        assert (refused.status_code, refused.json()["code"]) == (418, "400301")
        assert "gw-ratelimit-reset" not in refused.headers
        exchange.faults.clear()
        assert bullet(exchange).status_code == 200


def test_a_token_answer_may_be_html_or_name_no_server() -> None:
    with Simulator(rate=0) as exchange:
        exchange.faults.refuse_tokens("html", times=1)
        page = bullet(exchange)
        assert (page.status_code, page.headers["Content-Type"].split(";")[0]) == (403, "text/html")
        exchange.faults.refuse_tokens("empty", times=1)
        assert bullet(exchange).json()["data"]["instanceServers"] == []


def test_a_token_call_may_hang_without_holding_up_the_end() -> None:
    with Simulator(rate=0) as exchange:
        exchange.faults.refuse_tokens("hang", times=1)
        with pytest.raises(requests.exceptions.ReadTimeout):
            bullet(exchange, timeout=0.3)
        started = time.monotonic()
    assert time.monotonic() - started < 2


def test_a_gap_is_produced_and_not_sent() -> None:
    with Simulator(rate=0) as exchange, dialled(exchange) as caller:
        caller.subscribe(TICKER)
        exchange.faults.gap(TICKER, 2)
        exchange.tick(TICKER, 5)
        assert sequences(caller.meanwhile()) == exchange.sent(TICKER).sequences[2:]


def test_a_duplicate_comes_twice_and_a_swap_the_wrong_way_round() -> None:
    with Simulator(rate=0) as exchange, dialled(exchange) as caller:
        caller.subscribe(TICKER)
        exchange.faults.duplicate(TICKER)
        exchange.faults.swap(TICKER)
        exchange.tick(TICKER, 4)
        first, second, third, fourth = exchange.sent(TICKER).sequences
        assert sequences(caller.meanwhile()) == [first, first, third, second, fourth]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("not json", b'{"type":"message","topic":'),
        ("not an object", b'["message",7,null]'),
        ("wrong types", b'{"type":"message","topic":7,"subject":["x"],"data":"none"}'),
        ("unknown type", b'{"id":"1","type":"whatever","data":{}}'),
        ("notice", b'{"id":"1","type":"notice","data":"The system will be upgraded"}'),
        ("no topic", b'{"type":"message","data":{}}'),
        ("empty", b""),
        ("binary", b"\x00\x01\xfe\xff"),
    ],
)
def test_garbage_of_each_kind_is_one_frame(kind: str, expected: bytes) -> None:
    with Simulator(rate=0) as exchange, dialled(exchange) as caller:
        assert exchange.faults.garbage(kind, 0) == 1  # type: ignore[arg-type]
        opcode, data = caller.socket.recv_data()
        assert data == expected
        assert opcode == (websocket.ABNF.OPCODE_BINARY if kind == "binary" else websocket.ABNF.OPCODE_TEXT)
        assert caller.ping()["type"] == "pong"


def test_an_ack_may_come_late_while_the_data_does_not_wait() -> None:
    with Simulator(rate=0, late_ack=0.0) as exchange, dialled(exchange) as caller:
        exchange.faults.late_acks(0.3, times=1)
        caller.say(id="1", type="subscribe", topic=TICKER, response=True)
        caller.ping()
        exchange.tick(TICKER)
        assert [caller.hear()["type"], caller.hear()["type"]] == ["message", "ack"]


def test_an_ack_may_be_lost_though_the_topic_is_live() -> None:
    with Simulator(rate=0) as exchange, dialled(exchange) as caller:
        exchange.faults.lose_acks(times=1)
        caller.say(id="1", type="subscribe", topic=TICKER, response=True)
        assert caller.meanwhile() == []
        assert exchange.listeners(TICKER) == 1


@pytest.mark.parametrize(("says", "named"), [(None, 2), (300, 300)])
def test_a_secret_limit_of_topics_is_named_or_lied_about(says: int | None, named: int) -> None:
    with Simulator(rate=0) as exchange, dialled(exchange) as caller:
        exchange.faults.limit_topics(2, says=says)
        assert caller.subscribe("/market/match:BTC-USDT,ETH-USDT")["type"] == "ack"
        answer = caller.subscribe("/market/match:KCS-USDT")
        assert answer["data"] == f"exceed max subscription count limitation of {named} per session"


def test_pushes_go_on_for_a_while_after_an_unsubscribe() -> None:
    with Simulator(rate=0) as exchange, dialled(exchange) as caller:
        caller.subscribe(TICKER)
        exchange.faults.late_pushes(0.4)
        assert caller.ask("unsubscribe", TICKER)["type"] == "ack"
        exchange.tick(TICKER)
        assert caller.hear()["topic"] == TICKER
        deadline = time.monotonic() + PATIENCE
        while exchange.listeners(TICKER):
            assert time.monotonic() < deadline
            time.sleep(0.02)


def test_late_pushes_do_not_end_a_topic_that_was_asked_for_again() -> None:
    with Simulator(rate=0) as exchange, dialled(exchange) as caller:
        caller.subscribe(TICKER)
        exchange.faults.late_pushes(0.2)
        caller.ask("unsubscribe", TICKER)
        caller.subscribe(TICKER)
        time.sleep(0.4)
        assert exchange.listeners(TICKER) == 1


def test_each_connection_delivers_with_its_own_delay() -> None:
    with (
        Simulator(rate=0, latency=(0.0, 0.3), seed=3) as exchange,
        dialled(exchange) as one,
        dialled(exchange) as other,
    ):
        for caller, line in zip((one, other), exchange.connections, strict=True):
            started = time.monotonic()
            caller.ping()
            assert time.monotonic() - started >= line.delay
        assert len({line.delay for line in exchange.connections}) == 2


def test_what_is_set_shows_and_clears() -> None:
    with Simulator(rate=0) as exchange:
        exchange.faults.refuse_dials(times=3)
        exchange.faults.late_acks(1.0)
        assert repr(exchange.faults) == "<Faults acks, refuse_dials>"
        exchange.faults.clear()
        assert repr(exchange.faults) == "<Faults none>"
