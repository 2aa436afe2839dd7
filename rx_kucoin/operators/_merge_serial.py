"""merge_serial: join sources that live on different threads into one that is serial."""

from itertools import count
from typing import TypeVar

import reactivex
from reactivex import Observable, abc
from reactivex.disposable import CompositeDisposable, Disposable

from rx_kucoin.operators._serialize import Turns
from rx_kucoin.operators.internal.unguarded import Sink, Unguarded, attach

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

    def subscribe(sink: Sink[T], scheduler_: abc.SchedulerBase | None) -> abc.DisposableBase:
        merged = _Merged(sink, len(sources))
        for source in sources:
            if merged.ended.is_disposed:
                break  # an elder one has failed already, while being attached to
            merged.parts.add(attach(source, merged, scheduler_))
        return merged.parts

    return Unguarded(subscribe)


class _Merged(Turns[T]):
    """What all sources are attached to."""

    __slots__ = ("_completed", "_count", "ended", "parts")

    def __init__(self, sink: Sink[T], number: int) -> None:
        super().__init__(sink)
        self._count, self._completed = number, count(1)  # `next` on it is atomic
        self.ended = Disposable()
        self.parts = CompositeDisposable(self.ended)

    def on_error(self, error: Exception) -> None:
        self.ended.dispose()
        super().on_error(error)

    def on_completed(self) -> None:
        if next(self._completed) == self._count:
            super().on_completed()
