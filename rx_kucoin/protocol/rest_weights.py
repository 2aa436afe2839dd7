"""REST quotas: what each request weighs, and what an answer tells of what is left."""

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

__all__ = ["Allowance", "read_allowance", "retry_after", "weight"]


class Allowance(NamedTuple):
    """What is left of a pool."""

    remaining: int
    """Weight that may be asked for until the exchange's window is over."""
    reset: float
    """Seconds until then."""


def weight(path: str) -> int:
    """Tell what a request takes from its pool; `path` may include a query. More than most, for one that is unknown."""
    return _WEIGHTS.get(path.partition("?")[0], _UNKNOWN)


def read_allowance(headers: Mapping[str, str]) -> Allowance | None:
    """Read what an answer's headers tell of its pool. None: nothing, or nothing that makes sense."""
    remaining, reset = headers.get("gw-ratelimit-remaining", ""), headers.get("gw-ratelimit-reset", "")
    if not (_REMAINING.fullmatch(remaining) and _RESET.fullmatch(reset)):
        return None
    return Allowance(int(remaining), _seconds(reset))


def retry_after(headers: Mapping[str, str]) -> float:
    """How many seconds a 429 asks to wait; 0 when it does not say, or nothing that makes sense."""
    reset = headers.get("gw-ratelimit-reset", "")
    return _seconds(reset) if _RESET.fullmatch(reset) else 0.0


def _seconds(reset: str) -> float:
    return min(int(reset), _LONGEST) / 1000


_REMAINING: Final = re.compile(r"[0-9]{1,9}")
_RESET: Final = re.compile(r"[0-9]{1,9}")
"""Milliseconds."""
_LONGEST: Final = 60_000
"""Milliseconds that are believed at most: the exchange's windows have 30 s, and who is told more asks again then."""

_WEIGHTS: Final[Mapping[str, int]] = {
    "/api/v1/timestamp": 0,
    "/api/v1/bullet-public": 10,
    "/api/v1/bullet-private": 10,
    "/api/v2/symbols": 4,
    "/api/v1/contracts/active": 3,
    "/api/v1/market/candles": 3,
    "/api/v1/kline/query": 3,
    "/api/v1/market/orderbook/level2_20": 2,
    "/api/v1/market/orderbook/level2_100": 2,
    "/api/v3/market/orderbook/level2": 3,
    "/api/v1/level2/snapshot": 3,
    "/api/v1/level2/depth20": 5,
    "/api/v1/level2/depth100": 5,
}
"""Of the paths that this library asks for, on either host: `API-RATE-LIMIT-WEIGHT` in KuCoin's own SDK, 1.3.

But for the clock, which costs nothing: its answers have none of the headers. Probed in September 2026.
"""
_UNKNOWN: Final = 5
