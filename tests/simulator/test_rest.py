import itertools
import time
from collections.abc import Iterator

import pytest
import requests

from rx_kucoin.simulator import Simulator
from tests.simulator.raw import PATIENCE, dialled, signed

pytestmark = pytest.mark.socket

BULLET = "/api/v1/bullet-private"


@pytest.fixture(scope="module")
def exchange() -> Iterator[Simulator]:
    with Simulator(rate=0, symbols=30) as exchange:
        yield exchange


def get(exchange: Simulator, path: str, *, market: str = "spot", **headers: str) -> requests.Response:
    url = exchange.rest_url if market == "spot" else exchange.futures_rest_url
    return requests.get(url + path, timeout=PATIENCE, headers=headers)


def test_a_token_answer_has_one_server_and_the_advised_heartbeat(exchange: Simulator) -> None:
    answer = requests.post(f"{exchange.rest_url}/api/v1/bullet-public", timeout=PATIENCE).json()
    assert answer["code"] == "200000"
    (server,) = answer["data"]["instanceServers"]
    assert server["endpoint"] == exchange.rest_url.replace("http", "ws") + "/"
    assert (server["pingInterval"], server["pingTimeout"], server["protocol"]) == (18000, 10000, "websocket")
    assert 190 <= len(answer["data"]["token"]) <= 260
    assert "=" in answer["data"]["token"]


def test_a_private_token_opens_private_topics(exchange: Simulator) -> None:
    headers = signed(exchange, f"POST{BULLET}")
    answer = requests.post(exchange.rest_url + BULLET, headers=headers, timeout=PATIENCE).json()
    with dialled(exchange, bearer=answer["data"]["token"]) as caller:
        assert caller.subscribe("/account/balance")["data"] == "login is required"
        assert caller.subscribe("/account/balance", privateChannel=True)["type"] == "ack"
        assert caller.subscribe("/market/ticker:BTC-USDT")["type"] == "ack"
        assert exchange.push("/account/balance", "account.balance", {"currency": "USDT"}) == 1
        frame = caller.hear()
        assert (frame["subject"], frame["channelType"], frame["userId"]) == (
            "account.balance",
            "private",
            exchange.user_id,
        )


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"key": None}, 400, "400001"),
        ({"sign": None}, 400, "400001"),
        ({"timestamp": "1700000000000"}, 400, "400002"),
        ({"timestamp": "soon"}, 400, "400002"),
        ({"key": "another"}, 401, "400003"),
        ({"passphrase": "in the clear"}, 401, "400004"),
        ({"sign": "bm8="}, 401, "400005"),
        ({"key_version": None}, 400, "400008"),
        ({"key_version": "9"}, 400, "400009"),
    ],
)
def test_each_fault_of_a_signed_call_has_its_code(
    exchange: Simulator, changes: dict[str, str | None], status: int, code: str
) -> None:
    headers = signed(exchange, f"POST{BULLET}", **changes)
    answer = requests.post(exchange.rest_url + BULLET, headers=headers, timeout=PATIENCE)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_the_full_book_must_be_signed_with_its_query(exchange: Simulator) -> None:
    path = "/api/v3/market/orderbook/level2?symbol=BTC-USDT"
    assert get(exchange, path).json()["code"] == "400001"
    book = get(exchange, path, **signed(exchange, f"GET{path}")).json()["data"]
    assert len(book["bids"]) > 100
    assert float(book["bids"][0][0]) < float(book["asks"][0][0])


def test_spot_books_are_strings_and_sorted(exchange: Simulator) -> None:
    for depth in (20, 100):
        book = get(exchange, f"/api/v1/market/orderbook/level2_{depth}?symbol=KCS-USDT").json()["data"]
        bids, asks = ([float(price) for price, _ in book[side]] for side in ("bids", "asks"))
        assert (len(bids), len(asks)) == (depth, depth)
        assert bids == sorted(bids, reverse=True)
        assert asks == sorted(asks)
        assert isinstance(book["sequence"], str)


def test_futures_books_are_numbers(exchange: Simulator) -> None:
    for path in ("snapshot", "depth20", "depth100"):
        book = get(exchange, f"/api/v1/level2/{path}?symbol=XBTUSDTM", market="futures").json()["data"]
        price, size = book["bids"][0]
        assert (type(price), type(size), type(book["sequence"])) == (float, int, int)


def test_symbols_are_as_many_as_asked_for_and_the_known_ones_come_first(exchange: Simulator) -> None:
    for version in (1, 2):
        listed = get(exchange, f"/api/v{version}/symbols").json()["data"]
        assert [row["symbol"] for row in listed[:3]] == ["BTC-USDT", "ETH-USDT", "KCS-USDT"]
        assert len({row["symbol"] for row in listed}) == 30
    assert listed[0]["priceIncrement"] == "0.1"


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("/api/v1/market/allTickers", "ticker"),
        ("/api/v1/market/stats?symbol=BTC-USDT", "averagePrice"),
        ("/api/v1/market/orderbook/level1?symbol=BTC-USDT", "bestAsk"),
        ("/api/v2/symbols/ETH-USDT", "baseIncrement"),
        ("/api/v1/status", "status"),
    ],
)
def test_what_else_the_spot_host_tells(exchange: Simulator, path: str, key: str) -> None:
    assert key in get(exchange, path).json()["data"]


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("/api/v1/contracts/XBTUSDTM", "multiplier"),
        ("/api/v1/ticker?symbol=XBTUSDTM", "bestAskPrice"),
        ("/api/v1/status", "status"),
    ],
)
def test_what_else_the_futures_host_tells(exchange: Simulator, path: str, key: str) -> None:
    assert key in get(exchange, path, market="futures").json()["data"]


def test_a_listing_has_every_rule_that_the_exchange_s_page_names(exchange: Simulator) -> None:
    spot = get(exchange, "/api/v2/symbols").json()["data"][0]
    futures = get(exchange, "/api/v1/contracts/active", market="futures").json()["data"][0]
    assert {"symbol", "name", "baseCurrency", "quoteCurrency", "feeCurrency", "market", "baseMinSize"} <= set(spot)
    assert {"quoteMinSize", "baseIncrement", "quoteIncrement", "priceIncrement", "enableTrading"} <= set(spot)
    assert {"rootSymbol", "type", "settleCurrency", "lotSize", "tickSize", "multiplier", "isInverse"} <= set(futures)
    assert (futures["symbol"], futures["baseCurrency"], futures["status"]) == ("XBTUSDTM", "XBT", "Open")


def test_an_inverse_contract_says_so(exchange: Simulator) -> None:
    contracts = {
        row["symbol"]: row for row in get(exchange, "/api/v1/contracts/active", market="futures").json()["data"]
    }
    assert (contracts["XBTUSDM"]["isInverse"], contracts["XBTUSDM"]["multiplier"]) == (True, -1.0)
    assert (contracts["XBTUSDTM"]["isInverse"], contracts["XBTMZ26"]["type"]) == (False, "FFICSX")


def test_candles_are_newest_first_and_fit_together(exchange: Simulator) -> None:
    bars = get(exchange, "/api/v1/market/candles?symbol=BTC-USDT&type=1min").json()["data"]
    starts = [int(bar[0]) for bar in bars]
    assert starts == sorted(starts, reverse=True)
    assert starts[0] - starts[1] == 60
    for newer, older in itertools.pairwise(bars):
        assert newer[1] == older[2]
        assert float(older[4]) <= min(float(older[1]), float(older[2]))


def test_the_last_trade_is_in_the_histories(exchange: Simulator) -> None:
    exchange.tick("/market/match:SOL-USDT", 3)
    last = get(exchange, "/api/v1/market/histories?symbol=SOL-USDT").json()["data"][-1]
    assert int(last["sequence"]) == exchange.sent("/market/match:SOL-USDT").sequences[-1]


def test_an_unknown_symbol_is_an_error_in_each_host_s_own_way(exchange: Simulator) -> None:
    spot = get(exchange, "/api/v1/market/orderbook/level1?symbol=NO-SUCH")
    futures = get(exchange, "/api/v1/ticker?symbol=NOSUCH", market="futures")
    assert (spot.status_code, spot.json()["code"]) == (400, "400100")
    assert (futures.status_code, futures.json()["code"]) == (200, "200003")


def test_an_unknown_address_has_the_gateway_s_body(exchange: Simulator) -> None:
    answer = get(exchange, "/api/v1/nothing")
    assert (answer.status_code, answer.json()) == (
        404,
        {"code": "404", "msg": "Not Found", "retry": False, "success": False},
    )


def test_the_clock_is_in_milliseconds_and_costs_nothing(exchange: Simulator) -> None:
    answer = get(exchange, "/api/v1/timestamp")
    assert abs(answer.json()["data"] / 1000 - time.time()) < 60
    assert "gw-ratelimit-limit" not in answer.headers


def test_each_call_costs_its_weight_and_above_the_quota_is_429() -> None:
    with Simulator(rate=0, quotas={"public": 25, "spot": 4000, "futures": 2000}) as exchange:
        answers = [requests.post(f"{exchange.rest_url}/api/v1/bullet-public", timeout=PATIENCE) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert [answer.headers["gw-ratelimit-remaining"] for answer in answers] == ["15", "5", "5"]
        assert answers[2].json()["code"] == "429000"
        assert 0 < int(answers[2].headers["gw-ratelimit-reset"]) <= 30_000
        other = requests.post(f"{exchange.futures_rest_url}/api/v1/bullet-public", timeout=PATIENCE)
        assert other.status_code == 200


def test_a_quota_window_starts_with_its_first_request_and_ends() -> None:
    with Simulator(rate=0, quotas={"public": 10, "spot": 10, "futures": 10}, quota_window=0.3) as exchange:
        url = f"{exchange.rest_url}/api/v1/bullet-public"
        assert [requests.post(url, timeout=PATIENCE).status_code for _ in range(2)] == [200, 429]
        time.sleep(0.35)
        assert requests.post(url, timeout=PATIENCE).status_code == 200


def test_a_lagging_book_is_older_than_the_stream() -> None:
    with Simulator(rate=0, rest_lag=60.0) as exchange:
        path = "/api/v1/market/orderbook/level2_20?symbol=BTC-USDT"
        first = get(exchange, path).json()["data"]["sequence"]
        exchange.tick("/market/level2:BTC-USDT", 5)
        assert get(exchange, path).json()["data"]["sequence"] == first
