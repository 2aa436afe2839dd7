"""Unguarded Observables, whose observers need no guard around them, and how operators attach to them."""

from abc import abstractmethod
from collections.abc import Callable
from functools import partial
from inspect import iscoroutinefunction
from threading import RLock
from typing import TYPE_CHECKING, Any, Final, Generic, Protocol, TypeVar, cast

from reactivex import Observable, abc
from reactivex.scheduler import CurrentThreadScheduler

from rx_kucoin.operators.internal.forks import free_after_fork

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

_instant: Final = free_after_fork(RLock())
"""Guards the state of every object here for a few instructions; nothing is called or made under it, so it need not be
reentrant. One lock serves all, as a lock of its own would cost each object 90 bytes."""


class Ending(Protocol):
    """The part of an observer that is called at the end."""

    def on_error(self, error: Exception, /) -> None:
        """The source has failed."""

    def on_completed(self) -> None:
        """The source has completed."""


class Sink(Ending, Protocol[T_contra]):
    """An observer: RxPY's, or any class with these three methods."""

    def on_next(self, value: T_contra, /) -> None:
        """The source emits a value."""


class Once(abc.DisposableBase):
    """A disposable whose `_dispose`, which a subclass defines, is called once."""

    __slots__ = ("is_disposed",)

    def __init__(self) -> None:
        self.is_disposed = False

    def dispose(self) -> None:
        """Dispose, unless that was done."""
        with _instant:
            done, self.is_disposed = self.is_disposed, True
        if not done:
            self._dispose()

    @abstractmethod
    def _dispose(self) -> None:
        """Release what is held. Called once."""


class Holder(Once):
    """Holds one disposable, which is disposed of with it, or at once if the holder was disposed of before."""

    __slots__ = ("_held",)

    def __init__(self) -> None:
        super().__init__()
        self._held: abc.DisposableBase | None = None

    def hold(self, held: abc.DisposableBase) -> None:
        """Hold a disposable."""
        with _instant:
            late = self.is_disposed
            if not late:
                self._held = held
        if late:
            held.dispose()

    def replace(self, held: abc.DisposableBase) -> None:
        """Hold a disposable instead of the one before, which is disposed of."""
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
    """A guard as RxPY's, but small, and without a call of its own: its `on_next` is the subscriber's until the end.

    Therefore a source looks `on_next` up for each call and does not keep it.
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
        """End because subscribing raised. Returns False if it had ended before."""
        tell = self._stop()
        if tell is not None:
            tell(error)
        return tell is not None

    def _stop(self) -> abc.OnError | None:
        """Ignore what comes from now on. Returns the error handler the first time, then None."""
        with _instant:
            tell, self._on_error = self._on_error, None
            _, self.on_next = self.on_next, _nothing  # kept until the lock is free: a finaliser may dispose as well
        return tell

    def _dispose(self) -> None:
        self._stop()
        super()._dispose()


def _nothing(*_: object) -> None:
    """Ignore it."""


def raise_unhandled(error: Exception) -> None:
    """Raise an error that reached a subscriber without a handler, so that its source learns of it."""
    raise error


def labelled(source: Observable[T], label: str) -> Observable[T]:
    """Give an Observable of this package a `repr`."""
    vars(source)["label"] = label
    return source


class Unguarded(Observable[T]):
    """An Observable that the operators of this package attach to without a guard.

    RxPY puts a guard around each observer of each operator: 600 bytes, and a call for each value. The guard ignores
    what comes after the end and disposes of the source then, which one per chain can do. So an unguarded source may
    emit after its end, and a sink that is attached to it either ignores that or passes it to a sink that does. A
    subscriber that subscribes as usual gets a guard.
    """

    def __init__(self, attach: "Attach[T]") -> None:
        self._attach = attach  # not `super().__init__`, which makes a lock that few operators use

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
        """Subscribe as to any Observable, with a guard that takes a third of the memory of RxPY's, and no call.

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

        # A source that emits on the trampoline does so when the subscription is held.
        trampoline = CurrentThreadScheduler.singleton()
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
    """Map each value. An exception that `change` raises is raised to the source."""
    return Unguarded(lambda sink, scheduler: attach(source, _Mapped(sink, change), scheduler))


class _Mapped(Generic[T, R]):
    """The sink of a mapped source."""

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
    """Subscribe, without a guard if the source is unguarded."""
    if isinstance(source, Unguarded):
        return source.attach(sink, scheduler)
    return source.subscribe(cast("abc.ObserverBase[T]", sink), scheduler=scheduler)
