"""Signed REST calls about the accounts, which are classic ones."""

from decimal import Decimal
from typing import Any, Final

from rx_kucoin.simulator._account import plain
from rx_kucoin.simulator._rest_handlers import Endpoint, Query, RestContext, RestError

__all__ = ["ACCOUNT", "FUTURES_ACCOUNT"]


def classic(_context: RestContext, _query: Query) -> Any:
    """Return the account mode: not unified."""
    return {"selfAccountMode": "CLASSIC"}


def yes(_context: RestContext, _query: Query) -> Any:
    """Return true."""
    return True


def nothing(_context: RestContext, _query: Query) -> Any:
    """Return an empty list."""
    return []


def no_items(context: RestContext, query: Query) -> Any:
    """Return an empty list inside an envelope."""
    return {"timestamp": 0, "items": nothing(context, query)}


def accounts(context: RestContext, query: Query) -> Any:
    """Return the balances of the trading account."""
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
        for currency, balance in context.accounts.spot.balances.items()
        if wanted in {None, currency} and query.get("type", "trade") == "trade"
    ]


def overview(context: RestContext, query: Query) -> Any:
    """Return one futures wallet, in numbers."""
    currency = query.get("currency", "XBT")
    wallet = context.accounts.futures.wallets.get(currency)
    if wallet is None:
        raise RestError("400100", "currency is invalid")
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


def position(context: RestContext, query: Query) -> Any:
    """Return one position, with the fields of its frames."""
    return context.accounts.futures.position(context.instrument(query).symbol)


def positions(context: RestContext, _query: Query) -> Any:
    """Return every open position."""
    futures = context.accounts.futures
    return [futures.position(symbol) for symbol, each in futures.positions.items() if each.quantity]


ACCOUNT: Final = (
    Endpoint("GET", "/api/ua/v1/account/mode", 60, classic, signed=True),
    Endpoint("GET", "/api/v1/hf/accounts/opened", 2, yes, signed=True),
    Endpoint("GET", "/api/v1/accounts", 5, accounts, signed=True),
    Endpoint("GET", "/api/v3/margin/symbols", 3, no_items, signed=True),
    Endpoint("GET", "/api/v1/isolated/symbols", 3, nothing, signed=True),
)
"""Balances of the spot account, and the calls that ccxt and KuCoin's SDK make before private subscriptions."""

FUTURES_ACCOUNT: Final = (
    Endpoint("GET", "/api/v1/account-overview", 5, overview, signed=True),
    Endpoint("GET", "/api/v1/position", 2, position, signed=True),
    Endpoint("GET", "/api/v1/positions", 2, positions, signed=True),
)
"""Wallets and positions of the futures account."""
