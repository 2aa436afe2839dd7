"""The exchange's own words for sides, states and reasons. A word that is not listed passes through as it came."""

from enum import StrEnum
from typing import Self

__all__ = [
    "ChangeReason",
    "FeeType",
    "FundingEvent",
    "FuturesTradeType",
    "IsolatedMarginCause",
    "IsolatedMarginState",
    "Liquidity",
    "MarginEvent",
    "MarginMode",
    "OrderEvent",
    "OrderStatus",
    "OrderType",
    "PositionSide",
    "Side",
    "Stop",
    "StopDirection",
    "StopEvent",
    "StopPriceType",
    "TradeType",
    "Word",
]


class Word(StrEnum):
    """A string of a known few; one that is not among them is a member of its own, so that news breaks no stream.

    Capitals do not matter: the exchange writes `buy` and `BUY`.
    """

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, str) or not value:  # nothing is no word: readers leave it out
            return None
        for known in cls:
            if known.value.lower() == value.lower():
                return known
        word = str.__new__(cls, value)
        word._name_ = word._value_ = value
        return word

    def __repr__(self) -> str:
        return repr(self.value)

    def __reduce_ex__(self, proto: object) -> tuple[type[Self], tuple[str]]:
        """Pickle and copy by the value: not every version of Python does, and a new word has no name to be found by."""
        del proto
        return type(self), (self.value,)


class Side(Word):
    """Of an order; of a trade it is the taker's."""

    BUY = "buy"
    SELL = "sell"


class OrderType(Word):
    """What kind of order it is."""

    LIMIT = "limit"
    MARKET = "market"
    STOP = "stop"


class OrderEvent(Word):
    """What happened to an order."""

    RECEIVED = "received"
    """It entered the matching engine; no trade was looked for yet. Spot only, and not in the first version."""
    OPEN = "open"
    """It rests in the book."""
    MATCH = "match"
    """It traded: as maker when its status is open, as taker when its status is match."""
    UPDATE = "update"
    """It was made smaller, by its owner or by the prevention of trades with oneself."""
    FILLED = "filled"
    CANCELED = "canceled"


class OrderStatus(Word):
    """Where an order stands in its life."""

    NEW = "new"
    OPEN = "open"
    MATCH = "match"
    DONE = "done"


class Liquidity(Word):
    """Which side of a trade an order was on. Against a hidden or iceberg order both are takers; see `FeeType`."""

    MAKER = "maker"
    TAKER = "taker"


class FeeType(Word):
    """Which fee a trade really cost."""

    MAKER = "makerFee"
    TAKER = "takerFee"


class StopEvent(Word):
    """What happened to a stop order."""

    OPEN = "open"
    TRIGGERED = "triggered"
    CANCEL = "cancel"


class Stop(Word):
    """What kind of stop order it is, in spot."""

    LOSS = "loss"
    ENTRY = "entry"
    """Takes a profit."""
    LIMIT_LOSS_OCO = "l_l_o"
    TRIGGER_LOSS_OCO = "l_s_o"
    LIMIT_PROFIT_OCO = "e_l_o"
    TRIGGER_PROFIT_OCO = "e_s_o"
    TRAILING = "tso"


class StopDirection(Word):
    """From which side the price of a contract comes to a stop price."""

    DOWN = "down"
    """It triggers at the stop price or below it."""
    UP = "up"
    """It triggers at the stop price or above it."""


class StopPriceType(Word):
    """Which price of a contract a stop order watches."""

    TRADE = "TP"
    INDEX = "IP"
    MARK = "MP"


class TradeType(Word):
    """With which account an order trades, in spot."""

    SPOT = "TRADE"
    MARGIN = "MARGIN_TRADE"
    ISOLATED_MARGIN = "MARGIN_ISOLATED_TRADE"


class FuturesTradeType(Word):
    """Who made an order of a contract: its owner, or the exchange."""

    TRADE = "trade"
    LIQUIDATION = "liquid"
    DELEVERAGING = "adl"


class FundingEvent(Word):
    """What an announcement says of the funding of a contract."""

    BEGIN = "begin"
    END = "end"


class MarginMode(Word):
    """Whether positions share their margin."""

    CROSS = "CROSS"
    ISOLATED = "ISOLATED"


class PositionSide(Word):
    """Which side a position is on; BOTH where an account has one position a contract."""

    BOTH = "BOTH"
    LONG = "LONG"
    SHORT = "SHORT"


class ChangeReason(Word):
    """Why a position was pushed."""

    POSITION = "positionChange"
    MARGIN = "marginChange"
    MARK_PRICE = "markPriceChange"
    LIQUIDATION = "liquidation"
    AUTO_DEPOSIT = "autoAppendMarginStatusChange"
    DELEVERAGING = "adl"
    RISK_LIMIT = "changeRiskLimit"


class MarginEvent(Word):
    """What happened to a cross margin account."""

    FROZEN_FL = "FROZEN_FL"
    """The debt ratio is beyond the threshold of liquidation, and the position is frozen."""
    UNFROZEN_FL = "UNFROZEN_FL"
    """The liquidation is over."""
    FROZEN_RENEW = "FROZEN_RENEW"
    UNFROZEN_RENEW = "UNFROZEN_RENEW"
    LIABILITY = "LIABILITY"
    """The balance went below zero."""
    UNLIABILITY = "UNLIABILITY"
    """All is paid back."""


class IsolatedMarginState(Word):
    """Where an isolated margin position stands."""

    DEBT = "DEBT"
    CLEAR = "CLEAR"
    IN_BORROW = "IN_BORROW"
    IN_REPAY = "IN_REPAY"
    IN_LIQUIDATION = "IN_LIQUIDATION"
    IN_AUTO_RENEW = "IN_AUTO_RENEW"


class IsolatedMarginCause(Word):
    """What brought an isolated margin position where it stands."""

    FORCE_LIQUIDATION = "FORCE_LIQUIDATION"
    USER_BORROW = "USER_BORROW"
    TRADE_AUTO_BORROW = "TRADE_AUTO_BORROW"
    USER_REPAY = "USER_REPAY"
    AUTO_REPAY = "AUTO_REPAY"
    DEFAULT_DEBT = "DEFAULT_DEBT"
    DEFAULT_CLEAR = "DEFAULT_CLEAR"
    ONE_CLICK_LIQUIDATION = "ONE_CLICK_LIQUIDATION"
    B2C_INTEREST_SETTLE_LIQUIDATION = "B2C_INTEREST_SETTLE_LIQUIDATION"
    AIR_DROP_LIQUIDATION = "AIR_DROP_LIQUIDATION"
