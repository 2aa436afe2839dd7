"""What the exchange lists, read whole."""

import json
from decimal import Decimal
from typing import Any, Final

import msgspec
import pytest

from rx_kucoin.errors import UnexpectedAnswer
from rx_kucoin.protocol.channels import CHANNELS
from rx_kucoin.protocol.frames import Frame
from rx_kucoin.protocol.listings import Contract, Symbol, read_contracts, read_names, read_symbols, symbol_of
from tests.protocol.fields import distinct, lost

SYMBOL: Final[dict[str, Any]] = {
    "symbol": "BTC-USDT",
    "name": "BTC-USDT",
    "baseCurrency": "BTC",
    "quoteCurrency": "USDT",
    "feeCurrency": "USDT",
    "market": "USDS",
    "baseMinSize": "0.00001",
    "quoteMinSize": "0.1",
    "baseMaxSize": "10000000000",
    "quoteMaxSize": "99999999",
    "baseIncrement": "0.00000001",
    "quoteIncrement": "0.000001",
    "priceIncrement": "0.1",
    "priceLimitRate": "0.1",
    "minFunds": "0.1",
    "isMarginEnabled": True,
    "enableTrading": True,
    "feeCategory": 1,
    "makerFeeCoefficient": "1.00",
    "takerFeeCoefficient": "1.00",
    "st": False,
    "callauctionIsEnabled": True,
    "callauctionPriceFloor": "1.1",
    "callauctionPriceCeiling": "2.2",
    "callauctionFirstStageStartTime": 1740654000000,
    "callauctionSecondStageStartTime": 1740654300000,
    "callauctionThirdStageStartTime": 1740654600000,
    "tradingStartTime": 1740654900000,
}
CONTRACT: Final[dict[str, Any]] = {
    "symbol": "XBTUSDTM",
    "rootSymbol": "USDT",
    "type": "FFWCSX",
    "firstOpenDate": 1585555200000,
    "expireDate": None,
    "settleDate": 1798185600000,
    "baseCurrency": "XBT",
    "quoteCurrency": "USDT",
    "settleCurrency": "USDT",
    "maxOrderQty": 1000000,
    "maxPrice": 1000000.0,
    "lotSize": 1,
    "tickSize": 0.1,
    "indexPriceTickSize": 0.01,
    "multiplier": 0.001,
    "initialMargin": 0.008,
    "maintainMargin": 0.004,
    "maxRiskLimit": 100000,
    "minRiskLimit": 100000,
    "riskStep": 50000,
    "makerFeeRate": 0.0002,
    "takerFeeRate": 0.0006,
    "takerFixFee": 0.0,
    "makerFixFee": 0.0,
    "settlementFee": None,
    "isDeleverage": True,
    "isQuanto": True,
    "isInverse": False,
    "markMethod": "FairPrice",
    "fairMethod": "FundingRate",
    "fundingBaseSymbol": ".XBTINT8H",
    "fundingQuoteSymbol": ".USDTINT8H",
    "fundingRateSymbol": ".XBTUSDTMFPI8H",
    "indexSymbol": ".KXBTUSDT",
    "settlementSymbol": "",
    "status": "Open",
    "fundingFeeRate": 0.000052,
    "predictedFundingFeeRate": 8e-06,
    "fundingRateGranularity": 28800000,
    "openInterest": "6748176",
    "turnoverOf24h": 1034643198.3265533,
    "volumeOf24h": 12069.225,
    "markPrice": 86378.69,
    "indexPrice": 86382.64,
    "lastTradePrice": 86364,
    "nextFundingRateTime": 17752926,
    "maxLeverage": 125,
    "sourceExchanges": ["okex", "binance", "kucoin"],
    "premiumsSymbol1M": ".XBTUSDTMPI",
    "premiumsSymbol8H": ".XBTUSDTMPI8H",
    "fundingBaseSymbol1M": ".XBTINT",
    "fundingQuoteSymbol1M": ".USDTINT",
    "lowPrice": 82205.2,
    "highPrice": 89299.9,
    "priceChgPct": -0.028,
    "priceChg": -2495.9,
    "k": 490.0,
    "m": 300.0,
    "f": 1.3,
    "mmrLimit": 0.3,
    "mmrLevConstant": 125.0,
    "supportCross": True,
    "buyLimit": 90700.7115,
    "sellLimit": 82062.5485,
}
"""The exchange's own examples, of the host that answers with numbers and of the one that answers with strings."""
ENCODE: Final = msgspec.json.Encoder(decimal_format="number").encode
READ: Final = {"symbol": (read_symbols, SYMBOL), "contract": (read_contracts, CONTRACT)}


def row_of(kind: str, payload: dict[str, Any]) -> Symbol | Contract:
    (row,) = READ[kind][0](ENCODE([payload]))
    return row


@pytest.mark.parametrize("kind", READ)
def test_every_field_of_a_row_has_a_name_and_nothing_is_lost(kind: str) -> None:
    payload = distinct(READ[kind][1])
    row = row_of(kind, payload)
    assert row.extra == {}
    assert lost(Frame(topic="", type="message", data=msgspec.Raw(ENCODE(payload))), row) == []
    assert {name for name in row.__struct_fields__ if getattr(row, name) is None} == {
        "symbol": set[str](),
        "contract": {"expire_date_ns", "settlement_fee", "settlement_symbol"},
    }[kind]


def test_a_symbol_is_exact_and_its_times_are_in_nanoseconds() -> None:
    row = row_of("symbol", SYMBOL)
    assert isinstance(row, Symbol)
    assert (row.symbol, row.market, row.enable_trading) == ("BTC-USDT", "USDS", True)
    assert (row.base_increment, row.price_increment) == (Decimal("0.00000001"), Decimal("0.1"))
    assert row.trading_start_time_ns == 1740654900 * 10**9


def test_a_contract_is_exact_and_its_times_are_in_nanoseconds() -> None:
    row = row_of("contract", CONTRACT)
    assert isinstance(row, Contract)
    assert (row.multiplier, row.tick_size, row.predicted_funding_fee_rate) == (
        Decimal("0.001"),
        Decimal("0.1"),
        Decimal("0.000008"),
    )
    assert (row.status, row.type, row.source_exchanges) == ("Open", "FFWCSX", ("okex", "binance", "kucoin"))
    assert row.first_open_date_ns == 1585555200 * 10**9
    assert row.funding_rate_granularity_ns == 8 * 3600 * 10**9


@pytest.mark.parametrize("kind", READ)
def test_what_is_new_is_kept(kind: str) -> None:
    row = row_of(kind, {**READ[kind][1], "brandNew": {"price": 1.50}})
    assert row.extra == {"brandNew": {"price": Decimal("1.5")}}


@pytest.mark.parametrize("kind", READ)
def test_a_field_of_another_type_spoils_neither_its_row_nor_the_others(kind: str) -> None:
    read, payload = READ[kind]
    name = {"symbol": "priceIncrement", "contract": "tickSize"}[kind]
    first, second = read(json.dumps([{**payload, name: {"of": 1}}, {**payload, name: ""}]).encode())
    assert first.extra == {name: {"of": 1}}
    assert second.extra == {}
    assert first.symbol == second.symbol == payload["symbol"]
    assert first == msgspec.structs.replace(second, extra=first.extra)


@pytest.mark.parametrize("answer", ["{}", "[1]", '[{"symbol":"A-B"},null]', "<html>"])
@pytest.mark.parametrize("kind", READ)
def test_what_is_no_listing_is_an_unexpected_answer(kind: str, answer: str) -> None:
    with pytest.raises(UnexpectedAnswer):
        READ[kind][0](answer.encode())
    with pytest.raises(UnexpectedAnswer):
        read_names(answer.encode(), "spot" if kind == "symbol" else "futures")


def test_names_are_read_though_their_rows_may_not_be() -> None:
    assert read_names(b'[{"symbol":"A-B","priceIncrement":{}},{"symbol":"C-D"}]', "spot") == {"A-B", "C-D"}


OF_A_SYMBOL: Final = {
    "/market/ticker:BTC-USDT": "BTC-USDT",
    "/market/snapshot:BTC-USDT": "BTC-USDT",
    "/market/candles:BTC-USDT_1min": "BTC-USDT",
    "/contractMarket/limitCandle:XBTUSDTM_1min": "XBTUSDTM",
    "/contractMarket/tickerV2:XBTUSDTM": "XBTUSDTM",
    "/callauction/callauctionData:BTC-USDT": "BTC-USDT",
}
OF_NONE: Final = [
    "/market/ticker:all",
    "/market/snapshot:BTC",
    "/indicator/index:USDT-BTC",
    "/indicator/markPrice:USDT-BTC",
    "/contract/announcement",
    "/contract/announcement:XBTUSDTM",
    "/contract/instrument:.XBTUSDTMPI",
    "/contract/position:XBTUSDTM",
    "/margin/isolatedPosition:BTC-USDT",
    "/account/balance",
    "/brand/new:BTC-USDT",
]


@pytest.mark.parametrize("topic", [*OF_A_SYMBOL, *OF_NONE])
def test_a_topic_presupposes_its_symbol_or_none(topic: str) -> None:
    assert symbol_of(topic) == OF_A_SYMBOL.get(topic)


def test_no_channel_of_ones_own_account_presupposes_a_symbol() -> None:
    private = [prefix for prefix, channel in CHANNELS.items() if channel.private]
    assert private
    assert {symbol_of(f"{prefix}:BTC-USDT") for prefix in private} == {None}
