"""Signed calls about the one account of this exchange, which is a classic one and holds nothing."""

from typing import Any, Final

from rx_kucoin.simulator._desk import Desk, Endpoint, Query

__all__ = ["ACCOUNT"]


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


ACCOUNT: Final = (
    Endpoint("GET", "/api/ua/v1/account/mode", 60, classic, signed=True),
    Endpoint("GET", "/api/v1/hf/accounts/opened", 2, yes, signed=True),
    Endpoint("GET", "/api/v1/accounts", 5, nothing, signed=True),
    Endpoint("GET", "/api/v3/margin/symbols", 3, no_items, signed=True),
    Endpoint("GET", "/api/v1/isolated/symbols", 3, nothing, signed=True),
)
"""What the two foreign clients ask before they watch anything private."""
