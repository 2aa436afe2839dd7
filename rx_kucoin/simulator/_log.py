"""The exchange's own log of calls, dials, connections and refusals, independent of what a client believes."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from rx_kucoin.protocol.limits import Market

__all__ = ["Call", "ConnectionLog", "Dial", "ExchangeLog", "Refusal", "busiest"]

KEPT, CONNECTIONS_KEPT = 200_000, 10_000


class Dial(NamedTuple):
    """One attempt to connect; `refused` is the reason it was refused, empty if it was accepted."""

    at: float
    market: Market
    refused: str = ""


class Call(NamedTuple):
    """One REST call: when it came, its method and path, and the HTTP status of the answer, 0 if none was sent."""

    at: float
    request: str
    status: int
    weight: int = 0
    """The weight it took from its pool; a refused call takes none."""
    pool: str = ""
    market: Market = "spot"
    """The market whose host was called: each has a public pool of its own."""
    symbol: str = ""


class Refusal(NamedTuple):
    """One refused request, or one connection that was closed for breaking a rule."""

    at: float
    connection: int
    """Number of the connection."""
    request: str
    topic: str
    code: int
    text: str

    @property
    def line(self) -> int:
        """The name that `connection` had in 0.1.0, kept for one version."""
        return self.connection


@dataclass(eq=False)
class ConnectionLog:
    """What happened on one connection. Times are `time.monotonic()`."""

    number: int
    market: Market
    private: bool
    dialled_at: float
    fresh_token: bool = True
    """Whether the token was used for the first time."""
    welcomed_at: float | None = None
    closed_at: float | None = None
    ended: str = ""
    """Why it closed, from the exchange's point of view."""
    subscribes: int = 0
    pings: int = 0
    pushed: int = 0
    delay: float = 0.0
    """Seconds by which every frame is delayed."""
    refused: list[Refusal] = field(default_factory=list[Refusal])
    arrivals: deque[float] = field(default_factory=lambda: deque(maxlen=KEPT))
    subscribed: set[str] = field(default_factory=set[str])

    @property
    def frames(self) -> list[float]:
        """When each client message arrived, pings included; a copy."""
        return list(self.arrivals)

    @property
    def topics(self) -> frozenset[str]:
        """The topics that are subscribed to now; a copy."""
        return frozenset(self.subscribed)

    @property
    def live(self) -> set[str]:
        """The name that `subscribed` had in 0.1.0, kept for one version."""
        return self.subscribed

    @property
    def open(self) -> bool:
        """Whether the connection is still up."""
        return self.closed_at is None

    def __repr__(self) -> str:
        state = "open" if self.open else f"closed: {self.ended}"
        busy = busiest(self.frames, 10.0)
        return (
            f"<ConnectionLog {self.number} {self.market} | {len(self.subscribed)} topics, {len(self.arrivals)} frames, "
            f"most {busy} in 10 s, {len(self.refused)} refused, {self.pushed} pushed | {state}>"
        )


@dataclass(eq=False)
class ExchangeLog:
    """Calls, dials and refusals over all connections, and the log of each connection."""

    connections: deque[ConnectionLog] = field(default_factory=lambda: deque(maxlen=CONNECTIONS_KEPT))
    dials: deque[Dial] = field(default_factory=lambda: deque(maxlen=KEPT))
    refused: deque[Refusal] = field(default_factory=lambda: deque(maxlen=KEPT))
    calls: deque[Call] = field(default_factory=lambda: deque(maxlen=KEPT))

    @property
    def frames(self) -> int:
        """Client messages over all connections."""
        return sum(len(each.arrivals) for each in list(self.connections))

    @property
    def topics(self) -> int:
        """Subscribed topics over all open connections."""
        return sum(len(each.subscribed) for each in list(self.connections) if each.open)

    @property
    def pushed(self) -> int:
        """Data frames over all connections."""
        return sum(each.pushed for each in list(self.connections))

    @property
    def lines(self) -> deque[ConnectionLog]:
        """The name that `connections` had in 0.1.0, kept for one version."""
        return self.connections

    def spent(self, pool: str, per: float = 30.0, *, market: Market | None = None) -> int:
        """Return the most weight taken from a pool within any window of `per` seconds, on both hosts or one."""
        taken = (call for call in list(self.calls) if call.pool == pool and market in {None, call.market})
        return busiest(sorted(call.at for call in taken for _ in range(call.weight)), per)

    def refuse(self, log: ConnectionLog, refusal: Refusal) -> None:
        """Note a refusal, in its connection's log and here."""
        log.refused.append(refusal)
        self.refused.append(refusal)

    def __repr__(self) -> str:
        opened = sum(each.open for each in list(self.connections))
        refused_dials = sum(bool(dial.refused) for dial in list(self.dials))
        return (
            f"<ExchangeLog {opened} open of {len(self.connections)} connections, "
            f"{len(self.dials)} dials ({refused_dials} refused) | "
            f"{self.topics} topics, {self.frames} frames in, {self.pushed} pushes out, {len(self.refused)} refused>"
        )


def busiest(times: Iterable[float], per: float) -> int:
    """Return how many of the given times lie within a window of `per` seconds, at most."""
    window: deque[float] = deque()
    most = 0
    for time in times:
        window.append(time)
        while time - window[0] >= per:
            window.popleft()
        most = max(most, len(window))
    return most
