"""What requests weigh, and what an answer tells of what is left."""

import pytest

from rx_kucoin.candles import rest as klines
from rx_kucoin.protocol import listings
from rx_kucoin.protocol.limits import Market
from rx_kucoin.protocol.rest_weights import _WEIGHTS, Allowance, read_allowance, retry_after, weight
from rx_kucoin.simulator._rest import ENDPOINTS
from rx_kucoin.transport.rest import PRIVATE, PUBLIC

ASKED = {
    *listings.PATHS.values(),
    klines.TIME,
    klines.path("spot", "BTC-USDT", "1min", 0, 60_000_000_000).partition("?")[0],
    klines.path("futures", "XBTUSDTM", "1min", 0, 60_000_000_000).partition("?")[0],
    PUBLIC,
    PRIVATE,
}


@pytest.mark.parametrize("path", sorted(ASKED))
def test_whatever_this_library_asks_for_has_a_weight_of_its_own(path: str) -> None:
    assert path in _WEIGHTS


@pytest.mark.parametrize("market", ["spot", "futures"])
def test_the_simulator_weighs_as_the_library_does(market: Market) -> None:
    known = {row.path: row.weight for row in ENDPOINTS[market] if row.path in _WEIGHTS}
    assert len(known) > 5
    assert known == {path: weight(path) for path in known}


def test_a_query_weighs_nothing_and_an_unknown_path_more_than_most() -> None:
    assert weight("/api/v3/market/orderbook/level2?symbol=BTC-USDT") == 3
    assert weight("/api/v1/market/orderbook/level2_100?symbol=BTC-USDT") == 2
    assert weight("/api/v1/timestamp") == 0
    assert weight("/api/v9/new") == 5


@pytest.mark.parametrize(
    ("remaining", "reset", "allowance"),
    [
        ("1997", "29874", Allowance(1997, 29.874)),
        ("0", "0", Allowance(0, 0.0)),
        ("0", "9999999", Allowance(0, 60.0)),
        ("", "1500", None),
        ("3", "", None),
        ("-3", "1500", None),
        ("3", "-1", None),
        ("3.5", "1500", None),
        ("3", "soon", None),
        ("\u0663", "1500", None),
        ("9" * 5000, "1500", None),
        ("3", "9" * 5000, None),
    ],
)
def test_what_is_left_is_read_or_else_it_is_nothing(remaining: str, reset: str, allowance: Allowance | None) -> None:
    headers = {"gw-ratelimit-limit": "2000", "gw-ratelimit-remaining": remaining, "gw-ratelimit-reset": reset}
    assert read_allowance(headers) == allowance


def test_an_answer_without_the_headers_tells_nothing() -> None:
    assert read_allowance({}) is None
    assert retry_after({}) == 0.0
