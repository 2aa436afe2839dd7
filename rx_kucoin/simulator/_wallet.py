"""A futures wallet: one currency's balance, and the margin that open orders and positions use of it."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, NamedTuple

from rx_kucoin.simulator._account import PlacedOrder, plain
from rx_kucoin.simulator._position import ContractPosition, MarginMode

__all__ = ["Margined", "Wallet", "wallet"]


class Margined(NamedTuple):
    """An open order, the margin it uses, and its margin mode."""

    order: PlacedOrder
    margin: Decimal
    mode: MarginMode


class Wallet(NamedTuple):
    """The amounts that the exchange reports for one currency."""

    balance: Decimal
    isolated_orders: Decimal
    isolated_positions: Decimal
    isolated_won: Decimal
    cross_orders: Decimal
    cross_positions: Decimal
    cross_won: Decimal

    @property
    def equity(self) -> Decimal:
        """The balance plus unrealised profit."""
        return self.balance + self.isolated_won + self.cross_won

    @property
    def cross_margin(self) -> Decimal:
        """The margin available to cross positions."""
        return self.balance + self.cross_won - self.isolated_orders - self.isolated_positions

    @property
    def available(self) -> Decimal:
        """The margin available to new orders."""
        return self.cross_margin - self.cross_orders - self.cross_positions

    def data(self, currency: str, version: int, now_ms: int) -> dict[str, Any]:
        """Return the data of `walletBalance.change`: every amount is a string, the version and the time too."""
        return {
            "crossPosMargin": plain(self.cross_positions),
            "isolatedOrderMargin": plain(self.isolated_orders),
            "holdBalance": "0",
            "equity": plain(self.equity),
            "version": str(version),
            "availableBalance": plain(self.available),
            "isolatedPosMargin": plain(self.isolated_positions),
            "maxWithdrawAmount": plain(max(Decimal(0), min(self.available, self.available - self.cross_won))),
            "walletBalance": plain(self.balance),
            "isolatedFundingFeeMargin": "0",
            "crossUnPnl": plain(self.cross_won),
            "totalCrossMargin": plain(self.cross_margin),
            "currency": currency,
            "isolatedUnPnl": plain(self.isolated_won),
            "crossOrderMargin": plain(self.cross_orders),
            "timestamp": str(now_ms),
        }


def wallet(balance: Decimal, orders: Iterable[Margined], positions: Iterable[ContractPosition]) -> Wallet:
    """Add up the margin in use."""
    ties: dict[MarginMode, list[Decimal]] = {mode: [Decimal(0)] * 3 for mode in ("ISOLATED", "CROSS")}
    for each in orders:
        ties[each.mode][0] += each.margin
    for position in positions:
        ties[position.mode][1] += round(position.margin, 10)
        ties[position.mode][2] += round(position.unrealised, 10)
    return Wallet(balance, *ties["ISOLATED"], *ties["CROSS"])
