"""calibrate: a state from a stream of numbered changes, and from a snapshot that is requested elsewhere."""

from collections.abc import Callable
from dataclasses import fields
from functools import partial
from typing import Any, Generic, TypedDict, TypeVar, Unpack

from reactivex import Observable, abc
from reactivex.scheduler import TimeoutScheduler

from rx_kucoin.operators._calibration.machine import Calibration
from rx_kucoin.operators._calibration.rules import Numbering, SnapshotPolicy, StateChecks, Uncalibrated
from rx_kucoin.operators.internal.unguarded import Sink, Unguarded

__all__ = ["Numbering", "SnapshotPolicy", "StateChecks", "Uncalibrated", "UngroupedArguments", "calibrate"]

S = TypeVar("S")
T = TypeVar("T")


def _ignore(*_: object) -> None:
    """Do nothing: the default of a callback."""


class UngroupedArguments(TypedDict, Generic[S, T], total=False):
    """The arguments that `calibrate` took one by one in version 0.1.0, and that are grouped since."""

    position: Callable[[S], int]
    first: Callable[[T], int]
    last: Callable[[T], int]
    stale: Callable[[S], S] | None
    is_sound: Callable[[S], bool] | None
    is_thin: Callable[[S], bool] | None
    patience: float | None
    max_attempts: int | None
    delay: Callable[[int, Exception], float] | None
    retryable: Callable[[Exception], bool] | None
    healthy_after: float
    max_buffer: int
    on_give_up: Callable[[int, Exception], Exception] | None


def calibrate(
    snapshot: Observable[S],
    apply: Callable[[S, T], S],
    numbering: Numbering[S, T] | None = None,
    *,
    checks: StateChecks[S] | None = None,
    policy: SnapshotPolicy | None = None,
    doubts: Observable[bool] | None = None,
    on_live: Callable[[S, int], object] = _ignore,
    on_stale: Callable[[Exception], object] = _ignore,
    scheduler: abc.SchedulerBase | None = None,
    **ungrouped: Unpack[UngroupedArguments[S, T]],
) -> Callable[[Observable[T]], Observable[S]]:
    """Emit the state after each change; one that may not be right is never emitted but marked as stale.

    Changes are held from the first one on, and only then is a snapshot requested. It fits if it leads up to the first
    of them at least; those that it does not include are applied to it, and so is each one that follows. Where numbers
    are missing all of this begins anew. Here a state is the number of its last change:

    .. marble::

        source:         -1-2-3---6-7-8-|
        snapshot (hot): ----2-----6-----
        [ calibrate(snapshot, max, Numbering(position=int, first=int, last=int),
                    checks=StateChecks(stale=lambda state: "x")) ]
        result:         ----23---x67-8-|
        snapshot:       -^--!----^!

    After a doubt, the state is right again as soon as a change follows on it, and no snapshot is needed:

    .. marble::

        source:       -1-2---3---|
        lost:         ----x-------
        snapshot:      1
        [ calibrate(snapshot, max, Numbering(position=int, first=int, last=int),
                    checks=StateChecks(stale=lambda state: "x"), doubts=lost.map(lambda _: False)) ]
        result:       -1-2x--3---|

    If no change comes for a while a snapshot is requested nevertheless. As no change has met it yet, it is emitted as
    stale: it may be older than what is to come.

    All sources may emit on any thread: the observer is called from one at a time, and no thread waits for another.

    Examples:
        >>> numbering = Numbering(position=lambda book: book.sequence, first=start, last=end)
        >>> changes.pipe(calibrate(request, Book.after, numbering, policy=SnapshotPolicy(max_attempts=3)))

    Args:
        snapshot: Each subscription to it is a request; its first value is the answer. A snapshot that is ahead of the
            changes is taken once they have reached it; another one is requested meanwhile.
        apply: Returns the state after a change. Of a change that the state includes in part it takes the other part.
        numbering: How to read the numbers of states and changes.
        checks: How to judge a state, and how to mark one that may not be right. Defaults to no mark and no check.
        policy: When snapshots are requested, and how often. Defaults to `SnapshotPolicy()`.
        doubts: Emits when changes may have been lost before the next one (False), or when the numbers begin anew with
            it (True). How it ends does not matter.
        on_live: Called with each state that is right after none was, and the number of snapshots requested for it.
        on_stale: Called with an `Uncalibrated` when a state that was right may be so no longer.
        scheduler: Waits and tells the time. Defaults to the subscriber's, then to `TimeoutScheduler`.
        **ungrouped: The fields of `numbering`, `checks` and `policy`, as version 0.1.0 took them. They take the place
            of those fields; new code should pass the groups.

    Returns:
        An operator function that takes an observable source of changes and returns the states.

    Raises:
        TypeError: There is neither `numbering` nor `position`, `first` and `last`, or an argument is unknown.
        ValueError: A value of the policy is out of range.
    """
    given: dict[str, Any] = dict(ungrouped)
    if given.get("delay", given) is None:  # version 0.1.0 took None for the default
        del given["delay"]
    calibration: Callable[..., Calibration[S, T]] = partial(
        Calibration[S, T],
        snapshot=snapshot,
        apply=apply,
        numbering=_grouped(Numbering, numbering, given),
        checks=_grouped(StateChecks, checks, given),
        policy=_grouped(SnapshotPolicy, policy, given),
        on_live=on_live,
        on_stale=on_stale,
    )
    if given:
        raise TypeError(f"calibrate takes no arguments {', '.join(map(repr, given))}")

    def operator(source: Observable[T]) -> Observable[S]:
        def subscribe(sink: Sink[S], scheduler_: abc.SchedulerBase | None) -> abc.DisposableBase:
            chosen = scheduler or scheduler_
            machine = calibration(sink, clock=chosen or TimeoutScheduler.singleton(), scheduler=chosen)
            machine.begin(source, doubts, chosen)
            return machine

        return Unguarded(subscribe)

    return operator


def _grouped(group: type[Any], value: Any, given: dict[str, Any]) -> Any:
    """Take the fields of a group out of what was given one by one. They take the place of those of the value."""
    names = [field.name for field in fields(group)]
    kept = {} if value is None else {name: getattr(value, name) for name in names}
    return group(**(kept | {name: given.pop(name) for name in names if name in given}))
