"""The machine of `calibrate`: told of one thing at a time, it knows whether its state is right."""

from functools import partial
from typing import Final, Generic, TypeVar

from reactivex import Observable, abc
from reactivex.internal.exceptions import SequenceContainsNoElementsError

from rx_kucoin.operators._calibration.pending import Run
from rx_kucoin.operators._calibration.rules import Row, Rules, Uncalibrated
from rx_kucoin.operators._calibration.snapshot_request import Ask, Asking, Hearing
from rx_kucoin.operators._calibration.steps import Stepping
from rx_kucoin.operators.internal.clocks import clock_of, microseconds
from rx_kucoin.operators.internal.unguarded import Holder, Sink, attach

__all__ = ["Calibration"]

S = TypeVar("S")
T = TypeVar("T")

_THIN: Final = LookupError("a fresh snapshot knows as little")


class Calibration(Stepping[S], abc.DisposableBase, Generic[S, T]):
    """One subscription."""

    def __init__(
        self, sink: Sink[S], rules: Rules[S, T], clock: abc.SchedulerBase, scheduler: abc.SchedulerBase | None
    ) -> None:
        super().__init__(sink)
        self._rules, self._scheduler = rules, scheduler
        self._first, self._last, self._apply = rules.first, rules.last, rules.apply
        self._is_sound, self._is_thin = rules.is_sound, rules.is_thin
        self._now = clock_of(clock)
        self._source, self._doubts = Holder(), Holder()
        self._asking = Asking(self, rules, clock, scheduler)
        self._run = Run(rules.first, rules.last, rules.max_buffer)

        self._state: S
        self._position = 0
        self._known = False
        """Whether there is a state at all, and its position."""
        self._live = False
        """Whether it is right."""
        self._confirmed = False
        """Whether changes have met it; none has met a snapshot that came before all of them."""
        self._early: tuple[S, int] | None = None
        """A snapshot that the changes have not got to yet, and its position."""
        self._left: int | None = None
        """Where the numbers were when they began anew: an answer may still be of those."""
        self._smooth = False
        """Live, and no snapshot on its way: a change concerns nothing but the state."""
        self._live_since = 0
        self._failed, self._spoilt, self._calm = Row(), Row(), Row()
        """Attempts in vain: while changes wait for one, those that made an unsound state, and while nobody waits."""

    def begin(self, source: Observable[T]) -> None:
        """Listen to everything."""
        try:
            self._asking.be_patient()
            if self._rules.doubts is not None:
                self._doubts.hold(
                    attach(self._rules.doubts, Hearing(lambda anew: self.post(self._doubt, anew)), self._scheduler)
                )
            self._source.hold(attach(source, self, self._scheduler))
        except BaseException:
            self.dispose()
            raise

    def on_next(self, change: T) -> None:
        """Take a change. One that follows on a state that is right, which nearly all do, takes the shortest way."""
        if self._due:
            self.post(self._change, change)
            return
        try:
            self.turn.pop()
        except IndexError:  # somebody is at it, so what comes has to queue
            self.post(self._change, change)
            return
        try:
            plain = False
            if self._smooth:
                try:
                    last, following = self._last, self._position + 1
                    number = last(change)
                    if number == following or (number > following and self._first(change) <= following):
                        apply, is_sound, is_thin = self._apply, self._is_sound, self._is_thin
                        state = apply(self._state, change)
                        if (is_sound is None or is_sound(state)) and (
                            is_thin is None or self._asking.waiting or not is_thin(state)
                        ):
                            self._state, self._position, plain = state, number, True
                except Exception as error:  # noqa: BLE001  a function of the caller's: his mistake ends his stream
                    self.end(partial(self._sink.on_error, error))
                    return
            if plain:
                self._sink.on_next(self._state)
            else:
                self.take(self._change, change)
        finally:
            self.turn.append(None)
            if self._due:
                self.deliver()

    def answered(self, ask: Ask[S], snapshot: S) -> None:
        """Take a snapshot."""
        self.post(self._answer, ask, snapshot)

    def refused(self, ask: Ask[S], error: Exception | None) -> None:
        """Do without one."""
        self.post(self._refusal, ask, error)

    def rang(self, ring: int) -> None:
        """Ask, as it is time to."""
        self.post(self._ask_in_time, ring)

    def dispose(self) -> None:
        """Let go of everything."""
        super().dispose()
        self._asking.dispose()
        self._doubts.dispose()
        self._source.dispose()

    def taken(self) -> None:
        """See whether changes may take the shortest way from here."""
        self._smooth = self._live and self._asking.under_way is None

    # Steps

    def _change(self, change: T) -> tuple[S, ...]:
        if not self._known:
            return self._gather(change)
        first, last = self._first(change), self._last(change)
        if first > self._position + 1:
            return self._gap(change, first)
        if last < self._position and not self._confirmed:
            self._early, self._known = (self._state, self._position), False
            return self._gather(change)
        if last <= self._position:
            settled = self._live or last < self._position
            return () if settled else self._settle(self._state, self._position, self._position + 1)
        if self._live and self._asking.under_way is not None:
            self._run.add(change)
        return self._settle(self._apply(self._state, change), last, last + 1)

    def _gather(self, change: T) -> tuple[S, ...]:
        quiet = self._run.start is None
        self._run.add(change)
        if quiet:
            self._calm.count = 0
        if self._early is not None and self._run.start is not None:
            snapshot, position = self._early
            if position < self._run.start - 1:
                self._early = None
            elif position <= self._run.reach:
                return self._fit(snapshot, position)
        if self._asking.under_way is None and (quiet or not self._asking.waiting):
            self._asking.now()
        return ()

    def _gap(self, change: T, first: int) -> tuple[S, ...]:
        said = self._lose(Uncalibrated("gap", self._position, first))
        self._forget()
        self._run.add(change)
        if self._confirmed:
            self._asking.now()
            return said
        return self._fail(Uncalibrated("old snapshot", self._position, first))

    def _doubt(self, anew: bool) -> tuple[S, ...]:  # noqa: FBT001  a value of the caller's
        reached = self._position if self._known else None if self._run.start is None else self._run.reach
        said = self._lose(Uncalibrated("anew" if anew else "doubt", reached))
        self._stop_asking()
        self._known = self._known and not anew
        self._left = reached if anew else self._left
        self._asking.be_patient()
        return said

    def _answer(self, ask: Ask[S], snapshot: S) -> tuple[S, ...]:
        if not self._asking.ended(ask):
            return ()
        position, start, reach = self._rules.position(snapshot), self._run.start, self._run.reach
        if start is None:
            return self._believe(snapshot, position)
        if position < start - 1:
            return self._fail(Uncalibrated("old snapshot", position, start))
        if position > reach and (not self._live or self._is_of_before(position, reach)):
            # Its numbers may be those from before they began anew. If not, what leads up to it is on its way.
            self._early = snapshot, position
            return self._fail(Uncalibrated("early snapshot", position, reach), may_end=False)
        return self._fit(snapshot, position)

    def _fit(self, snapshot: S, position: int) -> tuple[S, ...]:
        """Put the changes that came meanwhile on top of a snapshot."""
        reach = self._run.reach
        state = self._run.fold(snapshot, position, self._apply)
        self._run.clear()
        return self._settle(state, max(position, reach), reach + 1, fresh=True)

    def _refusal(self, ask: Ask[S], error: Exception | None) -> tuple[S, ...]:
        if not self._asking.ended(ask):
            return ()
        if error is None:
            return self._fail(SequenceContainsNoElementsError("the snapshot completed without a value"))
        if self._rules.retryable is not None and not self._rules.retryable(error):
            raise error
        return self._fail(error)

    def _ask_in_time(self, ring: int) -> tuple[S, ...]:
        if self._asking.is_time(ring):
            if self._live and not self._knows_little(self._state):
                self._calm.count = 0
            else:
                self._ask()
        return ()

    # What becomes of the state

    def _settle(self, state: S, position: int, following: int, *, fresh: bool = False) -> tuple[S, ...]:
        """Take a state that is right, unless it is not sound; `following`: the number of the change to come next."""
        if self._is_sound is not None and not self._is_sound(state):
            return self._spoil(position, following)
        self._state, self._position, self._known = state, position, True
        if not self._live:
            self._stop_asking()
            self._live = self._confirmed = True
            self._live_since, self._failed.count = self._now(), 0
            self._rules.on_live(state, self._asking.taken)
        thin = self._knows_little(state)
        if fresh and not thin:
            self._calm.count = 0
        elif fresh:  # another one would know as little
            self._asking.again(self._calm, _THIN, may_end=False)
        elif thin and self._asking.under_way is None and not self._asking.waiting:
            self._ask()
        return (state,)

    def _believe(self, snapshot: S, position: int) -> tuple[S, ...]:
        """There is no change to compare it with: the next one will tell."""
        if self._known and position < self._position:
            return self._fail(Uncalibrated("old snapshot", position, self._position + 1))
        if self._is_sound is not None and not self._is_sound(snapshot):
            return self._spoil(position, None)
        self._state, self._position, self._known, self._confirmed = snapshot, position, True, False
        self._calm.count = 0
        return self._marked()

    def _spoil(self, position: int, following: int | None) -> tuple[S, ...]:
        """It is not sound: somebody lied, and nobody knows who. Everything begins anew."""
        why = Uncalibrated("unsound", self._position if self._known else None, position)
        said = self._lose(why)
        self._forget()
        if following is not None:
            self._run.begin(following)
        self._asking.again(self._spoilt, why, may_end=following is not None)
        return said

    def _lose(self, why: Uncalibrated) -> tuple[S, ...]:
        """What was right may be so no more."""
        if not self._live:
            return ()
        self._live = False
        self._asking.taken = self._calm.count = 0
        if self._now() - self._live_since >= microseconds(self._rules.healthy_after):
            self._spoilt.count = 0
        self._rules.on_stale(why)
        return self._marked()

    def _marked(self) -> tuple[S, ...]:
        return () if self._rules.stale is None else (self._rules.stale(self._state),)

    def _is_of_before(self, position: int, reach: int) -> bool:
        """Whether a number is nearer to those before they began anew than to those that run."""
        return self._left is not None and abs(self._left - position) < position - reach

    def _knows_little(self, state: S) -> bool:
        return self._is_thin is not None and self._is_thin(state)

    def _fail(self, cause: Exception, *, may_end: bool = True) -> tuple[S, ...]:
        """An attempt was in vain; too many of them are the end, where changes wait for a state."""
        urgent = may_end and not self._live and self._run.start is not None
        self._asking.again(self._failed if urgent else self._calm, cause, may_end=urgent)
        return ()

    def _ask(self) -> None:
        if self._live:
            self._run.begin(self._position + 1)
        self._asking.now()

    def _stop_asking(self) -> None:
        self._asking.stop()
        self._run.clear()
        self._early = None

    def _forget(self) -> None:
        self._stop_asking()
        self._known = False
