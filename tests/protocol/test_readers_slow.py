"""Snapshots, auctions and indicators: exactly what was sent, and what is new, too."""

import json
from typing import Any

import msgspec
import pytest

from rx_kucoin.protocol.frames import Frame, FrameError
from rx_kucoin.protocol.messages.margin import Indicator
from rx_kucoin.protocol.messages.spot import CallAuction, MarketChange, Snapshot, Ticker
from rx_kucoin.protocol.readers import margin, spot
from tests.protocol.material import push_of
from tests.protocol.reading import D, message_in_one_go, read, read_typed

KCS = "/market/snapshot:KCS"


def test_a_snapshot_is_exact_and_whole() -> None:
    assert read_typed("/market/snapshot:BTC-USDT") == Snapshot(
        symbol="BTC-USDT",
        sequence=38110100990,
        outer_sequence=38110100990,
        ask_size=D("0.25443497"),
        average_price=D("85713.700425"),
        base_currency="BTC",
        bid_size=D("0.34401361"),
        board=1,
        buy=D("84520.9"),
        change_price=D("-255.3"),
        change_rate=D("-0.0030"),
        close=D(84521),
        high=D(87220),
        last_size=D("0.00149977"),
        last_traded_price=D(84521),
        low=D("83892.5"),
        maker_coefficient=D("1.0000"),
        maker_fee_rate=D("0.001"),
        margin_trade=True,
        mark=0,
        market="USDS",
        market_change1h=MarketChange(
            change_price=D("-8.7"),
            change_rate=D("-0.0001"),
            high=D("84555.7"),
            low=D("84483.1"),
            open=D("84529.7"),
            vol=D("30.4787595734952392"),
            vol_value=D("2576256.90421548792765776"),
        ),
        market_change4h=MarketChange(
            change_price=D("388.6"),
            change_rate=D("0.0046"),
            high=D("84555.7"),
            low=D("84099.4"),
            open=D("84132.4"),
            vol=D("300.16"),
            vol_value=D("25332317.25"),
        ),
        market_change24h=MarketChange(
            change_price=D("-255.3"),
            change_rate=D("-0.0030"),
            high=D(87220),
            low=D("83892.5"),
            open=D("84776.3"),
            vol=D("4035.73181920417264091835"),
            vol_value=D("345900144.63"),
        ),
        markets=("USDS", "Majors", "PoW", "Layer1"),
        open=D("84776.3"),
        quote_currency="USDT",
        sell=D(84521),
        site_types=("global",),
        sort=100,
        symbol_code="BTC-USDT",
        taker_coefficient=D("1.0000"),
        taker_fee_rate=D("0.001"),
        trading=True,
        vol=D("4035.73181920417264091835"),
        vol_value=D("345900144.63"),
        time_ns=1790984037207_000_000,
    )


def test_a_snapshot_of_a_market_names_the_symbol_and_has_the_number_of_its_book_and_the_push_s_own() -> None:
    snapshot = read_typed(KCS)
    assert (snapshot.symbol, snapshot.market, snapshot.bid_size, snapshot.market_change1h) == (
        "EWT-KCS",
        "KCS",
        None,
        None,
    )
    assert (snapshot.sequence, snapshot.outer_sequence) == (352089952, 1790984045980)


@pytest.mark.parametrize(("argument", "sequence"), [("BTC-USDT", 7), ("USDS", None)])
def test_the_number_beside_a_record_is_that_of_the_book_for_a_symbol_only(argument: str, sequence: int | None) -> None:
    snapshot = read(spot.snapshot, argument, {"sequence": "7", "data": {"symbol": "BTC-USDT"}})
    assert snapshot == Snapshot("BTC-USDT", sequence=sequence, outer_sequence=7)


@pytest.mark.parametrize(
    ("argument", "record", "symbol"),
    [
        ("BTC-USDT", {}, "BTC-USDT"),
        ("BTC-USDT", {"symbolCode": "XBT-USDT"}, "XBT-USDT"),
        ("USDS", {"symbolCode": "XBT-USDT"}, "XBT-USDT"),
        ("USDS", {}, ""),
    ],
)
def test_a_snapshot_without_a_symbol_has_that_of_its_topic_but_not_a_market_s(
    argument: str, record: dict[str, Any], symbol: str
) -> None:
    assert read(spot.snapshot, argument, {"data": record}).symbol == symbol


def test_what_is_new_is_kept_in_and_beside_the_record_and_in_its_parts() -> None:
    record = {"new": 0.10, "deep": {"x": [1]}, "marketChange1h": {"vol": 1, "trades": 12}}
    snapshot = read(spot.snapshot, "A-B", {"sequence": "soon", "version": 2, "data": record})
    assert snapshot.extra == {"sequence": "soon", "version": 2, "new": D("0.1"), "deep": {"x": (1,)}}
    assert snapshot.market_change1h == MarketChange(vol=D(1), extra={"trades": 12})
    assert snapshot.sequence is None


@pytest.mark.parametrize("payload", [{}, {"data": None}, {"data": []}, {"data": {"trading": "maybe"}}, [], None, 5])
def test_a_snapshot_without_its_record_cannot_be_read(payload: Any) -> None:
    with pytest.raises(FrameError):
        read(spot.snapshot, "A-B", payload)


def test_a_call_auction_is_exact() -> None:
    assert read_typed("/callauction/callauctionData:NEW-USDT") == CallAuction(
        symbol="NEW-USDT",
        estimated_price=D("0.17"),
        estimated_size=D("410.03715"),
        sell_order_range_low_price=D("0.1"),
        sell_order_range_high_price=D("0.3"),
        buy_order_range_low_price=D("0.1"),
        buy_order_range_high_price=D("0.3"),
        time_ns=1790984037600_000_000,
    )


def test_a_call_auction_may_have_short_names() -> None:
    assert read_typed("/callauction/callauctionData:SOON-USDT") == CallAuction(
        symbol="SOON-USDT",
        estimated_price=D("2.31"),
        estimated_size=D("1890.5"),
        sell_order_range_low_price=D("1.5"),
        sell_order_range_high_price=D("4.5"),
        buy_order_range_low_price=D("1.2"),
        buy_order_range_high_price=D("4.2"),
        time_ns=1790984037700_000_000,
    )


def test_a_long_name_goes_before_a_short_one_which_is_kept() -> None:
    auction = read(spot.call_auction, "A-B", {"ep": "1", "estimatedPrice": "2", "es": 3, "new": 0.10})
    assert (auction.symbol, auction.estimated_price, auction.estimated_size) == ("A-B", D(2), D(3))
    assert auction.extra == {"ep": "1", "new": D("0.1")}


@pytest.mark.parametrize(
    ("topic", "value", "time"),
    [("markPrice", "0.03156118", 1790984037000), ("index", "0.031563", 1790984038000)],
)
def test_an_indicator_is_exact(topic: str, value: str, time: int) -> None:
    indicator = read_typed(f"/indicator/{topic}:ETH-BTC")
    assert indicator == Indicator("ETH-BTC", granularity=1000, value=D(value), time_ns=time * 1_000_000)
    assert str(read(margin.indicator, "A-B", b'{"value":0.00010930}').value) == "0.00010930"


@pytest.mark.parametrize("topic", ["/market/ticker:ETH-USDT", KCS, "/callauction/callauctionData:SOON-USDT"])
def test_what_stands_alone_on_its_line_is_read_as_well(topic: str) -> None:
    assert message_in_one_go(push_of(topic)) == read_typed(topic)


def test_a_misspelt_time_of_a_ticker_is_its_time_where_it_has_no_other() -> None:
    assert read_typed("/market/ticker:ETH-USDT") == Ticker(
        symbol="ETH-USDT",
        sequence=23242050174,
        price=D("2667.64"),
        size=D("0.002"),
        best_ask=D("2667.61"),
        best_ask_size=D("10.5900853"),
        best_bid=D("2667.6"),
        best_bid_size=D("0.8915"),
        time_ns=1790984037673_000_000,
    )
    assert read(spot.ticker, "A-B", {"Time": 1, "time": 2}).time_ns == 2_000_000


def test_a_word_that_is_new_passes_through() -> None:
    payload = msgspec.Raw(json.dumps({"side": "auction", "type": "block"}).encode())
    match = spot.match.read(Frame(data=payload), "A-B")
    assert (match.side, match.type) == ("auction", "block")
