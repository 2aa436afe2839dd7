"""Every knob of the simulated exchange, each with the real exchange's value."""

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
    TOPICS_PER_LINE,
    Market,
    Rate,
)
from rx_kucoin.simulator._book import LEVELS

__all__ = ["QUOTAS", "Settings"]

QUOTAS: Mapping[str, int] = {"public": 2_000, "spot": 4_000, "futures": 2_000}
"""Weight per window of each REST pool at VIP 0: "Rate Limit Rule (Classic)", 2026-08-27."""


@dataclass(kw_only=True, repr=False)
class Settings:
    """What a simulated exchange is like. Durations are seconds; the defaults are the real exchange's."""

    seed: int = 7
    """Prices, books, trades and the order of acks and data follow from it."""
    symbols: int | Sequence[str] = 24
    """Names of spot symbols, or how many: the well-known ones first, then made-up ones."""
    futures_symbols: int | Sequence[str] = 12
    """Names of contracts, or how many."""
    book_levels: int = LEVELS
    """Levels of each side of a book when it begins; it stays about as deep."""
    futures_book_levels: int = 1_000
    """Most levels of a side in a futures snapshot."""
    auctions: Sequence[str] | None = None
    """Spot symbols whose call auction is going on. `None`: the last one of those listed."""
    rate: float | None = None
    """Messages a second over all topics ever asked for. `None`: each at its lifelike cadence. 0: only by script."""
    rate_per_topic: float | None = None
    """Messages a second on each topic ever asked for; goes before `rate`."""

    host: str = "127.0.0.1"
    port: int = 0
    """Port of the spot host, REST and WebSocket. 0: any free one."""
    futures_port: int = 0
    api_key: str = "simulated-key"
    api_secret: str = "simulated-secret"  # noqa: S105  # opens nothing but this simulator
    api_passphrase: str = "simulated-passphrase"  # noqa: S105
    api_key_version: int | None = None
    """The key's generation: a call that names another one is refused. `None`: a 2 and a 3 are both taken."""
    user_id: str = "633559791e1cbc0001f319bc"
    clock_skew: float = CLOCK_SKEW
    """Seconds that a signed call's time may be off the exchange's clock."""
    clock_offset: float = 0.0
    """Seconds by which the exchange's clock is ahead of this machine's; it may be changed while the exchange runs."""

    quotas: Mapping[str, int] = field(default_factory=lambda: dict(QUOTAS))
    quota_window: float = 30.0
    """A window starts with its first request."""
    rest_lag: float = 0.0
    """For how long one REST book is handed out again: the real one is cached too, and older than the stream."""

    ping_interval: float = PING_INTERVAL
    ping_timeout: float = PING_TIMEOUT
    token_life: float = TOKEN_LIFE
    connection_life: float = CONNECTION_LIFE
    client_silence: float = CLIENT_SILENCE
    message_rate: Rate = MESSAGES
    """Client messages on one connection."""
    dial_rate: Rate = DIALS
    """New connections, over all."""
    dial_refusal: Literal["http", "frame"] = "http"
    """A dial too many: HTTP 429 at the upgrade, or a 509 frame for a welcome and a drop. Reality is unknown."""
    connection_limit: int = CONNECTIONS
    topics_per_line: int = TOPICS_PER_LINE
    topics_per_connection: Mapping[Market, int | None] = field(default_factory=lambda: dict(TOPICS_PER_CONNECTION))

    latency: tuple[float, float] = (0.0, 0.0)
    """Each connection delivers with one constant delay between these, so two connections are skewed."""
    late_ack: float = 0.25
    """The share of acks that come a few milliseconds late, so that data may come first."""

    def now_ns(self) -> int:
        """The exchange's time, in nanoseconds since 1970."""
        return time.time_ns() + round(self.clock_offset * 1_000_000_000)
