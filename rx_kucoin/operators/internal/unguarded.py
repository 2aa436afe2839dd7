"""Observables that need no guard around their observers, and how operators attach to them without one."""

from abc import abstractmethod
from collections.abc import Callable
from functools import partial
from inspect import iscoroutinefunction
from threading import Lock, RLock
from typing import TYPE_CHECKING, Any, Final, Generic, Protocol, TypeVar, cast

from reactivex import Observable, abc
from reactivex.scheduler import CurrentThreadScheduler

__all__ = [
    "Ending",
    "Holder",
    "Once",
    "Sink",
    "Unguarded",
    "attach",
    "check_callbacks",
    "checked",
    "labelled",
    "map_unguarded",
    "raise_unhandled",
]

T = TypeVar("T")
R = TypeVar("R")
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

    @abstractmethod
    def _dispose(self) -> None:
        """Let go: called once."""


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

    def replace(self, held: abc.DisposableBase) -> None:
        """Hold this, and dispose of what was held before; or dispose of this, if the holder was disposed of."""
        with _instant:
            if self.is_disposed:
                before: abc.DisposableBase | None = held
            else:
                before, self._held = self._held, held
        if before is not None:
            before.dispose()

    def _dispose(self) -> None:
        held, self._held = self._held, None
        if held is not None:
            held.dispose()


class _Subscriber(Holder, Generic[T]):
    """RxPY's guard, but small and without a call of its own: `on_next` is the subscriber's, until all is over.

    So it has to be looked up for each call, and not kept.
    """

    __slots__ = ("_on_completed", "_on_error", "on_next")

    def __init__(
        self, on_next: abc.OnNext[T] | None, on_error: abc.OnError | None, on_completed: abc.OnCompleted | None
    ) -> None:
        super().__init__()
        self.on_next: abc.OnNext[T] = on_next or _nothing
        self._on_error: abc.OnError | None = on_error or raise_unhandled
        self._on_completed: abc.OnCompleted = on_completed or _nothing

    def on_error(self, error: Exception) -> None:
        if (tell := self._stop()) is not None:
            try:
                tell(error)
            finally:
                self.dispose()

    def on_completed(self) -> None:
        if self._stop() is not None:
            try:
                self._on_completed()
            finally:
                self.dispose()

    def fail(self, error: Exception) -> bool:
        """End because subscribing raised. False: it had ended before."""
        tell = self._stop()
        if tell is not None:
            tell(error)
        return tell is not None

    def _stop(self) -> abc.OnError | None:
        """Hear nothing more. Returns whom to tell of an error, the first time."""
        with _instant:
            tell, self._on_error = self._on_error, None
            _, self.on_next = self.on_next, _nothing  # kept until the lock is free: a finaliser may dispose as well
        return tell

    def _dispose(self) -> None:
        self._stop()
        super()._dispose()


def _nothing(*_: object) -> None:
    """Nobody wants to know."""


def raise_unhandled(error: Exception) -> None:
    """Raise an error that reached a subscriber without a handler, so that its source learns of it."""
    raise error


def labelled(source: Observable[T], label: str) -> Observable[T]:
    """Give an Observable of this package a `repr`."""
    vars(source)["label"] = label
    return source


class Unguarded(Observable[T]):
    """An Observable that operators of this package attach to as they are.

    RxPY puts a guard around each observer of each operator: 600 bytes, and a call for each value. What it does (keep
    still after the end, let go of the source then) need be done once in a chain. So a lean source may speak after its
    end, and whoever attaches to it either is not harmed by that or passes on to somebody who is not. Whoever subscribes
    as usual is guarded as usual.
    """

    def __init__(self, attach: "Attach[T]") -> None:
        self._attach = attach  # and no more: RxPY's own constructor makes a lock, which few operators ask for

    def __repr__(self) -> str:
        return vars(self).get("label") or f"<Observable at {id(self):#x}>"

    def __getattr__(self, name: str) -> Any:
        if name != "lock":
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return vars(self).setdefault(name, RLock())

    def subscribe(
        self,
        on_next: abc.ObserverBase[T] | abc.OnNext[T] | None = None,
        on_error: abc.OnError | None = None,
        on_completed: abc.OnCompleted | None = None,
        *,
        scheduler: abc.SchedulerBase | None = None,
    ) -> abc.DisposableBase:
        """Subscribe as to any Observable; the guard takes a third of the memory of RxPY's, and no time.

        Raises:
            TypeError: a callback is a coroutine function, which nothing would await.
        """
        check_callbacks(on_next, on_error, on_completed)
        if hasattr(on_next, "on_next"):
            observer = cast("abc.ObserverBase[T]", on_next)
            subscriber = _Subscriber(observer.on_next, observer.on_error, observer.on_completed)
        else:
            subscriber = _Subscriber(cast("Any", on_next), on_error, on_completed)

        def begin(*_: object) -> None:
            try:
                subscriber.hold(self.attach(cast("Sink[T]", subscriber), scheduler))
            except Exception as error:
                if not subscriber.fail(error):
                    raise

        trampoline = CurrentThreadScheduler.singleton()  # who emits on it waits until the subscription is known
        if trampoline.schedule_required():
            trampoline.schedule(begin)
        else:
            begin()
        return subscriber

    def attach(self, sink: Sink[T], scheduler: abc.SchedulerBase | None) -> abc.DisposableBase:
        """Subscribe without a guard."""
        return self._attach(sink, scheduler)

    if not TYPE_CHECKING:  # which know the types of what is composed

        def pipe(self, *operators: Callable[[Any], Any]) -> Any:
            """Compose operators. What RxPY's operators make checks the callbacks of its subscribers as well."""
            return checked(super().pipe(*operators))


class _Checked(Observable[T]):
    """What an operator of RxPY made; its subscribers may not be coroutine functions."""

    def __init__(self, source: Observable[T]) -> None:
        super().__init__()
        self._source = source

    def subscribe(
        self,
        on_next: abc.ObserverBase[T] | abc.OnNext[T] | None = None,
        on_error: abc.OnError | None = None,
        on_completed: abc.OnCompleted | None = None,
        *,
        scheduler: abc.SchedulerBase | None = None,
    ) -> abc.DisposableBase:
        check_callbacks(on_next, on_error, on_completed)
        return self._source.subscribe(on_next, on_error, on_completed, scheduler=scheduler)

    if not TYPE_CHECKING:

        def pipe(self, *operators: Callable[[Any], Any]) -> Any:
            return checked(super().pipe(*operators))


def checked(made: R) -> R:
    """Have an Observable of RxPY check the callbacks of its subscribers. Anything else is given back as it is."""
    return cast("R", _Checked(cast("Observable[Any]", made))) if type(made) is Observable else made


def check_callbacks(*callbacks: object) -> None:
    """Check that no callback is a coroutine function.

    Raises:
        TypeError: one is. Each call would make a coroutine, which nothing awaits.
    """
    for callback in callbacks:
        function = callback.func if isinstance(callback, partial) else callback
        if iscoroutinefunction(function) or iscoroutinefunction(getattr(function, "__call__", None)):  # noqa: B004
            name = getattr(function, "__qualname__", repr(function))
            raise TypeError(
                f"{name} is a coroutine function, and nothing would await it; "
                "iterate over rx_kucoin.aio.aiter_of(stream) with `async for`, or subscribe with a plain function"
            )


def map_unguarded(source: Observable[T], change: Callable[[T], R]) -> Observable[R]:
    """Emit what `change` makes of each value; an exception that it raises is the source's to handle."""
    return Unguarded(lambda sink, scheduler: attach(source, _Mapped(sink, change), scheduler))


class _Mapped(Generic[T, R]):
    """Passes on what is made of each value."""

    __slots__ = ("_change", "_sink")

    def __init__(self, sink: Sink[R], change: Callable[[T], R]) -> None:
        self._sink, self._change = sink, change

    def on_next(self, value: T) -> None:
        self._sink.on_next(self._change(value))

    def on_error(self, error: Exception) -> None:
        self._sink.on_error(error)

    def on_completed(self) -> None:
        self._sink.on_completed()


def attach(source: Observable[T], sink: Sink[T], scheduler: abc.SchedulerBase | None) -> abc.DisposableBase:
    """Subscribe, without a guard where the source needs none."""
    if isinstance(source, Unguarded):
        return source.attach(sink, scheduler)
    return source.subscribe(cast("abc.ObserverBase[T]", sink), scheduler=scheduler)
