"""What the spot market's public channels bring. Some kinds are those of the futures market, too: sizes in contracts."""

from decimal import Decimal

import msgspec

from rx_kucoin.protocol.messages.base import Change, Level, Message, Open, Part
from rx_kucoin.protocol.messages.words import Side

__all__ = [
    "CallAuction",
    "Candle",
    "Depth",
    "Level1",
    "Level2Change",
    "MarketChange",
    "Match",
    "Snapshot",
    "Ticker",
]


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
    """One trade: `/market/match` and `/contractMarket/execution`. `side` is the taker's."""

    sequence: int | None = None
    side: Side | None = None
    price: Decimal | None = None
    size: Decimal | None = None
    """Of a contract: in contracts."""
    trade_id: str | None = None
    maker_order_id: str | None = None
    taker_order_id: str | None = None
    time_ns: int | None = msgspec.field(default=None, name="time")
    type: str | None = None
    """"match", in spot."""
    maker_user_id: str | None = None
    """Once sent for contracts, as `taker_user_id` was."""
    taker_user_id: str | None = None


class Level1(Message, frozen=True, gc=False):
    """Best ask and best bid: `/spotMarket/level1`. A side may be empty."""

    ask: Level | None = None
    bid: Level | None = None
    time_ns: int | None = None


class Depth(Message, frozen=True, gc=False):
    """The best 5 or 50 levels of each side, best first, whole every time, every 100 ms.

    `/spotMarket/level2Depth5` and `50`, `/callauction/level2Depth50`; and `/contractMarket/level2Depth5` and `50`,
    whose sizes are in contracts, and which come unchanged, too.
    """

    asks: tuple[Level, ...] = ()
    bids: tuple[Level, ...] = ()
    time_ns: int | None = None
    """To the millisecond."""
    sequence: int | None = None
    """The book's, as it was; of contracts only."""


class Level2Change(Message, frozen=True, gc=False):
    """Changes of a book from `sequence_start` to `sequence_end`, both included.

    `/market/level2`: a range may hold fewer changes than numbers; the next range starts at `sequence_end` + 1.
    `/contractMarket/level2`: one number and one change, whose size is in contracts.
    """

    sequence_start: int | None = None
    sequence_end: int | None = None
    asks: tuple[Change, ...] = ()
    bids: tuple[Change, ...] = ()
    time_ns: int | None = None


class Candle(Message, frozen=True, gc=False):
    """A bar as it stands now: `/market/candles` and `/contractMarket/limitCandle` (every second).

    KuCoin sends no closed flag: a bar is final when the next one starts.
    """

    interval: str = ""
    start_ns: int | None = None
    open: Decimal | None = None
    close: Decimal | None = None
    high: Decimal | None = None
    low: Decimal | None = None
    volume: Decimal | None = None
    """In the base currency; of a contract, in contracts."""
    turnover: Decimal | None = None
    """In the quote currency."""
    time_ns: int | None = None


class MarketChange(Part, frozen=True, gc=False, rename="camel"):
    """How a symbol moved within some hours: part of a `Snapshot`."""

    change_price: Decimal | None = None
    change_rate: Decimal | None = None
    """A fraction."""
    high: Decimal | None = None
    low: Decimal | None = None
    open: Decimal | None = None
    vol: Decimal | None = None
    """In the base currency."""
    vol_value: Decimal | None = None
    """In the quote currency."""


class Snapshot(Open, frozen=True, gc=False, rename="camel"):
    """24 hours of a symbol, every 2 s: `/market/snapshot`. Prices are in the quote currency; rates are fractions."""

    sequence: int | None = None
    """The book's, as it was."""
    outer_sequence: int | None = msgspec.field(default=None, name="*sequence")  # it stands beside the record
    """The push's own: of a symbol it is `sequence`, and of a market the exchange's time in ms."""
    ask_size: Decimal | None = None
    average_price: Decimal | None = None
    base_currency: str | None = None
    bid_size: Decimal | None = None
    board: int | None = None
    """0: primary; 1: KuCoin Plus."""
    buy: Decimal | None = None
    """The best bid."""
    change_price: Decimal | None = None
    change_rate: Decimal | None = None
    close: Decimal | None = None
    high: Decimal | None = None
    last_size: Decimal | None = None
    """Of the trade that was last. Not in the documentation."""
    last_traded_price: Decimal | None = None
    low: Decimal | None = None
    maker_coefficient: Decimal | None = None
    """What the fee rate is multiplied by for this symbol."""
    maker_fee_rate: Decimal | None = None
    margin_trade: bool | None = None
    mark: int | None = None
    """0: ordinary; 1: special treatment; 2: new."""
    market: str | None = None
    market_change1h: MarketChange | None = msgspec.field(default=None, name="marketChange1h")
    market_change4h: MarketChange | None = msgspec.field(default=None, name="marketChange4h")
    market_change24h: MarketChange | None = msgspec.field(default=None, name="marketChange24h")
    markets: tuple[str, ...] = ()
    open: Decimal | None = None
    quote_currency: str | None = None
    sell: Decimal | None = None
    """The best ask."""
    site_types: tuple[str, ...] = ()
    sort: int | None = None
    symbol_code: str | None = None
    taker_coefficient: Decimal | None = None
    taker_fee_rate: Decimal | None = None
    trading: bool | None = None
    vol: Decimal | None = None
    """In the base currency."""
    vol_value: Decimal | None = None
    """In the quote currency."""
    time_ns: int | None = msgspec.field(default=None, name="datetime")
    """To the millisecond."""


class CallAuction(Open, frozen=True, gc=False, rename="camel"):
    """What a call auction would end with, every 100 ms while it lasts: `/callauction/callauctionData`."""

    estimated_price: Decimal | None = None
    estimated_size: Decimal | None = None
    """In the base currency."""
    sell_order_range_low_price: Decimal | None = None
    """What a sell order may ask for, at least."""
    sell_order_range_high_price: Decimal | None = None
    buy_order_range_low_price: Decimal | None = None
    buy_order_range_high_price: Decimal | None = None
    """What a buy order may offer, at most."""
    time_ns: int | None = msgspec.field(default=None, name="time")
    """To the millisecond."""
