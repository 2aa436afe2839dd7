"""REST rate limits: the weight of each request, and the allowance and pause in an answer's headers."""

import re
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Final, NamedTuple

__all__ = ["Allowance", "read_allowance", "retry_after", "weight"]


class Allowance(NamedTuple):
    """What is left of a pool."""

    remaining: int
    """Weight that may be asked for until the exchange's window is over."""
    reset: float
    """Seconds until then."""


def weight(path: str) -> int:
    """Return the weight of a request; `path` may include a query. An unknown path has a rather high weight."""
    return _WEIGHTS.get(path.partition("?")[0], _UNKNOWN)


def read_allowance(headers: Mapping[str, str]) -> Allowance | None:
    """Parse the allowance in an answer's headers; None if it is missing or invalid."""
    remaining, reset = headers.get("gw-ratelimit-remaining", ""), headers.get("gw-ratelimit-reset", "")
    if not (_REMAINING.fullmatch(remaining) and _RESET.fullmatch(reset)):
        return None
    return Allowance(int(remaining), _seconds(reset))


def retry_after(status: int, headers: Mapping[str, str], now: float) -> float | None:
    """Read how many seconds a refusal asks to wait. None: it does not ask, or not for anything that makes sense.

    KuCoin asks by `gw-ratelimit-reset`, and whatever stands before it by `Retry-After`, in seconds or with a date. The
    longer one counts. The reset of a quota that has something left is no request to wait, unless the status is 429.

    Args:
        status: The HTTP status.
        headers: By names in lower case, or in any case.
        now: The time, in seconds since 1970. Where the answer has a `Date`, that is used in its place, so that a wrong
            clock of this machine does no harm.
    """
    asked: list[float] = []
    reset, after = headers.get("gw-ratelimit-reset", ""), headers.get("retry-after", "").strip()
    is_used_up = not headers.get("gw-ratelimit-remaining", "").strip("0") or status == _TOO_MANY
    if _RESET.fullmatch(reset) and is_used_up:
        asked.append(_seconds(reset))
    if _SECONDS.fullmatch(after):
        asked.append(float(after))
    elif (until := _date(after)) is not None:
        date = _date(headers.get("date", ""))
        asked.append(until - (now if date is None else date))
    return min(max(0.0, *asked), _LONGEST_PAUSE) if asked else None


def _date(text: str) -> float | None:
    """Read a date of HTTP as seconds since 1970."""
    try:
        date = parsedate_to_datetime(text[:_DATE])
    except (ValueError, OverflowError):
        return None
    return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()


def _seconds(reset: str) -> float:
    return min(int(reset), _LONGEST) / 1000


_REMAINING: Final = re.compile(r"[0-9]{1,9}")
_RESET: Final = re.compile(r"[0-9]{1,9}")
"""Milliseconds."""
_LONGEST: Final = 60_000
"""Longest allowance window in milliseconds: the exchange's windows are 30 s, so a longer one is not believed."""

_SECONDS: Final = re.compile(r"[0-9]{1,9}")
_DATE: Final = 40
"""Letters of a date, at most; the longest of HTTP has 33."""
_TOO_MANY: Final = 429
_LONGEST_PAUSE: Final = 3_600.0
"""Longest pause in seconds: after it a request is tried, even if `Retry-After` was longer."""

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
