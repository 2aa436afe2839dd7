"""merge_serial: join sources that live on different threads into one that is serial."""

from itertools import count
from typing import TypeVar

import reactivex
from reactivex import Observable, abc
from reactivex.disposable import CompositeDisposable, Disposable, SingleAssignmentDisposable

from rx_kucoin.operators._serialize import serialize

__all__ = ["merge_serial"]

T = TypeVar("T")


def merge_serial(*sources: Observable[T]) -> Observable[T]:
    """Merge sources, whatever their threads, without a lock around the observer.

    .. marble::

        a:      -1---2---|
        b:      --3-4---5---#
        [ merge_serial(a, b) ]
        result: -13-42--5---#

    RxPY's `merge` holds a lock while it calls its observer, and deadlocks when two of them feed each other or the
    observer waits for a lock of its own. This one queues instead, as `serialize` does.

    It completes when all sources have, and fails as soon as one does. A single source is returned as it is.

    Examples:
        >>> merge_serial(trades, quotes).subscribe(print)

    Args:
        sources: What to merge. They are subscribed to in this order.

    Returns:
        An observable of everything that the sources emit, in order of arrival.
    """
    if len(sources) < 2:  # noqa: PLR2004 - nothing to merge
        return sources[0] if sources else reactivex.empty()

    def subscribe(observer: abc.ObserverBase[T], scheduler_: abc.SchedulerBase | None = None) -> abc.DisposableBase:
        completed = count(1)  # `next` on it is atomic
        ended = Disposable()
        group = CompositeDisposable(ended)

        def on_error(error: Exception) -> None:
            ended.dispose()
            observer.on_error(error)

        def on_completed() -> None:
            if next(completed) == len(sources):
                observer.on_completed()

        for source in sources:
            if ended.is_disposed:
                break  # an elder one has failed already, while being subscribed to
            subscription = SingleAssignmentDisposable()
            group.add(subscription)
            subscription.disposable = source.subscribe(observer.on_next, on_error, on_completed, scheduler=scheduler_)
        return group

    merged: Observable[T] = Observable(subscribe)
    return merged.pipe(serialize())
