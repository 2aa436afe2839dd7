"""Streams whose operators keep to the clock of a replay without being told to."""

from collections.abc import Callable
from importlib import import_module
from typing import Any, Final, Protocol, TypeVar, cast

import reactivex
from reactivex import ConnectableObservable, Observable, abc
from reactivex.internal.exceptions import SequenceContainsNoElementsError

from rx_kucoin.operators.internal.unguarded import check_callbacks
from rx_kucoin.recording.replay.result import Played

__all__ = ["Clocked", "Plays"]

T = TypeVar("T")

_OF_RUN: Final[object] = getattr(import_module("reactivex.run"), "_default_scheduler", object())
"""What RxPY's `run()` subscribes with, as nothing else tells who does. It waits, and so does the recording: nobody
plays it."""


class Plays(Protocol):
    """Who plays the recording."""

    def play(self) -> Played:
        """Play it, to its end or until it is halted."""
        ...

    def halt(self) -> None:
        """Stop playing."""
        ...


class Clocked(Observable[T]):
    """A stream, and whatever is piped from it, subscribed to with a clock where no other one is named.

    So `ops.buffer_with_time(1.0)` means a second of the replay. What is made of it by a function, as by
    `reactivex.merge`, is an Observable like any other: there the clock has to be named.
    """

    def __init__(self, source: Observable[T], clock: abc.SchedulerBase, player: Plays) -> None:
        super().__init__()
        self._source, self._clock, self._player = source, clock, player

    def subscribe(
        self,
        on_next: abc.ObserverBase[T] | abc.OnNext[T] | None = None,
        on_error: abc.OnError | None = None,
        on_completed: abc.OnCompleted | None = None,
        *,
        scheduler: abc.SchedulerBase | None = None,
    ) -> abc.DisposableBase:
        """Subscribe, with the clock of the replay.

        Raises:
            TypeError: a callback is a coroutine function, which nothing would await.
        """
        check_callbacks(on_next, on_error, on_completed)
        source = _unplayed if scheduler is _OF_RUN else self._source
        return source.subscribe(on_next, on_error, on_completed, scheduler=scheduler or self._clock)

    def pipe(self, *operators: Callable[[Any], Any]) -> Any:
        """Compose operators; what comes out keeps to the clock as well."""
        made: Any = super().pipe(*operators)
        if not isinstance(made, Observable) or isinstance(made, Clocked):
            return cast("Any", made)
        kind = _Connectable if isinstance(made, ConnectableObservable) else Clocked[Any]
        return kind(cast("Any", made), self._clock, self._player)

    def run(self, scheduler: abc.SchedulerBase | None = None) -> T:
        """Subscribe and play, until this ends; return the last item.

        Raises:
            KeyboardInterrupt: it was Ctrl-C that ended it.
        """
        items, errors, ended = list[T](), list[Exception](), list[bool]()

        def keep(item: T) -> None:
            items[:] = [item]

        def end() -> None:
            ended.append(True)
            self._player.halt()

        def fail(error: Exception) -> None:
            errors.append(error)
            end()

        subscription = self.subscribe(keep, fail, end, scheduler=scheduler)
        try:
            if not ended and self._player.play().interrupted:
                raise KeyboardInterrupt
        finally:
            subscription.dispose()
        if errors:
            raise errors[0]
        if not items:
            raise SequenceContainsNoElementsError
        return items[0]


class _Connectable(Clocked[Any]):
    """What `ops.publish()` and the like make, which begins when it is connected."""

    def connect(self, scheduler: abc.SchedulerBase | None = None) -> abc.DisposableBase | None:
        """See `ConnectableObservable.connect`."""
        return cast("ConnectableObservable[Any]", self._source).connect(scheduler or self._clock)

    def auto_connect(self, subscriber_count: int = 1) -> Observable[Any]:
        """See `ConnectableObservable.auto_connect`."""
        made = cast("ConnectableObservable[Any]", self._source).auto_connect(subscriber_count)
        return Clocked(made, self._clock, self._player)


_unplayed: Final[Observable[Any]] = reactivex.throw(
    RuntimeError(
        "nobody would play the recording while this runs: subscribe, and play(); or merge in a pipe, as in "
        "kucoin.match(...).pipe(ops.merge(kucoin.ticker(...))), whose run() plays"
    )
)
