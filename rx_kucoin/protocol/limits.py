"""The exchange's limits, each once, with its source and how certain it is.

Sources: "Rate Limit Rule (Classic)" of KuCoin's documentation, 2026-08-27; "Classic WebSocket: Introduction",
2026-01-28; live probes of September 2026. Users can change numbers that were never measured, by `Limits`.
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
    "TOPICS_PER_REQUEST",
    "Limits",
    "Market",
    "Rate",
]

Market = Literal["spot", "futures"]
"""The two hosts of the exchange; margin is on `spot`. A token of one is refused by the other."""


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
"""New connections. The number is likely; what happens above it was never observed."""

TOPICS_PER_REQUEST: Final = 100
"""Topics in one subscribe message. Above: error 509, the whole message refused, the connection stays. Certain."""

TOPICS_PER_CONNECTION: Final[dict[Market, int | None]] = {"spot": 400, "futures": None}
"""Topics on one connection: 400 on spot (error 509 text of December 2025), no limit on futures."""

CONNECTIONS: Final = 800
"""Connections at one time. The value is certain, the effect likely: error 509 and a drop."""

TOKEN_LIFE: Final = 24 * 3600.0
"""Seconds for which a token is valid. An expired one is refused after the upgrade: error 401 and a drop. Certain."""

CONNECTION_LIFE: Final = 24 * 3600.0
"""Seconds after which the exchange is expected to cut a connection. Likely."""

CLIENT_SILENCE: Final = 60.0
"""Seconds without any client message after which the exchange closes the connection. Certain."""

PING_INTERVAL: Final = 18.0
"""Seconds between pings in today's token answers; the value of each answer takes precedence."""

PING_TIMEOUT: Final = 10.0
"""Seconds to wait for a pong in today's token answers."""

CLOCK_SKEW: Final = 5.0
"""Seconds by which the time of a signed request may differ. Certain."""

REST: Final = Rate(2_000, 30.0)
"""Weight of the REST requests of a pool, in a window that starts with its first request. Above: 429. Certain.

A pool counts all unsigned requests to a host from one address, or all signed ones of a user; signed spot requests have
4,000, and accounts with a higher VIP level more.
"""


_OUR_MESSAGES: Final = Rate(90, 10.5)
_OUR_DIALS: Final = Rate(28, 63.0)
_OUR_REST: Final = Rate(1_600, 31.5)


@dataclass(frozen=True, slots=True, init=False)
class Limits:
    """The limits that this library keeps: the exchange's, less a margin for the network.

    The exchange counts *arrivals*, and a slow packet followed by a fast one arrive closer together than they were sent;
    so each window is a little longer, and each count a little smaller, than the exchange's own.

    `topics_per_line` is the name that `topics_per_request` had in 0.1.0, kept for one version.

    Raises:
        ValueError: `topics_per_request` is not between 1 and the exchange's limit.
    """

    messages: Rate
    """Messages on one connection, pings included."""
    dials: Rate
    """Attempts to connect, failed ones too, over all connections. Each counts until its connection is welcomed or has
    failed, and for a window longer: the exchange counts it some time between."""
    rest: Rate
    """Weight of the REST requests of each pool: those to one host without a key, or with one. Those for tokens are not
    included: `dials` limits them, and the exchange has room for both."""
    topics_per_request: int
    """Topics in one subscribe message."""

    def __init__(
        self,
        *,
        messages: Rate = _OUR_MESSAGES,
        dials: Rate = _OUR_DIALS,
        rest: Rate = _OUR_REST,
        topics_per_request: int = TOPICS_PER_REQUEST,
        topics_per_line: int | None = None,
    ) -> None:
        topics = topics_per_request if topics_per_line is None else topics_per_line
        if not 1 <= topics <= TOPICS_PER_REQUEST:
            raise ValueError(f"topics_per_request must be 1 to {TOPICS_PER_REQUEST}, not {topics}")
        values = {"messages": messages, "dials": dials, "rest": rest, "topics_per_request": topics}
        for name, value in values.items():
            object.__setattr__(self, name, value)

    @property
    def topics_per_line(self) -> int:
        """The name that `topics_per_request` had in 0.1.0, kept for one version."""
        return self.topics_per_request
