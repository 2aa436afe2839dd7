import time
from collections.abc import Iterator

import pytest
import requests

from rx_kucoin.simulator import Simulator
from rx_kucoin.simulator._signatures import FAULTS
from tests.simulator.raw import PATIENCE, Caller, address, dialled, private_token, signed

pytestmark = pytest.mark.socket

BULLET = "/api/v1/bullet-private"
OWN = {"spot": "/account/balance", "futures": "/contractAccount/wallet"}
OPEN = {"spot": "/market/ticker:BTC-USDT", "futures": "/contractMarket/tickerV2:XBTUSDTM"}


@pytest.fixture
def exchange() -> Iterator[Simulator]:
    with Simulator(rate=0) as exchange:
        yield exchange


def ask(exchange: Simulator, *, shift: float = 0.0, **changes: str | None) -> requests.Response:
    """Ask for a private token, by a clock that is off the exchange's by `shift` seconds."""
    exchange.clock_offset += shift
    headers = signed(exchange, f"POST{BULLET}", **changes)
    exchange.clock_offset -= shift
    return requests.post(exchange.rest_url + BULLET, headers=headers, timeout=PATIENCE)


def test_every_refusal_of_a_signed_call_can_be_had_by_script(exchange: Simulator) -> None:
    expected = {
        **dict.fromkeys(("400001", "400002", "400008", "400009"), 400),
        **dict.fromkeys(("400003", "400004", "400005"), 401),
        **dict.fromkeys(("400006", "400007", "400301", "411100"), 403),
    }
    assert set(FAULTS) == set(expected)
    for code, status in expected.items():
        exchange.faults.refuse_signed(code, times=1)  # type: ignore[arg-type]
        refused, granted = ask(exchange), ask(exchange)
        assert (refused.status_code, refused.json()["code"]) == (status, code)
        assert refused.json()["msg"]
        assert granted.json()["code"] == "200000"


def test_an_address_that_is_not_on_the_list_is_told_so_in_the_exchange_s_words(exchange: Simulator) -> None:
    exchange.faults.refuse_signed()
    assert ask(exchange).json() == {"code": "400006", "msg": "Invalid request ip"}
    public = requests.post(f"{exchange.rest_url}/api/v1/bullet-public", timeout=PATIENCE)
    assert public.json()["code"] == "200000"
    exchange.faults.clear()
    assert ask(exchange).json()["code"] == "200000"


def test_a_refusal_may_have_a_status_and_a_text_of_its_own(exchange: Simulator) -> None:
    exchange.faults.refuse_signed("400007", status=200, text="Not for you")
    answer = ask(exchange)
    assert (answer.status_code, answer.json()) == (200, {"code": "400007", "msg": "Not for you"})


@pytest.mark.parametrize("generation", [2, 3])
def test_a_call_must_name_the_generation_of_its_key(generation: int) -> None:
    with Simulator(rate=0, api_key_version=generation) as exchange:
        codes = [ask(exchange, key_version=str(version)).json()["code"] for version in (2, 3)]
    assert codes == [("200000" if version == generation else "400009") for version in (2, 3)]


@pytest.mark.parametrize("market", ["spot", "futures"])
def test_the_exchange_s_clock_may_be_off_this_machine_s(market: str) -> None:
    with Simulator(rate=0, clock_offset=3600) as exchange:
        url = exchange.rest_url if market == "spot" else exchange.futures_rest_url
        told = requests.get(f"{url}/api/v1/timestamp", timeout=PATIENCE).json()["data"]
        assert told / 1000 - time.time() == pytest.approx(3600, abs=60)
        assert ask(exchange).json()["code"] == "200000"
        assert ask(exchange, shift=-3600).json()["code"] == "400002"
        assert ask(exchange, shift=4).json()["code"] == "200000"


def test_pushes_and_pongs_are_by_the_exchange_s_clock() -> None:
    with Simulator(rate=0, clock_offset=-7200) as exchange, dialled(exchange) as caller:
        topics = ("/market/level2:BTC-USDT", "/market/match:BTC-USDT")
        for topic in topics:
            caller.subscribe(topic)
        for topic in topics:
            exchange.tick(topic)
        change, match = caller.hear(), caller.hear()
        late = time.time() - 7200
        assert change["data"]["time"] / 1e3 == pytest.approx(late, abs=60)
        assert int(match["data"]["time"]) / 1e9 == pytest.approx(late, abs=60)
        assert caller.ping()["timestamp"] / 1e6 == pytest.approx(late, abs=60)


@pytest.mark.parametrize("market", ["spot", "futures"])
def test_a_private_topic_wants_a_private_token_and_says_that_it_is_private(exchange: Simulator, market: str) -> None:
    refusal = (403, "login is required")
    with dialled(exchange, market) as caller:
        for more in ({}, {"privateChannel": True}):
            answer = caller.subscribe(OWN[market], **more)
            assert (answer["code"], answer["data"]) == refusal
        assert caller.subscribe(OPEN[market])["type"] == "ack"
    with dialled(exchange, market, bearer=private_token(exchange, market)) as caller:
        for more in ({}, {"privateChannel": False}):
            answer = caller.subscribe(OWN[market], **more)
            assert (answer["code"], answer["data"]) == refusal
        assert caller.subscribe(OWN[market], privateChannel=True)["type"] == "ack"
        assert caller.subscribe(OPEN[market])["type"] == "ack"
        exchange.tick(OPEN[market])
        assert [frame["topic"] for frame in caller.meanwhile()] == [OPEN[market]]


def test_a_private_token_is_good_for_its_own_market_alone(exchange: Simulator) -> None:
    caller = Caller(address(exchange, "futures", token=private_token(exchange)))
    refusal = caller.hear()
    assert (refusal["code"], refusal["data"]) == (401, "token is invalid")
    caller.leave()
