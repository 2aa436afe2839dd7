"""The futures market's public channels: exactly what was sent."""

import json
from typing import Any

import pytest

from rx_kucoin.protocol.frames import FrameError
from rx_kucoin.protocol.messages.base import Change, Level, Unknown
from rx_kucoin.protocol.messages.futures import (
    FundingRate,
    FundingSettlement,
    FuturesSnapshot,
    FuturesTicker,
    FuturesTickerV1,
    MarkPrice,
)
from rx_kucoin.protocol.messages.spot import Candle, Depth, Level2Change, Match
from rx_kucoin.protocol.messages.words import FundingEvent, Side
from rx_kucoin.protocol.readers import futures, spot
from tests.protocol.reading import D, read, read_typed

INSTRUMENT = "/contract/instrument:XBTUSDTM"
ANNOUNCEMENT = "/contract/announcement"


def test_a_ticker_has_nanoseconds_and_sizes_in_contracts() -> None:
    assert read_typed("/contractMarket/tickerV2:XBTUSDTM") == FuturesTicker(
        symbol="XBTUSDTM",
        sequence=1747821025244,
        best_bid_size=D(713),
        best_bid_price=D("84556.6"),
        best_ask_price=D("84556.7"),
        best_ask_size=D(1037),
        time_ns=1790993335003000000,
    )


def test_a_ticker_of_the_first_version_has_the_last_trade() -> None:
    assert read_typed("/contractMarket/ticker:XBTUSDTM") == FuturesTickerV1(
        symbol="XBTUSDTM",
        sequence=1793133570931,
        side=Side.SELL,
        size=D(1),
        price=D("84556.6"),
        best_bid_size=D(2186),
        best_bid_price=D("84556.6"),
        best_ask_price=D("84556.7"),
        trade_id="1793133570931",
        best_ask_size=D(275),
        time_ns=1790993335637000000,
    )


@pytest.mark.parametrize("reader", [futures.ticker, futures.ticker_v1, futures.snapshot], ids=["2", "1", "snapshot"])
@pytest.mark.parametrize("payload", [{}, {"symbol": ""}, {"symbol": None}], ids=["none", "empty", "null"])
def test_what_names_no_symbol_has_that_of_its_topic(reader: Any, payload: dict[str, Any]) -> None:
    assert read(reader, "XBTUSDTM", payload).symbol == "XBTUSDTM"


@pytest.mark.parametrize("price", ['"84556.6"', "84556.6"])
def test_prices_of_old_are_numbers_and_as_exact(price: str) -> None:
    ticker = read(futures.ticker, "XBTUSDTM", f'{{"bestBidPrice":{price},"bestBidSize":"7"}}'.encode())
    assert (str(ticker.best_bid_price), ticker.best_bid_size) == ("84556.6", D(7))


@pytest.mark.parametrize(
    ("topic", "change"),
    [
        (
            "/contractMarket/level2:XBTUSDTM",
            Level2Change(
                "XBTUSDTM",
                1747821025245,
                1747821025245,
                bids=(Change(D(84550), D(12), 1747821025245),),
                time_ns=1790993335240_000_000,
            ),
        ),
        (
            "/contractMarket/level2:ETHUSDTM",
            Level2Change(
                "ETHUSDTM",
                1736604716189,
                1736604716189,
                asks=(Change(D("2749.69"), D(0), 1736604716189),),
                time_ns=1790993335412_000_000,
            ),
        ),
    ],
)
def test_a_change_of_a_book_stands_on_its_side(topic: str, change: Level2Change) -> None:
    assert read_typed(topic) == change


@pytest.mark.parametrize(
    "change",
    ["1,buy", "x,buy,2", "1,hold,2", "1,,2", ",buy,2", "1,buy,", "1e99999999999999999999,buy,1", ","],
)
def test_a_change_that_is_none_is_a_frame_error(change: str) -> None:
    with pytest.raises(FrameError):
        read(futures.level2, "XBTUSDTM", {"sequence": 7, "change": change})


def test_a_change_without_a_number_is_a_frame_error_and_so_is_a_number_without_a_change() -> None:
    with pytest.raises(FrameError, match="number None"):
        read(futures.level2, "XBTUSDTM", {"change": "1,buy,2"})
    for change in ({}, {"change": ""}, {"change": None}):
        with pytest.raises(FrameError, match="number 7"):
            read(futures.level2, "XBTUSDTM", {"sequence": 7, **change})


@pytest.mark.parametrize(
    ("topic", "depth"),
    [
        (
            "/contractMarket/level2Depth5:XBTUSDTM",
            Depth(
                "XBTUSDTM",
                (Level(D("84556.7"), D(1037)), Level(D("84556.9"), D(4))),
                (Level(D("84556.6"), D(713)), Level(D("84556.1"), D(20))),
                1790993335300_000_000,
                1747821025249,
            ),
        ),
        (
            "/contractMarket/level2Depth50:ETHUSDTM",
            Depth(
                "ETHUSDTM",
                (Level(D("2749.69"), D(44)), Level(D("2749.7"), D(102))),
                (Level(D("2749.68"), D(241)), Level(D("2749.61"), D(45))),
                1790993335400_000_000,
                1736604716188,
            ),
        ),
    ],
)
def test_a_depth_has_the_sequence_of_its_book(topic: str, depth: Depth) -> None:
    assert read_typed(topic) == depth


@pytest.mark.parametrize("name", ["ts", "timestamp"])
def test_a_depth_has_its_time_under_either_name(name: str) -> None:
    assert read(spot.depth, "XBTUSDTM", {name: 5}) == Depth("XBTUSDTM", time_ns=5_000_000)


@pytest.mark.parametrize(
    ("topic", "match"),
    [
        (
            "/contractMarket/execution:XBTUSDTM",
            Match(
                "XBTUSDTM",
                1793133570932,
                Side.BUY,
                D("84556.7"),
                D(2),
                "1793133570932",
                "447822167163555840",
                "447822202957807616",
                1790993336520000000,
            ),
        ),
        (
            "/contractMarket/execution:ETHUSDTM",
            Match(
                "ETHUSDTM",
                1693133570933,
                Side.SELL,
                D("2749.65"),
                D(7),
                "66f9c3b83c7feb1f6d1c4a55",
                "66f9c3b8ea37f7000164e8b0",
                "66f9c3b8ea37f7000164e8c1",
                1790993336731204114,
                None,
                "5fd5a1b2c3d4e5f600000002",
                "5fd5a1b2c3d4e5f600000003",
            ),
        ),
    ],
)
def test_a_match_is_that_of_the_spot_market(topic: str, match: Match) -> None:
    assert read_typed(topic) == match


def test_a_candle_has_its_turnover_before_its_volume() -> None:
    assert read_typed("/contractMarket/limitCandle:XBTUSDTM_1min") == Candle(
        symbol="XBTUSDTM",
        interval="1min",
        start_ns=1790993280_000_000_000,
        open=D("84568.3"),
        close=D("84556.7"),
        high=D("84568.3"),
        low=D("84544.2"),
        volume=D(12785),
        turnover=D("1080991.7836"),
        time_ns=1790993360463_000_000,
    )


@pytest.mark.parametrize("count", [0, 6])
def test_a_candle_with_too_few_columns_cannot_be_read(count: int) -> None:
    with pytest.raises(FrameError):
        read(futures.candle, "XBTUSDTM_1min", {"candles": ["1"] * count})


def test_a_snapshot_is_exact() -> None:
    assert read_typed("/contractMarket/snapshot:XBTUSDTM") == FuturesSnapshot(
        symbol="XBTUSDTM",
        volume=D("3938.189"),
        turnover=D("337376435.2988"),
        last_price=D("84556.7"),
        high_price=D("87274.8"),
        low_price=D("83864.7"),
        price24_hours_before=D("85034.0"),
        price_chg=D("-477.3"),
        price_chg_pct=D("-0.0056"),
        funding_rate=D("-0.000002"),
        time_ns=1790993335003748866,
    )


def test_an_instrument_has_two_kinds_told_apart_by_their_subject() -> None:
    assert read_typed(INSTRUMENT, "mark.index.price") == MarkPrice(
        symbol="XBTUSDTM",
        mark_price=D("84556.79"),
        index_price=D("84561.81"),
        granularity=1000,
        time_ns=1790993337000_000_000,
    )
    assert read_typed(INSTRUMENT, "funding.rate") == FundingRate(
        symbol="XBTUSDTM",
        funding_rate=D("-0.000076"),
        granularity=60000,
        period=1,
        time_ns=1790993340000_000_000,
    )


def test_an_instrument_of_another_subject_is_kept_whole() -> None:
    message = read(futures.instrument, "XBTUSDTM", {"openInterest": 0.10}, subject="open.interest")
    assert message == Unknown("XBTUSDTM", {"openInterest": D("0.1")}, "open.interest")


@pytest.mark.parametrize(
    ("subject", "event", "symbol", "rate", "time"),
    [
        ("funding.begin", FundingEvent.BEGIN, "XBTUSDTM", "-0.002966", 1791014400000),
        ("funding.end", FundingEvent.END, "ETHUSDTM", "0.000041", 1791014410000),
    ],
)
def test_an_announcement_tells_the_beginning_and_the_end_of_a_settlement(
    subject: str, event: FundingEvent, symbol: str, rate: str, time: int
) -> None:
    assert read_typed(ANNOUNCEMENT, subject) == FundingSettlement(
        symbol=symbol,
        event=event,
        funding_rate=D(rate),
        funding_time_ns=1791014400000_000_000,
        time_ns=time * 1_000_000,
    )


def test_an_announcement_of_something_new_passes_and_loses_nothing() -> None:
    payload = json.dumps({"symbol": "XBTUSDTM", "event": "x", "new": [0.10]}).encode()
    message = read(futures.announcement, "", payload, subject="funding.pause")
    assert message == FundingSettlement("XBTUSDTM", {"event": "x", "new": (D("0.1"),)}, FundingEvent("pause"))
