"""Streams of order books: made of level 2 changes and a REST snapshot, or of a channel that brings them whole."""

from collections.abc import Callable, Mapping
from functools import partial
from itertools import count
from operator import attrgetter
from typing import Any, Final, cast

import msgspec
import reactivex
from reactivex import Observable, abc
from reactivex import operators as ops

from rx_kucoin import events
from rx_kucoin.connections.interfaces import Feed
from rx_kucoin.connections.settings import patient
from rx_kucoin.errors import (
    ApiError,
    CalibrationFailed,
    Closed,
    KeyRefused,
    KuCoinError,
    Passing,
    UnexpectedAnswer,
    UnknownSymbol,
)
from rx_kucoin.events import Event
from rx_kucoin.operators import (
    Numbering,
    SnapshotPolicy,
    StateChecks,
    Uncalibrated,
    calibrate,
    growing_waits,
    mark_stale,
)
from rx_kucoin.orderbook import snapshots
from rx_kucoin.orderbook.book import OrderBook
from rx_kucoin.orderbook.snapshots import SnapshotEndpoint
from rx_kucoin.protocol.frames import excerpt
from rx_kucoin.protocol.messages.spot import Level2Change

__all__ = ["calibrated", "whole"]

_PATIENCE: Final = 2.0
"""Seconds without a change, after which a snapshot is emitted though no change has confirmed it."""

_HEALTHY_AFTER: Final = 60.0
"""Seconds that a book has to be right for the count of its snapshots to begin anew."""

_MOST_WAITING: Final = 10_000
"""Changes of a book that wait for a snapshot, at most: some minutes of a busy one, in 6 MiB."""


def calibrated(feed: Feed, topic: str, symbol: str, source: SnapshotEndpoint) -> Observable[OrderBook]:
    """Stream a book: what a snapshot holds, and every change since.

    Fails as the topic does, and with `CalibrationFailed` where no snapshot can be had, or none fits.
    """
    changes: Observable[Level2Change] = feed.stream(topic, typed=True)
    settings = feed.context.settings

    def live(book: OrderBook, attempts: int) -> None:
        feed.tell(events.BookLive(0, topic, book.sequence or 0, attempts))

    def went_stale(cause: Exception) -> None:
        feed.tell(events.BookStale(0, topic, str(_why(cause))))

    def gave_up(attempts: int, cause: Exception) -> Exception:
        sequences = (cause.before, cause.after) if isinstance(cause, Uncalibrated) else ()
        return CalibrationFailed(symbol, attempts, _why(cause), *sequences)

    return changes.pipe(
        calibrate(
            _snapshot(feed, symbol, source),
            _after,
            _NUMBERING,
            checks=_CHECKS_OF_ALL if source.deepest is None else _CHECKS_OF_BEST,
            policy=SnapshotPolicy(
                patience=_PATIENCE,
                max_attempts=settings.max_calibrations,
                delay=patient(growing_waits(0.5, cap=30.0, random=settings.random_of(topic))),
                retryable=lambda error: isinstance(error, Passing),
                healthy_after=_HEALTHY_AFTER,
                max_buffer=_MOST_WAITING,
                on_give_up=gave_up,
            ),
            doubts=_doubts(feed, topic),
            on_live=live,
            on_stale=went_stale,
            scheduler=feed.clock,
        )
    )


def whole(feed: Feed, topic: str, read: Callable[[Any], OrderBook]) -> Observable[OrderBook]:
    """Stream the books of a topic that brings them whole each time.

    A book that cannot be read is left out and reported; a crossed one cannot be right, and is marked as stale.
    """
    spoilt = count(1)

    def book(message: object) -> OrderBook | None:
        try:
            made = read(message)
        except ValueError as error:
            feed.tell(events.Malformed(0, str(error), excerpt(repr(message)), next(spoilt), topic))
            return None
        return _marked(made) if made.is_crossed else made

    books = feed.stream(topic, typed=True).pipe(ops.map(book), ops.filter(lambda book: book is not None))
    return cast("Observable[OrderBook]", books).pipe(mark_stale(_doubts(feed, topic), _marked))


def _snapshot(feed: Feed, symbol: str, source: SnapshotEndpoint) -> Observable[OrderBook]:
    def read(data: bytes) -> Observable[OrderBook]:
        try:
            return reactivex.just(snapshots.read(source, symbol, data))
        except ValueError as error:
            # Not raised: a traceback would keep the answer, which may repeat the signed request.
            return reactivex.throw(UnexpectedAnswer(str(error), _SIGNED if source.is_signed else excerpt(data)))

    def refused(error: Exception, _: Observable[OrderBook]) -> Observable[OrderBook]:
        if isinstance(error, Closed):
            return reactivex.never()  # the topic is about to complete, and so is the book
        if isinstance(error, Passing):
            return reactivex.throw(error)
        failed = CalibrationFailed(symbol, 1, error)
        if not isinstance(error, ApiError) or isinstance(error, KeyRefused):
            return reactivex.throw(failed)

        def known(unlisted: Mapping[str, str | None]) -> Observable[OrderBook]:
            return reactivex.throw(UnknownSymbol(symbol, unlisted[symbol]) if symbol in unlisted else failed)

        return feed.unlisted(source.market, [symbol]).pipe(ops.default_if_empty(_NOTHING), ops.flat_map(known))

    def ask(_: object) -> Observable[OrderBook]:
        answer = feed.fetch(source.market, source.of(symbol), private=source.is_signed, retried=False)
        return answer.pipe(ops.flat_map(read), ops.catch(refused))

    # Made anew for each request: RxPY's `flat_map` has one lock for all subscriptions, and holds it while it emits. A
    # forked child would find it held by a thread of its parent.
    return reactivex.defer(ask)


def _doubts(feed: Feed, topic: str) -> Observable[bool]:
    """Emit False when changes of a topic may be lost, because its connection was; True when its sequence began anew.

    While its line is unknown any connection counts: a book that went stale without need is live again with its next
    change, without a snapshot.
    """

    def subscribe(observer: abc.ObserverBase[bool], _: abc.SchedulerBase | None = None) -> abc.DisposableBase:
        def happened(event: Event) -> None:
            if isinstance(event, events.LineDown):
                observer.on_next(False)
            elif isinstance(event, events.SequenceReset):
                observer.on_next(True)

        return feed.events_about(topic).subscribe(happened)

    return Observable(subscribe)


def _why(cause: Exception) -> Exception:
    if isinstance(cause, Uncalibrated) and cause.reason == "unsound":
        return KuCoinError(f"a bid meets an ask, or a change makes no sense, at sequence {cause.after}")
    return cause


# How `calibrate` reads a book, and the changes of one.


def _after(book: OrderBook, change: Level2Change) -> OrderBook:
    if book is _SPOILT:
        return book
    try:
        made = book.after(change)
    except ValueError:
        return _SPOILT
    if made.known_from is None and made.known_to is None:
        return made
    is_spent = (made.known_from is not None and not made.bids) or (made.known_to is not None and not made.asks)
    return _marked(made) if is_spent else made


def _is_sound(book: OrderBook) -> bool:
    """As `not book.is_crossed`, without the call of a property: this is asked after each change."""
    bid, ask = book.bids.best, book.asks.best
    return book is not _SPOILT and (bid is None or ask is None or bid.price < ask.price)


def _is_thin(book: OrderBook) -> bool:
    fewest = (book.depth or 0) // 2
    return (book.known_from is not None and len(book.bids) < fewest) or (
        book.known_to is not None and len(book.asks) < fewest
    )


def _first(change: Level2Change) -> int:
    """Return the first number. A range without one counts as a single number; if it was more, that shows as a gap."""
    start = change.sequence_start
    return _last(change) if start is None else start


def _last(change: Level2Change) -> int:
    """Return the last number. A change without numbers counts as old; if it was not, the next one shows a gap."""
    end = change.sequence_end
    return -1 if end is None else end


_SPOILT: Final = OrderBook()
"""The result of a change that cannot be applied."""
_NOTHING: Final[Mapping[str, str | None]] = {}
_SIGNED: Final = "what is not shown, for it may repeat what was signed"
_position: Final = attrgetter("sequence")
_marked: Final = partial(msgspec.structs.replace, stale=True)

_NUMBERING: Final = Numbering(position=_position, first=_first, last=_last)
_CHECKS_OF_ALL: Final = StateChecks(stale=_marked, is_sound=_is_sound)
"""For books that know all levels."""
_CHECKS_OF_BEST: Final = StateChecks(stale=_marked, is_sound=_is_sound, is_thin=_is_thin)
"""For books that know the best levels, as many as a snapshot has."""
