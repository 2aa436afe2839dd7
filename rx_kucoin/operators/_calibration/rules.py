"""What `calibrate` is told by its caller, and how it says that a state is not to be trusted."""

from collections.abc import Callable
from typing import Final, Generic, Literal, NamedTuple, TypeVar

from reactivex import Observable

__all__ = ["Reason", "Row", "Rules", "Uncalibrated"]

S = TypeVar("S")
T = TypeVar("T")

Reason = Literal["gap", "doubt", "anew", "old snapshot", "early snapshot", "unsound"]

_WORDS: Final[dict[Reason, str]] = {
    "gap": "changes are missing: the last one known is {before}, and the next one to come was {after}",
    "doubt": "changes may be missing after {before}",
    "anew": "the numbers begin anew after {before}",
    "old snapshot": "the snapshot is too old: it ends with {before}, and the changes begin with {after}",
    "early snapshot": "the snapshot is ahead: it ends with {before}, and the changes have come to {after}",
    "unsound": "the state is not sound: it was known up to {before}, and spoilt up to {after}",
}


class Uncalibrated(Exception):
    """Why a state is not, or not any more, known to be right.

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
        return _WORDS[self.reason].format(before=known, after=self.after)


class Rules(NamedTuple, Generic[S, T]):
    """The arguments of `calibrate`, as they are described there."""

    snapshot: Observable[S]
    apply: Callable[[S, T], S]
    position: Callable[[S], int]
    first: Callable[[T], int]
    last: Callable[[T], int]
    doubts: Observable[bool] | None
    stale: Callable[[S], S] | None
    is_sound: Callable[[S], bool] | None
    is_thin: Callable[[S], bool] | None
    patience: float | None
    max_attempts: int | None
    delay: Callable[[int, Exception], float]
    retryable: Callable[[Exception], bool] | None
    healthy_after: float
    max_buffer: int
    on_live: Callable[[S, int], object]
    on_stale: Callable[[Exception], object]
    on_give_up: Callable[[int, Exception], Exception] | None


class Row:
    """Attempts that failed one after the other."""

    __slots__ = ("count",)

    def __init__(self) -> None:
        self.count = 0

    def wait(self, cause: Exception, rules: Rules[S, T], *, may_end: bool) -> float:
        """One more. Returns the seconds until the next attempt, or raises what the stream ends with."""
        self.count += 1
        if may_end and rules.max_attempts is not None and self.count >= rules.max_attempts:
            raise cause if rules.on_give_up is None else rules.on_give_up(self.count, cause)
        return max(rules.delay(self.count, cause), 0.0)
