"""merge_serial: join sources that live on different threads into one that is serial."""

from collections.abc import Callable
from itertools import count
from typing import TypeVar

import reactivex
from reactivex import Observable, abc
from reactivex.disposable import CompositeDisposable, Disposable

from rx_kucoin.operators._serialize import Turns
from rx_kucoin.operators.internal.unguarded import Sink, Unguarded, attach

__all__ = ["merge_serial"]

T = TypeVar("T")


def merge_serial(*sources: Observable[T], on_failure: Callable[[Exception], bool] | None = None) -> Observable[T]:
    """Merge sources, whatever their threads, without a lock around the observer.

    .. marble::

        a:      -1---2---|
        b:      --3-4---5---#
        [ merge_serial(a, b) ]
        result: -13-42--5---#

    RxPY's `merge` holds a lock while it calls its observer, and deadlocks when two of them feed each other or the
    observer waits for a lock of its own. This one queues instead, as `serialize` does.

    It completes when all sources have, and fails as soon as one does, unless `on_failure` allows it: then the others go
    on, and only the last of all fails it. A single source is returned as it is.

    Examples:
        >>> merge_serial(trades, quotes).subscribe(print)

    Args:
        sources: What to merge. They are subscribed to in this order.
        on_failure: Asked, with the error of a source, whether to go on without it; None: never.

    Returns:
        An observable of everything that the sources emit, in order of arrival.
    """
    if len(sources) < 2:  # noqa: PLR2004 - nothing to merge
        return sources[0] if sources else reactivex.empty()

    def subscribe(sink: Sink[T], scheduler_: abc.SchedulerBase | None) -> abc.DisposableBase:
        merged = _Merged(sink, len(sources), on_failure)
        for source in sources:
            if merged.ended.is_disposed:
                break  # an elder one has failed already, while being attached to
            merged.parts.add(attach(source, merged, scheduler_))
        return merged.parts

    return Unguarded(subscribe)


class _Merged(Turns[T]):
    """What all sources are attached to."""

    __slots__ = ("_completed", "_count", "_on_failure", "ended", "parts")

    def __init__(self, sink: Sink[T], number: int, on_failure: Callable[[Exception], bool] | None) -> None:
        super().__init__(sink)
        self._on_failure = on_failure
        self._count, self._completed = number, count(1)  # `next` on it is atomic
        self.ended = Disposable()
        self.parts = CompositeDisposable(self.ended)

    def on_error(self, error: Exception) -> None:
        try:
            goes_on = self._on_failure is not None and self._on_failure(error)
        except Exception as other:  # noqa: BLE001  a function of the caller's: what it raises is the error
            goes_on, error = False, other
        if goes_on and next(self._completed) < self._count:
            return
        self.ended.dispose()
        super().on_error(error)

    def on_completed(self) -> None:
        if next(self._completed) == self._count:
            super().on_completed()
