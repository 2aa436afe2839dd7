"""One's own positions in contracts, and the settings that they are held under."""

from collections.abc import Mapping
from decimal import Decimal

import msgspec

from rx_kucoin.protocol.messages.base import Open
from rx_kucoin.protocol.messages.record import EMPTY
from rx_kucoin.protocol.messages.words import ChangeReason, MarginMode, PositionSide

__all__ = ["CrossLeverageChange", "MarginModeChange", "Position", "PositionSettlement", "RiskLimitChange"]


class Position(Open, frozen=True, gc=False, rename="camel"):
    """A position after a change: `/contract/positionAll` and `/contract/position`.

    Quantities are in contracts, below zero when short; margins, costs, values and profits in `settle_currency`; prices
    in the contract's quote currency; rates are fractions. A change of the mark price brings what follows from it only,
    and the rest is None.
    """

    change_reason: ChangeReason | None = None
    position_side: PositionSide | None = None
    margin_mode: MarginMode | None = None
    cross_mode: bool | None = None
    is_open: bool | None = None
    current_qty: Decimal | None = None
    current_cost: Decimal | None = None
    """What the position is worth by the prices it was entered at."""
    current_comm: Decimal | None = None
    """Fees paid."""
    unrealised_cost: Decimal | None = None
    realised_cost: Decimal | None = None
    realised_gross_cost: Decimal | None = None
    realised_gross_pnl: Decimal | None = None
    """Without fees."""
    realised_pnl: Decimal | None = None
    unrealised_pnl: Decimal | None = None
    unrealised_pnl_pcnt: Decimal | None = None
    """By the position's value."""
    unrealised_roe_pcnt: Decimal | None = None
    """By the margin."""
    avg_entry_price: Decimal | None = None
    mark_price: Decimal | None = None
    mark_value: Decimal | None = None
    liquidation_price: Decimal | None = None
    bankrupt_price: Decimal | None = None
    leverage: Decimal | None = None
    real_leverage: Decimal | None = None
    """By the mark price. Isolated margin only, as `auto_deposit` and `risk_limit` are."""
    auto_deposit: bool | None = None
    risk_limit: Decimal | None = None
    risk_limit_level: int | None = None
    maint_margin_req: Decimal | None = None
    """The rate of margin that has to be kept."""
    maint_margin: Decimal | None = None
    """The margin of the position."""
    pos_cost: Decimal | None = None
    pos_cross: Decimal | None = None
    """Margin that was added by hand."""
    pos_init: Decimal | None = None
    """Margin at the start."""
    pos_comm: Decimal | None = None
    """Set aside for the fee of a bankruptcy."""
    pos_loss: Decimal | None = None
    """Funding fees paid."""
    pos_margin: Decimal | None = None
    pos_funding: Decimal | None = None
    """Funding fees not settled yet."""
    pos_maint: Decimal | None = None
    """Margin that has to be kept."""
    delev_percentage: Decimal | None = None
    """Where the position stands in the queue of automatic deleveraging."""
    settle_currency: str | None = None
    opening_timestamp_ns: int | None = msgspec.field(default=None, name="openingTimestamp")
    """To the millisecond."""
    time_ns: int | None = msgspec.field(default=None, name="currentTimestamp")
    """To the millisecond."""


class PositionSettlement(Open, frozen=True, gc=False, rename="camel"):
    """A funding fee was paid or received for a position: `/contract/positionAll` and `/contract/position`.

    The payload names no symbol: where the topic does not, either, it is empty.
    """

    qty: Decimal | None = None
    """In contracts, below zero when short."""
    position_side: PositionSide | None = None
    margin_mode: MarginMode | None = None
    mark_price: Decimal | None = None
    funding_rate: Decimal | None = None
    funding_fee: Decimal | None = None
    """In `settle_currency`; below zero when paid."""
    settle_currency: str | None = None
    funding_time_ns: int | None = msgspec.field(default=None, name="fundingTime")
    """To the millisecond."""
    time_ns: int | None = msgspec.field(default=None, name="ts")


class RiskLimitChange(Open, frozen=True, gc=False, rename="camel"):
    """What came of a wish for another risk limit: `/contract/positionAll` and `/contract/position`.

    The payload names neither symbol nor time: where the topic does not name a symbol, either, it is empty.
    """

    success: bool | None = None
    risk_limit_level: int | None = None
    """As it is now."""
    msg: str | None = None
    """Why it failed."""


class MarginModeChange(Open, frozen=True, gc=False):
    """Contracts are traded with another margin from now on: `/contract/marginMode`.

    `symbol` is empty where it is about several.
    """

    modes: Mapping[str, MarginMode] = EMPTY
    """By symbol."""


class CrossLeverageChange(Open, frozen=True, gc=False):
    """Contracts have another leverage in cross margin from now on: `/contract/crossLeverage`.

    `symbol` is empty where it is about several.
    """

    leverages: Mapping[str, Decimal] = EMPTY
    """By symbol."""
