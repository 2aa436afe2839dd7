"""Who asks for snapshots on behalf of `calibrate`, and when again."""

from collections.abc import Callable
from functools import partial
from typing import Generic, Protocol, TypeVar

from reactivex import abc

from rx_kucoin.operators._calibration.rules import Row, Rules
from rx_kucoin.operators.internal.timers import Timer
from rx_kucoin.operators.internal.unguarded import Holder, attach

__all__ = ["Ask", "Asking", "Hearing"]

S = TypeVar("S")
T = TypeVar("T")


class Steps(Protocol[S]):
    """What becomes of an answer. Called on any thread."""

    def answered(self, ask: "Ask[S]", snapshot: S) -> None:
        """It is a snapshot."""
        ...

    def refused(self, ask: "Ask[S]", error: Exception | None) -> None:
        """There is none; and no error either, if there was just no value."""
        ...

    def rang(self, ring: int) -> None:
        """It is time to ask, unless the alarm was set anew meanwhile."""
        ...


class Ask(Holder, Generic[S]):
    """A snapshot that was asked for: its first word is its answer."""

    __slots__ = ("_over", "_steps")

    def __init__(self, steps: Steps[S]) -> None:
        super().__init__()
        self._steps = steps
        self._over = False

    def on_next(self, snapshot: S) -> None:
        if self._is_first():
            self._steps.answered(self, snapshot)

    def on_error(self, error: Exception) -> None:
        if self._is_first():
            self._steps.refused(self, error)

    def on_completed(self) -> None:
        if self._is_first():
            self._steps.refused(self, None)

    def _is_first(self) -> bool:
        over, self._over = self._over, True
        return not over and not self.is_disposed


class Asking(abc.DisposableBase, Generic[S, T]):
    """The snapshot that is on its way, or the alarm for the next one. Called by who has the turn, but for `dispose`."""

    __slots__ = ("_disposed", "_ring", "_rules", "_scheduler", "_steps", "_timer", "taken", "under_way", "waiting")

    def __init__(
        self, steps: Steps[S], rules: Rules[S, T], clock: abc.SchedulerBase, scheduler: abc.SchedulerBase | None
    ) -> None:
        self._steps, self._rules, self._scheduler = steps, rules, scheduler
        self._timer = Timer(clock)
        self._ring = 0
        """Counts what the alarm was set for: one that rang just before it was stopped has an older number."""
        self._disposed = False
        self.under_way: Ask[S] | None = None
        self.waiting = False
        """Whether the alarm is set because an attempt has failed."""
        self.taken = 0
        """Snapshots asked for since somebody looked."""

    def now(self) -> None:
        """Ask. The answer is a step of its own, even if it comes at once."""
        if self._is_over():
            return
        self._stop_alarm()
        self.taken += 1
        ask = self.under_way = Ask(self._steps)
        try:
            ask.hold(attach(self._rules.snapshot, ask, self._scheduler))
        except Exception as error:  # noqa: BLE001  as if it had failed at once
            ask.on_error(error)
        if self._is_over():  # meanwhile, and perhaps too early to find it
            ask.dispose()

    def again(self, row: Row, cause: Exception, *, may_end: bool) -> None:
        """Ask later, after one more attempt that has failed; or raise what the stream ends with."""
        self._set_alarm(row.wait(cause, self._rules, may_end=may_end))
        self.waiting = True

    def be_patient(self) -> None:
        """Ask if nothing else happens."""
        if self._rules.patience is not None:
            self._set_alarm(self._rules.patience)

    def stop(self) -> None:
        """Want no snapshot any more."""
        self._stop_alarm()
        if self.under_way is not None:
            self.ended(self.under_way)

    def ended(self, ask: Ask[S]) -> bool:
        """Whether it was the one on its way, which it is no more."""
        if ask is not self.under_way:
            return False
        self.under_way = None
        ask.dispose()
        return True

    def is_time(self, ring: int) -> bool:
        """Whether the alarm that rang is the one that was set last."""
        if ring != self._ring:
            return False
        self.waiting = False
        return True

    def dispose(self) -> None:
        """Ask never again."""
        self._disposed = True
        self._timer.dispose()
        ask = self.under_way
        if ask is not None:
            ask.dispose()

    def _is_over(self) -> bool:
        return self._disposed

    def _set_alarm(self, seconds: float) -> None:
        self._ring += 1
        self._timer.set(seconds, partial(self._steps.rang, self._ring))

    def _stop_alarm(self) -> None:
        self._ring += 1
        self.waiting = False
        self._timer.cancel()


class Hearing:
    """Hears doubts; how they end is of no interest."""

    __slots__ = ("_heard",)

    def __init__(self, heard: Callable[[bool], None]) -> None:
        self._heard = heard

    def on_next(self, anew: bool) -> None:  # noqa: FBT001  a value
        self._heard(anew)

    def on_error(self, error: Exception) -> None:
        """Nothing more is heard."""

    def on_completed(self) -> None:
        """Nothing more is heard."""
