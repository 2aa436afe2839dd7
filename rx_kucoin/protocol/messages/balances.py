"""What one's own accounts hold and owe, in spot, margin and futures."""

from collections.abc import Mapping
from decimal import Decimal

import msgspec

from rx_kucoin.protocol.messages.base import Open, Part
from rx_kucoin.protocol.messages.record import EMPTY
from rx_kucoin.protocol.messages.words import IsolatedMarginCause, IsolatedMarginState, MarginEvent

__all__ = [
    "Asset",
    "AvailableBalance",
    "Balance",
    "DebtRatio",
    "FuturesBalance",
    "IsolatedMarginAsset",
    "IsolatedMarginPosition",
    "MarginStatus",
    "OrderMargin",
    "RelationContext",
    "WithdrawHold",
]


class RelationContext(Part, frozen=True, gc=False, rename="camel"):
    """What a change of a balance came from. Transfers and deposits have none of these."""

    symbol: str | None = None
    order_id: str | None = None
    trade_id: str | None = None


class Balance(Open, frozen=True, gc=False, rename="camel"):
    """One currency of one account after a change: `/account/balance`. `symbol` is what was traded, if that was it.

    The exchange has been seen to send a change more than once, seven times even; each is passed on.
    `relation_event_id` tells whether two are the same.
    """

    account_id: str | None = None
    currency: str | None = None
    total: Decimal | None = None
    """What is available and what is on hold."""
    available: Decimal | None = None
    hold: Decimal | None = None
    available_change: Decimal | None = None
    hold_change: Decimal | None = None
    relation_context: RelationContext | None = None
    relation_event: str | None = None
    """Account and reason: "main.deposit", "trade.hold", "trade_hf.setted", "isolated_BTC-USDT.transfer", "other" ..."""
    relation_event_id: str | None = None
    time_ns: int | None = msgspec.field(default=None, name="time")
    """To the millisecond."""


class Asset(Part, frozen=True, gc=False, rename="camel"):
    """What a cross margin account holds of a currency."""

    total: Decimal | None = None
    available: Decimal | None = None
    hold: Decimal | None = None


class DebtRatio(Open, frozen=True, gc=False, rename="camel"):
    """Debt and assets of the cross margin account, every 4 s while there is debt: `/margin/position`.

    Totals are in BTC; debts and assets by currency are in their own. All include interest. `symbol` is empty: the
    account is one for all symbols.
    """

    debt_ratio: Decimal | None = None
    """Total debt by total asset."""
    total_asset: Decimal | None = None
    margin_coefficient_total_asset: Decimal | None = None
    """Total asset, each currency weighed by what the exchange lets it count."""
    total_debt: Decimal | None = None
    asset_list: Mapping[str, Asset] = EMPTY
    debt_list: Mapping[str, Decimal] = EMPTY
    time_ns: int | None = msgspec.field(default=None, name="timestamp")
    """To the millisecond."""


class MarginStatus(Open, frozen=True, gc=False, rename="camel"):
    """The cross margin account was frozen, freed, or changed otherwise: `/margin/position`. `symbol` is empty."""

    type: MarginEvent | None = None
    time_ns: int | None = msgspec.field(default=None, name="timestamp")
    """To the millisecond."""


class IsolatedMarginAsset(Part, frozen=True, gc=False, rename="camel"):
    """What an isolated margin position holds and owes of a currency."""

    total: Decimal | None = None
    available: Decimal | None = None
    hold: Decimal | None = None
    liability_principal: Decimal | None = None
    liability_interest: Decimal | None = None


class IsolatedMarginPosition(Open, frozen=True, gc=False, rename="camel"):
    """An isolated margin position after a change, and from time to time while there is debt.

    It comes from `/margin/isolatedPosition`.
    """

    tag: str | None = None
    """The symbol once more, as the payload has it."""
    status: IsolatedMarginState | None = None
    status_biz_type: IsolatedMarginCause | None = None
    accumulated_principal: Decimal | None = None
    change_assets: Mapping[str, IsolatedMarginAsset] = EMPTY
    """By currency: the symbol's two."""
    time_ns: int | None = msgspec.field(default=None, name="timestamp")
    """To the millisecond."""


class FuturesBalance(Open, frozen=True, gc=False, rename="camel"):
    """One currency of the futures account after a change: `/contractAccount/wallet`. `symbol` is empty."""

    currency: str | None = None
    equity: Decimal | None = None
    """The wallet's balance and what open positions would bring or cost."""
    wallet_balance: Decimal | None = None
    available_balance: Decimal | None = None
    hold_balance: Decimal | None = None
    """On hold for withdrawals and transfers."""
    max_withdraw_amount: Decimal | None = None
    total_cross_margin: Decimal | None = None
    cross_pos_margin: Decimal | None = None
    cross_order_margin: Decimal | None = None
    cross_un_pnl: Decimal | None = None
    isolated_pos_margin: Decimal | None = None
    """Funding fees included."""
    isolated_order_margin: Decimal | None = None
    isolated_funding_fee_margin: Decimal | None = None
    isolated_un_pnl: Decimal | None = None
    version: int | None = None
    """Counts changes. In cross margin the available balance also follows the mark price, at the same version."""
    time_ns: int | None = msgspec.field(default=None, name="timestamp")
    """To the millisecond."""


class OrderMargin(Open, frozen=True, gc=False, rename="camel"):
    """What open orders bind of a currency: `/contractAccount/wallet`, of accounts that never had cross margin."""

    currency: str | None = None
    order_margin: Decimal | None = None
    time_ns: int | None = msgspec.field(default=None, name="timestamp")
    """To the millisecond."""


class AvailableBalance(Open, frozen=True, gc=False, rename="camel"):
    """What is available of a currency: `/contractAccount/wallet`, of accounts that never had cross margin."""

    currency: str | None = None
    available_balance: Decimal | None = None
    hold_balance: Decimal | None = None
    """On hold for positions, orders, withdrawals and transfers."""
    time_ns: int | None = msgspec.field(default=None, name="timestamp")
    """To the millisecond."""


class WithdrawHold(Open, frozen=True, gc=False, rename="camel"):
    """What a withdrawal binds of a currency: `/contractAccount/wallet`, of accounts that never had cross margin."""

    currency: str | None = None
    withdraw_hold: Decimal | None = None
    time_ns: int | None = msgspec.field(default=None, name="timestamp")
    """To the millisecond."""
