"""Messages of each spot channel: subject and data, in exactly the exchange's shapes."""

from typing import Any

from rx_kucoin.simulator._bars import TradeBar
from rx_kucoin.simulator._book import Side
from rx_kucoin.simulator._instruments import Instrument

__all__ = [
    "all_tickers", "auction", "bar_row", "candle", "candles", "depth5", "depth50", "index", "level1", "level2",
    "market_of", "market_snapshot", "match", "price_range", "snapshot", "ticker", "ticker_data",
]  # fmt: skip

Body = dict[str, Any]


def ticker_data(instrument: Instrument) -> Body:
    """Return best prices and the last trade."""
    bid, ask = instrument.book.best
    last = instrument.trade
    return {
        "bestAsk": instrument.price(ask),
        "bestAskSize": instrument.size(instrument.book.asks[ask]),
        "bestBid": instrument.price(bid),
        "bestBidSize": instrument.size(instrument.book.bids[bid]),
        "price": instrument.price(last.price),
        "sequence": str(instrument.book.sequence),
        "size": instrument.size(last.size),
        "time": last.time_ns // 1_000_000,
    }


def ticker(instrument: Instrument, _interval: str) -> Body:
    """`/market/ticker:BTC-USDT`."""
    return {"subject": "trade.ticker", "data": ticker_data(instrument)}


def all_tickers(instrument: Instrument, _interval: str) -> Body:
    """`/market/ticker:all`, whose subject is the symbol."""
    return {"subject": instrument.symbol, "data": ticker_data(instrument)}


def level1(instrument: Instrument, _interval: str) -> Body:
    """`/spotMarket/level1`: one flat pair a side."""
    bid, ask = instrument.book.best
    return {
        "subject": "level1",
        "data": {
            "asks": [instrument.price(ask), instrument.size(instrument.book.asks[ask])],
            "bids": [instrument.price(bid), instrument.size(instrument.book.bids[bid])],
            "timestamp": instrument.now_ms(),
        },
    }


def depth5(instrument: Instrument, _interval: str) -> Body:
    """`/spotMarket/level2Depth5`: the best five levels."""
    return _depth(instrument, 5)


def depth50(instrument: Instrument, _interval: str) -> Body:
    """`/spotMarket/level2Depth50`: the best fifty levels."""
    return _depth(instrument, 50)


def level2(instrument: Instrument, _interval: str) -> Body:
    """`/market/level2`: the rows of the last range, which may have fewer rows than sequences."""
    start, rows = instrument.changed
    changes: dict[Side, list[list[str]]] = {"asks": [], "bids": []}
    for row in rows:
        price = row.spelling or instrument.price(row.price)
        changes[row.side].append([price, instrument.size(row.size), str(row.sequence)])
    data = {
        "changes": changes,
        "sequenceEnd": instrument.book.sequence,
        "sequenceStart": start,
        "symbol": instrument.symbol,
        "time": instrument.now_ms(),
    }
    return {"subject": "trade.l2update", "data": data}


def match(instrument: Instrument, _interval: str) -> Body:
    """`/market/match`: time in nanoseconds, as a string."""
    trade = instrument.trade
    data = {
        "makerOrderId": f"{trade.sequence * 7:024x}",
        "price": instrument.price(trade.price),
        "sequence": str(trade.sequence),
        "side": trade.side,
        "size": instrument.size(trade.size),
        "symbol": instrument.symbol,
        "takerOrderId": f"{trade.sequence * 7 + 1:024x}",
        "time": str(trade.time_ns),
        "tradeId": str(trade.sequence),
        "type": "match",
    }
    return {"subject": "trade.l3match", "data": data}


def bar_row(instrument: Instrument, bar: TradeBar) -> list[str]:
    """Start, open, CLOSE, HIGH, LOW, volume, turnover: the exchange's own order."""
    prices = [instrument.price(ticks) for ticks in (bar.open, bar.close, bar.high, bar.low)]
    return [str(bar.start), *prices, instrument.size(bar.volume), instrument.value(bar.turnover)]


def candles(instrument: Instrument, interval: str) -> Body:
    """`/market/candles`: the bar in progress; time in nanoseconds."""
    return candle(instrument, instrument.bars.last(interval))


def candle(instrument: Instrument, bar: TradeBar) -> Body:
    """`/market/candles` with the given bar."""
    data = {"symbol": instrument.symbol, "candles": bar_row(instrument, bar), "time": instrument.now_ns()}
    return {"subject": "trade.candles.update", "data": data}


def auction(instrument: Instrument, _interval: str) -> Body:
    """`/callauction/callauctionData`: the auction's result if it ended now, and the range of accepted prices."""
    bid, ask = instrument.book.best
    low, high = price_range(instrument)
    data = {
        "symbol": instrument.symbol,
        "estimatedPrice": instrument.price((bid + ask) // 2),
        "estimatedSize": instrument.size(min(instrument.book.bids[bid], instrument.book.asks[ask])),
        "sellOrderRangeLowPrice": instrument.price(low),
        "sellOrderRangeHighPrice": instrument.price(high),
        "buyOrderRangeLowPrice": instrument.price(low),
        "buyOrderRangeHighPrice": instrument.price(high),
        "time": instrument.now_ms(),
    }
    return {"subject": "callauction.callauctionData", "data": data}


def price_range(instrument: Instrument) -> tuple[int, int]:
    """Return the lowest and highest price, in ticks, that a call auction accepts."""
    return max(1, instrument.day.open // 2), instrument.day.open * 2


def index(instrument: Instrument, _interval: str) -> Body:
    """`/indicator/markPrice` and `/indicator/index`: the value is a number."""
    data = {
        "symbol": instrument.symbol,
        "granularity": 1000,
        "timestamp": instrument.now_ms() // 1000 * 1000,
        "value": instrument.trade.price / 10**instrument.digits,
    }
    return {"id": f"{instrument.book.sequence:024x}", "subject": "tick", "data": data}


def snapshot(instrument: Instrument, _interval: str) -> Body:
    """`/market/snapshot:BTC-USDT`: the record is in `data.data`."""
    data = _day(instrument)
    return {"subject": "trade.snapshot", "data": {"sequence": data["sequence"], "data": data}}


def market_snapshot(instrument: Instrument, _interval: str) -> Body:
    """`/market/snapshot:USDS`: the same record, with the time as its sequence, which is a number."""
    return {"subject": "trade.snapshot", "data": {"sequence": instrument.now_ms(), "data": _day(instrument)}}


def market_of(quote: str) -> str:
    """Return the market that a quote currency belongs to."""
    return {"USDT": "USDS", "USDC": "USDS", "BTC": "BTC", "KCS": "KCS"}.get(quote, "ALTS")


def _depth(instrument: Instrument, count: int) -> Body:
    def rows(side: Side) -> list[list[str]]:
        return [[instrument.price(price), instrument.size(size)] for price, size in instrument.book.top(side, count)]

    data = {"asks": rows("asks"), "bids": rows("bids"), "timestamp": instrument.now_ms()}
    return {"subject": "level2", "data": data}


def _day(instrument: Instrument) -> Body:
    day, scale = instrument.day, 10**instrument.digits
    bid, ask = instrument.book.best
    lots = 10**instrument.size_digits
    spell = {
        "changePrice": (day.close - day.open) / scale,
        "changeRate": round((day.close - day.open) / day.open, 4),
        "high": day.high / scale,
        "low": day.low / scale,
        "open": day.open / scale,
        "vol": day.volume / lots,
        "volValue": day.turnover / scale / lots,
    }
    return {
        **spell,
        "askSize": instrument.book.asks[ask] / lots,
        "averagePrice": day.turnover / day.volume / scale,
        "baseCurrency": instrument.base,
        "bidSize": instrument.book.bids[bid] / lots,
        "board": 1,
        "buy": bid / scale,
        "close": day.close / scale,
        "datetime": instrument.now_ms(),
        "lastSize": instrument.trade.size / lots,
        "lastTradedPrice": day.close / scale,
        "makerCoefficient": 1.0,
        "makerFeeRate": 0.001,
        "marginTrade": instrument.rank < 10,  # noqa: PLR2004
        "mark": 0,
        "market": market_of(instrument.quote),
        "marketChange1h": spell,
        "marketChange24h": spell,
        "marketChange4h": spell,
        "markets": [market_of(instrument.quote)],
        "quoteCurrency": instrument.quote,
        "sell": ask / scale,
        "sequence": str(instrument.book.sequence),
        "siteTypes": ["global"],
        "sort": 100,
        "symbol": instrument.symbol,
        "symbolCode": instrument.symbol,
        "takerCoefficient": 1.0,
        "takerFeeRate": 0.001,
        "trading": True,
    }
