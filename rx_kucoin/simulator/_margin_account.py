"""The margin side of a spot account by script: debt ratios, what becomes of a position, isolated positions."""

from collections.abc import Callable, Mapping
from typing import Any, Final, Literal

from rx_kucoin.simulator._account import Account, Amount, Till, at_once, exact, plain
from rx_kucoin.simulator._ledger import Balance

__all__ = ["MarginAccount", "PositionStatus"]

PositionStatus = Literal["FROZEN_FL", "UNFROZEN_FL", "FROZEN_RENEW", "UNFROZEN_RENEW", "LIABILITY", "UNLIABILITY"]
CROSS: Final = "/margin/position"


class MarginAccount(Account):
    """Debts. The exchange tells of a debt every 4 s while there is one; here it is told once for each call."""

    def __init__(self, till: Till, balances: Callable[[], Mapping[str, Balance]]) -> None:
        super().__init__(till)
        self._balances = balances

    @at_once
    def debt(self, debts: Mapping[str, Amount], *, ratio: float, total_asset: float, total_debt: Amount) -> None:
        """Tell of a debt: `debt.ratio`. Assets are the account's balances; the totals are in bitcoin."""
        assets = {
            currency: {
                "total": plain(balance.total),
                "available": plain(balance.available),
                "hold": plain(balance.hold),
            }
            for currency, balance in self._balances().items()
        }
        data = {
            "debtRatio": ratio,
            "totalAsset": total_asset,
            "marginCoefficientTotalAsset": str(total_asset),
            "totalDebt": plain(exact(total_debt)),
            "assetList": assets,
            "debtList": {currency: plain(exact(debt)) for currency, debt in debts.items()},
            "timestamp": self._now_ms(),
        }
        self._till.tell(CROSS, "debt.ratio", data)

    @at_once
    def status(self, kind: PositionStatus) -> None:
        """Tell what becomes of the cross position: `position.status`."""
        self._till.tell(CROSS, "position.status", {"type": kind, "timestamp": self._now_ms()})

    @at_once
    def isolated(
        self,
        symbol: str,
        debts: Mapping[str, Amount],
        *,
        status: str = "DEBT",
        why: str = "DEFAULT_DEBT",
        principal: Amount = 0,
    ) -> None:
        """Tell of an isolated position: `positionChange`, with both currencies of its symbol."""
        balances = self._balances()
        assets: dict[str, Any] = {}
        for currency in symbol.split("-"):
            balance = balances.get(currency, Balance(exact(0), exact(0)))
            assets[currency] = {
                "total": plain(balance.total),
                "hold": plain(balance.hold),
                "liabilityPrincipal": plain(exact(debts.get(currency, 0))),
                "liabilityInterest": "0",
            }
        data = {
            "tag": symbol,
            "status": status,
            "statusBizType": why,
            "accumulatedPrincipal": plain(exact(principal)),
            "changeAssets": assets,
            "timestamp": self._now_ms(),
        }
        self._till.tell(f"/margin/isolatedPosition:{symbol}", "positionChange", data)
