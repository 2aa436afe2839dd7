"""What all connections of a `KuCoin` have in common."""

import math
import random as dice
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypedDict

from reactivex import abc

from rx_kucoin.events import Event
from rx_kucoin.protocol.limits import Limits
from rx_kucoin.recording.hooks import Tap

__all__ = ["Settings", "Terms"]


class Settings(TypedDict, total=False):
    """What may be set beside the arguments of `KuCoin` that have names of their own. See `Terms`."""

    healthy_after: float
    backoff_initial: float
    backoff_cap: float
    ack_timeout: float
    gather: float
    grace: float
    silent_after: float | None
    public_over_private: bool
    max_calibrations: int | None
    random: Callable[[], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Settings, the clock and the dice. Times in seconds."""

    clock: abc.SchedulerBase
    tell: Callable[[Event], None] = field(repr=False)
    """Told of every event."""
    closing: threading.Event = field(default_factory=threading.Event, repr=False)
    """Set when everything ends for good, so that nothing is handed over to anybody any more."""
    tap: Tap = field(default_factory=Tap, repr=False)
    """Where recordings listen."""
    limits: Limits = field(default_factory=Limits)
    topics_per_connection: int = 200
    renew_every: float = 12 * 3600.0
    max_reconnects: int | None = 5
    healthy_after: float = 60.0
    """How long a connection must live for the row of failures to end."""
    backoff_initial: float = 2.0
    """The longest wait before the first attempt to reconnect; it doubles from attempt to attempt."""
    backoff_cap: float = 60.0
    """What the wait never exceeds."""
    welcome_timeout: float = 10.0
    ack_timeout: float = 10.0
    """How long to wait until a topic that was not acknowledged is asked for again."""
    gather: float = 0.02
    """How long to gather topics before asking, so that many fit a line."""
    linger: float = 0.5
    """How long a topic that nobody listens to stays subscribed, so that flapping costs no frames."""
    grace: float = 5.0
    """How long the old connection lives on beside the fresh one, for what is still under way on it."""
    silent_after: float | None = 10.0
    """How long a topic that is live may bring nothing before it is looked up whether its symbol exists; None or 0: it
    never is."""
    public_over_private: bool = False
    """Whether public topics share the connections of private ones, for fewer of them. A key that fails ends both."""
    max_calibrations: int | None = 10
    """How many snapshots in a row may be refused, or not fit a book, until its stream ends; None: never."""
    random: Callable[[], float] = field(default=dice.random, repr=False)
    seed: float = -1.0
    """What the dice of single streams come from, so that a replay can throw the same; below 0: any."""

    def __post_init__(self) -> None:
        if self.seed < 0:
            object.__setattr__(self, "seed", dice.random())  # noqa: S311  no secret
        if self.topics_per_connection < 1:
            raise ValueError(f"topics_per_connection must be 1 or more, not {self.topics_per_connection}")
        if self.max_reconnects is not None and self.max_reconnects < 0:
            raise ValueError(f"max_reconnects must be 0 or more, or None, not {self.max_reconnects}")
        if self.max_calibrations is not None and self.max_calibrations < 1:
            raise ValueError(f"max_calibrations must be 1 or more, or None, not {self.max_calibrations}")
        for name in (
            "renew_every",
            "healthy_after",
            "backoff_initial",
            "backoff_cap",
            "welcome_timeout",
            "ack_timeout",
        ):
            if not 0 < getattr(self, name) < math.inf:
                raise ValueError(f"{name} must be above 0 seconds, and finite, not {getattr(self, name)}")
        if self.silent_after is not None and not 0 <= self.silent_after < math.inf:
            raise ValueError(f"silent_after must be 0 seconds or more, and finite, or None, not {self.silent_after}")
        for name in ("gather", "linger", "grace"):
            if not 0 <= getattr(self, name) < math.inf:
                raise ValueError(f"{name} must be 0 seconds or more, and finite, not {getattr(self, name)}")

    def dice_of(self, name: str) -> Callable[[], float]:
        """Make dice for one stream."""
        return dice.Random(f"{self.seed} {name}").random  # noqa: S311  no secret
