"""REST calls of the futures host."""

from itertools import islice
from typing import Any, Final

from rx_kucoin.simulator._account_rest import FUTURES_ACCOUNT
from rx_kucoin.simulator._bars import LENGTHS
from rx_kucoin.simulator._contracts import coin, is_inverse, multiplier, settles_in
from rx_kucoin.simulator._futures_payloads import MULTIPLIER_DIGITS
from rx_kucoin.simulator._futures_payloads import ticker as ticker_body
from rx_kucoin.simulator._instruments import Instrument
from rx_kucoin.simulator._rest_handlers import Endpoint, Query, RestContext, RestError
from rx_kucoin.simulator._spot_rest import COMMON, number

__all__ = ["FUTURES"]

BARS_AT_ONCE: Final = 200
GRANULARITIES: Final = {
    seconds // 60: name for name, seconds in LENGTHS.items() if name not in {"3min", "6hour", "1month"}
}
"""Minutes of the intervals that this host answers. It also streams bars of 3 minutes and of a month."""


def active(context: RestContext, _query: Query) -> Any:
    """Return every contract with its rules."""
    return [_rules(contract) for contract in context.instruments.all()]


def contract(context: RestContext, query: Query) -> Any:
    """Return one contract with its rules."""
    return _rules(context.instrument(query))


def ticker(context: RestContext, query: Query) -> Any:
    """Return best prices and the last trade."""
    return ticker_body(context.instrument(query), "")["data"]


def all_tickers(context: RestContext, _query: Query) -> Any:
    """Return every contract's best prices and last trade."""
    return [ticker_body(each, "")["data"] for each in context.instruments.all()]


def snapshot(context: RestContext, query: Query) -> Any:
    """Return the best levels, as many as this host returns."""
    return _book(context, query, context.settings.futures_book_levels)


def depth20(context: RestContext, query: Query) -> Any:
    """Return the best 20 levels."""
    return _book(context, query, 20)


def depth100(context: RestContext, query: Query) -> Any:
    """Return the best 100 levels."""
    return _book(context, query, 100)


def kline(context: RestContext, query: Query) -> Any:
    """Return bars, oldest first, as numbers: start in ms, open, HIGH, LOW, CLOSE, volume, turnover."""
    each, interval = context.instrument(query), GRANULARITIES.get(number(query, "granularity"))
    if interval is None:
        raise RestError("400100", "granularity is invalid")
    since, until = number(query, "from"), number(query, "to")
    found = each.bars.backwards(interval, -(-since // 1000), -(-until // 1000) or 2**40)
    bars = list(found if since else islice(found, BARS_AT_ONCE))[::-1][:BARS_AT_ONCE]
    scale = 10**each.digits
    return [
        [
            bar.start * 1000,
            *(price / scale for price in (bar.open, bar.high, bar.low, bar.close)),
            bar.volume,
            bar.turnover / scale / 10**MULTIPLIER_DIGITS,
        ]
        for bar in bars
    ]


def _book(context: RestContext, query: Query, count: int) -> Any:
    each = context.instrument(query)
    book, scale = context.book(each), 10**each.digits
    rows = {side: [[price / scale, size] for price, size in levels[:count]] for side, levels in book.sides.items()}
    return {"sequence": book.sequence, "symbol": each.symbol, **rows, "ts": book.time_ns}


def _rules(each: Instrument) -> dict[str, Any]:
    scale, day = 10**each.digits, each.day
    perpetual = each.symbol.endswith("M")
    inverse = is_inverse(each.symbol)
    return {
        "symbol": each.symbol,
        "rootSymbol": "USDT" if not inverse else "XBT",
        "type": "FFWCSX" if perpetual else "FFICSX",
        "firstOpenDate": 1585555200000,
        "expireDate": None if perpetual else 1798185600000,
        "settleDate": None if perpetual else 1798185600000,
        "baseCurrency": coin(each.symbol),
        "quoteCurrency": "USD" if inverse else "USDT",
        "settleCurrency": settles_in(each.symbol),
        "maxOrderQty": 1000000,
        "maxPrice": 1000000.0,
        "lotSize": 1,
        "tickSize": 1 / scale,
        "indexPriceTickSize": 1 / scale,
        "multiplier": float(multiplier(each.symbol)),
        "initialMargin": 0.008,
        "maintainMargin": 0.004,
        "maxLeverage": 125,
        "makerFeeRate": 0.0002,
        "takerFeeRate": 0.0006,
        "isDeleverage": True,
        "isQuanto": False,
        "isInverse": inverse,
        "markMethod": "FairPrice",
        "status": "Open",
        "fundingFeeRate": -0.000076,
        "openInterest": "11481754",
        "turnoverOf24h": day.turnover / scale / 10**MULTIPLIER_DIGITS,
        "volumeOf24h": day.volume / 10**MULTIPLIER_DIGITS,
        "markPrice": each.trade.price / scale,
        "indexPrice": each.trade.price / scale,
        "lastTradePrice": each.trade.price / scale,
        "nextFundingRateTime": 28800000,
        "lowPrice": day.low / scale,
        "highPrice": day.high / scale,
        "priceChgPct": (day.close - day.open) / day.open,
        "priceChg": (day.close - day.open) / scale,
    }


FUTURES: Final = (
    *COMMON,
    Endpoint("GET", "/api/v1/contracts/active", 3, active),
    Endpoint("GET", "/api/v1/contracts/{symbol}", 3, contract),
    Endpoint("GET", "/api/v1/ticker", 2, ticker),
    Endpoint("GET", "/api/v1/allTickers", 5, all_tickers),
    Endpoint("GET", "/api/v1/level2/snapshot", 3, snapshot, book=True),
    Endpoint("GET", "/api/v1/level2/depth20", 5, depth20, book=True),
    Endpoint("GET", "/api/v1/level2/depth100", 5, depth100, book=True),
    Endpoint("GET", "/api/v1/kline/query", 3, kline),
    *FUTURES_ACCOUNT,
)
