"""What may be set: every default of the library stands here, once."""

import math
import random as dice
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, fields, replace
from difflib import get_close_matches
from http import HTTPStatus
from typing import Final, Literal, TypedDict

from rx_kucoin.operators import growing_waits
from rx_kucoin.protocol.limits import TOKEN_LIFE, TOPICS_PER_CONNECTION, Limits

__all__ = ["REPLAYED", "FineSettings", "Settings", "Waits", "check_names", "patient"]

Waits = Callable[[int, Exception], float]
"""Seconds to wait before an attempt, given its number and the error before it: see `retry_backoff`."""


REPLAYED: Final = ("grace", "max_calibrations", "seed")
"""What streams depend on, so that a recording keeps it for its replays."""


class FineSettings(TypedDict, total=False):
    """The settings that `KuCoin(...)` takes beside its named arguments. `Settings` explains each."""

    healthy_after: float
    backoff_initial: float
    backoff_cap: float
    ack_timeout: float
    gather: float
    grace: float
    silent_after: float | None
    on_unknown: Literal["report", "raise"]
    public_over_private: bool
    max_calibrations: int | None
    random: Callable[[], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Every setting of a client, with its default. Times are in seconds.

    `KuCoin(...)` takes each as a keyword argument of the same name.

    Raises:
        TypeError: a setting is of the wrong type.
        ValueError: a setting is out of its range; the message names the range.
    """

    limits: Limits = field(default_factory=Limits)
    """What this client allows itself, where the exchange's own limits differ from what is documented."""
    topics_per_connection: int = 200
    """Topics on one connection, at most. The exchange takes 400."""
    renew_every: float = 12 * 3600.0
    """Time between two renewals of a connection. A token lives for 24 h."""
    max_reconnects: int | None = 5
    """Attempts to reconnect that may fail in a row. None: never give up. One with an acknowledged topic succeeded."""
    timeout: float = 10.0
    """Time that each step of a dial may take: the token, the socket, the welcome."""
    linger: float = 0.5
    """How long a topic without a subscriber stays subscribed, so that a quick return costs no request."""
    healthy_after: float = 5.0
    """How long a connection must live for the waits before attempts to begin with the shortest again."""
    backoff_initial: float = 2.0
    """The longest wait before the second attempt to reconnect; it triples with each. The first follows at once."""
    backoff_cap: float = 60.0
    """The longest wait before any attempt."""
    ack_timeout: float = 10.0
    """How long to wait for the acknowledgement of a request before it is sent again."""
    gather: float = 0.02
    """How long topics are gathered, so that one request carries many."""
    grace: float = 5.0
    """How long the old connection stays open beside the fresh one, for what is still on its way."""
    silent_after: float | None = 10.0
    """How long an acknowledged topic may stay silent before that is reported. None or 0: it never is.

    Whether its symbol is listed is looked up after half a second, or after this time if it is shorter."""
    on_unknown: Literal["report", "raise"] = "report"
    """What a stream of several symbols does if one of them does not exist, or is refused. "report": it goes on with
    the others, and the log and an event tell; "raise": it ends with the error. A stream of one symbol always ends."""
    public_over_private: bool = False
    """Whether public topics share the connections of private ones. A key that fails then ends both."""
    max_calibrations: int | None = 10
    """Snapshots of a book that may be refused, or not fit, in a row until its stream fails. None: no limit."""
    random: Callable[[], float] = field(default=dice.random, repr=False)
    """Where random numbers come from, in [0, 1)."""
    seed: float = -1.0
    """What the random numbers of single streams derive from, so that a replay draws the same. Below 0: chosen anew."""

    def __post_init__(self) -> None:
        if self.seed < 0:
            object.__setattr__(self, "seed", dice.random())  # noqa: S311  no secret
        for name, bounds in _BOUNDS.items():
            bounds.check(name, getattr(self, name))
        _check_kind("limits", self.limits, Limits)
        if self.on_unknown not in {"report", "raise"}:
            raise ValueError(f'on_unknown must be "report" or "raise", not {self.on_unknown!r}')

    def waits(self) -> Waits:
        """Make the waits before attempts to reconnect, and to repeat a REST request."""
        return patient(growing_waits(self.backoff_initial, cap=self.backoff_cap, random=self.random))

    def random_of(self, name: str) -> Callable[[], float]:
        """Make a source of random numbers for one stream: the same numbers for the same seed and name."""
        return dice.Random(f"{self.seed} {name}").random  # noqa: S311  no secret


def _check_kind(name: str, value: object, kind: type) -> None:
    if not isinstance(value, kind):
        raise TypeError(f"{name} must be rx_kucoin.{kind.__name__}(...), not {value!r}")


def patient(waits: Waits) -> Waits:
    """Wait at least a second where this machine's address or region was refused: asking at once makes it worse."""

    def wait(number: int, error: Exception) -> float:
        is_refused = getattr(error, "status", None) in _REFUSED
        return max(waits(number, error), _AFTER_REFUSAL if is_refused else 0.0)

    return wait


def check_names(given: Iterable[str]) -> None:
    """Check that these are names of settings.

    Raises:
        TypeError: one is not; the message names the setting that was perhaps meant.
    """
    known = [each.name for each in fields(Settings)]
    for name in given:
        if name not in known:
            near = get_close_matches(name, known, 1)
            raise TypeError(f"KuCoin has no setting {name!r}" + (f"; did you mean {near[0]!r}?" if near else ""))


_REFUSED: Final = frozenset({HTTPStatus.FORBIDDEN, HTTPStatus.UNAVAILABLE_FOR_LEGAL_REASONS})
_AFTER_REFUSAL: Final = 1.0


@dataclass(frozen=True, slots=True)
class _Bounds:
    """What a number may be. `unit` stands behind a bound in messages."""

    least: float
    most: float = math.inf
    above: bool = False
    """Whether the least itself is too little."""
    whole: bool = False
    or_none: bool = False
    unit: str = " seconds"

    def check(self, name: str, value: object) -> None:
        """Raise a TypeError for what is no such number, and a ValueError for one that is out of bounds."""
        if value is None and self.or_none:
            return
        kinds = (int,) if self.whole else (int, float)
        if not isinstance(value, kinds) or isinstance(value, bool):
            what = "a whole number" if self.whole else "a number"
            raise TypeError(f"{name} must be {what}{' or None' * self.or_none}, not {value!r}")
        enough = value > self.least if self.above else value >= self.least
        if not enough or not value <= self.most or value == math.inf:
            bound = f"above {self.least:g}{self.unit}" if self.above else f"{self.least:g}{self.unit} or more"
            if self.most < math.inf:
                bound += f", and {self.most:g} at most"
            elif not self.whole:
                bound += ", and finite"
            raise ValueError(f"{name} must be {bound}{', or None' * self.or_none}, not {value}")


_COUNT: Final = _Bounds(1, whole=True, unit="")
_POSITIVE: Final = _Bounds(0, above=True)
_NOT_NEGATIVE: Final = _Bounds(0)
_BOUNDS: Final = {
    "topics_per_connection": replace(_COUNT, most=TOPICS_PER_CONNECTION["spot"] or math.inf),
    "renew_every": replace(_POSITIVE, most=TOKEN_LIFE),
    "max_reconnects": _Bounds(0, whole=True, or_none=True, unit=""),
    "max_calibrations": replace(_COUNT, or_none=True),
    "timeout": _POSITIVE,
    "healthy_after": _POSITIVE,
    "backoff_initial": _POSITIVE,
    "backoff_cap": _POSITIVE,
    "ack_timeout": _POSITIVE,
    "linger": _NOT_NEGATIVE,
    "gather": _NOT_NEGATIVE,
    "grace": _NOT_NEGATIVE,
    "silent_after": replace(_NOT_NEGATIVE, or_none=True),
}
