"""Streams whose operators keep to the clock of a replay without being told to."""

from collections.abc import Callable
from typing import Any, Protocol, TypeVar, cast

from reactivex import ConnectableObservable, Observable, abc
from reactivex.internal.exceptions import SequenceContainsNoElementsError

__all__ = ["Clocked", "Plays"]

T = TypeVar("T")


class Plays(Protocol):
    """Who plays the recording."""

    def play(self) -> object:
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
        """Subscribe, with the clock of the replay."""
        return self._source.subscribe(on_next, on_error, on_completed, scheduler=scheduler or self._clock)

    def pipe(self, *operators: Callable[[Any], Any]) -> Any:
        """Compose operators; what comes out keeps to the clock as well."""
        made: Any = super().pipe(*operators)
        if not isinstance(made, Observable) or isinstance(made, Clocked | ConnectableObservable):
            return cast("Any", made)
        return Clocked[Any](cast("Any", made), self._clock, self._player)

    def run(self, scheduler: abc.SchedulerBase | None = None) -> T:
        """Subscribe and play, until this ends; return the last item."""
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
            if not ended:
                self._player.play()
        finally:
            subscription.dispose()
        if errors:
            raise errors[0]
        if not items:
            raise SequenceContainsNoElementsError
        return items[0]
