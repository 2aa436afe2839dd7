"""The channels that the exchange serves: the argument each takes, what triggers its messages, what they contain."""

from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, NamedTuple

from rx_kucoin.protocol.limits import Market
from rx_kucoin.simulator import _futures_payloads as futures
from rx_kucoin.simulator import _spot_payloads as spot
from rx_kucoin.simulator._bars import TradeBar
from rx_kucoin.simulator._instruments import Instrument

__all__ = ["AUCTION", "CHANNELS", "EVENTS", "Moves", "ServedChannel", "find"]

Asks = Literal["symbol", "interval", "nothing", "either"]
Moves = Literal["book", "trade", "both", "clock"]
Counts = Literal["book", "trade", "none"]


class ServedChannel(NamedTuple):
    """One channel. `every` is the realistic period of its busiest topic, in seconds."""

    prefix: str
    asks: Asks = "nothing"
    show: Callable[[Instrument, str], dict[str, Any]] | None = None
    """Makes a message; absent if only a script pushes."""
    moves: Moves = "clock"
    """What happens on the instrument before a message of this channel; "both": a trade before every second one."""
    counts: Counts = "none"
    """The sequence that its messages carry."""
    every: float = 1.0
    private: bool = False
    bar: Callable[[Instrument, TradeBar], dict[str, Any]] | None = None
    """Makes a message of one bar, if the channel sends bars."""


SPOT: Final = (
    ServedChannel("/market/ticker", "symbol", spot.ticker, "both", "book", 0.1),
    ServedChannel("/market/snapshot", "symbol", spot.snapshot, "trade", "book", 2.0),
    ServedChannel("/spotMarket/level1", "symbol", spot.level1, "book", every=0.05),
    ServedChannel("/spotMarket/level2Depth5", "symbol", spot.depth5, "book", every=0.1),
    ServedChannel("/spotMarket/level2Depth50", "symbol", spot.depth50, "book", every=0.1),
    ServedChannel("/market/level2", "symbol", spot.level2, "book", "book", 0.05),
    ServedChannel("/market/match", "symbol", spot.match, "trade", "trade", 0.2),
    ServedChannel("/market/candles", "interval", spot.candles, "trade", every=0.5, bar=spot.candle),
    ServedChannel("/indicator/markPrice", "symbol", spot.index, "trade"),
    ServedChannel("/indicator/index", "symbol", spot.index, "trade"),
    ServedChannel("/callauction/level2Depth50", "symbol", spot.depth50, "book", every=0.1),
    ServedChannel("/callauction/callauctionData", "symbol", spot.auction, "book", every=0.1),
    ServedChannel("/spotMarket/tradeOrdersV2", private=True),
    ServedChannel("/spotMarket/tradeOrders", private=True),
    ServedChannel("/spotMarket/advancedOrders", private=True),
    ServedChannel("/account/balance", private=True),
    ServedChannel("/margin/position", private=True),
    ServedChannel("/margin/isolatedPosition", "symbol", private=True),
)

FUTURES: Final = (
    ServedChannel("/contractMarket/tickerV2", "symbol", futures.ticker_v2, "book", "book", 0.1),
    ServedChannel("/contractMarket/ticker", "symbol", futures.ticker, "trade", "trade", 0.2),
    ServedChannel("/contractMarket/level2", "symbol", futures.level2, "book", "book", 0.05),
    ServedChannel("/contractMarket/level2Depth5", "symbol", futures.depth5, "book", "book", 0.1),
    ServedChannel("/contractMarket/level2Depth50", "symbol", futures.depth50, "book", "book", 0.1),
    ServedChannel("/contractMarket/execution", "symbol", futures.execution, "trade", "trade", 0.2),
    ServedChannel("/contractMarket/limitCandle", "interval", futures.limit_candle, "trade", bar=futures.candle),
    ServedChannel("/contract/instrument", "symbol", futures.instrument, "trade"),
    ServedChannel("/contract/announcement", "either", futures.announcement, every=60.0),
    ServedChannel("/contractMarket/snapshot", "symbol", futures.snapshot, "trade", every=5.0),
    ServedChannel("/contractMarket/tradeOrders", "either", private=True),
    ServedChannel("/contractMarket/advancedOrders", private=True),
    ServedChannel("/contractAccount/wallet", private=True),
    ServedChannel("/contract/positionAll", private=True),
    ServedChannel("/contract/position", "symbol", private=True),
    ServedChannel("/contract/marginMode", private=True),
    ServedChannel("/contract/crossLeverage", private=True),
)

CHANNELS: Final[Mapping[Market, Mapping[str, ServedChannel]]] = {
    "spot": {channel.prefix: channel for channel in SPOT},
    "futures": {channel.prefix: channel for channel in FUTURES},
}

ALL_TICKERS: Final = ServedChannel("/market/ticker", "nothing", spot.all_tickers, "both", "book", 0.02)
MARKET_SNAPSHOT: Final = ServedChannel("/market/snapshot", "nothing", spot.market_snapshot, "trade", every=0.1)

AUCTION: Final = frozenset({"/callauction/level2Depth50", "/callauction/callauctionData"})
"""Channels with messages only while a symbol is in its call auction."""

EVENTS: Final[Mapping[tuple[Market, Moves], str]] = {
    ("spot", "book"): "/market/level2",
    ("spot", "trade"): "/market/match",
    ("futures", "book"): "/contractMarket/level2",
    ("futures", "trade"): "/contractMarket/execution",
}
"""Channels that report every single book change or trade, whichever channel triggered it."""


def find(market: Market, prefix: str, argument: str | None) -> ServedChannel | None:
    """Look up a channel. Two prefixes have a second kind of stream besides the one for a symbol."""
    if prefix == "/market/ticker" and argument == "all":
        return ALL_TICKERS if market == "spot" else None
    if prefix == "/market/snapshot" and argument and "-" not in argument:
        return MARKET_SNAPSHOT if market == "spot" else None
    return CHANNELS[market].get(prefix)
