"""Where a replay of a book may begin: whenever a recording asks for it, an open book is calibrated once more, aside."""

import threading
from collections.abc import Callable
from operator import attrgetter
from typing import Any, Final

import reactivex
from reactivex import Observable, abc
from reactivex import operators as ops
from reactivex.disposable import CompositeDisposable, SerialDisposable, SingleAssignmentDisposable

from rx_kucoin.connections.interfaces import Feed
from rx_kucoin.errors import KuCoinError
from rx_kucoin.events import Event
from rx_kucoin.operators.internal.unguarded import Sink, Unguarded, attach
from rx_kucoin.orderbook.book import OrderBook
from rx_kucoin.protocol.limits import Market

__all__ = ["with_keyframes"]


def with_keyframes(feed: Feed, topic: str, make: Callable[[Feed], Observable[OrderBook]]) -> Observable[OrderBook]:
    """Stream the book that is made of a feed; at each keyframe make another one, until it has been right.

    A replay that begins there stands where that one stood: it knows no book, and needs the same snapshots.
    """

    def failed(error: Exception, _: Observable[OrderBook]) -> Observable[OrderBook]:
        text = f"a replay that begins here has no book of {topic}: {error}"
        feed.terms.tap.fact("note", 0, topic, {"text": text})
        return reactivex.empty()

    def aside(_: object) -> Observable[OrderBook]:
        return make(_Aside(feed)).pipe(ops.take_while(_is_stale, inclusive=True), ops.catch(failed))

    book, again = make(feed), reactivex.defer(aside)  # not before it is needed: that would double what a book takes up

    def subscribe(sink: Sink[OrderBook], scheduler: abc.SchedulerBase | None) -> abc.DisposableBase:
        maker = _Maker(again, scheduler)
        asked = feed.terms.tap.keyframes.subscribe(maker.ask)
        return CompositeDisposable(attach(book, sink, scheduler), asked, maker.current)

    return Unguarded(subscribe)


class _Maker:
    """Makes one book at a time. Whoever asks before it is shown has another one made after it: his may begin later."""

    def __init__(self, again: Observable[OrderBook], scheduler: abc.SchedulerBase | None) -> None:
        self._again, self._scheduler = again, scheduler
        self._lock = threading.Lock()
        self._is_busy = self._is_asked = False
        self.current = SerialDisposable()

    def ask(self, _: None) -> None:
        """Make one, or another one after that which is not shown yet."""
        with self._lock:
            self._is_asked = self._is_busy
            begins, self._is_busy = not self._is_busy, True
        if begins:
            self._begin()

    def _begin(self) -> None:
        place = SingleAssignmentDisposable()
        self.current.disposable = place
        place.disposable = self._again.subscribe(self._shown, None, self._shown, scheduler=self._scheduler)

    def _shown(self, _: OrderBook | None = None) -> None:
        with self._lock:
            self._is_busy, self._is_asked = self._is_asked, False
            begins = self._is_busy
        if begins:
            self._begin()


class _Aside:
    """A feed for what is made beside that which is seen: the events are told by that one."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self.terms, self.clock, self.happenings = feed.terms, feed.clock, feed.happenings
        self.stream, self.unlisted, self.prove = feed.stream, feed.unlisted, feed.prove

    def tell(self, event: Event) -> None:
        """Tell nobody."""

    def fetch(self, market: Market, path: str, **how: Any) -> Observable[bytes]:
        """Ask for recordings only, while there are any."""
        answer = self._feed.fetch(market, path, **how, aside=True)
        return reactivex.defer(lambda _: answer if self.terms.tap.heads else reactivex.throw(_UNHEARD))


_is_stale: Final = attrgetter("stale")
_UNHEARD: Final = KuCoinError("nobody records any more")
