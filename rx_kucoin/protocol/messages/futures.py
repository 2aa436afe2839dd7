"""What the futures market's public channels bring, beside the kinds that it shares with the spot market.

Prices are in the contract's quote currency, and rates are fractions.
"""

from decimal import Decimal

import msgspec

from rx_kucoin.protocol.messages.base import Message, Open
from rx_kucoin.protocol.messages.words import FundingEvent, Side

__all__ = ["FundingRate", "FundingSettlement", "FuturesSnapshot", "FuturesTicker", "FuturesTickerV1", "MarkPrice"]


class FuturesTicker(Message, frozen=True, gc=False, rename="camel"):
    """Best bid and ask of a contract, whenever its book changes: `/contractMarket/tickerV2`. Sizes are in contracts."""

    sequence: int | None = None
    """The book's."""
    best_bid_size: Decimal | None = None
    best_bid_price: Decimal | None = None
    best_ask_price: Decimal | None = None
    best_ask_size: Decimal | None = None
    time_ns: int | None = msgspec.field(default=None, name="ts")


class FuturesTickerV1(Message, frozen=True, gc=False, rename="camel"):
    """The trade that was last, and best bid and ask, at each trade: `/contractMarket/ticker`. Sizes are in contracts.

    KuCoin advises against it: the book moves between two trades, and `FuturesTicker` with it.
    """

    sequence: int | None = None
    """The trades'."""
    side: Side | None = None
    """The taker's."""
    size: Decimal | None = None
    price: Decimal | None = None
    best_bid_size: Decimal | None = None
    best_bid_price: Decimal | None = None
    best_ask_price: Decimal | None = None
    trade_id: str | None = None
    best_ask_size: Decimal | None = None
    time_ns: int | None = msgspec.field(default=None, name="ts")


class MarkPrice(Open, frozen=True, gc=False, rename="camel"):
    """Mark price and index price of a contract, about every second: `/contract/instrument`."""

    mark_price: Decimal | None = None
    index_price: Decimal | None = None
    granularity: int | None = None
    """How often it comes, in ms."""
    time_ns: int | None = msgspec.field(default=None, name="timestamp")
    """To the millisecond."""


class FundingRate(Open, frozen=True, gc=False, rename="camel"):
    """The funding rate of a contract as it stands, every minute: `/contract/instrument`."""

    funding_rate: Decimal | None = None
    granularity: int | None = None
    """How often it comes, in ms."""
    period: int | None = None
    """Not in the documentation; 1 was seen."""
    time_ns: int | None = msgspec.field(default=None, name="timestamp")
    """To the millisecond."""


class FundingSettlement(Open, frozen=True, gc=False, rename="camel"):
    """The settlement of a contract's funding fees begins or has ended: `/contract/announcement`."""

    event: FundingEvent | None = msgspec.field(default=None, name="*event")  # the subject has it, no payload
    funding_rate: Decimal | None = None
    funding_time_ns: int | None = msgspec.field(default=None, name="fundingTime")
    """For when the fees are due. To the millisecond."""
    time_ns: int | None = msgspec.field(default=None, name="timestamp")
    """To the millisecond."""


class FuturesSnapshot(Open, frozen=True, gc=False, rename="camel"):
    """24 hours of a contract, every 5 s: `/contractMarket/snapshot`."""

    volume: Decimal | None = None
    """In the base currency, not in contracts."""
    turnover: Decimal | None = None
    """In the quote currency."""
    last_price: Decimal | None = None
    high_price: Decimal | None = None
    low_price: Decimal | None = None
    price24_hours_before: Decimal | None = None
    price_chg: Decimal | None = None
    price_chg_pct: Decimal | None = None
    """A fraction, whatever its name says: 0.01 is one per cent."""
    funding_rate: Decimal | None = None
    """As it stands. Not in the documentation."""
    time_ns: int | None = msgspec.field(default=None, name="ts")
