"""The exchange's own account of what it saw, kept apart from what a client believes."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from rx_kucoin.protocol.limits import Market

__all__ = ["Call", "Dial", "Line", "Record", "Refusal", "busiest"]

KEPT, LINES_KEPT = 200_000, 10_000


class Dial(NamedTuple):
    """One attempt to connect; `refused` says why it was turned away, and is empty where it was let in."""

    at: float
    market: Market
    refused: str = ""


class Call(NamedTuple):
    """One REST call: when it came, its method, its path, and the HTTP status of the answer, 0 where none was given."""

    at: float
    request: str
    status: int
    weight: int = 0
    """What it took from its pool; a call that is refused takes nothing."""
    pool: str = ""
    market: Market = "spot"
    """Whose host was called: each has a public pool of its own."""
    symbol: str = ""


class Refusal(NamedTuple):
    """One request that was refused, or one connection that was ended for breaking a rule."""

    at: float
    line: int
    request: str
    topic: str
    code: int
    text: str


@dataclass(eq=False)
class Line:
    """What one connection did. Times are `time.monotonic()`."""

    number: int
    market: Market
    private: bool
    dialled_at: float
    fresh_token: bool = True
    """Whether the token was used for the first time."""
    welcomed_at: float | None = None
    closed_at: float | None = None
    ended: str = ""
    """Why it closed, as the exchange saw it."""
    subscribes: int = 0
    pings: int = 0
    pushed: int = 0
    delay: float = 0.0
    """Seconds by which everything is delivered late."""
    refused: list[Refusal] = field(default_factory=list[Refusal])
    arrivals: deque[float] = field(default_factory=lambda: deque(maxlen=KEPT))
    live: set[str] = field(default_factory=set[str])

    @property
    def frames(self) -> list[float]:
        """When each client message arrived, pings included; a copy, for it goes on."""
        return list(self.arrivals)

    @property
    def topics(self) -> frozenset[str]:
        """What is subscribed to now; a copy, for it goes on."""
        return frozenset(self.live)

    @property
    def open(self) -> bool:
        """Whether the connection is still up."""
        return self.closed_at is None

    def __repr__(self) -> str:
        state = "open" if self.open else f"closed: {self.ended}"
        busy = busiest(self.frames, 10.0)
        return (
            f"<Line {self.number} {self.market} | {len(self.live)} topics, {len(self.arrivals)} frames, "
            f"most {busy} in 10 s, {len(self.refused)} refused, {self.pushed} pushed | {state}>"
        )


@dataclass(eq=False)
class Record:
    """Everything, over all connections."""

    lines: deque[Line] = field(default_factory=lambda: deque(maxlen=LINES_KEPT))
    dials: deque[Dial] = field(default_factory=lambda: deque(maxlen=KEPT))
    refused: deque[Refusal] = field(default_factory=lambda: deque(maxlen=KEPT))
    calls: deque[Call] = field(default_factory=lambda: deque(maxlen=KEPT))

    @property
    def frames(self) -> int:
        """Client messages over all connections."""
        return sum(len(line.arrivals) for line in list(self.lines))

    @property
    def topics(self) -> int:
        """Topics that are live, over all open connections."""
        return sum(len(line.live) for line in list(self.lines) if line.open)

    @property
    def pushed(self) -> int:
        """Data frames over all connections."""
        return sum(line.pushed for line in list(self.lines))

    def spent(self, pool: str, per: float = 30.0, *, market: Market | None = None) -> int:
        """Most weight that was taken from a pool within any window of `per` seconds, on both hosts or one."""
        taken = (call for call in list(self.calls) if call.pool == pool and market in {None, call.market})
        return busiest(sorted(call.at for call in taken for _ in range(call.weight)), per)

    def refuse(self, line: Line, refusal: Refusal) -> None:
        """Note a refusal, with its connection and over all."""
        line.refused.append(refusal)
        self.refused.append(refusal)

    def __repr__(self) -> str:
        still = sum(line.open for line in list(self.lines))
        turned_away = sum(bool(dial.refused) for dial in list(self.dials))
        return (
            f"<Record {still} open of {len(self.lines)} lines, {len(self.dials)} dials ({turned_away} refused) | "
            f"{self.topics} topics, {self.frames} frames in, {self.pushed} pushes out, {len(self.refused)} refused>"
        )


def busiest(times: Iterable[float], per: float) -> int:
    """Most of the given moments that lie in any window of `per` seconds."""
    window: deque[float] = deque()
    most = 0
    for time in times:
        window.append(time)
        while time - window[0] >= per:
            window.popleft()
        most = max(most, len(window))
    return most
