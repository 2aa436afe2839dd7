"""Answers of REST with a whole book: what is read of them, what is known by them, and what is none."""

import json
import random
from decimal import Decimal
from typing import Any

import pytest

from rx_kucoin.orderbook.book import OrderBook
from rx_kucoin.orderbook.snapshots import BEST, WHOLE, SnapshotEndpoint, read
from rx_kucoin.protocol.messages.base import Level

D = Decimal
SPOT, FUTURES = WHOLE["spot"], WHOLE["futures"]

SPOT_ANSWER = (
    b'{"time":1729176273859,"sequence":"14610502970","bids":[["66976.4","0.69109872"],["66976.3","0.14377"]],'
    b'"asks":[["66976.5","0.05408199"],["66976.8","0.0005"]]}'
)
FUTURES_ANSWER = (
    b'{"sequence":1697895963339,"symbol":"XBTUSDTM","bids":[[66968,2],[66964.8,25596]],'
    b'"asks":[[66968.1,13501],[66968.7,2032]],"ts":1729168101216000000}'
)


def answer(*, leaving_out: str = "", **fields: Any) -> bytes:
    whole = {"sequence": "7", "bids": [["9", "1"]], "asks": [["11", "2"]], "time": 1} | fields
    return json.dumps({name: value for name, value in whole.items() if name != leaving_out}).encode()


def one_side(count: int, side: str, source: SnapshotEndpoint) -> OrderBook:
    return read(source, "S", answer(**{side: [[str(place), "1"] for place in range(1, count + 1)]}))


def test_an_answer_of_spot_is_read() -> None:
    book = read(SPOT, "BTC-USDT", SPOT_ANSWER)
    assert (book.symbol, book.sequence, book.time_ns) == ("BTC-USDT", 14_610_502_970, 1_729_176_273_859_000_000)
    assert book.bids[:] == (Level(D("66976.4"), D("0.69109872")), Level(D("66976.3"), D("0.14377")))
    assert book.asks[:] == (Level(D("66976.5"), D("0.05408199")), Level(D("66976.8"), D("0.0005")))
    assert (book.depth, book.known_from, book.known_to, book.stale) == (None, None, None, False)


def test_an_answer_of_futures_is_read() -> None:
    book = read(FUTURES, "XBTUSDTM", FUTURES_ANSWER)
    assert (book.symbol, book.sequence, book.time_ns) == ("XBTUSDTM", 1_697_895_963_339, 1_729_168_101_216_000_000)
    assert (book.best_bid, book.best_ask) == (Level(D(66_968), D(2)), Level(D("66968.1"), D(13_501)))
    assert (book.depth, book.known_from, book.known_to) == (1_000, None, None)


def test_numbers_strings_and_exponents_are_the_same_and_exact() -> None:
    texts = read(SPOT, "S", answer(bids=[["12345678.123456789012345", "1e-7"], ["0.3", "1E+3"]]))
    numbers = read(SPOT, "S", b'{"sequence":7,"bids":[[0.3,1e3],[12345678.123456789012345,1E-7]],"asks":[[11,2.0]]}')
    assert texts.bids == numbers.bids
    assert texts.asks == numbers.asks
    assert str(numbers.bids[0].price) == "12345678.123456789012345"


def test_levels_may_come_in_any_order() -> None:
    rows = [[str(place), "1"] for place in range(1, 500)]
    mixed = random.Random(1).sample(rows, len(rows))
    assert read(SPOT, "S", answer(bids=mixed, asks=mixed)) == read(SPOT, "S", answer(bids=rows, asks=rows[::-1]))


@pytest.mark.parametrize("source", [FUTURES, BEST], ids=["futures", "best"])
def test_where_a_side_is_as_deep_as_can_be_nothing_is_known_beyond_it(source: SnapshotEndpoint) -> None:
    deepest = source.deepest or 0
    bids, asks = one_side(deepest, "bids", source), one_side(deepest, "asks", source)
    assert (bids.depth, bids.known_from, bids.known_to) == (deepest, D(1), None)
    assert (asks.depth, asks.known_from, asks.known_to) == (deepest, None, D(deepest))


@pytest.mark.parametrize("source", [FUTURES, BEST], ids=["futures", "best"])
def test_where_a_side_has_fewer_levels_it_is_there_whole(source: SnapshotEndpoint) -> None:
    for side in ("bids", "asks"):
        book = one_side((source.deepest or 0) - 1, side, source)
        assert (book.known_from, book.known_to) == (None, None)


def test_all_is_known_of_a_whole_book() -> None:
    book = one_side(3_000, "bids", SPOT)
    assert (len(book.bids), book.depth, book.known_from) == (3_000, None, None)


@pytest.mark.parametrize("empty", [{"bids": []}, {"bids": None}, {"leaving_out": "bids"}], ids=str)
def test_one_side_may_be_empty(empty: dict[str, Any]) -> None:
    book = read(SPOT, "S", answer(**empty))
    assert (len(book.bids), book.best_ask) == (0, Level(D(11), D(2)))


@pytest.mark.parametrize(
    ("source", "fields", "time_ns"),
    [
        (SPOT, {"time": None}, None),
        (SPOT, {"leaving_out": "time"}, None),
        (SPOT, {"time": "5"}, 5_000_000),
        (FUTURES, {"leaving_out": "time", "ts": "5"}, 5),
        (FUTURES, {"time": None, "ts": None}, None),
    ],
)
def test_a_book_may_have_no_time(source: SnapshotEndpoint, fields: dict[str, Any], time_ns: int | None) -> None:
    assert read(source, "S", answer(**fields)).time_ns == time_ns


def test_what_is_new_in_an_answer_does_no_harm() -> None:
    assert read(SPOT, "S", answer(symbol="S", checksum={"a": [1]})) == read(SPOT, "S", answer())


@pytest.mark.parametrize(
    "fields",
    [
        {"bids": [], "asks": []},
        {"bids": None, "asks": None},
        {"sequence": None},
        {"leaving_out": "sequence"},
    ],
    ids=str,
)
def test_an_answer_without_levels_or_without_a_sequence_has_no_book(fields: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="S has no book"):
        read(SPOT, "S", answer(**fields))


@pytest.mark.parametrize(
    "fields",
    [
        {"bids": [["9", "1"], ["8", "1"], ["9.0", "2"]]},
        {"asks": [["11", "1"], ["11", "1"]]},
        {"bids": [["9", "0"]]},
        {"bids": [["0", "1"]]},
        {"bids": [["-9", "1"]]},
        {"bids": [["9", "-1"]]},
        {"bids": [["NaN", "1"]]},
        {"bids": [["9", "Infinity"]]},
        {"bids": [["9", "1e99999999999999999999"]]},
        {"bids": [["9"]]},
        {"bids": [[None, "1"]]},
        {"bids": [["", "1"]]},
        {"bids": [[True, "1"]]},
        {"bids": ["9", "1"]},
        {"bids": {"9": "1"}},
        {"bids": "9,1"},
        {"sequence": "x"},
        {"sequence": 1.5},
        {"sequence": True},
        {"sequence": [7]},
        {"time": "now"},
    ],
    ids=str,
)
def test_what_is_malformed_is_no_book(fields: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="this is no book of S: "):
        read(SPOT, "S", answer(**fields))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"null",
        b"[]",
        b'"text"',
        b"{",
        SPOT_ANSWER[:-1],
        SPOT_ANSWER + b"}",
        b"\xff" + SPOT_ANSWER,
        b"<html></html>",
        b'{"sequence":7,"more":' + b"[" * 100_000,
    ],
    ids=lambda data: repr(data[:20]),
)
def test_what_is_no_object_is_no_book(data: bytes) -> None:
    with pytest.raises(ValueError, match="this is no book of S: "):
        read(SPOT, "S", data)


def test_a_request_names_the_symbol_and_the_path_that_the_documentation_has() -> None:
    assert SPOT.of("BTC-USDT") == "/api/v3/market/orderbook/level2?symbol=BTC-USDT"
    assert FUTURES.of("XBTUSDTM") == "/api/v1/level2/snapshot?symbol=XBTUSDTM"
    assert BEST.of("BTC-USDT") == "/api/v1/market/orderbook/level2_100?symbol=BTC-USDT"
    assert [source.is_signed for source in (SPOT, FUTURES, BEST)] == [True, False, False]
