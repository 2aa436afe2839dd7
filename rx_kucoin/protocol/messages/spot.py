"""What the spot market's public channels bring."""

from decimal import Decimal

import msgspec

from rx_kucoin.protocol.messages.base import Change, Level, Message
from rx_kucoin.protocol.messages.words import Side

__all__ = ["Candle", "Depth", "Level1", "Level2Change", "Match", "Snapshot", "Ticker"]


class Ticker(Message, frozen=True, gc=False, rename="camel"):
    """Last trade and best bid and ask, at most every 100 ms: `/market/ticker`."""

    sequence: int | None = None
    price: Decimal | None = None
    size: Decimal | None = None
    best_ask: Decimal | None = None
    best_ask_size: Decimal | None = None
    best_bid: Decimal | None = None
    best_bid_size: Decimal | None = None
    time_ns: int | None = msgspec.field(default=None, name="time")


class Match(Message, frozen=True, gc=False, rename="camel"):
    """One trade: `/market/match`. `side` is the taker's."""

    sequence: int | None = None
    side: Side | None = None
    price: Decimal | None = None
    size: Decimal | None = None
    trade_id: str | None = None
    maker_order_id: str | None = None
    taker_order_id: str | None = None
    time_ns: int | None = msgspec.field(default=None, name="time")


class Level1(Message, frozen=True, gc=False):
    """Best ask and best bid: `/spotMarket/level1`. A side may be empty."""

    ask: Level | None = None
    bid: Level | None = None
    time_ns: int | None = None


class Depth(Message, frozen=True, gc=False):
    """The best 5 or 50 levels of each side, best first, whole every time: `/spotMarket/level2Depth5`."""

    asks: tuple[Level, ...] = ()
    bids: tuple[Level, ...] = ()
    time_ns: int | None = None


class Level2Change(Message, frozen=True, gc=False):
    """Changes of a book from `sequence_start` to `sequence_end`, both included: `/market/level2`.

    A range may hold fewer changes than numbers; the next range starts at `sequence_end` + 1.
    """

    sequence_start: int | None = None
    sequence_end: int | None = None
    asks: tuple[Change, ...] = ()
    bids: tuple[Change, ...] = ()
    time_ns: int | None = None


class Candle(Message, frozen=True, gc=False):
    """A bar as it stands now: `/market/candles`.

    KuCoin sends no closed flag: a bar is final when the next one starts.
    """

    interval: str = ""
    start_ns: int | None = None
    open: Decimal | None = None
    close: Decimal | None = None
    high: Decimal | None = None
    low: Decimal | None = None
    volume: Decimal | None = None
    """In the base currency."""
    turnover: Decimal | None = None
    """In the quote currency."""
    time_ns: int | None = None


class Snapshot(Message, frozen=True, gc=False, rename="camel"):
    """24 hours of a symbol, every 2 s: `/market/snapshot`."""

    sequence: int | None = None
    ask_size: Decimal | None = None
    average_price: Decimal | None = None
    base_currency: str | None = None
    bid_size: Decimal | None = None
    board: int | None = None
    buy: Decimal | None = None
    change_price: Decimal | None = None
    change_rate: Decimal | None = None
    close: Decimal | None = None
    high: Decimal | None = None
    last_traded_price: Decimal | None = None
    low: Decimal | None = None
    margin_trade: bool | None = None
    mark: int | None = None
    market: str | None = None
    markets: tuple[str, ...] = ()
    open: Decimal | None = None
    quote_currency: str | None = None
    sell: Decimal | None = None
    symbol_code: str | None = None
    trading: bool | None = None
    vol: Decimal | None = None
    vol_value: Decimal | None = None
    time_ns: int | None = msgspec.field(default=None, name="datetime")
