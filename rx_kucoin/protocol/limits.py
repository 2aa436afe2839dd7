"""Every number that the exchange imposes, once, with where it stands and how sure it is.

Sources: "Rate Limit Rule (Classic)" of KuCoin's documentation, 2026-08-27; "Classic WebSocket: Introduction",
2026-01-28; live probes of September 2026. Where a number was read and never measured, `Limits` lets a user change it.
"""

import math
from dataclasses import dataclass
from typing import Final, Literal

__all__ = [
    "CLIENT_SILENCE",
    "CLOCK_SKEW",
    "CONNECTIONS",
    "CONNECTION_LIFE",
    "DIALS",
    "MESSAGES",
    "PING_INTERVAL",
    "PING_TIMEOUT",
    "REST",
    "TOKEN_LIFE",
    "TOPICS_PER_CONNECTION",
    "TOPICS_PER_LINE",
    "Limits",
    "Market",
    "Rate",
]

Market = Literal["spot", "futures"]
"""The two hosts of the exchange; margin lives on `spot`. A token of one is refused by the other."""


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `count` in any `per` seconds."""

    count: int
    per: float

    def __post_init__(self) -> None:
        if self.count < 1 or not 0 < self.per < math.inf:
            raise ValueError(
                f"a rate needs a count of 1 or more and a finite time above 0, not {self.count}, {self.per}"
            )


MESSAGES: Final = Rate(100, 10.0)
"""Client messages on one connection, pings included. Above: error 509 and close 1000 "Bye". Certain."""

DIALS: Final = Rate(30, 60.0)
"""New connections. The number is likely; what happens above it nobody has captured."""

TOPICS_PER_LINE: Final = 100
"""Topics in one subscribe message. Above: error 509, the whole message refused, the connection stays. Certain."""

TOPICS_PER_CONNECTION: Final[dict[Market, int | None]] = {"spot": 400, "futures": None}
"""Topics on one connection: 400 on spot (error 509 text of December 2025), no limit on futures."""

CONNECTIONS: Final = 800
"""Connections at one time. The value is certain, the effect likely: error 509 and a drop."""

TOKEN_LIFE: Final = 24 * 3600.0
"""Seconds that a token lives. An expired one is refused after the upgrade: error 401 and a drop. Certain."""

CONNECTION_LIFE: Final = 24 * 3600.0
"""Seconds after which the exchange is expected to cut a connection. Likely."""

CLIENT_SILENCE: Final = 60.0
"""Seconds without any client message until the exchange closes the connection. Certain."""

PING_INTERVAL: Final = 18.0
"""Seconds between pings that the token answer advises today; the answer's own value is what counts."""

PING_TIMEOUT: Final = 10.0
"""Seconds to wait for a pong that the token answer advises today."""

CLOCK_SKEW: Final = 5.0
"""Seconds by which a signed request's clock may be off. Certain."""

REST: Final = Rate(2_000, 30.0)
"""Weight of the REST requests of a pool, in a window that starts with its first request. Above: 429. Certain.

A pool has all that is asked of a host without a key from one address, or all that a user signs on it; signed spot
requests have 4,000, and who trades much has more.
"""


_OUR_MESSAGES: Final = Rate(90, 10.5)
_OUR_DIALS: Final = Rate(28, 63.0)
_OUR_REST: Final = Rate(1_600, 31.5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What this library allows itself: the exchange's limits less a margin for the road.

    The exchange counts what *arrives*, and a slow packet followed by a fast one arrives closer together than they left;
    so each window is a little longer, and each count a little smaller, than the exchange's own.
    """

    messages: Rate = _OUR_MESSAGES
    """Messages on one connection, pings included."""
    dials: Rate = _OUR_DIALS
    """Attempts to connect, failed ones too, over all connections. Each counts until its connection is welcomed or has
    failed, and for a window longer: the exchange counts it some time between."""
    rest: Rate = _OUR_REST
    """Weight of the REST requests of each pool: those to one host without a key, or with one. Those for tokens are not
    in it: `dials` limits them, and the exchange has room for both."""
    topics_per_line: int = TOPICS_PER_LINE
    """Topics in one subscribe message."""

    def __post_init__(self) -> None:
        if not 1 <= self.topics_per_line <= TOPICS_PER_LINE:
            raise ValueError(f"topics_per_line must be 1 to {TOPICS_PER_LINE}, not {self.topics_per_line}")
