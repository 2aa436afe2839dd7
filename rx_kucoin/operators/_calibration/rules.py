"""The rules of `calibrate`: the values that its caller passes, and the table of its phases and transitions."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final, Generic, Literal, NamedTuple, TypeVar

from rx_kucoin.operators._retry_backoff import full_jitter

__all__ = [
    "HOLDING",
    "REQUESTS",
    "RIGHT",
    "STANDING",
    "TRANSITIONS",
    "Emission",
    "Numbering",
    "Phase",
    "Reason",
    "RequestAction",
    "RequestStatus",
    "SnapshotPolicy",
    "StateChecks",
    "Transition",
    "Trigger",
    "Uncalibrated",
]

S = TypeVar("S")
T = TypeVar("T")

Reason = Literal["gap", "doubt", "anew", "old snapshot", "early snapshot", "unsound"]

_MESSAGES: Final[dict[Reason, str]] = {
    "gap": "changes are missing: the last one known is {before}, and the next one to come was {after}",
    "doubt": "changes may be missing after {before}",
    "anew": "the numbers begin anew after {before}",
    "old snapshot": "the snapshot is too old: it ends with {before}, and the changes begin with {after}",
    "early snapshot": "the snapshot is ahead: it ends with {before}, and the changes have come to {after}",
    "unsound": "the state is not sound: it was known up to {before}, and spoilt up to {after}",
}


class Uncalibrated(Exception):
    """Why a state is not, or no longer, known to be right.

    `before` is the last number that was known, `after` the first one that came; of an old snapshot its position, and
    the first number of the changes that it should have led up to; of an early one its position, and the last number
    that has come. None: there is no such number.
    """

    def __init__(self, reason: Reason, before: int | None = None, after: int | None = None) -> None:
        super().__init__(reason, before, after)  # all three, so that it can be copied
        self.reason: Reason = reason
        self.before, self.after = before, after

    def __str__(self) -> str:
        known = "nothing" if self.before is None else self.before
        return _MESSAGES[self.reason].format(before=known, after=self.after)


# 1. The values that a caller passes.


@dataclass(frozen=True, kw_only=True)  # no slots: Python 3.11 could not make a `Numbering[Book, Change](...)`
class Numbering(Generic[S, T]):
    """How to read the numbers of states and changes.

    Attributes:
        position: The number of the last change that a state includes.
        first: The first number of a change.
        last: The last number of a change.
    """

    position: Callable[[S], int]
    first: Callable[[T], int]
    last: Callable[[T], int]


@dataclass(frozen=True, kw_only=True)
class StateChecks(Generic[S]):
    """How to judge a state, and how to mark one that may not be right. Each may be None: no mark, no check.

    Attributes:
        stale: Marks a state that may not be right, or no longer. None: such a state is not emitted.
        is_sound: Returns whether a state can be true at all. One that is not is never emitted: the state is dropped,
            and another snapshot is requested.
        is_thin: Returns whether a state is right but about to know too little. Another snapshot is requested while
            the state goes on.
    """

    stale: Callable[[S], S] | None = None
    is_sound: Callable[[S], bool] | None = None
    is_thin: Callable[[S], bool] | None = None


def _default_delay() -> Callable[[int, Exception], float]:
    return full_jitter(0.5, cap=30.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotPolicy:
    """When snapshots are requested, how often, and how many changes are held until one arrives.

    Attributes:
        patience: Seconds without any change, after subscribing or after a doubt, until a snapshot is requested
            nevertheless. None: never.
        max_attempts: How many attempts in a row may fail while changes wait for a snapshot, and how many states in a
            row may be unsound, before the stream fails. None: any number.
        delay: Seconds until the next attempt, given the number of failures in a row (1, 2, 3 ...) and the last cause.
            Defaults to `full_jitter(0.5, cap=30.0)`.
        retryable: Returns whether an error of the snapshot is a failed attempt; others fail the stream at once. None:
            every error is a failed attempt.
        healthy_after: Seconds that a state has to be right for the count of unsound states to start at zero again.
        max_buffer: How many changes are held for a snapshot; beyond that the oldest are dropped.
        on_give_up: Returns the error that the stream fails with after `max_attempts`, given the number of attempts and
            the last cause. None: it fails with that cause.

    Raises:
        ValueError: `max_attempts` or `max_buffer` is below 1, or `patience` or `healthy_after` is below 0.
    """

    patience: float | None = 1.0
    max_attempts: int | None = 10
    delay: Callable[[int, Exception], float] = field(default_factory=_default_delay)
    retryable: Callable[[Exception], bool] | None = None
    healthy_after: float = 60.0
    max_buffer: int = 100_000
    on_give_up: Callable[[int, Exception], Exception] | None = None

    def __post_init__(self) -> None:
        attempts, buffer, patience, healthy = self.max_attempts, self.max_buffer, self.patience, self.healthy_after
        if (attempts is not None and attempts < 1) or buffer < 1:
            raise ValueError(f"calibrate needs max_attempts >= 1 and max_buffer >= 1, got {attempts}, {buffer}")
        if (patience is not None and patience < 0) or healthy < 0:
            raise ValueError(f"calibrate needs patience >= 0 and healthy_after >= 0, got {patience}, {healthy}")


# 2. The phases of a subscription, and the transitions between them.


class Phase(Enum):
    """What is known of the state.

    =========== ======================== ============ ============================================================
    phase       state                    emitted last changes held
    =========== ======================== ============ ============================================================
    EMPTY       none                     marked, or - none: no change has come since everything was dropped
    GATHERING   none                     marked, or - all that came, without a hole
    AHEAD       a snapshot that changes  marked, or - all that came, without a hole
                have not reached yet
    BELIEVED    a snapshot that no       marked       none
                change has met yet
    DOUBTED     was right, and is if     marked       none
                nothing was lost
    LIVE        right                    the state    none
    REFRESHING  right, about to know     the state    all since the snapshot was requested
                too little
    =========== ======================== ============ ============================================================

    "marked": by `StateChecks.stale`; without one nothing is emitted then.
    """

    EMPTY = auto()
    GATHERING = auto()
    AHEAD = auto()
    BELIEVED = auto()
    DOUBTED = auto()
    LIVE = auto()
    REFRESHING = auto()


class RequestStatus(Enum):
    """What becomes of the next snapshot."""

    IDLE = auto()
    """None is wanted."""
    PATIENT = auto()
    """It is requested if nothing else happens for `patience` seconds."""
    ASKED = auto()
    """It is on its way."""
    RETRYING = auto()
    """It is requested when the delay after a failed attempt is over."""


class Trigger(Enum):
    """What has happened, as far as it decides what happens next."""

    # A change came.
    CHANGE = auto()
    """There is no state to compare it with."""
    HOLE = auto()
    """It shows that some are missing between the changes held and the snapshot ahead of them."""
    FOLLOWS = auto()
    """It continues the state, and the result is sound."""
    REPEATED = auto()
    """It ends where the state does."""
    OUTDATED = auto()
    """It ends before the state does."""
    GAP = auto()
    """It begins later than the state ends: changes are missing."""
    # A snapshot came, or none did.
    SNAPSHOT = auto()
    """There is no change to compare it with, it is sound, and not older than the state."""
    FITS = auto()
    """Together with the changes held it makes a sound state; one that was ahead does so when they reach it."""
    OLD_SNAPSHOT = auto()
    """It ends before the changes held begin, or before the state does."""
    EARLY_SNAPSHOT = auto()
    """It ends after the changes held do; while a state is right: its numbers are those from before a restart."""
    UNSOUND_SNAPSHOT = auto()
    """There is no change to compare it with, and it is not sound."""
    REFUSED = auto()
    """The request failed, or completed without a value."""
    # A state was made of either.
    UNSOUND = auto()
    """It is not sound, after a change or with the changes held."""
    THIN = auto()
    """It is right, about to know too little, and no snapshot is on its way or about to be requested."""
    THIN_SNAPSHOT = auto()
    """It is fresh, and about to know too little nevertheless."""
    # Something else.
    ALARM = auto()
    """`patience`, or the delay after a failed attempt, is over."""
    DOUBT = auto()
    """Changes may have been lost."""
    RESTART = auto()
    """The numbers begin anew."""


class RequestAction(Enum):
    """What a transition does about the snapshot. All but KEEP and ASK first drop the request and its alarm."""

    KEEP = auto()
    """Nothing."""
    DROP = auto()
    """No snapshot is wanted any more."""
    WAIT = auto()
    """Request one if nothing happens for `patience` seconds."""
    ASK = auto()
    """Request one now, unless one is on its way."""
    ASK_ANEW = auto()
    """Request one now, whatever is on its way."""
    RETRY = auto()
    """Request one after a delay. The stream can do without it for now, so failures in a row never end it."""
    RETRY_OR_END = auto()
    """Request one after a delay. Changes wait for it: `max_attempts` failures in a row end the stream."""
    RETRY_UNSOUND = auto()
    """As RETRY, but counted with the unsound states."""
    RETRY_UNSOUND_OR_END = auto()
    """Request one after a delay. `max_attempts` unsound states in a row end the stream."""


class Emission(Enum):
    """What a transition emits, after all else is done."""

    NOTHING = auto()
    STATE = auto()
    MARKED = auto()


class Transition(NamedTuple):
    """What a trigger leads to: the next phase, what is done about the snapshot, and what is emitted."""

    after: Phase
    request: RequestAction
    emits: Emission


# fmt: off
TRANSITIONS: Final[Mapping[Phase, Mapping[Trigger, Transition]]] = {
    Phase.EMPTY: {
        Trigger.CHANGE:           Transition(Phase.GATHERING,  RequestAction.ASK,                  Emission.NOTHING),
        Trigger.SNAPSHOT:         Transition(Phase.BELIEVED,   RequestAction.KEEP,                 Emission.MARKED),
        Trigger.UNSOUND_SNAPSHOT: Transition(Phase.EMPTY,      RequestAction.RETRY_UNSOUND,        Emission.NOTHING),
        Trigger.REFUSED:          Transition(Phase.EMPTY,      RequestAction.RETRY,                Emission.NOTHING),
        Trigger.ALARM:            Transition(Phase.EMPTY,      RequestAction.ASK,                  Emission.NOTHING),
        Trigger.DOUBT:            Transition(Phase.EMPTY,      RequestAction.WAIT,                 Emission.NOTHING),
        Trigger.RESTART:          Transition(Phase.EMPTY,      RequestAction.WAIT,                 Emission.NOTHING),
    },
    Phase.GATHERING: {
        Trigger.CHANGE:           Transition(Phase.GATHERING,  RequestAction.KEEP,                 Emission.NOTHING),
        Trigger.FITS:             Transition(Phase.LIVE,       RequestAction.DROP,                 Emission.STATE),
        Trigger.OLD_SNAPSHOT:     Transition(Phase.GATHERING,  RequestAction.RETRY_OR_END,         Emission.NOTHING),
        Trigger.EARLY_SNAPSHOT:   Transition(Phase.AHEAD,      RequestAction.RETRY,                Emission.NOTHING),
        Trigger.UNSOUND:          Transition(Phase.GATHERING,  RequestAction.RETRY_UNSOUND_OR_END, Emission.NOTHING),
        Trigger.REFUSED:          Transition(Phase.GATHERING,  RequestAction.RETRY_OR_END,         Emission.NOTHING),
        Trigger.ALARM:            Transition(Phase.GATHERING,  RequestAction.ASK,                  Emission.NOTHING),
        Trigger.DOUBT:            Transition(Phase.EMPTY,      RequestAction.WAIT,                 Emission.NOTHING),
        Trigger.RESTART:          Transition(Phase.EMPTY,      RequestAction.WAIT,                 Emission.NOTHING),
    },
    Phase.AHEAD: {
        Trigger.CHANGE:           Transition(Phase.AHEAD,      RequestAction.KEEP,                 Emission.NOTHING),
        Trigger.HOLE:             Transition(Phase.GATHERING,  RequestAction.KEEP,                 Emission.NOTHING),
        Trigger.FITS:             Transition(Phase.LIVE,       RequestAction.DROP,                 Emission.STATE),
        Trigger.OLD_SNAPSHOT:     Transition(Phase.AHEAD,      RequestAction.RETRY_OR_END,         Emission.NOTHING),
        Trigger.EARLY_SNAPSHOT:   Transition(Phase.AHEAD,      RequestAction.RETRY,                Emission.NOTHING),
        Trigger.UNSOUND:          Transition(Phase.GATHERING,  RequestAction.RETRY_UNSOUND_OR_END, Emission.NOTHING),
        Trigger.REFUSED:          Transition(Phase.AHEAD,      RequestAction.RETRY_OR_END,         Emission.NOTHING),
        Trigger.ALARM:            Transition(Phase.AHEAD,      RequestAction.ASK,                  Emission.NOTHING),
        Trigger.DOUBT:            Transition(Phase.EMPTY,      RequestAction.WAIT,                 Emission.NOTHING),
        Trigger.RESTART:          Transition(Phase.EMPTY,      RequestAction.WAIT,                 Emission.NOTHING),
    },
    Phase.BELIEVED: {
        Trigger.FOLLOWS:          Transition(Phase.LIVE,       RequestAction.DROP,                 Emission.STATE),
        Trigger.REPEATED:         Transition(Phase.LIVE,       RequestAction.DROP,                 Emission.STATE),
        Trigger.OUTDATED:         Transition(Phase.AHEAD,      RequestAction.ASK,                  Emission.NOTHING),
        Trigger.GAP:              Transition(Phase.GATHERING,  RequestAction.RETRY_OR_END,         Emission.NOTHING),
        Trigger.UNSOUND:          Transition(Phase.GATHERING,  RequestAction.RETRY_UNSOUND_OR_END, Emission.NOTHING),
        Trigger.SNAPSHOT:         Transition(Phase.BELIEVED,   RequestAction.KEEP,                 Emission.MARKED),
        Trigger.OLD_SNAPSHOT:     Transition(Phase.BELIEVED,   RequestAction.RETRY,                Emission.NOTHING),
        Trigger.UNSOUND_SNAPSHOT: Transition(Phase.EMPTY,      RequestAction.RETRY_UNSOUND,        Emission.NOTHING),
        Trigger.REFUSED:          Transition(Phase.BELIEVED,   RequestAction.RETRY,                Emission.NOTHING),
        Trigger.ALARM:            Transition(Phase.BELIEVED,   RequestAction.ASK,                  Emission.NOTHING),
        Trigger.DOUBT:            Transition(Phase.BELIEVED,   RequestAction.WAIT,                 Emission.NOTHING),
        Trigger.RESTART:          Transition(Phase.EMPTY,      RequestAction.WAIT,                 Emission.NOTHING),
    },
    Phase.DOUBTED: {
        Trigger.FOLLOWS:          Transition(Phase.LIVE,       RequestAction.DROP,                 Emission.STATE),
        Trigger.REPEATED:         Transition(Phase.LIVE,       RequestAction.DROP,                 Emission.STATE),
        Trigger.OUTDATED:         Transition(Phase.DOUBTED,    RequestAction.KEEP,                 Emission.NOTHING),
        Trigger.GAP:              Transition(Phase.GATHERING,  RequestAction.ASK_ANEW,             Emission.NOTHING),
        Trigger.UNSOUND:          Transition(Phase.GATHERING,  RequestAction.RETRY_UNSOUND_OR_END, Emission.NOTHING),
        Trigger.SNAPSHOT:         Transition(Phase.BELIEVED,   RequestAction.KEEP,                 Emission.MARKED),
        Trigger.OLD_SNAPSHOT:     Transition(Phase.DOUBTED,    RequestAction.RETRY,                Emission.NOTHING),
        Trigger.UNSOUND_SNAPSHOT: Transition(Phase.EMPTY,      RequestAction.RETRY_UNSOUND,        Emission.NOTHING),
        Trigger.REFUSED:          Transition(Phase.DOUBTED,    RequestAction.RETRY,                Emission.NOTHING),
        Trigger.ALARM:            Transition(Phase.DOUBTED,    RequestAction.ASK,                  Emission.NOTHING),
        Trigger.DOUBT:            Transition(Phase.DOUBTED,    RequestAction.WAIT,                 Emission.NOTHING),
        Trigger.RESTART:          Transition(Phase.EMPTY,      RequestAction.WAIT,                 Emission.NOTHING),
    },
    Phase.LIVE: {
        Trigger.FOLLOWS:          Transition(Phase.LIVE,       RequestAction.KEEP,                 Emission.STATE),
        Trigger.REPEATED:         Transition(Phase.LIVE,       RequestAction.KEEP,                 Emission.NOTHING),
        Trigger.OUTDATED:         Transition(Phase.LIVE,       RequestAction.KEEP,                 Emission.NOTHING),
        Trigger.THIN:             Transition(Phase.REFRESHING, RequestAction.ASK,                  Emission.NOTHING),
        Trigger.THIN_SNAPSHOT:    Transition(Phase.LIVE,       RequestAction.RETRY,                Emission.NOTHING),
        Trigger.ALARM:            Transition(Phase.LIVE,       RequestAction.KEEP,                 Emission.NOTHING),
        Trigger.GAP:              Transition(Phase.GATHERING,  RequestAction.ASK_ANEW,             Emission.MARKED),
        Trigger.UNSOUND:          Transition(Phase.GATHERING,  RequestAction.RETRY_UNSOUND_OR_END, Emission.MARKED),
        Trigger.DOUBT:            Transition(Phase.DOUBTED,    RequestAction.WAIT,                 Emission.MARKED),
        Trigger.RESTART:          Transition(Phase.EMPTY,      RequestAction.WAIT,                 Emission.MARKED),
    },
    Phase.REFRESHING: {
        Trigger.FOLLOWS:          Transition(Phase.REFRESHING, RequestAction.KEEP,                 Emission.STATE),
        Trigger.REPEATED:         Transition(Phase.REFRESHING, RequestAction.KEEP,                 Emission.NOTHING),
        Trigger.OUTDATED:         Transition(Phase.REFRESHING, RequestAction.KEEP,                 Emission.NOTHING),
        Trigger.FITS:             Transition(Phase.LIVE,       RequestAction.KEEP,                 Emission.STATE),
        Trigger.OLD_SNAPSHOT:     Transition(Phase.LIVE,       RequestAction.RETRY,                Emission.NOTHING),
        Trigger.EARLY_SNAPSHOT:   Transition(Phase.LIVE,       RequestAction.RETRY,                Emission.NOTHING),
        Trigger.REFUSED:          Transition(Phase.LIVE,       RequestAction.RETRY,                Emission.NOTHING),
        Trigger.GAP:              Transition(Phase.GATHERING,  RequestAction.ASK_ANEW,             Emission.MARKED),
        Trigger.UNSOUND:          Transition(Phase.GATHERING,  RequestAction.RETRY_UNSOUND_OR_END, Emission.MARKED),
        Trigger.DOUBT:            Transition(Phase.DOUBTED,    RequestAction.WAIT,                 Emission.MARKED),
        Trigger.RESTART:          Transition(Phase.EMPTY,      RequestAction.WAIT,                 Emission.MARKED),
    },
}
# fmt: on
"""Each phase: what may happen in it, and what follows. Nothing else happens: a trigger without a row is an error.

Whatever its row says, a transition also
1. from LIVE or REFRESHING to another phase calls `on_stale`, and starts the count of snapshots for `on_live` at zero;
2. from another phase to LIVE calls `on_live`, and ends the row of failed attempts;
3. to a phase that holds no changes drops those held.
"""

HOLDING: Final = frozenset({Phase.GATHERING, Phase.AHEAD, Phase.REFRESHING})
"""The phases in which changes are held for a snapshot."""
RIGHT: Final = frozenset({Phase.LIVE, Phase.REFRESHING})
"""The phases in which the state is right."""
STANDING: Final = RIGHT | {Phase.BELIEVED, Phase.DOUBTED}
"""The phases in which there is a state that a change is compared with."""

REQUESTS: Final[Mapping[Phase, frozenset[RequestStatus]]] = {
    Phase.EMPTY: frozenset(RequestStatus),
    Phase.GATHERING: frozenset({RequestStatus.ASKED, RequestStatus.RETRYING}),
    Phase.AHEAD: frozenset({RequestStatus.ASKED, RequestStatus.RETRYING}),
    Phase.BELIEVED: frozenset(RequestStatus),
    Phase.DOUBTED: frozenset(RequestStatus),
    Phase.LIVE: frozenset({RequestStatus.IDLE, RequestStatus.RETRYING}),
    Phase.REFRESHING: frozenset({RequestStatus.ASKED}),
}
"""The invariant between two steps: how the next snapshot may stand in each phase.

Changes are held only while a snapshot is on its way or about to be requested; a state that is right is not `PATIENT`.
"""
