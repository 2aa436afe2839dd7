"""The scripted margin side of a spot account: debt ratios, position status, isolated positions."""

from collections.abc import Callable, Mapping
from typing import Any, Final, Literal

from rx_kucoin.simulator._account import Account, AccountContext, Amount, exact, on_exchange_thread, plain
from rx_kucoin.simulator._ledger import SpotBalance

__all__ = ["MarginAccount", "PositionStatus"]

PositionStatus = Literal["FROZEN_FL", "UNFROZEN_FL", "FROZEN_RENEW", "UNFROZEN_RENEW", "LIABILITY", "UNLIABILITY"]
CROSS: Final = "/margin/position"


class MarginAccount(Account):
    """Debts. The exchange publishes a debt every 4 s while there is one; here each call publishes it once."""

    def __init__(self, context: AccountContext, balances: Callable[[], Mapping[str, SpotBalance]]) -> None:
        super().__init__(context)
        self._balances = balances

    @on_exchange_thread
    def debt(self, debts: Mapping[str, Amount], *, ratio: float, total_asset: float, total_debt: Amount) -> None:
        """Publish a debt: `debt.ratio`. Assets are the account's balances; the totals are in bitcoin."""
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
        self._context.publish(CROSS, "debt.ratio", data)

    @on_exchange_thread
    def status(self, kind: PositionStatus) -> None:
        """Publish the status of the cross position: `position.status`."""
        self._context.publish(CROSS, "position.status", {"type": kind, "timestamp": self._now_ms()})

    @on_exchange_thread
    def isolated(
        self,
        symbol: str,
        debts: Mapping[str, Amount],
        *,
        status: str = "DEBT",
        why: str = "DEFAULT_DEBT",
        principal: Amount = 0,
    ) -> None:
        """Publish an isolated position: `positionChange`, with both currencies of its symbol."""
        balances = self._balances()
        assets: dict[str, Any] = {}
        for currency in symbol.split("-"):
            balance = balances.get(currency, SpotBalance(exact(0), exact(0)))
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
        self._context.publish(f"/margin/isolatedPosition:{symbol}", "positionChange", data)
