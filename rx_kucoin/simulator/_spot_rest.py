"""REST calls of the spot host."""

from itertools import islice
from typing import Any, Final

from rx_kucoin.simulator._account_rest import ACCOUNT
from rx_kucoin.simulator._bars import LENGTHS
from rx_kucoin.simulator._instruments import Instrument, amount
from rx_kucoin.simulator._rest_handlers import Endpoint, Query, RestContext, RestError
from rx_kucoin.simulator._spot_payloads import bar_row, market_of, price_range, ticker_data

__all__ = ["COMMON", "SPOT", "number"]

BARS_AT_ONCE: Final = 1500
BARS_UNASKED: Final = 100
"""Bars returned if no time is given."""


def public_token(context: RestContext, _query: Query) -> Any:
    """Issue a public token: `bullet-public`."""
    return context.token(private=False)


def private_token(context: RestContext, _query: Query) -> Any:
    """Issue a private token: `bullet-private`."""
    return context.token(private=True)


def clock(context: RestContext, _query: Query) -> Any:
    """Return the time in milliseconds."""
    return context.settings.now_ns() // 1_000_000


def status(_context: RestContext, _query: Query) -> Any:
    """Return the status, always open."""
    return {"status": "open", "msg": ""}


def symbols(context: RestContext, _query: Query) -> Any:
    """Return every symbol with its rules."""
    return [_rules(instrument) for instrument in context.instruments.all()]


def symbol(context: RestContext, query: Query) -> Any:
    """Return one symbol with its rules."""
    return _rules(context.instrument(query))


def currencies(context: RestContext, _query: Query) -> Any:
    """Return every currency that a symbol names."""
    names = dict.fromkeys(name for each in context.instruments.all() for name in (each.base, each.quote))
    return [
        {
            "currency": name,
            "name": name,
            "fullName": name,
            "precision": 8,
            "confirms": None,
            "contractAddress": None,
            "isMarginEnabled": True,
            "isDebitEnabled": True,
            "chains": [],
        }
        for name in names
    ]


def all_tickers(context: RestContext, _query: Query) -> Any:
    """Return every symbol's best prices and last 24 hours."""
    return {
        "time": context.settings.now_ns() // 1_000_000,
        "ticker": [_day(each) for each in context.instruments.all()],
    }


def stats(context: RestContext, query: Query) -> Any:
    """Return one symbol's last 24 hours."""
    return {"time": context.settings.now_ns() // 1_000_000, **_day(context.instrument(query))}


def level1(context: RestContext, query: Query) -> Any:
    """Return best prices and the last trade."""
    return ticker_data(context.instrument(query))


def level2_20(context: RestContext, query: Query) -> Any:
    """Return the best 20 levels."""
    return _book(context, query, 20)


def level2_100(context: RestContext, query: Query) -> Any:
    """Return the best 100 levels."""
    return _book(context, query, 100)


def level2(context: RestContext, query: Query) -> Any:
    """Return the whole book."""
    return _book(context, query, None)


def candles(context: RestContext, query: Query) -> Any:
    """Return bars, newest first, including the one in progress: traded ones, then a made-up past."""
    instrument, interval = context.instrument(query), query.get("type", "")
    if interval not in LENGTHS:
        raise RestError("400100", "type is invalid")
    since, until = number(query, "startAt"), number(query, "endAt")
    bars = instrument.bars.backwards(interval, since or 0, until or 2**40)
    return [bar_row(instrument, bar) for bar in islice(bars, BARS_AT_ONCE if since or until else BARS_UNASKED)]


def number(query: Query, name: str) -> int:
    """Parse a number of a query; 0 if it is missing."""
    text = query.get(name) or "0"
    if not text.isdecimal():
        raise RestError("400100", f"{name} is invalid")
    return int(text)


def histories(context: RestContext, query: Query) -> Any:
    """Return the last trades, of which this exchange keeps one."""
    instrument = context.instrument(query)
    trade = instrument.trade
    return [
        {
            "sequence": str(trade.sequence),
            "price": instrument.price(trade.price),
            "size": instrument.size(trade.size),
            "side": trade.side,
            "time": trade.time_ns,
        }
    ]


def _book(context: RestContext, query: Query, count: int | None) -> Any:
    instrument = context.instrument(query)
    book = context.book(instrument)
    rows = {
        side: [[instrument.price(price), instrument.size(size)] for price, size in levels[:count]]
        for side, levels in book.sides.items()
    }
    return {"time": book.time_ns // 1_000_000, "sequence": str(book.sequence), **rows}


def _day(instrument: Instrument) -> dict[str, Any]:
    day, (bid, ask) = instrument.day, instrument.book.best
    change = day.close - day.open
    return {
        "symbol": instrument.symbol,
        "symbolName": instrument.symbol,
        "buy": instrument.price(bid),
        "bestBidSize": instrument.size(instrument.book.bids[bid]),
        "sell": instrument.price(ask),
        "bestAskSize": instrument.size(instrument.book.asks[ask]),
        "changeRate": f"{change / day.open:.4f}",
        "changePrice": f"{'-' if change < 0 else ''}{instrument.price(abs(change))}",
        "high": instrument.price(day.high),
        "low": instrument.price(day.low),
        "vol": instrument.size(day.volume),
        "volValue": instrument.value(day.turnover),
        "last": instrument.price(day.close),
        "averagePrice": instrument.price(day.turnover // day.volume),
        "takerFeeRate": "0.001",
        "makerFeeRate": "0.001",
        "takerCoefficient": "1",
        "makerCoefficient": "1",
    }


def _rules(instrument: Instrument) -> dict[str, Any]:
    tick = amount(1, instrument.digits)
    low, high = price_range(instrument) if instrument.in_auction else (None, None)
    return {
        "symbol": instrument.symbol,
        "name": instrument.symbol,
        "baseCurrency": instrument.base,
        "quoteCurrency": instrument.quote,
        "feeCurrency": instrument.quote,
        "market": market_of(instrument.quote),
        "baseMinSize": "0.00001",
        "quoteMinSize": "0.1",
        "baseMaxSize": "10000000000",
        "quoteMaxSize": "99999999",
        "baseIncrement": "0.00000001",
        "quoteIncrement": "0.000001",
        "priceIncrement": tick,
        "priceLimitRate": "0.1",
        "minFunds": "0.1",
        "isMarginEnabled": True,
        "enableTrading": True,
        "feeCategory": 1,
        "makerFeeCoefficient": "1.00",
        "takerFeeCoefficient": "1.00",
        "st": False,
        "callauctionIsEnabled": instrument.in_auction,
        "callauctionPriceFloor": low and instrument.price(low),
        "callauctionPriceCeiling": high and instrument.price(high),
        "callauctionFirstStageStartTime": None,
        "callauctionSecondStageStartTime": None,
        "callauctionThirdStageStartTime": None,
        "tradingStartTime": None,
    }


COMMON: Final = (
    Endpoint("POST", "/api/v1/bullet-public", 10, public_token, token=True),
    Endpoint("POST", "/api/v1/bullet-private", 10, private_token, signed=True, token=True),
    Endpoint("GET", "/api/v1/timestamp", 0, clock),
    Endpoint("GET", "/api/v1/status", 3, status),
)
"""Calls of both hosts. The timestamp has no weight and sends no quota headers."""

SPOT: Final = (
    *COMMON,
    Endpoint("GET", "/api/v1/symbols", 4, symbols),
    Endpoint("GET", "/api/v2/symbols", 4, symbols),
    Endpoint("GET", "/api/v2/symbols/{symbol}", 4, symbol),
    Endpoint("GET", "/api/v1/currencies", 3, currencies),
    Endpoint("GET", "/api/v3/currencies", 3, currencies),
    Endpoint("GET", "/api/v1/market/allTickers", 15, all_tickers),
    Endpoint("GET", "/api/v1/market/stats", 15, stats),
    Endpoint("GET", "/api/v1/market/orderbook/level1", 2, level1),
    Endpoint("GET", "/api/v1/market/orderbook/level2_20", 2, level2_20, book=True),
    Endpoint("GET", "/api/v1/market/orderbook/level2_100", 2, level2_100, book=True),
    Endpoint("GET", "/api/v3/market/orderbook/level2", 3, level2, signed=True, book=True),
    Endpoint("GET", "/api/v1/market/candles", 3, candles),
    Endpoint("GET", "/api/v1/market/histories", 3, histories),
    *ACCOUNT,
)
