"""Observables that need no guard around their observers, and how operators attach to them without one."""

from collections.abc import Callable
from threading import Lock, RLock
from typing import Any, Final, Protocol, TypeVar, cast

from reactivex import Observable, abc

__all__ = ["Ending", "Holder", "Lean", "Once", "Sink", "attach"]

T = TypeVar("T")
T_contra = TypeVar("T_contra", contravariant=True)

Attach = Callable[["Sink[T]", abc.SchedulerBase | None], abc.DisposableBase]

_instant: Final = Lock()
"""Held for an instant, with nobody called meanwhile: one for all, as a lock of its own costs each object 90 bytes."""


class Ending(Protocol):
    """Who is told of an end."""

    def on_error(self, error: Exception, /) -> None:
        """It went wrong."""

    def on_completed(self) -> None:
        """There is no more."""


class Sink(Ending, Protocol[T_contra]):
    """What a source calls. RxPY's observers are such, and so is any small class with these three."""

    def on_next(self, value: T_contra, /) -> None:
        """Take a value."""


class Lean(Observable[T]):
    """An Observable that operators of this package attach to as they are.

    RxPY puts a guard around each observer of each operator: 600 bytes, and a call for each value. What it does (keep
    still after the end, let go of the source then) need be done once in a chain. So a lean source may speak after its
    end, and whoever attaches to it either is not harmed by that or passes on to somebody who is not. Whoever subscribes
    as usual gets RxPY's guard as usual.
    """

    def __init__(self, attach: "Attach[T]") -> None:
        self._attach = attach  # and no more: RxPY's own constructor makes a lock, which few operators ask for

    def __getattr__(self, name: str) -> Any:
        if name != "lock":
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return vars(self).setdefault(name, RLock())

    def _subscribe_core(
        self, observer: abc.ObserverBase[T], scheduler: abc.SchedulerBase | None = None
    ) -> abc.DisposableBase:
        return self.attach(observer, scheduler)

    def attach(self, sink: Sink[T], scheduler: abc.SchedulerBase | None) -> abc.DisposableBase:
        """Subscribe without a guard."""
        return self._attach(sink, scheduler)


def attach(source: Observable[T], sink: Sink[T], scheduler: abc.SchedulerBase | None) -> abc.DisposableBase:
    """Subscribe, without a guard where the source needs none."""
    if isinstance(source, Lean):
        return source.attach(sink, scheduler)
    return source.subscribe(cast("abc.ObserverBase[T]", sink), scheduler=scheduler)


class Once(abc.DisposableBase):
    """What can be disposed of once; a subclass says how by `_dispose`."""

    __slots__ = ("is_disposed",)

    def __init__(self) -> None:
        self.is_disposed = False

    def dispose(self) -> None:
        """Let go, unless that was done."""
        with _instant:
            done, self.is_disposed = self.is_disposed, True
        if not done:
            self._dispose()

    def _dispose(self) -> None:
        raise NotImplementedError


class Holder(Once):
    """Holds what is to be disposed of with it, or at once if it was disposed of before."""

    __slots__ = ("_held",)

    def __init__(self) -> None:
        super().__init__()
        self._held: abc.DisposableBase | None = None

    def hold(self, held: abc.DisposableBase) -> None:
        """Hold this."""
        with _instant:
            late = self.is_disposed
            if not late:
                self._held = held
        if late:
            held.dispose()

    def _dispose(self) -> None:
        held, self._held = self._held, None
        if held is not None:
            held.dispose()
