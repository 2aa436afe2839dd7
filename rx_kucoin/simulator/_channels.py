"""The channels that the exchange serves: those of the table of channels, and what triggers and makes their messages."""

from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, NamedTuple

from rx_kucoin.protocol.channels import CHANNELS as TABLE
from rx_kucoin.protocol.channels import Argument, Channel
from rx_kucoin.protocol.limits import Market
from rx_kucoin.simulator import _futures_payloads as futures
from rx_kucoin.simulator import _spot_payloads as spot
from rx_kucoin.simulator._bars import TradeBar
from rx_kucoin.simulator._example_feed import ExampleFeed
from rx_kucoin.simulator._instruments import Instrument

__all__ = ["AUCTION", "CHANNELS", "EVENTS", "Moves", "ServedChannel", "find"]

Asks = Literal["symbol", "interval", "nothing", "either"]
Moves = Literal["book", "trade", "both", "clock"]
Counts = Literal["book", "trade", "none"]


class MessageFeed(NamedTuple):
    """What makes the messages of a channel, and how often."""

    show: Callable[[Instrument, str], dict[str, Any]] | None = None
    """Makes a message; absent if only a script pushes."""
    moves: Moves = "clock"
    """What happens on the instrument before a message of this channel; "both": a trade before every second one."""
    counts: Counts = "none"
    """The sequence that its messages carry."""
    every: float = 1.0
    """The realistic period of its busiest topic, in seconds."""
    bar: Callable[[Instrument, TradeBar], dict[str, Any]] | None = None
    """Makes a message of one bar, if the channel sends bars."""


class ServedChannel(NamedTuple):
    """One channel: which topics it has, by the table of channels, and its `MessageFeed`."""

    prefix: str
    asks: Asks
    private: bool
    show: Callable[[Instrument, str], dict[str, Any]] | None
    moves: Moves
    counts: Counts
    every: float
    bar: Callable[[Instrument, TradeBar], dict[str, Any]] | None


_FEEDS: Final = {
    "/market/ticker": MessageFeed(spot.ticker, "both", "book", 0.1),
    "/market/snapshot": MessageFeed(spot.snapshot, "trade", "book", 2.0),
    "/spotMarket/level1": MessageFeed(spot.level1, "book", every=0.05),
    "/spotMarket/level2Depth5": MessageFeed(spot.depth5, "book", every=0.1),
    "/spotMarket/level2Depth50": MessageFeed(spot.depth50, "book", every=0.1),
    "/market/level2": MessageFeed(spot.level2, "book", "book", 0.05),
    "/market/match": MessageFeed(spot.match, "trade", "trade", 0.2),
    "/market/candles": MessageFeed(spot.candles, "trade", every=0.5, bar=spot.candle),
    "/indicator/markPrice": MessageFeed(spot.index, "trade"),
    "/indicator/index": MessageFeed(spot.index, "trade"),
    "/callauction/level2Depth50": MessageFeed(spot.depth50, "book", every=0.1),
    "/callauction/callauctionData": MessageFeed(spot.auction, "book", every=0.1),
    "/contractMarket/tickerV2": MessageFeed(futures.ticker_v2, "book", "book", 0.1),
    "/contractMarket/ticker": MessageFeed(futures.ticker, "trade", "trade", 0.2),
    "/contractMarket/level2": MessageFeed(futures.level2, "book", "book", 0.05),
    "/contractMarket/level2Depth5": MessageFeed(futures.depth5, "book", "book", 0.1),
    "/contractMarket/level2Depth50": MessageFeed(futures.depth50, "book", "book", 0.1),
    "/contractMarket/execution": MessageFeed(futures.execution, "trade", "trade", 0.2),
    "/contractMarket/limitCandle": MessageFeed(futures.limit_candle, "trade", bar=futures.candle),
    "/contract/instrument": MessageFeed(futures.instrument, "trade"),
    "/contract/announcement": MessageFeed(futures.announcement, every=60.0),
    "/contractMarket/snapshot": MessageFeed(futures.snapshot, "trade", every=5.0),
}
"""Feeds that follow books and trades. A public channel without one is served its example, once a second."""

_ASKS: Final[Mapping[Argument, Asks]] = {
    "symbol": "symbol",
    "symbol or all": "symbol",
    "symbol or market": "symbol",
    "candles": "interval",
    "symbol or nothing": "either",
    "nothing": "nothing",
}


def _served(row: Channel) -> ServedChannel:
    plain = MessageFeed() if row.private or row.example is None else MessageFeed(ExampleFeed(row))
    feed = _FEEDS.get(row.prefix, plain)
    return ServedChannel(row.prefix, _ASKS[row.takes], row.private, *feed)


CHANNELS: Final[Mapping[Market, Mapping[str, ServedChannel]]] = {
    "spot": {prefix: _served(row) for prefix, row in TABLE.items() if row.market == "spot"},
    "futures": {prefix: _served(row) for prefix, row in TABLE.items() if row.market == "futures"},
}

ALL_TICKERS: Final = ServedChannel(
    "/market/ticker", "nothing", False, *MessageFeed(spot.all_tickers, "both", "book", 0.02)
)
MARKET_SNAPSHOT: Final = ServedChannel(
    "/market/snapshot", "nothing", False, *MessageFeed(spot.market_snapshot, "trade", every=0.1)
)

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
