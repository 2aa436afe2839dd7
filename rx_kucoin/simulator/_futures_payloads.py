"""Messages of each futures channel: subject, data, and `sn` if the exchange sends one."""

from typing import Any, Final

from rx_kucoin.simulator._bars import TradeBar
from rx_kucoin.simulator._book import Side
from rx_kucoin.simulator._instruments import Instrument, amount

__all__ = [
    "MULTIPLIER_DIGITS",
    "announcement",
    "candle",
    "depth5",
    "depth50",
    "execution",
    "instrument",
    "level2",
    "limit_candle",
    "snapshot",
    "ticker",
    "ticker_v2",
]  # fmt: skip

Body = dict[str, Any]
FUNDING_EVERY: Final = 60
MULTIPLIER_DIGITS: Final = 3
"""A contract is 0.001 of its coin."""


def ticker_v2(contract: Instrument, _interval: str) -> Body:
    """`/contractMarket/tickerV2`: best prices; prices are strings, sizes numbers."""
    return _numbered("tickerV2", {"symbol": contract.symbol, "sequence": contract.book.sequence, **_best(contract)})


def ticker(contract: Instrument, _interval: str) -> Body:
    """`/contractMarket/ticker`, the first version: one a match."""
    trade = contract.trade
    data = {
        "symbol": contract.symbol,
        "sequence": trade.sequence,
        "side": trade.side,
        "size": trade.size,
        "price": contract.price(trade.price),
        "tradeId": str(trade.sequence),
        **_best(contract),
        "ts": trade.time_ns,
    }
    return _numbered("ticker", data)


def level2(contract: Instrument, _interval: str) -> Body:
    """`/contractMarket/level2`: one level a frame, written `price,side,size`."""
    row = contract.changed[1][0]
    side = "buy" if row.side == "bids" else "sell"
    change = f"{row.spelling or contract.price(row.price)},{side},{row.size}"
    return _numbered("level2", {"sequence": row.sequence, "change": change, "timestamp": contract.now_ms()})


def depth5(contract: Instrument, _interval: str) -> Body:
    """`/contractMarket/level2Depth5`."""
    return _depth(contract, 5)


def depth50(contract: Instrument, _interval: str) -> Body:
    """`/contractMarket/level2Depth50`."""
    return _depth(contract, 50)


def execution(contract: Instrument, _interval: str) -> Body:
    """`/contractMarket/execution`."""
    trade = contract.trade
    data = {
        "symbol": contract.symbol,
        "sequence": trade.sequence,
        "side": trade.side,
        "size": trade.size,
        "price": contract.price(trade.price),
        "takerOrderId": str(trade.sequence * 3 + 1),
        "makerOrderId": str(trade.sequence * 3),
        "tradeId": str(trade.sequence),
        "ts": trade.time_ns,
    }
    return _numbered("match", data)


def limit_candle(contract: Instrument, interval: str) -> Body:
    """`/contractMarket/limitCandle`: start, open, close, high, low, then TURNOVER before VOLUME, as live frames do."""
    return candle(contract, contract.bars.last(interval))


def candle(contract: Instrument, bar: TradeBar) -> Body:
    """`/contractMarket/limitCandle` with the given bar."""
    prices = [contract.price(ticks) for ticks in (bar.open, bar.close, bar.high, bar.low)]
    row = [str(bar.start), *prices, amount(bar.turnover, contract.digits + MULTIPLIER_DIGITS), str(bar.volume)]
    return {"data": {"symbol": contract.symbol, "candles": row, "time": contract.now_ms()}, "subject": "candle.stick"}


def instrument(contract: Instrument, _interval: str) -> Body:
    """`/contract/instrument`: mark and index price, and every 60th time the funding rate."""
    scale = 10**contract.digits
    if contract.trade.sequence % FUNDING_EVERY == 0:
        data = {
            "period": 1,
            "granularity": 60000,
            "fundingRate": -0.000076,
            "timestamp": contract.now_ms() // 60000 * 60000,
        }
        return {"subject": "funding.rate", "data": data}
    price = contract.trade.price
    data = {
        "markPrice": price / scale,
        "indexPrice": (price + price % 19 - 9) / scale,
        "granularity": 1000,
        "timestamp": contract.now_ms() // 1000 * 1000,
    }
    return {"subject": "mark.index.price", "data": data}


def announcement(contract: Instrument, _interval: str) -> Body:
    """`/contract/announcement`: a settlement begins or ends."""
    hour = 8 * 3600 * 1000
    now = contract.now_ms()
    data = {
        "symbol": contract.symbol,
        "fundingTime": now // hour * hour,
        "fundingRate": -0.000076,
        "timestamp": now,
    }
    return {"subject": "funding.begin" if now // 1000 % 2 else "funding.end", "data": data}


def snapshot(contract: Instrument, _interval: str) -> Body:
    """`/contractMarket/snapshot`: the last 24 hours."""
    day, scale = contract.day, 10**contract.digits
    data = {
        "fundingRate": -0.000002,
        "highPrice": day.high / scale,
        "lastPrice": day.close / scale,
        "lowPrice": day.low / scale,
        "price24HoursBefore": day.open / scale,
        "priceChg": (day.close - day.open) / scale,
        "priceChgPct": round((day.close - day.open) / day.open, 4),
        "symbol": contract.symbol,
        "ts": contract.now_ns(),
        "turnover": day.turnover / scale / 10**MULTIPLIER_DIGITS,
        "volume": day.volume / 10**MULTIPLIER_DIGITS,
    }
    return {"subject": "snapshot.24h", "data": data}


def _best(contract: Instrument) -> Body:
    bid, ask = contract.book.best
    return {
        "bestBidSize": contract.book.bids[bid],
        "bestBidPrice": contract.price(bid),
        "bestAskPrice": contract.price(ask),
        "bestAskSize": contract.book.asks[ask],
        "ts": contract.now_ns() // 1_000_000 * 1_000_000,
    }


def _depth(contract: Instrument, count: int) -> Body:
    def rows(side: Side) -> list[list[Any]]:
        return [[contract.price(price), size] for price, size in contract.book.top(side, count)]

    now = contract.now_ms()
    data = {"sequence": contract.book.sequence, "asks": rows("asks"), "bids": rows("bids"), "timestamp": now, "ts": now}
    return {"subject": "level2", "sn": now, "data": data}


def _numbered(subject: str, data: Body) -> Body:
    return {"subject": subject, "sn": data["sequence"], "data": data}
