"""Multicast: one source, many observers, none of which can hurt another one."""

import logging
from collections.abc import Callable, Generator
from contextlib import contextmanager
from threading import RLock, current_thread, local, main_thread
from typing import Final, Generic, TypeVar

from reactivex import abc
from reactivex.disposable import Disposable
from reactivex.internal.basic import default_error

from rx_kucoin.operators.internal.forks import free_after_fork
from rx_kucoin.operators.internal.unguarded import Once, Sink, Unguarded, raise_unhandled

__all__ = ["Hub", "Multicast", "is_interrupt", "log_unhandled", "unhandled_to"]

T = TypeVar("T")

_log = logging.getLogger("rx_kucoin")
_instant: Final = free_after_fork(RLock())
"""Guards the observers of every multicast while they are replaced, and nothing else: see `Multicast._replace`."""

_DEFAULT_HANDLERS: Final = (default_error.__code__, raise_unhandled.__code__)
"""What raises an error that reaches a subscriber without `on_error`: in RxPY, and here."""
_SAME: Final = 3
"""Streams that end with the very same error, of which the log names each; many may hang on one line."""
_MARK: Final = "_unhandled"
"""The attribute of an error that tells it from others."""


class _Repeats:
    """How often the latest unhandled error was logged. Threads that meet here may log a stream too many: no harm.

    The error is known by a mark that it carries. A reference to it would keep its traceback, and with that whatever the
    frames of the subscriber hold.
    """

    mark = object()
    times = 0


_collecting: Final = local()


@contextmanager
def unhandled_to(take: Callable[[BaseException], object]) -> Generator[None]:
    """Give errors that no handler takes on this thread meanwhile to a function; they are logged as well."""
    before, _collecting.take = getattr(_collecting, "take", None), take
    try:
        yield
    finally:
        _collecting.take = before


def log_unhandled(stream: str, error: BaseException) -> None:
    """Log an error that no handler took, with its traceback, as Python does for an exception of a thread.

    Args:
        stream: What the subscriber subscribed to.
        error: What it raised, or what its stream ended with.
    """
    take: Callable[[BaseException], object] | None = getattr(_collecting, "take", None)
    if take is not None:
        take(error)
    if vars(error).get(_MARK) is not _Repeats.mark:
        vars(error)[_MARK] = _Repeats.mark = object()
        _Repeats.times = 0
    _Repeats.times += 1
    text = "%s: %r was not handled, and ended its subscriber; handle it, or pass on_error=... to subscribe()"
    facts = {"stream": stream}
    if _Repeats.times == 1:
        _log.error(text, stream, error, exc_info=error, extra=facts)
    elif _Repeats.times <= _SAME:
        _log.error(text, stream, error, extra=facts)
    elif _Repeats.times == _SAME + 1:
        _log.error("%s: the same; further streams that end with this error are not logged", stream, extra=facts)


def _passed_default_handler(error: BaseException) -> bool:
    """Whether an exception was raised because a subscriber gave no handler.

    `ops.map` and its like catch what their functions raise and end the subscriber with it, so that it has ended by now.
    """
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code in _DEFAULT_HANDLERS:
            return True
        trace = trace.tb_next
    return False


def is_interrupt(error: BaseException) -> bool:
    """Whether an exception is Ctrl-C, meant for the program, and not something that a subscriber raised by itself.

    Python raises it in the main thread alone, wherever that is. On any other thread, and of any other kind
    (`GeneratorExit`, `asyncio.CancelledError` ...), it is the subscriber's own, and ends it alone.
    """
    return isinstance(error, KeyboardInterrupt) and current_thread() is main_thread()


class Multicast(Generic[T]):
    """A set of observers that are given the same calls, in the order in which they were added.

    With RxPY's `Subject` an observer's exception reaches the producer, and the later observers miss the item. Here the
    observer that raised is ended, with `on_error`, and `on_failure` is called; the others do not notice. What its
    `on_error` does not handle is logged.
    """

    # Passing a value on takes no lock. The observers are in a tuple, which is replaced and never changed: `on_next`
    # reads the attribute once and goes through the tuple that it found, whatever is added or removed meanwhile. An
    # observer that leaves may therefore be given a value that was being passed on at that moment.

    __slots__ = ("_ending", "_observers", "_on_failure")

    def __init__(self, on_failure: Callable[[BaseException], None] | None = None) -> None:
        self._observers: tuple[Sink[T], ...] = ()
        self._ending: Callable[[Sink[T]], None] | None = None  # set once, under the lock; then nothing is added
        self._on_failure = on_failure

    def __len__(self) -> int:
        return len(self._observers)

    def __bool__(self) -> bool:
        return True

    def add(self, observer: Sink[T]) -> abc.DisposableBase:
        """Add an observer. No guard is put around it, so it must ignore what comes after its end."""
        while (ending := self._ending) is None:
            known = self._observers
            if self._replace(known, (*known, observer)):
                return _Membership(self, observer)
        ending(observer)
        return Disposable()

    def on_next(self, value: T) -> None:
        """Pass a value to all observers."""
        for observer in self._observers:
            try:
                on_next = observer.on_next  # apart from the call: where it is no method, Python 3.11 is quicker so
                on_next(value)
            except BaseException as error:  # whatever the callback raises
                if is_interrupt(error):
                    raise
                self.fail(observer, error)

    def on_error(self, error: Exception) -> None:
        """End all observers with an error, and any that is added later."""
        self._end(lambda observer: observer.on_error(error))

    def on_completed(self) -> None:
        """Complete all observers, and any that is added later."""
        self._end(lambda observer: observer.on_completed())

    def fail(self, observer: Sink[T], error: BaseException) -> None:
        """End one observer that raised."""
        self.leave(observer)
        is_unhandled = _passed_default_handler(error)
        ending = error if isinstance(error, Exception) else RuntimeError(repr(error))
        try:
            observer.on_error(ending)
        except BaseException as raised:
            if is_interrupt(raised):
                raise
            # Without a handler RxPY raises what it was given; anything else is what the handler itself raised.
            if raised is not ending:
                self._report(raised, is_unhandled=True)
            is_unhandled = is_unhandled or raised is ending
        self._report(error, is_unhandled=is_unhandled)

    @property
    def name(self) -> str:
        """What the log calls it."""
        return "a stream"

    def forget(self) -> None:
        """Drop all observers without a call, in a forked child: they are the parent's."""
        self._observers = ()

    def leave(self, observer: Sink[T]) -> None:
        """Remove an observer."""
        while self._ending is None:
            known = self._observers
            if self._replace(known, tuple([other for other in known if other is not observer])):
                break

    def _replace(self, known: tuple[Sink[T], ...], observers: tuple[Sink[T], ...]) -> bool:
        """Replace the observers if they are still the known ones; if not, the caller tries again.

        The new tuple is made before the lock is taken and the old one dropped after it was released. So the garbage
        collector cannot run under the lock, nor a finaliser that removes an observer, and the lock need not be
        reentrant. It is held for a few instructions, so one serves all.
        """
        with _instant:
            same = self._observers is known and self._ending is None
            if same:
                self._observers = observers
        return same

    def _end(self, ending: Callable[[Sink[T]], None]) -> None:
        with _instant:
            if self._ending is not None:
                return
            self._ending = ending
            observers, self._observers = self._observers, ()
        for observer in observers:
            try:
                ending(observer)
            except BaseException as error:  # of a handler, or the error itself where there is no handler
                if is_interrupt(error):
                    raise
                self._report(error, is_unhandled=True)

    def _report(self, error: BaseException, *, is_unhandled: bool) -> None:
        if is_unhandled:
            log_unhandled(self.name, error)
        if self._on_failure is not None:
            self._on_failure(error)


class _Membership(Once, Generic[T]):
    """Removes an observer when it is disposed of."""

    __slots__ = ("_multicast", "_observer")

    def __init__(self, multicast: Multicast[T], observer: Sink[T]) -> None:
        super().__init__()
        self._multicast, self._observer = multicast, observer

    def _dispose(self) -> None:
        self._multicast.leave(self._observer)


class Hub(Multicast[T], Unguarded[T]):
    """A hot Observable that is also an observer. If several threads write to it, put `serialize` behind it.

    Unlike RxPY's `Subject` it takes no lock to pass a value on, and an observer that raises is ended alone.
    """

    def attach(self, sink: Sink[T], scheduler: abc.SchedulerBase | None) -> abc.DisposableBase:
        """Subscribe without a guard."""
        del scheduler  # nothing here waits
        return self.add(sink)
