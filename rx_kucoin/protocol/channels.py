"""The table of channels: one row for each kind of stream that KuCoin has. Channels differ in data, not in behaviour.

To add a channel, write its message (`rx_kucoin/protocol/messages/`), the reader that makes the message of a payload
(`rx_kucoin/protocol/readers/`), and its row here. Everything else derives from the row:

- `kucoin.channel(Message, "BTC-USDT")` streams it, typed; `kucoin.channel("name", "BTC-USDT")` does the same by name;
- `kucoin.follow("name")` follows it, if it takes a symbol; `rx-kucoin watch --channel name` shows it, if it is public;
- `kucoin.topic`, recordings and replays check, order and redact it;
- `rx_kucoin.messages` exports its message, and the simulator serves the `example` of its row.

A row needs no method of its own. Methods such as `kucoin.ticker` are a convenience with a signature and a docstring
that editors show; they name a row and add nothing to it. They are written by hand because a type checker cannot derive
a method from a table, and rows do not depend on them. `tests/test_add_a_channel.py` adds a channel by three edits.

Source: KuCoin's API description of its 38 classic topics, and captured frames where these differ from it.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Any, Final, Literal

from rx_kucoin.protocol.limits import Market
from rx_kucoin.protocol.messages.base import Message
from rx_kucoin.protocol.readers import account, futures, margin, spot
from rx_kucoin.protocol.readers.base import Reader
from rx_kucoin.protocol.topics import Topic

__all__ = [
    "CHANNELS",
    "INTERVALS",
    "RANGE",
    "SAMPLED",
    "SEQUENCE",
    "TIME",
    "Argument",
    "Channel",
    "Ordering",
    "channel_emitting",
    "channel_named",
    "channel_of",
    "elsewhere",
    "is_private",
    "row_of",
]

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
"""The intervals of candles. 5min and 1month are served although a list of the documentation lacks them."""


@dataclass(frozen=True, slots=True)
class Ordering:
    """How the messages of a stream are numbered: tells a lost one, a repeated one and one out of turn."""

    first: Callable[[Any], int | None]
    last: Callable[[Any], int | None]
    key: Callable[[Any], Hashable] | None = None
    """Several streams in one topic, each with a sequence of its own; None: one stream."""
    contiguous: bool = False
    """The next message starts where this one ended, so a hole is a loss."""
    strict: bool = True
    """A number stands for one message only. The exchange's time does not: two messages may share a millisecond."""


SEQUENCE: Final = Ordering(attrgetter("sequence"), attrgetter("sequence"))
SAMPLED: Final = replace(SEQUENCE, strict=False)
"""The sequence of a book that is sampled: it may stand for two messages."""
RANGE: Final = Ordering(attrgetter("sequence_start"), attrgetter("sequence_end"), contiguous=True)
TIME: Final = Ordering(attrgetter("time_ns"), attrgetter("time_ns"), strict=False)


@dataclass(frozen=True, slots=True)
class Channel:
    """A row of the table: a kind of stream."""

    name: str
    """What users call it; no other channel of its market has this name."""
    market: Market
    prefix: str
    """What its topics begin with: no other channel has this prefix."""
    takes: Argument
    """What its topics name."""
    reader: Reader | None = None
    """Reads typed messages; None: payloads only."""
    order: Ordering | None = None
    """How its typed messages are ordered; None: their number and their time tell nothing of their order."""
    last: tuple[str, ...] = ()
    """Where in a payload its sequence ends, or the exchange's time stands, by which payloads are ordered likewise."""
    first: tuple[str, ...] = ()
    """Where in a payload its range of sequence numbers starts, if it has ranges."""
    private: bool = False
    """Needs credentials."""
    listed: bool = True
    """Many topics of it may share a subscribe message."""
    one_for_all: bool = False
    """What concerns any symbol is pushed on the bare topic alone."""
    symbol: tuple[str, ...] = ()
    """Where in a payload the symbol stands, when the topic does not tell it."""
    pushed_as: tuple[str, ...] = ()
    """Other prefixes that its pushes were seen under."""
    example: str | None = None
    """A push of it as the exchange's documentation prints it, in JSON. The simulator serves it, with the symbol that
    is asked for, and `last` and `first` going on, where it has nothing livelier to tell."""

    @property
    def messages(self) -> tuple[type[Message], ...]:
        """The types of its messages."""
        return () if self.reader is None else self.reader.emits

    @property
    def takes_symbol(self) -> bool:
        """Whether one can ask for a single symbol of it."""
        return self.takes != "nothing"

    def shares_lines(self, argument: str | None) -> bool:
        """Whether a topic may stand in a comma list. A bare channel, `:all`, a market and a private one stand alone."""
        return self.listed and not self.private and argument is not None and not self.is_about_many(argument)

    def typed_order(self, argument: str) -> Ordering | None:
        """How the typed messages of an argument are ordered."""
        if self.order is None or not self.is_about_many(argument):
            return self.order
        return replace(self.order, key=attrgetter("symbol"))

    def is_about_many(self, argument: str) -> bool:
        """Whether a topic carries many symbols, each with a sequence of its own: `:all` and `:{market}` do."""
        many = {"symbol or all": argument == "all", "symbol or market": "-" not in argument}
        return many.get(self.takes, False)


_SEQ: Final = ("sequence",)
_TS: Final = ("timestamp",)
_TIME: Final = ("time",)
_SYMBOL: Final = ("symbol",)


# fmt: off
_PUBLIC: Final = (
    Channel("ticker", "spot", "/market/ticker", "symbol or all", spot.ticker, SEQUENCE, _SEQ),
    Channel("match", "spot", "/market/match", "symbol", spot.match, SEQUENCE, _SEQ),
    Channel("candles", "spot", "/market/candles", "candles", spot.candle, TIME, _TIME),
    Channel("level1", "spot", "/spotMarket/level1", "symbol", spot.level1, TIME, _TS),
    Channel("depth5", "spot", "/spotMarket/level2Depth5", "symbol", spot.depth, TIME, _TS),
    Channel("depth50", "spot", "/spotMarket/level2Depth50", "symbol", spot.depth, TIME, _TS),
    Channel("level2", "spot", "/market/level2", "symbol", spot.level2,
            RANGE, first=("sequenceStart",), last=("sequenceEnd",)),
    Channel("snapshot", "spot", "/market/snapshot", "symbol or market", spot.snapshot,
            SAMPLED, ("data", "sequence"), symbol=("data", "symbol")),
    Channel("call_auction", "spot", "/callauction/callauctionData", "symbol", spot.call_auction,
            TIME, _TIME, listed=False),
    Channel("call_auction_depth", "spot", "/callauction/level2Depth50", "symbol", spot.depth,
            TIME, _TS, listed=False, pushed_as=("/spotMarket/level2Depth50",)),
    Channel("mark_price", "spot", "/indicator/markPrice", "symbol", margin.indicator, TIME, _TS),
    Channel("index_price", "spot", "/indicator/index", "symbol", margin.indicator, TIME, _TS),
    Channel("ticker", "futures", "/contractMarket/tickerV2", "symbol", futures.ticker, SEQUENCE, _SEQ),
    Channel("ticker_v1", "futures", "/contractMarket/ticker", "symbol", futures.ticker_v1, SEQUENCE, _SEQ),
    Channel("match", "futures", "/contractMarket/execution", "symbol", futures.match, SEQUENCE, _SEQ),
    Channel("candles", "futures", "/contractMarket/limitCandle", "candles", futures.candle, TIME, _TIME),
    Channel("depth5", "futures", "/contractMarket/level2Depth5", "symbol", spot.depth, TIME, _TS),
    Channel("depth50", "futures", "/contractMarket/level2Depth50", "symbol", spot.depth, TIME, _TS),
    Channel("level2", "futures", "/contractMarket/level2", "symbol", futures.level2, RANGE, _SEQ),
    Channel("snapshot", "futures", "/contractMarket/snapshot", "symbol", futures.snapshot, TIME, ("ts",)),
    Channel("instrument", "futures", "/contract/instrument", "symbol", futures.instrument),
    Channel("announcements", "futures", "/contract/announcement", "symbol or nothing", futures.announcement,
            symbol=_SYMBOL, one_for_all=True),
)

# Of one's own account. None has an order: two changes may share a time, and none may be dropped.
_PRIVATE: Final = (
    Channel("orders", "spot", "/spotMarket/tradeOrdersV2", "nothing", account.order, private=True, symbol=_SYMBOL),
    Channel("orders_v1", "spot", "/spotMarket/tradeOrders", "nothing", account.order, private=True, symbol=_SYMBOL),
    Channel("stop_orders", "spot", "/spotMarket/advancedOrders", "nothing", account.stop_order,
            private=True, symbol=_SYMBOL),
    Channel("balances", "spot", "/account/balance", "nothing", account.balance, private=True, symbol=_SYMBOL),
    Channel("margin_position", "spot", "/margin/position", "nothing", account.margin, private=True, symbol=_SYMBOL),
    Channel("margin_isolated_position", "spot", "/margin/isolatedPosition", "symbol", account.isolated_margin,
            private=True),
    Channel("orders", "futures", "/contractMarket/tradeOrders", "symbol or nothing", account.futures_order,
            private=True, symbol=_SYMBOL),
    Channel("stop_orders", "futures", "/contractMarket/advancedOrders", "nothing", account.futures_stop_order,
            private=True, symbol=_SYMBOL),
    Channel("balances", "futures", "/contractAccount/wallet", "nothing", account.wallet, private=True, symbol=_SYMBOL),
    Channel("all_positions", "futures", "/contract/positionAll", "nothing", account.position,
            private=True, symbol=_SYMBOL, pushed_as=("/contract/position",)),
    Channel("position", "futures", "/contract/position", "symbol", account.position, private=True),
    Channel("margin_mode", "futures", "/contract/marginMode", "nothing", account.margin_mode,
            private=True, symbol=_SYMBOL),
    Channel("cross_leverage", "futures", "/contract/crossLeverage", "nothing", account.cross_leverage,
            private=True, symbol=_SYMBOL),
)
# fmt: on

CHANNELS: Final = {channel.prefix: channel for channel in (*_PUBLIC, *_PRIVATE)}
"""The rows, by their prefixes."""

_NAMED: Final = {(channel.market, channel.name): channel for channel in CHANNELS.values()}
_ANYWHERE: Final = {other: row.prefix for row in CHANNELS.values() for other in row.pushed_as}


def channel_named(market: Market, name: str) -> Channel:
    """Find the row of a name.

    Raises:
        ValueError: the market has no such channel.
    """
    try:
        return _NAMED[market, name]
    except KeyError:
        known = ", ".join(sorted(known for of, known in _NAMED if of == market))
        raise ValueError(f"the {market} market has no channel {name!r}; choose from {known}") from None


def channel_emitting(market: Market, kind: type[Message]) -> Channel:
    """Find the row whose messages are all of one type.

    Raises:
        ValueError: the market has no such channel, or several.
    """
    rows = [row for row in CHANNELS.values() if row.market == market and kind in row.messages]
    if len(rows) == 1 and rows[0].messages == (kind,):
        return rows[0]
    name = getattr(kind, "__name__", repr(kind))
    if not rows:
        raise ValueError(f"no channel of the {market} market emits {name}")
    known = ", ".join(f"{row.name!r} ({' or '.join(each.__name__ for each in row.messages)})" for row in rows)
    raise ValueError(f"{name} does not tell a channel of the {market} market; name one of {known}")


def channel_of(topic: str) -> Channel:
    """Find the row of a topic.

    Raises:
        ValueError: KuCoin has no such channel, as far as this table knows.
    """
    if not isinstance(topic, str):  # pyright: ignore[reportUnnecessaryIsInstance]  users have no type checker always
        raise ValueError(f"a topic is a string, not {topic!r}")  # noqa: TRY004  any wrong argument is a ValueError
    prefix = Topic.parse(topic).prefix
    try:
        return CHANNELS[prefix]
    except KeyError:
        known = ", ".join(sorted(CHANNELS))
        raise ValueError(f"{prefix!r} is no channel of KuCoin's; known are {known}") from None


def row_of(prefix: str) -> Channel:
    """Find a row, or make one for a channel that is newer than the table: those of futures all begin alike."""
    market: Market = "futures" if prefix.startswith("/contract") else "spot"
    return CHANNELS.get(prefix) or Channel("", market, prefix, "symbol")


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
