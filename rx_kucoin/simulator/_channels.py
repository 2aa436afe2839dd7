"""The channels that the exchange serves, one row each: what they ask for, what moves them, what they show."""

from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, NamedTuple

from rx_kucoin.protocol.limits import Market
from rx_kucoin.simulator import _futures_payloads as futures
from rx_kucoin.simulator import _spot_payloads as spot
from rx_kucoin.simulator._bars import Bar
from rx_kucoin.simulator._market import Instrument

__all__ = ["AUCTION", "CHANNELS", "EVENTS", "Channel", "Moves", "find"]

Asks = Literal["symbol", "interval", "nothing", "either"]
Moves = Literal["book", "trade", "both", "clock"]
Counts = Literal["book", "trade", "none"]


class Channel(NamedTuple):
    """One channel. `every` is the lifelike cadence of its busiest topic, in seconds."""

    prefix: str
    asks: Asks = "nothing"
    show: Callable[[Instrument, str], dict[str, Any]] | None = None
    """Absent where only a script pushes."""
    moves: Moves = "clock"
    """What happens on the instrument before a message of this channel. Both: a trade before one in two."""
    counts: Counts = "none"
    """Whose sequence its messages carry."""
    every: float = 1.0
    private: bool = False
    bar: Callable[[Instrument, Bar], dict[str, Any]] | None = None
    """What it shows of one bar, where it shows bars."""


SPOT: Final = (
    Channel("/market/ticker", "symbol", spot.ticker, "both", "book", 0.1),
    Channel("/market/snapshot", "symbol", spot.snapshot, "trade", "book", 2.0),
    Channel("/spotMarket/level1", "symbol", spot.level1, "book", every=0.05),
    Channel("/spotMarket/level2Depth5", "symbol", spot.depth5, "book", every=0.1),
    Channel("/spotMarket/level2Depth50", "symbol", spot.depth50, "book", every=0.1),
    Channel("/market/level2", "symbol", spot.level2, "book", "book", 0.05),
    Channel("/market/match", "symbol", spot.match, "trade", "trade", 0.2),
    Channel("/market/candles", "interval", spot.candles, "trade", every=0.5, bar=spot.candle),
    Channel("/indicator/markPrice", "symbol", spot.index, "trade"),
    Channel("/indicator/index", "symbol", spot.index, "trade"),
    Channel("/callauction/level2Depth50", "symbol", spot.depth50, "book", every=0.1),
    Channel("/callauction/callauctionData", "symbol", spot.auction, "book", every=0.1),
    Channel("/spotMarket/tradeOrdersV2", private=True),
    Channel("/spotMarket/tradeOrders", private=True),
    Channel("/spotMarket/advancedOrders", private=True),
    Channel("/account/balance", private=True),
    Channel("/margin/position", private=True),
    Channel("/margin/isolatedPosition", "symbol", private=True),
)

FUTURES: Final = (
    Channel("/contractMarket/tickerV2", "symbol", futures.ticker_v2, "book", "book", 0.1),
    Channel("/contractMarket/ticker", "symbol", futures.ticker, "trade", "trade", 0.2),
    Channel("/contractMarket/level2", "symbol", futures.level2, "book", "book", 0.05),
    Channel("/contractMarket/level2Depth5", "symbol", futures.depth5, "book", "book", 0.1),
    Channel("/contractMarket/level2Depth50", "symbol", futures.depth50, "book", "book", 0.1),
    Channel("/contractMarket/execution", "symbol", futures.execution, "trade", "trade", 0.2),
    Channel("/contractMarket/limitCandle", "interval", futures.limit_candle, "trade", bar=futures.candle),
    Channel("/contract/instrument", "symbol", futures.instrument, "trade"),
    Channel("/contract/announcement", "either", futures.announcement, every=60.0),
    Channel("/contractMarket/snapshot", "symbol", futures.snapshot, "trade", every=5.0),
    Channel("/contractMarket/tradeOrders", "either", private=True),
    Channel("/contractMarket/advancedOrders", private=True),
    Channel("/contractAccount/wallet", private=True),
    Channel("/contract/positionAll", private=True),
    Channel("/contract/position", "symbol", private=True),
    Channel("/contract/marginMode", private=True),
    Channel("/contract/crossLeverage", private=True),
)

CHANNELS: Final[Mapping[Market, Mapping[str, Channel]]] = {
    "spot": {channel.prefix: channel for channel in SPOT},
    "futures": {channel.prefix: channel for channel in FUTURES},
}

ALL_TICKERS: Final = Channel("/market/ticker", "nothing", spot.all_tickers, "both", "book", 0.02)
MARKET_SNAPSHOT: Final = Channel("/market/snapshot", "nothing", spot.market_snapshot, "trade", every=0.1)

AUCTION: Final = frozenset({"/callauction/level2Depth50", "/callauction/callauctionData"})
"""Channels that live only while a symbol is in its call auction."""

EVENTS: Final[Mapping[tuple[Market, Moves], str]] = {
    ("spot", "book"): "/market/level2",
    ("spot", "trade"): "/market/match",
    ("futures", "book"): "/contractMarket/level2",
    ("futures", "trade"): "/contractMarket/execution",
}
"""Channels that tell of every single movement: whoever moves a book or trades, these must hear of it."""


def find(market: Market, prefix: str, argument: str | None) -> Channel | None:
    """Look a channel up. Two prefixes hold a second kind of stream beside the one for a symbol."""
    if prefix == "/market/ticker" and argument == "all":
        return ALL_TICKERS if market == "spot" else None
    if prefix == "/market/snapshot" and argument and "-" not in argument:
        return MARKET_SNAPSHOT if market == "spot" else None
    return CHANNELS[market].get(prefix)
