"""Keyframes: where a replay of a book may begin. On request an open book is calibrated again in the background."""

from collections.abc import Callable
from operator import attrgetter
from typing import Final, Generic, Protocol, TypeVar

import reactivex
from reactivex import Observable, abc
from reactivex import operators as ops
from reactivex.disposable import CompositeDisposable, SerialDisposable, SingleAssignmentDisposable

from rx_kucoin.connections.interfaces import Feed
from rx_kucoin.errors import KuCoinError
from rx_kucoin.events import Event
from rx_kucoin.operators.internal.drain_queue import DrainQueue
from rx_kucoin.operators.internal.unguarded import Sink, Unguarded, attach
from rx_kucoin.protocol.limits import Market
from rx_kucoin.recording.hooks import RecordingHooks

__all__ = ["with_keyframes"]


class _Book(Protocol):
    @property
    def stale(self) -> bool: ...


B = TypeVar("B", bound=_Book)


def with_keyframes(
    feed: Feed, recorded: RecordingHooks, topic: str, make: Callable[[Feed], Observable[B]]
) -> Observable[B]:
    """Stream a book; at each keyframe calibrate another one in the background, until it has been live once.

    A replay that begins there has no book, and needs the snapshots that this one needed.

    Args:
        feed: The feed that the book is made from.
        recorded: The hooks that record snapshots and request keyframes.
        topic: The topic of the book's changes.
        make: Makes the stream of books from a feed.
    """

    def failed(error: Exception, _: Observable[B]) -> Observable[B]:
        text = f"a replay that begins here has no book of {topic}: {error}"
        recorded.fact("note", 0, topic, {"text": text})
        return reactivex.empty()

    def aside(_: object) -> Observable[B]:
        return make(_Background(feed, recorded)).pipe(ops.take_while(_is_stale, inclusive=True), ops.catch(failed))

    book, again = make(feed), reactivex.defer(aside)  # not before it is needed, as it would double the memory of a book

    def subscribe(sink: Sink[B], scheduler: abc.SchedulerBase | None) -> abc.DisposableBase:
        maker = _Maker(again, scheduler)
        asked = recorded.keyframes.subscribe(maker.ask)
        return CompositeDisposable(attach(book, sink, scheduler), asked, maker.current)

    return Unguarded(subscribe)


class _Maker(Generic[B]):
    """Makes one book at a time.

    A request that arrives while a book is being made is served by another one after it: its recording may have started
    too late for the first.
    """

    def __init__(self, again: Observable[B], scheduler: abc.SchedulerBase | None) -> None:
        self._again, self._scheduler = again, scheduler
        self._steps = DrainQueue()
        self._is_busy = self._is_asked = False  # touched only inside a step, so by one thread at a time
        self.current = SerialDisposable()

    def ask(self, _: None) -> None:
        """Make a book, or another one after that which is being made."""
        self._take(self._asked)

    def _shown(self, _: B | None = None) -> None:
        self._take(self._made)

    def _take(self, step: Callable[[], None]) -> None:
        self._steps.put(step)
        self._steps.deliver()

    def _asked(self) -> None:
        if self._is_busy:
            self._is_asked = True
        else:
            self._begin()

    def _made(self) -> None:
        self._is_busy = False
        if self._is_asked:
            self._begin()

    def _begin(self) -> None:
        self._is_busy, self._is_asked = True, False
        place = SingleAssignmentDisposable()
        self.current.disposable = place
        place.disposable = self._again.subscribe(self._shown, None, self._shown, scheduler=self._scheduler)


class _Background:
    """A feed for the book in the background: its events are those of the visible book, which reports them."""

    def __init__(self, feed: Feed, recorded: RecordingHooks) -> None:
        self._feed, self._recorded = feed, recorded
        self.context, self.clock, self.events_about = feed.context, feed.clock, feed.events_about
        self.stream, self.unlisted, self.barrier = feed.stream, feed.unlisted, feed.barrier

    def tell(self, event: Event) -> None:
        """Report nothing."""

    def fetch(
        self, market: Market, path: str, *, private: bool = False, retried: bool = True, in_background: bool = True
    ) -> Observable[bytes]:
        """Fetch in the background, as long as anything is recorded."""
        del in_background
        answer = self._feed.fetch(market, path, private=private, retried=retried, in_background=True)
        return reactivex.defer(lambda _: answer if self._recorded.is_active else reactivex.throw(_NOT_RECORDING))


_is_stale: Final = attrgetter("stale")
_NOT_RECORDING: Final = KuCoinError("the recording has ended")
