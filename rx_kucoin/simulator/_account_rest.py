"""Signed calls about the accounts of this exchange's one owner, which are classic ones."""

from decimal import Decimal
from typing import Any, Final

from rx_kucoin.simulator._account import plain
from rx_kucoin.simulator._desk import Desk, Endpoint, Query, Wrong

__all__ = ["ACCOUNT", "FUTURES_ACCOUNT"]


def classic(_desk: Desk, _query: Query) -> Any:
    """Not a unified account."""
    return {"selfAccountMode": "CLASSIC"}


def yes(_desk: Desk, _query: Query) -> Any:
    """Opened."""
    return True


def nothing(_desk: Desk, _query: Query) -> Any:
    """An empty list."""
    return []


def no_items(desk: Desk, query: Query) -> Any:
    """An empty list inside an envelope."""
    return {"timestamp": 0, "items": nothing(desk, query)}


def accounts(desk: Desk, query: Query) -> Any:
    """What the trading account holds."""
    wanted = query.get("currency")
    return [
        {
            "id": f"{currency}-trade",
            "currency": currency,
            "type": "trade",
            "balance": plain(balance.total),
            "available": plain(balance.available),
            "holds": plain(balance.hold),
        }
        for currency, balance in desk.accounts.spot.balances.items()
        if wanted in {None, currency} and query.get("type", "trade") == "trade"
    ]


def overview(desk: Desk, query: Query) -> Any:
    """One futures wallet, in numbers."""
    currency = query.get("currency", "XBT")
    wallet = desk.accounts.futures.wallets.get(currency)
    if wallet is None:
        raise Wrong("400100", "currency is invalid")
    positions = wallet.isolated_positions + wallet.cross_positions
    amounts: dict[str, Decimal] = {
        "accountEquity": wallet.equity,
        "unrealisedPNL": wallet.isolated_won + wallet.cross_won,
        "marginBalance": wallet.balance,
        "positionMargin": positions,
        "orderMargin": wallet.isolated_orders + wallet.cross_orders,
        "frozenFunds": Decimal(0),
        "availableBalance": wallet.available,
        "maxWithdrawAmount": max(Decimal(0), wallet.available),
    }
    return {"currency": currency, "riskRatio": 0, **{name: float(amount) for name, amount in amounts.items()}}


def position(desk: Desk, query: Query) -> Any:
    """One position, in the words of its frames."""
    return desk.accounts.futures.position(desk.instrument(query).symbol)


def positions(desk: Desk, _query: Query) -> Any:
    """Every position that is open."""
    futures = desk.accounts.futures
    return [futures.position(symbol) for symbol, each in futures.positions.items() if each.quantity]


ACCOUNT: Final = (
    Endpoint("GET", "/api/ua/v1/account/mode", 60, classic, signed=True),
    Endpoint("GET", "/api/v1/hf/accounts/opened", 2, yes, signed=True),
    Endpoint("GET", "/api/v1/accounts", 5, accounts, signed=True),
    Endpoint("GET", "/api/v3/margin/symbols", 3, no_items, signed=True),
    Endpoint("GET", "/api/v1/isolated/symbols", 3, nothing, signed=True),
)
"""What the spot account holds, and what the two foreign clients ask before they watch anything private."""

FUTURES_ACCOUNT: Final = (
    Endpoint("GET", "/api/v1/account-overview", 5, overview, signed=True),
    Endpoint("GET", "/api/v1/position", 2, position, signed=True),
    Endpoint("GET", "/api/v1/positions", 2, positions, signed=True),
)
"""What the futures account holds."""
