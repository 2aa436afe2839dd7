"""The readers of the private channels. Each says in which unit a time comes that is not in nanoseconds."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final, TypeVar, cast

import msgspec

from rx_kucoin.protocol.frames import UNREADABLE, Frame, FrameError, payload_of
from rx_kucoin.protocol.messages.balances import (
    AvailableBalance,
    Balance,
    DebtRatio,
    FuturesBalance,
    IsolatedMarginPosition,
    MarginStatus,
    OrderMargin,
    WithdrawHold,
)
from rx_kucoin.protocol.messages.base import Open, Unknown
from rx_kucoin.protocol.messages.orders import FuturesOrder, FuturesStopOrder, Order, StopOrder
from rx_kucoin.protocol.messages.positions import (
    CrossLeverageChange,
    MarginModeChange,
    Position,
    PositionSettlement,
    RiskLimitChange,
)
from rx_kucoin.protocol.messages.words import MarginMode
from rx_kucoin.protocol.readers.base import MS, Reader, by_subject, fields_of, keeping, patient
from rx_kucoin.protocol.topics import Topic

__all__ = [
    "balance",
    "cross_leverage",
    "futures_order",
    "futures_stop_order",
    "isolated_margin",
    "margin",
    "margin_mode",
    "order",
    "position",
    "stop_order",
    "unknown",
    "wallet",
]

T = TypeVar("T")

_NO_MS: Final = 10**16
"""A time above this is in nanoseconds: it would be the year 318857 in ms, and the April of 1970 in ns."""


def _to_ns(time: int) -> int:
    """Turn a time into nanoseconds that comes in ms from some and in ns from others of the exchange's machines."""
    return time if abs(time) > _NO_MS else time * MS


def _own(
    kind: type[Open],
    symbol: Callable[[Any, str], str | None] | None = None,
    **times: int | Callable[[int], int],
) -> Reader:
    """Read what an account has to tell: one odd field must not swallow a fill, so it is put aside."""
    return keeping(kind, times=times, symbol=symbol, salvaging=True)


def _related(message: Balance, _: str) -> str | None:
    return message.relation_context.symbol if message.relation_context is not None else None


def _tagged(message: IsolatedMarginPosition, argument: str) -> str | None:
    return message.tag or argument


def _margin_mode(frame: Frame, _: str) -> MarginModeChange:
    modes, rest = _sorted(fields_of(frame), lambda value: msgspec.convert(value or None, MarginMode))
    return MarginModeChange(_only({**modes, **rest}), rest, modes)


def _cross_leverage(frame: Frame, _: str) -> CrossLeverageChange:
    fields = fields_of(frame)
    leverages, rest = _sorted(fields, _leverage)
    for symbol in leverages:
        record = fields[symbol]
        if isinstance(record, dict) and len(cast("dict[str, Any]", record)) > 1:
            rest[symbol] = {name: value for name, value in cast("dict[str, Any]", record).items() if name != "leverage"}
    return CrossLeverageChange(_only({**leverages, **rest}), rest, leverages)


def _leverage(value: Any) -> Decimal:
    plain = cast("dict[str, Any]", value).get("leverage") if isinstance(value, dict) else value
    return msgspec.convert(plain, Decimal, strict=False)


def _sorted(fields: dict[str, Any], read: Callable[[Any], T]) -> tuple[dict[str, T], dict[str, Any]]:
    """Read each value of a record; those that cannot be read come second, as they are."""
    good, rest = dict[str, T](), dict[str, Any]()
    for name, value in fields.items():
        try:
            good[name] = read(value)
        except UNREADABLE:
            rest[name] = value
    return good, rest


def _only(names: dict[str, Any]) -> str:
    return next(iter(names)) if len(names) == 1 else ""


def _unknown(frame: Frame, argument: str) -> Unknown:
    try:
        payload = payload_of(frame)
    except UNREADABLE as error:
        raise FrameError(str(error)) from None
    fields = (
        cast("dict[str, Any]", payload) if isinstance(payload, dict) else {} if payload is None else {"data": payload}
    )
    named = fields.get("symbol")
    symbol = named if isinstance(named, str) else argument or Topic.parse(frame.topic).argument
    return Unknown(symbol or "", fields, frame.subject)


unknown: Final = patient(_unknown, Unknown)
"""Pushes of a subject that nobody has heard of."""
order: Final = _own(Order, order_time_ns=_to_ns)
"""`/spotMarket/tradeOrdersV2` and `/spotMarket/tradeOrders`: `orderTime` is ms, or ns in older frames; `ts` is ns."""
stop_order: Final = _own(StopOrder, created_at_ns=_to_ns)
"""`/spotMarket/advancedOrders`: `createdAt` is ms, or ns in older frames; `ts` is ns."""
balance: Final = _own(Balance, _related, time_ns=MS)
"""`/account/balance`: `time` is ms, as a string; the symbol stands in what the change is related to, if anywhere."""
margin: Final = by_subject(
    {
        "debt.ratio": _own(DebtRatio, time_ns=MS),
        "position.status": _own(MarginStatus, time_ns=MS),
    },
    unknown,
)
"""`/margin/position`."""
isolated_margin: Final = _own(IsolatedMarginPosition, _tagged, time_ns=MS)
"""`/margin/isolatedPosition:{symbol}`."""
futures_order: Final = _own(FuturesOrder, order_time_ns=_to_ns)
"""`/contractMarket/tradeOrders`: times are ns, whatever is documented (ms); either is understood."""
futures_stop_order: Final = _own(FuturesStopOrder, created_at_ns=_to_ns)
"""`/contractMarket/advancedOrders`: `createdAt` is ms and `ts` is ns."""
wallet: Final = by_subject(
    {
        "walletBalance.change": _own(FuturesBalance, time_ns=MS),
        "orderMargin.change": _own(OrderMargin, time_ns=MS),
        "availableBalance.change": _own(AvailableBalance, time_ns=MS),
        "withdrawHold.change": _own(WithdrawHold, time_ns=MS),
    },
    unknown,
)
"""`/contractAccount/wallet`: the first subject, or the other three for an account that never had cross margin."""
position: Final = by_subject(
    {
        "position.change": _own(Position, opening_timestamp_ns=MS, time_ns=MS),
        "position.settlement": _own(PositionSettlement, funding_time_ns=MS),
        "position.adjustRiskLimit": _own(RiskLimitChange),
    },
    unknown,
)
"""`/contract/positionAll` and `/contract/position:{symbol}`: times are ms, but a settlement's `ts` (ns)."""
margin_mode: Final = patient(_margin_mode, MarginModeChange)
"""`/contract/marginMode`: a mode for each symbol."""
cross_leverage: Final = patient(_cross_leverage, CrossLeverageChange)
"""`/contract/crossLeverage`: a record for each symbol."""
