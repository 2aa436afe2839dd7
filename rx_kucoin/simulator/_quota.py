"""REST quotas: a weight for each call, a pool for each kind, a window that starts with its first request."""

from collections.abc import Mapping
from typing import Final

__all__ = ["TOO_MANY", "Quota"]

TOO_MANY: Final = {"code": "429000", "msg": "Too many requests in a short period of time, please retry later"}


class Quota:
    """How much of each pool is used up."""

    def __init__(self, limits: Mapping[str, int], window: float) -> None:
        self._limits = limits
        self._window = window
        self._started: dict[tuple[str, str], float] = {}
        self._used: dict[tuple[str, str], int] = {}

    def spend(self, pool: str, who: str, weight: int, now: float) -> tuple[bool, dict[str, str]]:
        """Book a call of `who`; return whether it fits, and the headers that tell what is left."""
        key = (pool, who)
        if now - self._started.get(key, -self._window) >= self._window:
            self._started[key], self._used[key] = now, 0
        limit = self._limits[pool]
        fits = self._used[key] + weight <= limit
        if fits:
            self._used[key] += weight
        reset = self._started[key] + self._window - now
        return fits, {
            "gw-ratelimit-limit": str(limit),
            "gw-ratelimit-remaining": str(limit - self._used[key]),
            "gw-ratelimit-reset": str(int(reset * 1000)),
        }
