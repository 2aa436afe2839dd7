"""calibrate: a state from a stream of numbered changes, and from a snapshot that is asked for elsewhere."""

from collections.abc import Callable
from typing import TypeVar

from reactivex import Observable, abc
from reactivex.scheduler import TimeoutScheduler

from rx_kucoin.operators._calibration.machine import Calibration
from rx_kucoin.operators._calibration.rules import Rules, Uncalibrated
from rx_kucoin.operators._retry_backoff import full_jitter
from rx_kucoin.operators.internal.unguarded import Sink, Unguarded

__all__ = ["Uncalibrated", "calibrate"]

S = TypeVar("S")
T = TypeVar("T")


def _nobody(*_: object) -> None:
    """Is told of what nobody wants to know."""


def calibrate(
    snapshot: Observable[S],
    apply: Callable[[S, T], S],
    *,
    position: Callable[[S], int],
    first: Callable[[T], int],
    last: Callable[[T], int],
    doubts: Observable[bool] | None = None,
    stale: Callable[[S], S] | None = None,
    is_sound: Callable[[S], bool] | None = None,
    is_thin: Callable[[S], bool] | None = None,
    patience: float | None = 1.0,
    max_attempts: int | None = 10,
    delay: Callable[[int, Exception], float] | None = None,
    retryable: Callable[[Exception], bool] | None = None,
    healthy_after: float = 60.0,
    max_buffer: int = 100_000,
    on_live: Callable[[S, int], object] = _nobody,
    on_stale: Callable[[Exception], object] = _nobody,
    on_give_up: Callable[[int, Exception], Exception] | None = None,
    scheduler: abc.SchedulerBase | None = None,
) -> Callable[[Observable[T]], Observable[S]]:
    """Emit the state after each change; one that may not be right is never emitted but marked as `stale`.

    Changes are kept from the first one on, and only then is a snapshot asked for. It fits if it leads up to the first
    of them at least; those that it does not include are applied to it, and so is each one that follows. Where numbers
    are missing all of this begins anew. Here a state is the number of its last change:

    .. marble::

        source:         -1-2-3---6-7-8-|
        snapshot (hot): ----2-----6-----
        [ calibrate(snapshot, max, position=int, first=int, last=int, stale=lambda state: "x") ]
        result:         ----23---x67-8-|
        snapshot:       -^--!----^!

    After a doubt, the state is right again as soon as a change follows on it, and no snapshot is needed:

    .. marble::

        source:       -1-2---3---|
        lost:         ----x-------
        snapshot:      1
        [ calibrate(snapshot, max, position=int, first=int, last=int, stale=lambda state: "x",
                    doubts=lost.map(lambda _: False)) ]
        result:       -1-2x--3---|

    Where nothing comes for a while a snapshot is asked for nevertheless. As no change has met it yet, it is emitted as
    stale: it may be older than what is to come.

    Everything may happen on any thread: the observer is called from one at a time, and nobody waits for it.

    Examples:
        >>> changes.pipe(calibrate(ask, Book.after, position=lambda book: book.sequence, first=start, last=end))

    Args:
        snapshot: Asked anew by each subscription to it; its first value is the answer. One that is ahead of the changes
            is believed once they have got to it; another one is asked for meanwhile.
        apply: The state after a change. Of a change that the state includes in part it takes the other part.
        position: The number of the last change that a state includes.
        first: The first number of a change.
        last: The last number of a change.
        doubts: Something may have been lost before the next change (False), or the numbers begin anew with it (True).
            How it ends is of no interest.
        stale: Marks a state that may not be right, or not any more. None: nothing is emitted meanwhile.
        is_sound: Whether a state can be true at all. One that is not is never emitted, and all begins anew.
        is_thin: Whether a state is right, but about to know too little: a snapshot is asked for while it goes on.
        patience: Seconds without any change, after subscribing or a doubt, after which a snapshot is asked for
            nevertheless. None: never.
        max_attempts: How many attempts to get a snapshot that fits may fail in a row, while changes wait for it, and
            how many may be unsound. None: any.
        delay: Seconds until the next attempt, given the number of those that failed in a row (1, 2, 3 ...) and the
            last cause. Defaults to `full_jitter(0.5, cap=30.0)`.
        retryable: Tells whether an error of the snapshot is a failed attempt; others end the stream. Defaults to all.
        healthy_after: Seconds for which the state has to be right to end a row of unsound ones.
        max_buffer: How many changes may wait for a snapshot; of more the oldest are dropped.
        on_live: Told of each state that is right after none was, and how many snapshots were asked for it.
        on_stale: Told, when a state that was right may be so no more, why: an `Uncalibrated`.
        on_give_up: Makes the error that passes in the end, of the number of attempts and the last cause.
        scheduler: Waits and tells the time. Defaults to the subscriber's, then to `TimeoutScheduler`.

    Returns:
        An operator function that takes an observable source of changes and returns the states.

    Raises:
        ValueError: `max_attempts` or `max_buffer` is below 1, or `patience` or `healthy_after` is below 0.
    """
    if (max_attempts is not None and max_attempts < 1) or max_buffer < 1:
        raise ValueError(f"calibrate needs max_attempts >= 1 and max_buffer >= 1, got {max_attempts}, {max_buffer}")
    if (patience is not None and patience < 0) or healthy_after < 0:
        raise ValueError(f"calibrate needs patience >= 0 and healthy_after >= 0, got {patience}, {healthy_after}")
    rules = Rules(
        snapshot=snapshot,
        apply=apply,
        position=position,
        first=first,
        last=last,
        doubts=doubts,
        stale=stale,
        is_sound=is_sound,
        is_thin=is_thin,
        patience=patience,
        max_attempts=max_attempts,
        delay=delay or full_jitter(0.5, cap=30.0),
        retryable=retryable,
        healthy_after=healthy_after,
        max_buffer=max_buffer,
        on_live=on_live,
        on_stale=on_stale,
        on_give_up=on_give_up,
    )

    def operator(source: Observable[T]) -> Observable[S]:
        def subscribe(sink: Sink[S], scheduler_: abc.SchedulerBase | None) -> abc.DisposableBase:
            clock = scheduler or scheduler_ or TimeoutScheduler.singleton()
            calibration = Calibration(sink, rules, clock, scheduler or scheduler_)
            calibration.begin(source)
            return calibration

        return Unguarded(subscribe)

    return operator
