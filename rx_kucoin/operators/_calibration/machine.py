"""The machine of `calibrate`: one subscription, its snapshot request, and the changes held for the snapshot.

Changes, doubts, answers and alarms come on any thread. Each becomes a step, and steps are taken one at a time by the
thread that has the turn of the drain queue; no thread waits for another. Fields belong to the thread that has the turn,
and therefore need no lock. Only `dispose` runs on any thread at any time: what it touches says so.
"""

from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Final, Generic, TypeVar

from reactivex import Observable, abc
from reactivex.internal.exceptions import SequenceContainsNoElementsError

from rx_kucoin.operators._calibration.rules import (
    HOLDING,
    RIGHT,
    STANDING,
    TRANSITIONS,
    Emission,
    Numbering,
    Phase,
    RequestAction,
    RequestStatus,
    SnapshotPolicy,
    StateChecks,
    Trigger,
    Uncalibrated,
)
from rx_kucoin.operators.internal.clocks import clock_of, microseconds
from rx_kucoin.operators.internal.drain_queue import DrainQueue
from rx_kucoin.operators.internal.timers import Timer
from rx_kucoin.operators.internal.unguarded import Holder, Sink, attach

__all__ = ["Calibration"]

S = TypeVar("S")
T = TypeVar("T")

_LIVE: Final = Phase.LIVE
_RETRYING: Final = RequestStatus.RETRYING
_NO_CAUSE: Final = Exception("no cause")  # of the triggers that neither end a state that is right nor fail


class Calibration(DrainQueue, abc.DisposableBase, Generic[S, T]):
    """One subscription. It finds out what has happened; the table `TRANSITIONS` says what follows."""

    def __init__(
        self,
        sink: Sink[S],
        *,
        snapshot: Observable[S],
        apply: Callable[[S, T], S],
        numbering: Numbering[S, T],
        checks: StateChecks[S],
        policy: SnapshotPolicy,
        on_live: Callable[[S, int], object],
        on_stale: Callable[[Exception], object],
        clock: abc.SchedulerBase,
        scheduler: abc.SchedulerBase | None,
    ) -> None:
        super().__init__()
        self._sink, self._apply, self._numbering, self._checks, self._policy = sink, apply, numbering, checks, policy
        self._on_live, self._on_stale, self._now = on_live, on_stale, clock_of(clock)
        self._source, self._doubts = Holder(), Holder()
        self._request = SnapshotRequest(self, snapshot, policy, clock, scheduler)
        self._held: HeldChanges[T] = HeldChanges(policy.max_buffer)

        # For each change: they are read at once, and no bound method is made.
        self._functions = numbering.first, numbering.last, apply, checks.is_sound, checks.is_thin
        self._direct = self._next

        self._phase = Phase.EMPTY
        self._state: S
        """The state, or, while AHEAD, the snapshot that the changes have not reached; otherwise of no meaning."""
        self._position = 0
        """The number of the last change that `_state` includes."""
        self._left: int | None = None
        """Where the numbers were when they began anew: an answer may still have those."""
        self._live_since = 0

    def begin(
        self, source: Observable[T], doubts: Observable[bool] | None, scheduler: abc.SchedulerBase | None
    ) -> None:
        """Subscribe to everything."""
        try:
            self._request.act(RequestAction.WAIT, _NO_CAUSE)
            if doubts is not None:
                # Doubts come on any thread; how they end does not matter.
                doubt = partial(self.post, self._doubt)
                self._doubts.hold(doubts.subscribe(doubt, lambda _: None, scheduler=scheduler))
            self._source.hold(attach(source, self, scheduler))
        except BaseException:
            self.dispose()
            raise

    def dispose(self) -> None:
        """Take no further step. On any thread: the queue drops what is due, and holders may be disposed of any time."""
        self.close()
        self._request.dispose()
        self._doubts.dispose()
        self._source.dispose()

    # 1. Whatever comes, on any thread, becomes a step.

    def on_next(self, change: T) -> None:
        if not self.try_direct(self._direct, change):
            self.post(self._change, change)

    def on_error(self, error: Exception) -> None:
        self.put(partial(self._end, partial(self._sink.on_error, error)))
        self.deliver()

    def on_completed(self) -> None:
        self.put(partial(self._end, self._sink.on_completed))
        self.deliver()

    def post(self, step: Callable[..., tuple[S, ...]], *args: object) -> None:
        """Have a step taken when its turn comes."""
        self.put(partial(self._take, step, *args))
        self.deliver()

    # 2. All from here on runs on the thread that has the turn. A step returns what is to be emitted once all else is
    # done, and raises what the stream is to end with.

    def _next(self, change: T) -> None:
        """Take a change. Nearly all continue a state that is right, and lead to nothing else: those need no table."""
        if self._phase is not _LIVE:
            self._take(self._change, change)
            return
        first, last, apply, is_sound, is_thin = self._functions
        plain = False
        try:
            number, following = last(change), self._position + 1
            if number == following or (number > following and first(change) <= following):
                state = apply(self._state, change)
                if (is_sound is None or is_sound(state)) and (
                    is_thin is None or self._request.status is _RETRYING or not is_thin(state)
                ):
                    self._state, self._position, plain = state, number, True
        except Exception as error:  # noqa: BLE001  a function of the caller's raised
            self._end(partial(self._sink.on_error, error))
            return
        if plain:
            self._sink.on_next(self._state)
        else:
            self._take(self._change, change)

    def _take(self, step: Callable[..., tuple[S, ...]], *args: object) -> None:
        if self._closed:
            return
        try:
            emitted = step(*args)
        except Exception as error:  # noqa: BLE001  a function of the caller's raised, or the last attempt failed
            self._end(partial(self._sink.on_error, error))
            return
        for state in emitted:
            self._sink.on_next(state)

    def _end(self, last_call: Callable[[], object]) -> None:
        try:
            last_call()
        finally:
            self.dispose()

    # 3. The steps: each finds out which trigger of the table an input is, and goes where the table says.

    def _change(self, change: T) -> tuple[S, ...]:
        """There are six cases."""
        phase, first, last = self._phase, self._numbering.first(change), self._numbering.last(change)
        if phase not in STANDING:  # 1: there is no state to compare it with
            return self._hold(change, first, last)
        if first > self._position + 1:  # 2: changes are missing between the state and this one
            self._held.begin(first)
            self._held.add(change, first, last)
            why = Uncalibrated("old snapshot" if phase is Phase.BELIEVED else "gap", self._position, first)
            return self._go(Trigger.GAP, why)
        if last > self._position:  # 3: it continues the state
            if phase is Phase.REFRESHING:
                self._held.add(change, first, last)
            return self._settle(Trigger.FOLLOWS, self._apply(self._state, change), last, last + 1)
        if last == self._position:  # 4: it confirms the state, or repeats what is in one that is right
            return self._settle(Trigger.REPEATED, self._state, last, last + 1)
        if phase is Phase.BELIEVED:  # 5: it is on the way to the snapshot
            self._held.add(change, first, last)
            self._request.calm_failures = 0
        return self._go(Trigger.OUTDATED)  # 6, and 5

    def _hold(self, change: T, first: int, last: int) -> tuple[S, ...]:
        """Hold a change for a snapshot; that may be there already, and ahead of it. There are four cases."""
        held = self._held
        held.add(change, first, last)
        if self._phase is not Phase.AHEAD:  # 1: there is none
            if self._phase is Phase.EMPTY:
                self._request.calm_failures = 0
            return self._go(Trigger.CHANGE)
        if held.start is not None and self._position < held.start - 1:  # 2: changes before this one are missing
            return self._go(Trigger.HOLE)
        if self._position <= held.reach:  # 3: the changes have reached it
            return self._fit(self._state, self._position)
        return self._go(Trigger.CHANGE)  # 4: they have not

    def _doubt(self, anew: bool) -> tuple[S, ...]:  # noqa: FBT001  a value of the caller's
        reached = self._position if self._phase in STANDING else None if self._held.start is None else self._held.reach
        if not anew:
            return self._go(Trigger.DOUBT, Uncalibrated("doubt", reached))
        if reached is not None:  # after two restarts in a row, an answer may be from before the first
            self._left = reached
        return self._go(Trigger.RESTART, Uncalibrated("anew", reached))

    def answer(self, reply: "SnapshotReply[S, T]", snapshot: S) -> tuple[S, ...]:
        """Compare a snapshot with the changes held. There are five cases."""
        if not self._request.ended(reply):  # 1: it is not wanted any more
            return ()
        position, start, reach = self._numbering.position(snapshot), self._held.start, self._held.reach
        if start is None:  # 2: there is no change to compare it with
            return self._believe(snapshot, position)
        if position < start - 1:  # 3: changes between it and those held are missing
            return self._go(Trigger.OLD_SNAPSHOT, Uncalibrated("old snapshot", position, start))
        if position > reach:  # 4: it is ahead of the changes
            early = Uncalibrated("early snapshot", position, reach)
            if self._phase is not Phase.REFRESHING:
                # Its numbers may be those from before a restart. If not, the changes that lead up to it will follow.
                self._state, self._position = snapshot, position
                return self._go(Trigger.EARLY_SNAPSHOT, early)
            if self._left is not None and abs(self._left - position) < position - reach:
                # Its number is nearer to those from before the restart than to those that have come since.
                return self._go(Trigger.EARLY_SNAPSHOT, early)
        return self._fit(snapshot, position)  # 5

    def refusal(self, reply: "SnapshotReply[S, T]", error: Exception | None) -> tuple[S, ...]:
        if not self._request.ended(reply):
            return ()
        if error is None:
            error = SequenceContainsNoElementsError("the snapshot completed without a value")
        elif self._policy.retryable is not None and not self._policy.retryable(error):
            raise error
        return self._go(Trigger.REFUSED, error)

    def alarm(self, alarm: int) -> tuple[S, ...]:
        if not self._request.is_time(alarm):
            return ()
        if self._phase is Phase.LIVE:
            if self._checks.is_thin is not None and self._checks.is_thin(self._state):
                return self._go(Trigger.THIN)
            self._request.calm_failures = 0
        return self._go(Trigger.ALARM)

    # 4. What a state turns out to be, once it is made.

    def _fit(self, snapshot: S, position: int) -> tuple[S, ...]:
        """Apply the changes held that a snapshot does not include."""
        reach = self._held.reach
        state = self._held.fold(snapshot, position, self._apply)
        return self._settle(Trigger.FITS, state, max(position, reach), reach + 1)

    def _settle(self, trigger: Trigger, state: S, position: int, following: int) -> tuple[S, ...]:
        """Take a state that is right unless it is not sound. `following` is the number of the next change to come."""
        if self._checks.is_sound is not None and not self._checks.is_sound(state):
            self._held.begin(following)
            return self._spoil(Trigger.UNSOUND, position)
        self._state, self._position = state, position
        emitted = self._go(trigger)
        is_thin = self._checks.is_thin is not None and self._checks.is_thin(state)
        if trigger is Trigger.FITS:
            if is_thin:
                self._go(Trigger.THIN_SNAPSHOT, LookupError("a fresh snapshot knows as little"))
            else:
                self._request.calm_failures = 0
        elif is_thin and self._phase is Phase.LIVE and self._request.status is RequestStatus.IDLE:
            self._go(Trigger.THIN)
        return emitted

    def _believe(self, snapshot: S, position: int) -> tuple[S, ...]:
        """Take a snapshot that no change confirms: the next one will tell whether it is right."""
        if self._phase is not Phase.EMPTY and position < self._position:
            return self._go(Trigger.OLD_SNAPSHOT, Uncalibrated("old snapshot", position, self._position + 1))
        if self._checks.is_sound is not None and not self._checks.is_sound(snapshot):
            return self._spoil(Trigger.UNSOUND_SNAPSHOT, position)
        self._state, self._position = snapshot, position
        self._request.calm_failures = 0
        return self._go(Trigger.SNAPSHOT)

    def _spoil(self, trigger: Trigger, position: int) -> tuple[S, ...]:
        """Either the changes or the snapshot are wrong, and there is no way to tell which: all is dropped."""
        known = self._position if self._phase in STANDING else None
        return self._go(trigger, Uncalibrated("unsound", known, position))

    # 5. The only place where the phase changes.

    def _go(self, trigger: Trigger, cause: Exception = _NO_CAUSE) -> tuple[S, ...]:
        """Go where the table says. A trigger without a row would be a mistake of this machine, and is a `KeyError`.

        `_state` and `_position` are those of the phase to come already; `cause` says why a state is no longer right, or
        why an attempt failed. The order is: `on_stale`, the mark, the request, `on_live`.
        """
        before, (after, action, emission) = self._phase, TRANSITIONS[self._phase][trigger]
        self._phase = after
        if before in RIGHT and after not in RIGHT:
            self._request.taken = self._request.calm_failures = 0
            if self._now() - self._live_since >= microseconds(self._policy.healthy_after):
                self._request.unsound_states = 0
            self._on_stale(cause)
        emitted: tuple[S, ...] = (self._state,) if emission is Emission.STATE else ()
        if emission is Emission.MARKED and self._checks.stale is not None:
            emitted = (self._checks.stale(self._state),)
        if after not in HOLDING:
            self._held.clear()
        elif trigger is Trigger.THIN:
            self._held.begin(self._position + 1)
        self._request.act(action, cause)
        if after in RIGHT and before not in RIGHT:
            self._request.failures, self._live_since = 0, self._now()
            self._on_live(self._state, self._request.taken)
        return emitted


class SnapshotRequest(Generic[S, T]):
    """The snapshot that is on its way, or the alarm for the next one. Called with the turn, but for `dispose`."""

    def __init__(
        self,
        owner: Calibration[S, T],
        snapshot: Observable[S],
        policy: SnapshotPolicy,
        clock: abc.SchedulerBase,
        scheduler: abc.SchedulerBase | None,
    ) -> None:
        self._owner, self._snapshot, self._policy, self._scheduler = owner, snapshot, policy, scheduler
        self._timer = Timer(clock)
        self._alarm = 0
        """The number of the alarm that is set: one that rang just before it was dropped has an older number."""
        self._disposed = False
        """Written by any thread, and read without a lock: `_ask` reads it again after it has published its reply."""
        self._reply: SnapshotReply[S, T] | None = None
        """Not None if and only if the status is ASKED. Read by `dispose` on any thread."""
        self.status = RequestStatus.IDLE
        self.taken = 0
        """Snapshots requested since a state was right."""
        self.failures = self.calm_failures = self.unsound_states = 0
        """In a row: attempts that changes waited for, attempts that nothing waited for, and states not sound."""

    def act(self, action: RequestAction, cause: Exception) -> None:
        """Do what a transition says; raises what the stream ends with if it was the last attempt."""
        if action is RequestAction.KEEP or (action is RequestAction.ASK and self.status is RequestStatus.ASKED):
            return
        self._drop()
        match action:
            case RequestAction.ASK | RequestAction.ASK_ANEW:
                self._ask()
            case RequestAction.WAIT:
                if self._policy.patience is not None:
                    self._set_alarm(RequestStatus.PATIENT, self._policy.patience)
            case RequestAction.RETRY:
                self.calm_failures += 1
                self._retry(self.calm_failures, cause, may_end=False)
            case RequestAction.RETRY_OR_END:
                self.failures += 1
                self._retry(self.failures, cause, may_end=True)
            case RequestAction.RETRY_UNSOUND | RequestAction.RETRY_UNSOUND_OR_END:
                self.unsound_states += 1
                self._retry(self.unsound_states, cause, may_end=action is RequestAction.RETRY_UNSOUND_OR_END)
            case RequestAction.DROP:
                pass

    def ended(self, reply: "SnapshotReply[S, T]") -> bool:
        """Return whether this is the reply that is waited for; if so, it is no longer."""
        if reply is not self._reply:
            return False
        self._reply, self.status = None, RequestStatus.IDLE
        reply.dispose()
        return True

    def is_time(self, alarm: int) -> bool:
        """Return whether the alarm of this number is the one that was set last; if so, it has rung."""
        if alarm != self._alarm:
            return False
        self.status = RequestStatus.IDLE
        return True

    def dispose(self) -> None:
        """Drop the request, and make no other. On any thread."""
        self._disposed = True
        self._timer.dispose()
        reply = self._reply
        if reply is not None:
            reply.dispose()

    def _ask(self) -> None:
        """Subscribe to the snapshot. Its answer is a step of its own, even if it comes at once."""
        if self._is_over():
            return
        self.taken += 1
        self.status, reply = RequestStatus.ASKED, SnapshotReply(self._owner)
        self._reply = reply
        try:
            reply.hold(attach(self._snapshot, reply, self._scheduler))
        except Exception as error:  # noqa: BLE001  as if it had failed at once
            reply.on_error(error)
        if self._is_over():  # meanwhile, and perhaps too early to find the reply
            reply.dispose()

    def _is_over(self) -> bool:
        return self._disposed

    def _retry(self, count: int, cause: Exception, *, may_end: bool) -> None:
        most, on_give_up = self._policy.max_attempts, self._policy.on_give_up
        if may_end and most is not None and count >= most:
            raise cause if on_give_up is None else on_give_up(count, cause)
        self._set_alarm(RequestStatus.RETRYING, max(self._policy.delay(count, cause), 0.0))

    def _set_alarm(self, status: RequestStatus, seconds: float) -> None:
        self.status = status
        self._timer.set(seconds, partial(self._owner.post, self._owner.alarm, self._alarm))

    def _drop(self) -> None:
        if self._reply is not None:
            self.ended(self._reply)
        elif self.status is not RequestStatus.IDLE:
            self._alarm += 1
            self._timer.cancel()
            self.status = RequestStatus.IDLE


class SnapshotReply(Holder, Generic[S, T]):
    """Observes one snapshot, on any thread. Its first call is the answer: those behind it find it answered."""

    __slots__ = ("_owner",)

    def __init__(self, owner: Calibration[S, T]) -> None:
        super().__init__()
        self._owner = owner

    def on_next(self, snapshot: S) -> None:
        self._owner.post(self._owner.answer, self, snapshot)

    def on_error(self, error: Exception) -> None:
        self._owner.post(self._owner.refusal, self, error)

    def on_completed(self) -> None:
        self._owner.post(self._owner.refusal, self, None)


class HeldChanges(Generic[T]):
    """The changes held for a snapshot: all from the number `start` to the number `reach`, without a hole.

    Each begins where the one before ended, or overlaps it. `start` is None while nothing is held.
    """

    __slots__ = ("_changes", "_most", "reach", "start")

    def __init__(self, most: int) -> None:
        self._most = most
        self._changes: deque[tuple[int, T]] | None = None  # only while there are any: an empty one takes 600 bytes
        self.start: int | None = None
        self.reach = 0

    def clear(self) -> None:
        """Hold nothing."""
        self.start = self._changes = None

    def begin(self, start: int) -> None:
        """Hold nothing but what is to come from this number on."""
        self.clear()
        self.start, self.reach = start, start - 1

    def add(self, change: T, first: int, last: int) -> None:
        """Hold one more, or nothing but this one if it does not follow; beyond the limit drop the oldest."""
        if self.start is None or first > self.reach + 1:
            self.begin(first)
        if last <= self.reach:
            return
        if self._changes is None:
            self._changes = deque()
        self._changes.append((last, change))
        self.reach = last
        if len(self._changes) > self._most:
            dropped, _ = self._changes.popleft()
            self.start = dropped + 1

    def fold(self, state: S, position: int, apply: Callable[[S, T], S]) -> S:
        """Apply what a state that includes everything up to this position does not include."""
        for last, change in self._changes or ():
            if last > position:
                state = apply(state, change)
        return state
