"""A futures position: what trades make of it, and what each of its frames holds."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, Literal

from rx_kucoin.simulator._contracts import price_at, settles_in, value

__all__ = ["ContractPosition", "MarginMode"]

MarginMode = Literal["ISOLATED", "CROSS"]
TAKER: Final = Decimal("0.0006")
MAINTENANCE: Final = Decimal("0.005")
RISK_LIMIT: Final = 500_000


@dataclass(eq=False, kw_only=True)
class ContractPosition:
    """One symbol's position; `quantity` is in contracts, negative for a short one."""

    symbol: str
    mode: MarginMode
    leverage: Decimal
    mark: Decimal
    opened_ms: int
    quantity: Decimal = Decimal(0)
    cost: Decimal = Decimal(0)
    """The value it was opened at, negative for a short position."""
    gross: Decimal = Decimal(0)
    """Realised profit before fees."""
    fees: Decimal = Decimal(0)
    funding: Decimal = Decimal(0)
    risk_level: int = 1

    @property
    def worth(self) -> Decimal:
        """Its value at the mark price."""
        return value(self.symbol, self.quantity, self.mark)

    @property
    def unrealised(self) -> Decimal:
        """Profit at the mark price."""
        return self.worth - self.cost

    @property
    def initial(self) -> Decimal:
        """The margin that its leverage requires."""
        return abs(self.cost) / self.leverage

    @property
    def margin(self) -> Decimal:
        """The margin it uses: with the fee of closing it."""
        return self.initial + abs(self.cost) * TAKER

    def trade(self, quantity: Decimal, price: Decimal, fee: Decimal) -> Decimal:
        """Apply a trade: it closes first, the rest opens. Return the realised profit before its fee."""
        gross = Decimal(0)
        if self.quantity * quantity < 0:
            closed = min(abs(quantity), abs(self.quantity)).copy_sign(self.quantity)
            share = self.cost * closed / self.quantity
            gross = value(self.symbol, closed, price) - share
            self.quantity -= closed
            self.cost = self.cost - share if self.quantity else Decimal(0)
            quantity += closed
        self.quantity += quantity
        self.cost += value(self.symbol, quantity, price)
        self.gross += gross
        self.fees += fee
        return gross

    def full(self, reason: str, now_ms: int) -> dict[str, Any]:
        """Return the full data of `position.change`. A cross position omits the fields about a margin of its own."""
        cost = self.cost
        data: dict[str, Any] = {
            "symbol": self.symbol,
            "crossMode": self.mode == "CROSS",
            "delevPercentage": 0.06,
            "openingTimestamp": self.opened_ms,
            "currentTimestamp": now_ms,
            "currentQty": int(self.quantity),
            "currentCost": _number(cost - self.gross),
            "currentComm": _number(self.fees),
            "unrealisedCost": _number(cost),
            "realisedGrossCost": _number(-self.gross),
            "realisedCost": _number(self.fees - self.gross - self.funding),
            "isOpen": bool(self.quantity),
            "markPrice": _number(self.mark),
            "markValue": _number(self.worth),
            "posCost": _number(cost),
            "posInit": _number(self.initial),
            "posMargin": _number(self.margin),
            "realisedGrossPnl": _number(self.gross),
            "realisedPnl": _number(self.gross + self.funding - self.fees),
            "unrealisedPnl": _number(self.unrealised),
            **self._shares(),
            "avgEntryPrice": self._price(cost),
            "liquidationPrice": self._price(cost - self.initial + abs(cost) * MAINTENANCE),
            "bankruptPrice": self._price(cost - self.initial),
            "leverage": _number(self.leverage),
            **self._settled(reason),
            "marginMode": self.mode,
            "positionSide": "BOTH",
        }
        if self.mode == "CROSS":
            return data
        closing = abs(cost) * TAKER
        return data | {
            **self._own(),
            "maintMarginReq": float(MAINTENANCE),
            "riskLimit": RISK_LIMIT,
            "riskLimitLevel": self.risk_level,
            "autoDeposit": False,
            "posCross": 0,
            "posComm": _number(closing),
            "posLoss": 0,
            "posFunding": _number(self.funding),
            "posMaint": _number(abs(cost) * MAINTENANCE + closing),
        }

    def marked(self, now_ms: int) -> dict[str, Any]:
        """Return the data of `position.change` for a new mark price: only the fields that depend on it."""
        return {
            "symbol": self.symbol,
            "markPrice": _number(self.mark),
            "markValue": _number(self.worth),
            **(self._own() if self.mode == "ISOLATED" else {}),
            "unrealisedPnl": _number(self.unrealised),
            **self._shares(),
            "delevPercentage": 0.06,
            "currentTimestamp": now_ms,
            **self._settled("markPriceChange"),
        }

    def _own(self) -> dict[str, Any]:
        """Return the fields about an isolated position's own margin."""
        held = self.margin + self.unrealised
        return {"maintMargin": _number(held), "realLeverage": _number(abs(self.worth) / held) if held > 0 else 0}

    def _shares(self) -> dict[str, Any]:
        won = self.unrealised
        return {
            "unrealisedPnlPcnt": round(float(won / abs(self.cost)), 4) if self.cost else 0,
            "unrealisedRoePcnt": round(float(won / self.initial), 4) if self.cost else 0,
        }

    def _settled(self, reason: str) -> dict[str, Any]:
        return {"settleCurrency": settles_in(self.symbol), "changeReason": reason}

    def _price(self, worth: Decimal) -> float:
        return _number(max(Decimal(0), price_at(self.symbol, self.quantity, worth))) if self.quantity else 0.0


def _number(amount: Decimal) -> float:
    """Return a JSON number with at most ten decimals, as the exchange does."""
    return float(round(amount, 10)) + 0.0
