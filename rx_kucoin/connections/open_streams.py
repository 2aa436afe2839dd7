"""The streams that somebody listens to, which all complete when all is closed."""

import logging
import threading
from typing import Any, Final, TypeVar

from reactivex import Observable, abc

from rx_kucoin.errors import Closed
from rx_kucoin.operators.internal.forks import free_after_fork, watch_forks
from rx_kucoin.operators.internal.multicast import is_interrupt, log_unhandled
from rx_kucoin.operators.internal.unguarded import Holder, Sink, Unguarded, attach

__all__ = ["OpenStreams"]

T = TypeVar("T")

_log = logging.getLogger("rx_kucoin")
_FORKED: Final = (
    "this process was forked from one whose open streams (%d) go on there, and bring nothing here; "
    "subscribe again in this process"
)


class OpenStreams:
    """Which streams are open, and whether any more may be opened."""

    def __init__(self) -> None:
        self.is_shut = False
        """Whether no more may be opened. It is set under the lock, once, and read without."""
        self._lock = free_after_fork(threading.RLock())
        self._open: dict[_Open, None] = {}
        watch_forks(self)

    def __repr__(self) -> str:
        return f"<OpenStreams {len(self)}>"

    def __len__(self) -> int:
        return len(self._open)

    def after_fork(self) -> None:
        """Forget the streams of the parent. What was shut stays shut."""
        if self._open:
            _log.warning(_FORKED, len(self._open), extra={"streams": len(self._open)})
        self._open = {}

    def until_closed(self, source: Observable[T]) -> Observable[T]:
        """Relay a source, and complete when all is closed; who subscribes after that gets `Closed`."""

        def begin(sink: Sink[T], scheduler: abc.SchedulerBase | None) -> abc.DisposableBase:
            open_ = _Open(self._open, sink)
            with self._lock:
                is_shut = self.is_shut
                if not is_shut:
                    self._open[open_] = None
            if is_shut:
                sink.on_error(Closed())
                return open_
            try:
                open_.hold(attach(source, sink, scheduler))
            except BaseException:
                open_.dispose()
                raise
            return open_

        return Unguarded(begin)

    def shut(self) -> bool:
        """Let nobody open any more. False: somebody has done that before."""
        with self._lock:
            was_open, self.is_shut = not self.is_shut, True
            return was_open

    def complete(self) -> None:
        """Complete what is open."""
        for open_ in tuple(self._open):
            open_.complete()


class _Open(Holder):
    """A stream that has a subscriber."""

    __slots__ = ("_others", "_sink")

    def __init__(self, others: dict["_Open", None], sink: Sink[Any]) -> None:
        super().__init__()
        self._others, self._sink = others, sink

    def complete(self) -> None:
        """The client closes. An exception of one subscriber does not keep the others open."""
        try:
            self._sink.on_completed()
        except BaseException as error:
            if is_interrupt(error):
                raise
            log_unhandled("a stream that completed as the client closed", error)

    def _dispose(self) -> None:
        self._others.pop(self, None)
        super()._dispose()
