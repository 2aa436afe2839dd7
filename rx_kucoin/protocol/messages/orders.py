"""What becomes of one's own orders."""

from decimal import Decimal

import msgspec

from rx_kucoin.protocol.messages.base import Open
from rx_kucoin.protocol.messages.words import (
    FeeType,
    FuturesTradeType,
    Liquidity,
    MarginMode,
    OrderEvent,
    OrderStatus,
    OrderType,
    PositionSide,
    Side,
    Stop,
    StopDirection,
    StopEvent,
    StopPriceType,
    TradeType,
)

__all__ = ["FuturesOrder", "FuturesStopOrder", "Order", "StopOrder"]


class Order(Open, frozen=True, gc=False, rename="camel"):
    """One step of a spot or margin order: `/spotMarket/tradeOrdersV2`, and `/spotMarket/tradeOrders`.

    The steps are received (only in V2), open, match, update, filled, canceled. Sizes are in the base currency, and
    funds in the quote currency.
    """

    type: OrderEvent | None = None
    status: OrderStatus | None = None
    order_id: str | None = None
    client_oid: str | None = None
    side: Side | None = None
    order_type: OrderType | None = None
    price: Decimal | None = None
    """A market order has none."""
    size: Decimal | None = None
    """What was asked for, less what an update took away."""
    origin_size: Decimal | None = None
    """What was asked for."""
    old_size: Decimal | None = None
    """What `size` was before this update."""
    funds: Decimal | None = None
    """How much a market order is to spend or to bring."""
    origin_funds: Decimal | None = None
    filled_size: Decimal | None = None
    """All trades so far."""
    canceled_size: Decimal | None = None
    """All that was taken away so far."""
    remain_size: Decimal | None = None
    remain_funds: Decimal | None = None
    match_price: Decimal | None = None
    """Of this trade, as `match_size`, `trade_id`, `liquidity` and `fee_type` are."""
    match_size: Decimal | None = None
    trade_id: str | None = None
    liquidity: Liquidity | None = None
    fee_type: FeeType | None = None
    order_time_ns: int | None = msgspec.field(default=None, name="orderTime")
    """When the exchange's door took the order, to the millisecond; to the nanosecond in older frames."""
    time_ns: int | None = msgspec.field(default=None, name="ts")
    """When the matching engine did this."""


class StopOrder(Open, frozen=True, gc=False, rename="camel"):
    """One step of a stop order of spot or margin: `/spotMarket/advancedOrders`. `size` is in the base currency."""

    type: StopEvent | None = None
    order_id: str | None = None
    side: Side | None = None
    order_type: OrderType | None = None
    order_price: Decimal | None = None
    """What the order will ask for once it is triggered; a market order has none."""
    size: Decimal | None = None
    funds: Decimal | None = None
    """How much a market order is to spend, in the quote currency."""
    stop: Stop | None = None
    stop_price: Decimal | None = None
    trade_type: TradeType | None = None
    trigger_success: bool | None = None
    """Whether the order could be placed. Older frames have it, when triggered."""
    error: str | None = None
    """Why it could not."""
    created_at_ns: int | None = msgspec.field(default=None, name="createdAt")
    """To the millisecond."""
    time_ns: int | None = msgspec.field(default=None, name="ts")


class FuturesOrder(Open, frozen=True, gc=False, rename="camel"):
    """One step of an order of a contract: `/contractMarket/tradeOrders`, for all contracts or for one.

    The steps are open, match, update, filled, canceled. Sizes are in contracts.
    """

    type: OrderEvent | None = None
    status: OrderStatus | None = None
    order_id: str | None = None
    client_oid: str | None = None
    side: Side | None = None
    position_side: PositionSide | None = None
    margin_mode: MarginMode | None = None
    order_type: OrderType | None = None
    trade_type: FuturesTradeType | None = None
    price: Decimal | None = None
    """A market order has none."""
    size: Decimal | None = None
    """What was asked for, less what an update took away."""
    old_size: Decimal | None = None
    """What `size` was before this update."""
    filled_size: Decimal | None = None
    """All trades so far."""
    canceled_size: Decimal | None = None
    """What an update took away."""
    all_canceled_size: Decimal | None = None
    """All that was taken away so far."""
    remain_size: Decimal | None = None
    match_price: Decimal | None = None
    """Of this trade, as `match_size`, `trade_id`, `liquidity` and `fee_type` are."""
    match_size: Decimal | None = None
    trade_id: str | None = None
    liquidity: Liquidity | None = None
    fee_type: FeeType | None = None
    order_time_ns: int | None = msgspec.field(default=None, name="orderTime")
    """When the exchange's door took the order."""
    time_ns: int | None = msgspec.field(default=None, name="ts")
    """When the matching engine did this."""


class FuturesStopOrder(Open, frozen=True, gc=False, rename="camel"):
    """One step of a stop order of a contract: `/contractMarket/advancedOrders`. `size` is in contracts."""

    type: StopEvent | None = None
    order_id: str | None = None
    client_oid: str | None = None
    side: Side | None = None
    position_side: PositionSide | None = None
    margin_mode: MarginMode | None = None
    order_type: OrderType | None = None
    order_price: Decimal | None = None
    """What the order will ask for once it is triggered; a market order has none."""
    size: Decimal | None = None
    stop: StopDirection | None = None
    stop_price: Decimal | None = None
    stop_price_type: StopPriceType | None = None
    trigger_success: bool | None = None
    """Whether the order could be placed. Older frames have it, when triggered."""
    error: str | None = None
    """Why it could not."""
    created_at_ns: int | None = msgspec.field(default=None, name="createdAt")
    """To the millisecond."""
    time_ns: int | None = msgspec.field(default=None, name="ts")
