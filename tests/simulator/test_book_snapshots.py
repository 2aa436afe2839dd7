import time

import pytest
import requests

from rx_kucoin.simulator import Simulator
from tests.simulator.ledgers import FULL, FUTURES, SPOT, fetch, standing

pytestmark = pytest.mark.socket

BOTH = pytest.mark.parametrize("symbol", [SPOT, FUTURES])
OTHER = {SPOT: "ETH-USDT", FUTURES: "ETHUSDTM"}
BOOKS = [
    (SPOT, FULL[SPOT]),
    (SPOT, "/api/v1/market/orderbook/level2_20"),
    (SPOT, "/api/v1/market/orderbook/level2_100"),
    (FUTURES, FULL[FUTURES]),
    (FUTURES, "/api/v1/level2/depth20"),
    (FUTURES, "/api/v1/level2/depth100"),
]


@BOTH
def test_a_snapshot_may_lag_by_some_moves_and_is_the_book_that_stood_then(symbol: str) -> None:
    with Simulator(rate=0) as exchange:
        stood = [exchange.book(symbol)]
        exchange.faults.lag_book(symbol, moves=150)
        for _ in range(250):
            exchange.move(symbol)
            stood.append(exchange.book(symbol))
        assert standing(fetch(exchange, symbol)) == stood[-151]
        exchange.move(symbol, 7)
        exchange.clock_offset += 500.0
        later = fetch(exchange, symbol)
        assert standing(later) == stood[-144]
        data = later.json()["data"]
        stood_ns = data["ts"] if symbol == FUTURES else data["time"] * 1_000_000
        assert exchange.now_ns() - stood_ns > 400 * 10**9, "it tells when it stood"
        exchange.faults.clear()
        assert standing(fetch(exchange, symbol)) == exchange.book(symbol)


def test_a_lag_begins_with_the_past_that_is_known() -> None:
    with Simulator(rate=0) as exchange:
        first = exchange.book(SPOT)
        exchange.move(SPOT, 60)
        exchange.faults.lag_book(SPOT, moves=60, times=1)
        assert standing(fetch(exchange, SPOT)) == first
        assert standing(fetch(exchange, SPOT)) == exchange.book(SPOT)
        exchange.faults.lag_book(SPOT, moves=10_000)
        assert standing(fetch(exchange, SPOT)) == first, "nothing older is known"


@BOTH
def test_a_snapshot_may_lag_by_seconds(symbol: str) -> None:
    with Simulator(rate=0) as exchange:
        exchange.faults.lag_book(symbol, seconds=1_000.0)
        first = exchange.book(symbol)
        exchange.move(symbol, 300)
        assert standing(fetch(exchange, symbol)) == first
        between = exchange.book(symbol)
        exchange.clock_offset += 1_001.0
        exchange.move(symbol, 5)
        assert standing(fetch(exchange, symbol)) == between


@BOTH
def test_a_snapshot_may_stand_still_for_ever_and_tells_its_time(symbol: str) -> None:
    with Simulator(rate=0) as exchange:
        exchange.move(symbol, 5)
        frozen = exchange.book(symbol)
        exchange.faults.lag_book(symbol)
        now = exchange.now_ns()
        exchange.clock_offset += 50.0
        exchange.move(symbol, 300)
        answer = fetch(exchange, symbol)
        assert standing(answer) == frozen != exchange.book(symbol)
        data = answer.json()["data"]
        assert data["ts"] <= now if symbol == FUTURES else data["time"] <= now // 1_000_000


@pytest.mark.parametrize(("symbol", "path"), BOOKS)
def test_every_call_for_a_book_may_be_refused_and_takes_no_weight(symbol: str, path: str) -> None:
    with Simulator(rate=0) as exchange:
        exchange.faults.refuse_books(503, times=1)
        refused, given = fetch(exchange, symbol, path), fetch(exchange, symbol, path)
        assert (refused.status_code, refused.json()["code"]) == (503, "503000")
        assert given.json()["code"] == "200000"
        assert [call.weight > 0 for call in exchange.calls] == [False, True]


def test_books_are_refused_in_the_ways_of_the_exchange() -> None:
    with Simulator(rate=0) as exchange:
        faults = exchange.faults
        faults.refuse_books(403)
        page = fetch(exchange, SPOT)
        assert (page.status_code, page.headers["Content-Type"].split(";")[0]) == (403, "text/html")
        faults.refuse_books(429, reset=1.5)
        told = fetch(exchange, SPOT)
        assert (told.status_code, told.json()["code"], told.headers["gw-ratelimit-reset"]) == (429, "429000", "1500")
        faults.refuse_books("busy")
        assert "gw-ratelimit-reset" not in fetch(exchange, SPOT).headers
        faults.refuse_books(500)
        assert fetch(exchange, FUTURES).json()["code"] == "500000"
        faults.refuse_books("wrong code", code="400100")
        wrong = fetch(exchange, FUTURES)
        assert (wrong.status_code, wrong.json()["code"]) == (200, "400100")
        assert requests.get(f"{exchange.rest_url}/api/v1/symbols", timeout=9).status_code == 200


@BOTH
def test_one_symbol_s_books_may_be_refused_alone(symbol: str) -> None:
    with Simulator(rate=0) as exchange:
        exchange.faults.refuse_books(symbol=OTHER[symbol])
        assert fetch(exchange, symbol).status_code == 200
        exchange.faults.refuse_books(symbol=symbol, times=2)
        assert [fetch(exchange, symbol).status_code for _ in range(3)] == [429, 429, 200]


def test_a_book_may_never_come_and_its_call_is_on_record() -> None:
    with Simulator(rate=0) as exchange:
        exchange.faults.refuse_books("hang", times=1)
        with pytest.raises(requests.exceptions.ReadTimeout):
            fetch(exchange, SPOT, timeout=0.2)
        (call,) = exchange.calls
        assert (call.status, call.symbol) == (0, SPOT)
        started = time.monotonic()
    assert time.monotonic() - started < 2


@BOTH
def test_a_book_may_come_late_and_is_what_it_was_when_asked_for(symbol: str) -> None:
    with Simulator(rate_per_topic=500) as exchange:
        exchange.faults.slow_books(0.2, symbol=symbol, times=1)
        exchange.sent(f"{'/market' if symbol == SPOT else '/contractMarket'}/level2:{symbol}")
        started = time.monotonic()
        late = standing(fetch(exchange, symbol))
        assert time.monotonic() - started >= 0.2
        assert late.sequence < exchange.book(symbol).sequence - 10
        assert exchange.calls[0].at < started + 0.2, "its weight was taken when it was asked for"


@BOTH
def test_a_symbol_may_be_answered_as_if_it_had_no_book(symbol: str) -> None:
    with Simulator(rate=0) as exchange:

        def data(how: str) -> dict[str, object]:
            exchange.faults.empty_book(symbol, how, times=1)  # type: ignore[arg-type]
            answer: dict[str, object] = fetch(exchange, symbol).json()
            assert answer["code"] == "200000"
            return answer["data"]  # type: ignore[return-value]

        assert [data("null")[side] for side in ("bids", "asks")] == [None, None]
        assert [data("empty sides")[side] for side in ("bids", "asks")] == [[], []]
        assert "sequence" not in data("no sequence")
        assert data("nothing") is None
        assert standing(fetch(exchange, symbol)) == exchange.book(symbol)
