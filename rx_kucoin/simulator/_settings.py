"""Settings of the simulated exchange. Defaults are the real exchange's values."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from rx_kucoin.protocol.limits import (
    CLIENT_SILENCE,
    CLOCK_SKEW,
    CONNECTION_LIFE,
    CONNECTIONS,
    DIALS,
    MESSAGES,
    PING_INTERVAL,
    PING_TIMEOUT,
    TOKEN_LIFE,
    TOPICS_PER_CONNECTION,
    TOPICS_PER_REQUEST,
    Market,
    Rate,
)
from rx_kucoin.simulator._book import LEVELS

__all__ = ["QUOTAS", "SimulatorSettings"]

QUOTAS: Mapping[str, int] = {"public": 2_000, "spot": 4_000, "futures": 2_000}
"""Weight per window of each REST pool at VIP 0: "Rate Limit Rule (Classic)", 2026-08-27."""


@dataclass(kw_only=True, repr=False)
class SimulatorSettings:
    """Settings of a simulated exchange. Durations are seconds; defaults are the real exchange's values."""

    seed: int = 7
    """Determines prices, books, trades and the order of acks and data."""
    symbols: int | Sequence[str] = 24
    """Spot symbols, or their number: well-known ones first, then made-up ones."""
    futures_symbols: int | Sequence[str] = 12
    """Contracts, or their number."""
    book_levels: int = LEVELS
    """Initial levels of each side of a book; it stays about as deep."""
    futures_book_levels: int = 1_000
    """Most levels of a side in a futures snapshot."""
    auctions: Sequence[str] | None = None
    """Spot symbols in their call auction. `None`: the last listed symbol."""
    rate: float | None = None
    """Messages a second over all topics ever requested. `None`: each at its realistic rate. 0: only by script."""
    rate_per_topic: float | None = None
    """Messages a second on each topic ever requested; takes precedence over `rate`."""

    host: str = "127.0.0.1"
    port: int = 0
    """Port of the spot host, REST and WebSocket. 0: any free one."""
    futures_port: int = 0
    api_key: str = "simulated-key"
    api_secret: str = "simulated-secret"  # noqa: S105  # opens nothing but this simulator
    api_passphrase: str = "simulated-passphrase"  # noqa: S105
    api_key_version: int | None = None
    """The key's version: a call that names another one is refused. `None`: 2 and 3 are both accepted."""
    user_id: str = "633559791e1cbc0001f319bc"
    clock_skew: float = CLOCK_SKEW
    """Seconds by which the timestamp of a signed call may differ from the exchange's clock."""
    clock_offset: float = 0.0
    """Seconds by which the exchange's clock is ahead of this machine's; may be changed while the exchange runs."""

    quotas: Mapping[str, int] = field(default_factory=lambda: dict(QUOTAS))
    quota_window: float = 30.0
    """A window starts with its first request."""
    rest_lag: float = 0.0
    """Seconds for which a REST snapshot is cached: the real one is cached too, and older than the stream."""

    ping_interval: float = PING_INTERVAL
    ping_timeout: float = PING_TIMEOUT
    token_life: float = TOKEN_LIFE
    connection_life: float = CONNECTION_LIFE
    client_silence: float = CLIENT_SILENCE
    message_rate: Rate = MESSAGES
    """Client messages on one connection."""
    dial_rate: Rate = DIALS
    """New connections on both hosts together."""
    dial_refusal: Literal["http", "frame"] = "http"
    """The answer to a dial over the limit: HTTP 429 at the upgrade, or a 509 frame in place of the welcome and a drop.

    The real one is unknown.
    """
    connection_limit: int = CONNECTIONS
    topics_per_request: int = TOPICS_PER_REQUEST
    topics_per_line: int | None = None
    """The name that `topics_per_request` had in 0.1.0, kept for one version."""
    topics_per_connection: Mapping[Market, int | None] = field(default_factory=lambda: dict(TOPICS_PER_CONNECTION))

    latency: tuple[float, float] = (0.0, 0.0)
    """Range of the constant delay of each connection, which skews two connections against each other."""
    late_ack: float = 0.25
    """Share of acks that are a few milliseconds late, so that data may come first."""

    def now_ns(self) -> int:
        """The exchange's time, in nanoseconds since 1970."""
        return time.time_ns() + round(self.clock_offset * 1_000_000_000)
