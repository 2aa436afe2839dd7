"""The catalogue: one row for each channel that KuCoin has. Channels differ in data, not in behaviour.

Source: KuCoin's API description of its 38 classic topics, and captured frames where these differ from it.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Any, Final, Literal

from rx_kucoin.protocol import readers
from rx_kucoin.protocol.limits import Market
from rx_kucoin.protocol.readers import Reader
from rx_kucoin.protocol.topics import Topic

__all__ = ["CHANNELS", "INTERVALS", "Channel", "Order", "channel_of", "elsewhere", "is_private"]

Argument = Literal["symbol", "symbol or all", "symbol or market", "candles", "symbol or nothing", "nothing"]

INTERVALS: Final = (
    "1min",
    "3min",
    "5min",
    "15min",
    "30min",
    "1hour",
    "2hour",
    "4hour",
    "6hour",
    "8hour",
    "12hour",
    "1day",
    "1week",
    "1month",
)
"""What a candle may span. 5min and 1month are served although a list of the documentation lacks them."""


@dataclass(frozen=True, slots=True)
class Order:
    """Where a message stands in its stream: how to tell a lost one, a second one and one out of turn."""

    first: Callable[[Any], int | None]
    last: Callable[[Any], int | None]
    key: Callable[[Any], Hashable] | None = None
    """Several streams in one topic, each with a sequence of its own; None: one stream."""
    contiguous: bool = False
    """The next message starts where this one ended, so a hole is a loss."""
    strict: bool = True
    """A number stands for one message only. The exchange's time does not: two messages may share a millisecond."""


@dataclass(frozen=True, slots=True)
class Channel:
    """A kind of stream."""

    prefix: str
    market: Market
    takes: Argument
    reader: Reader | None = None
    """Reads typed messages; None: payloads only."""
    order: Order | None = None
    """How its typed messages are ordered."""
    first: tuple[str, ...] = ()
    """Where in a payload its range of sequence numbers starts."""
    last: tuple[str, ...] = ()
    """Where in a payload its sequence ends, or the exchange's time stands."""
    contiguous: bool = False
    """A message starts where the one before it ended, so a hole is a loss."""
    strict: bool = True
    """A number stands for one message only; a time, or the sequence of a book that is sampled, may stand for two."""
    private: bool = False
    listed: bool = True
    """Many topics of it may share a subscribe message."""
    symbol: tuple[str, ...] = ()
    """Where in a payload the symbol stands, when the topic does not tell it."""
    pushed_as: tuple[str, ...] = ()
    """Other prefixes that its pushes were seen under."""

    def shares_lines(self, argument: str | None) -> bool:
        """Whether a topic may stand in a comma list. A bare channel, `:all`, a market and a private one stand alone."""
        return self.listed and not self.private and argument is not None and not self.is_about_many(argument)

    def typed_order(self, argument: str) -> Order | None:
        """How the typed messages of an argument are ordered."""
        if self.order is None or not self.is_about_many(argument):
            return self.order
        return replace(self.order, key=attrgetter("symbol"))

    def is_about_many(self, argument: str) -> bool:
        """Whether a topic carries many symbols, each with a sequence of its own: `:all` and `:{market}` do."""
        many = {"symbol or all": argument == "all", "symbol or market": "-" not in argument}
        return many.get(self.takes, False)


_SEQUENCE: Final = Order(attrgetter("sequence"), attrgetter("sequence"))
_SAMPLED: Final = replace(_SEQUENCE, strict=False)
_RANGE: Final = Order(attrgetter("sequence_start"), attrgetter("sequence_end"), contiguous=True)
_TIME: Final = Order(attrgetter("time_ns"), attrgetter("time_ns"), strict=False)

_SEQ: Final = ("sequence",)
_TS: Final = ("timestamp",)


def _rows() -> tuple[Channel, ...]:
    spot: Market = "spot"
    futures: Market = "futures"
    return (
        Channel("/market/ticker", spot, "symbol or all", readers.ticker, _SEQUENCE, last=_SEQ),
        Channel(
            "/market/snapshot",
            spot,
            "symbol or market",
            readers.snapshot,
            _SAMPLED,
            last=("data", "sequence"),
            strict=False,
            symbol=("data", "symbol"),
        ),
        Channel("/spotMarket/level1", spot, "symbol", readers.level1, _TIME, last=_TS, strict=False),
        Channel("/spotMarket/level2Depth5", spot, "symbol", readers.depth, _TIME, last=_TS, strict=False),
        Channel("/spotMarket/level2Depth50", spot, "symbol", readers.depth, _TIME, last=_TS, strict=False),
        Channel(
            "/market/level2",
            spot,
            "symbol",
            readers.level2,
            _RANGE,
            first=("sequenceStart",),
            last=("sequenceEnd",),
            contiguous=True,
        ),
        Channel("/market/match", spot, "symbol", readers.match, _SEQUENCE, last=_SEQ),
        Channel("/market/candles", spot, "candles", readers.candle, _TIME, last=("time",), strict=False),
        Channel(
            "/callauction/level2Depth50",
            spot,
            "symbol",
            readers.depth,
            _TIME,
            last=_TS,
            strict=False,
            listed=False,
            pushed_as=("/spotMarket/level2Depth50",),
        ),
        Channel("/callauction/callauctionData", spot, "symbol", listed=False),
        Channel("/indicator/markPrice", spot, "symbol", last=_TS, strict=False),
        Channel("/indicator/index", spot, "symbol", last=_TS, strict=False),
        Channel("/contractMarket/tickerV2", futures, "symbol", last=_SEQ),
        Channel("/contractMarket/ticker", futures, "symbol", last=_SEQ),
        Channel("/contractMarket/level2", futures, "symbol", last=_SEQ, contiguous=True),
        Channel("/contractMarket/level2Depth5", futures, "symbol", last=_TS, strict=False),
        Channel("/contractMarket/level2Depth50", futures, "symbol", last=_TS, strict=False),
        Channel("/contractMarket/execution", futures, "symbol", last=_SEQ),
        Channel("/contractMarket/limitCandle", futures, "candles", last=("time",), strict=False),
        Channel("/contractMarket/snapshot", futures, "symbol", last=("ts",), strict=False),
        Channel("/contract/instrument", futures, "symbol"),
        Channel("/contract/announcement", futures, "symbol or nothing", symbol=("symbol",)),
        *_private(spot, "/account/balance", "/spotMarket/tradeOrdersV2", "/spotMarket/tradeOrders"),
        *_private(spot, "/spotMarket/advancedOrders", "/margin/position"),
        Channel("/margin/isolatedPosition", spot, "symbol", private=True),
        Channel(
            "/contractMarket/tradeOrders",
            futures,
            "symbol or nothing",
            private=True,
            symbol=("symbol",),
        ),
        *_private(futures, "/contractMarket/advancedOrders", "/contractAccount/wallet"),
        *_private(futures, "/contract/marginMode", "/contract/crossLeverage"),
        Channel(
            "/contract/positionAll",
            futures,
            "nothing",
            private=True,
            symbol=("symbol",),
            pushed_as=("/contract/position",),
        ),
        Channel("/contract/position", futures, "symbol", private=True),
    )


def _private(market: Market, *prefixes: str) -> list[Channel]:
    return [Channel(prefix, market, "nothing", private=True, symbol=("symbol",)) for prefix in prefixes]


CHANNELS: Final = {channel.prefix: channel for channel in _rows()}

_ANYWHERE: Final = {other: row.prefix for row in CHANNELS.values() for other in row.pushed_as}


def channel_of(topic: str) -> Channel:
    """Find the row of a topic.

    Raises:
        ValueError: KuCoin has no such channel, as far as this catalogue knows.
    """
    if not isinstance(topic, str):  # pyright: ignore[reportUnnecessaryIsInstance]  users have no type checker always
        raise ValueError(f"a topic is a string, not {topic!r}")  # noqa: TRY004  any wrong argument is a ValueError
    prefix = Topic.parse(topic).prefix
    try:
        return CHANNELS[prefix]
    except KeyError:
        known = ", ".join(sorted(CHANNELS))
        raise ValueError(f"{prefix!r} is no channel of KuCoin's; known are {known}") from None


def is_private(topic: str) -> bool:
    """Whether a topic needs credentials."""
    channel = CHANNELS.get(Topic.parse(topic).prefix)
    return channel is not None and channel.private


def elsewhere(pushed: str) -> str | None:
    """Find the topic whose pushes were seen under the name of another one, or None."""
    topic = Topic.parse(pushed)
    prefix = _ANYWHERE.get(topic.prefix)
    if prefix is None:
        return None
    return prefix if CHANNELS[prefix].takes == "nothing" else f"{prefix}:{topic.argument}"
