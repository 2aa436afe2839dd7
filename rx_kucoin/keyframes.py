"""Where a replay of a book may begin: whenever a recording asks for it, an open book is calibrated once more, aside."""

from collections.abc import Callable
from typing import Any

import reactivex
from reactivex import Observable, abc
from reactivex import operators as ops
from reactivex.disposable import CompositeDisposable

from rx_kucoin.events import Event
from rx_kucoin.feed import Feed
from rx_kucoin.operators._lean import Lean, Sink, attach
from rx_kucoin.protocol.limits import Market
from rx_kucoin.protocol.orderbook import OrderBook

__all__ = ["with_keyframes"]


def with_keyframes(feed: Feed, topic: str, make: Callable[[Feed], Observable[OrderBook]]) -> Observable[OrderBook]:
    """Stream the book that is made of a feed; at each keyframe make another one, until it has been shown.

    A replay that begins there stands where that one stood: it knows no book, and needs the same snapshots.
    """

    def failed(error: Exception, _: Observable[OrderBook]) -> Observable[OrderBook]:
        text = f"a replay that begins here has no book of {topic}: {error}"
        feed.terms.tap.fact("note", 0, topic, {"text": text})
        return reactivex.empty()

    book, again = make(feed), make(_Aside(feed)).pipe(ops.take(1), ops.catch(failed))
    keyframes = feed.terms.tap.keyframes.pipe(ops.map(lambda _: again), ops.exclusive())

    def subscribe(sink: Sink[OrderBook], scheduler: abc.SchedulerBase | None) -> abc.DisposableBase:
        return CompositeDisposable(attach(book, sink, scheduler), keyframes.subscribe(scheduler=scheduler))

    return Lean(subscribe)


class _Aside:
    """A feed for what is made beside that which is seen: the events are told by that one."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self.terms, self.clock, self.happenings = feed.terms, feed.clock, feed.happenings
        self.stream, self.unlisted, self.prove = feed.stream, feed.unlisted, feed.prove

    def tell(self, event: Event) -> None:
        """Tell nobody."""

    def fetch(self, market: Market, path: str, **how: Any) -> Observable[bytes]:
        """Ask for recordings only."""
        return self._feed.fetch(market, path, **how, aside=True)
