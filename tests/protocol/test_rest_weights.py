"""What requests weigh, and what an answer tells of what is left."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
    assert retry_after(429, {}, NOW) is None


NOW = 1_445_412_480.0
"""2015-10-21 07:28:00 UTC."""
NOTHING = ["", "-5", "soon", "9" * 5000, "\u0663", "1e3", "1.5.2015", "\udcff", "Wed, 21 Oct 99999999999 07:28:00 GMT"]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("1500", 1.5), ("0", 0.0), ("9999999", 60.0), ("999999999", 60.0), *((text, None) for text in NOTHING)],
)
def test_the_reset_of_a_429_is_the_time_to_wait(text: str, seconds: float | None) -> None:
    assert retry_after(429, {"gw-ratelimit-reset": text}, NOW) == seconds


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0.0),
        ("120", 120.0),
        (" 7 ", 7.0),
        ("999999999", 3600.0),
        ("Wed, 21 Oct 2015 07:28:30 GMT", 30.0),
        ("Wednesday, 21-Oct-15 07:28:30 GMT", 30.0),
        ("Wed Oct 21 07:28:30 2015", 30.0),
        ("Wed, 21 Oct 2015 07:27:00 GMT", 0.0),
        ("Wed, 21 Oct 2037 07:28:00 GMT", 3600.0),
        *((text, None) for text in NOTHING),
    ],
)
@pytest.mark.parametrize("status", [403, 429, 503])
def test_retry_after_is_seconds_or_a_date(status: int, text: str, seconds: float | None) -> None:
    assert retry_after(status, {"retry-after": text}, NOW) == seconds


def test_a_date_is_measured_by_the_date_of_the_answer_where_it_has_one() -> None:
    headers = {"retry-after": "Wed, 21 Oct 2015 07:28:30 GMT", "date": "Wed, 21 Oct 2015 07:28:10 GMT"}
    assert retry_after(503, headers, NOW + 86_400) == 20.0
    assert retry_after(503, {**headers, "date": "yesterday"}, NOW) == 30.0


def test_the_longer_wait_counts() -> None:
    assert retry_after(429, {"gw-ratelimit-reset": "2000", "retry-after": "1"}, NOW) == 2.0
    assert retry_after(429, {"gw-ratelimit-reset": "2000", "retry-after": "3"}, NOW) == 3.0


@pytest.mark.parametrize(
    ("status", "remaining", "seconds"),
    [(503, None, 2.0), (503, "0", 2.0), (503, "1990", None), (400, "5", None), (429, "1990", 2.0)],
)
def test_the_reset_of_a_quota_with_something_left_asks_for_nothing(
    status: int, remaining: str | None, seconds: float | None
) -> None:
    headers = {"gw-ratelimit-reset": "2000"} | ({} if remaining is None else {"gw-ratelimit-remaining": remaining})
    assert retry_after(status, headers, NOW) == seconds


@given(
    st.text() | st.from_regex(r"[A-Z][a-z]{2}, [0-9]{1,6} [A-Z][a-z]{2} [0-9]{1,9} [0-9:+ A-Z-]{0,20}", fullmatch=True)
)
def test_any_header_is_read_or_else_it_is_nothing(text: str) -> None:
    seconds = retry_after(503, {"retry-after": text, "date": text, "gw-ratelimit-reset": text}, NOW)
    assert seconds is None or 0 <= seconds <= 3600
