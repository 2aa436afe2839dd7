"""Closed candles: connects the state machine to a candle stream, events, REST and the clock."""

import math
from collections.abc import Callable
from functools import partial
from operator import attrgetter
from threading import RLock
from typing import Final

from reactivex import Observable, abc
from reactivex.disposable import CompositeDisposable, SerialDisposable, SingleAssignmentDisposable

from rx_kucoin.candles import rest
from rx_kucoin.candles.closer import BarCloser, BarsRequest
from rx_kucoin.candles.continuity import Continuity
from rx_kucoin.candles.intervals import Starts
from rx_kucoin.candles.rest import CandleBar
from rx_kucoin.connections.interfaces import Feed
from rx_kucoin.events import CandleCorrected, Event
from rx_kucoin.operators.internal.clocks import wall_of
from rx_kucoin.operators.internal.drain_queue import DrainQueue
from rx_kucoin.operators.internal.timers import Timer
from rx_kucoin.protocol.limits import Market
from rx_kucoin.protocol.messages.closed import ClosedCandle
from rx_kucoin.protocol.messages.spot import Candle
from rx_kucoin.protocol.validation import check_one

__all__ = ["closed_candles"]


def closed_candles(
    feed: Feed, market: Market, symbol: str, interval: str = "1min", *, settle: float = 3.0
) -> Observable[ClosedCandle]:
    """Stream each bar of a symbol once, when it is final, in order.

    The first bar is the one in progress at the subscription, or the first one with a price: a symbol that never traded
    has none. Bars that the stream missed are requested by REST. If that fails too, because the exchange is unreachable
    for long or has no such bars, they are emitted as doubtful. An error of the stream itself (refused, given up) ends
    this one.

    If there is no message after the end of a bar, a ping checks that the connection is alive. Without an answer the bar
    is held back for half a minute, after which a dead connection would have been noticed.

    Args:
        feed: The engine.
        market: The symbol's market.
        symbol: The symbol.
        interval: The interval.
        settle: Seconds to wait after the end of a bar for late messages.

    Raises:
        ValueError: The symbol is malformed, KuCoin does not have the interval, or the wait is negative.
    """
    topic = check_one(_PREFIXES[market], f"{symbol}_{interval}")
    rest.check_interval(market, interval)
    if not 0 <= settle < math.inf:
        raise ValueError(f"settle must be 0 seconds or more, and finite, not {settle}")

    def subscribe(
        observer: abc.ObserverBase[ClosedCandle], scheduler: abc.SchedulerBase | None = None
    ) -> abc.DisposableBase:
        del scheduler  # the feed has a clock of its own
        closing = _ClosedCandles(observer, feed, market, (symbol, interval), round(settle * _S))
        closing.begin(topic)
        return closing

    return Observable(subscribe)


class _ClosedCandles(abc.DisposableBase):
    """One subscription. The lock guards the state machine; its actions are queued under it and run outside of it."""

    def __init__(
        self,
        observer: abc.ObserverBase[ClosedCandle],
        feed: Feed,
        market: Market,
        what: tuple[str, str],
        settle_ns: int,
    ) -> None:
        self._observer, self._feed, self._settle = observer, feed, settle_ns
        self._market: Market = market
        self._symbol, interval = what
        self._lock = RLock()
        self._queue = DrainQueue()
        self._now, self._timer = wall_of(feed.clock), Timer(feed.clock)
        self._wake: int | None = None
        self._bars = BarCloser(
            self._symbol, interval, self._now(), settle_ns=settle_ns, most=rest.at_once(market, interval)
        )
        self._topic = ""
        self._continuity = Continuity("")
        self._knows_time = self._requests_time = self._is_over = False
        self._barrier_until: int | None = None
        self._events, self._stream = SingleAssignmentDisposable(), SingleAssignmentDisposable()
        self._fetching, self._timing, self._barrier = SerialDisposable(), SerialDisposable(), SerialDisposable()
        self._all = CompositeDisposable(self._events, self._stream, self._fetching, self._timing, self._barrier)

    def begin(self, topic: str) -> None:
        """Subscribe to events and messages."""
        self._topic = topic
        self._continuity = Continuity(topic)
        self._events.disposable = self._feed.events_about(topic).subscribe(self._on_event)
        self._stream.disposable = self._feed.stream(topic, typed=True).subscribe(
            self._on_candle, self._failed, self._completed
        )
        self._act(lambda _: None)

    def dispose(self) -> None:
        """Stop."""
        with self._lock:
            self._is_over = True
        self._queue.close()
        self._timer.dispose()
        self._all.dispose()

    def _on_event(self, event: Event) -> None:
        """Handle an event, on any thread. The rest is left to the clock's thread, to keep this short."""
        with self._lock:
            now = self._now()
            if self._continuity.event(event, now):
                self._knows_time = self._knows_time and self._continuity.since is not None
                self._barrier_until = None
                when = now if self._knows_time else now + self._settle
                self._wake_at(when, now)

    def _on_candle(self, candle: object) -> None:
        if not isinstance(candle, Candle) or (bar := _bar(candle)) is None:
            return

        def add(now: int) -> None:
            self._continuity.message(now)
            if (correction := self._bars.add(bar, now)) is not None:
                self._queue.put(partial(self._feed.tell, CandleCorrected(0, self._topic, *correction)))
            self._knows_time = self._knows_time or (bar.time_ns is not None and self._bars.offset.is_known)

        self._act(add)

    def _failed(self, error: Exception) -> None:
        self._end(partial(self._observer.on_error, error))

    def _completed(self) -> None:
        self._end(self._observer.on_completed)

    def _end(self, last_word: Callable[[], None]) -> None:
        with self._lock:
            if self._is_over:
                return
            self._is_over = True
            self._queue.put(last_word)
        self._timer.dispose()
        self._queue.deliver()

    def _on_timer(self) -> None:
        with self._lock:
            self._wake = None
            if not self._knows_time and not self._requests_time:
                self._requests_time = True
                self._queue.put(self._request_time)
        self._act(lambda _: None)

    def _act(self, change: Callable[[int], None]) -> None:
        with self._lock:
            if not self._is_over:
                now = self._now()
                change(now)
                self._go_on(now)
        self._queue.deliver()

    def _go_on(self, now: int) -> None:
        """Queue the next actions. Called under the lock."""
        if not self._knows_time:  # a message may carry it; if none does soon, it is requested
            if self._wake is None and not self._requests_time:
                self._wake_at(now + self._settle, now)
            return
        step = self._bars.step(now, self._continuity.since)
        for closed in step.closed:
            self._queue.put(partial(self._observer.on_next, closed))
        if step.request is not None:
            self._queue.put(partial(self._send_request, step.request))
        if step.wants_barrier and step.wake_ns != self._barrier_until:
            self._barrier_until = step.wake_ns
            self._queue.put(partial(self._request_barrier, now))
        self._wake_at(step.wake_ns, now)

    def _wake_at(self, when: int | None, now: int) -> None:
        if when is None:
            if self._wake is not None:
                self._wake = None
                self._timer.cancel()
        elif self._wake is None or self._wake > when + _SLACK_NS:  # an early timer only checks again
            self._wake = when
            self._timer.set(max(0, when - now) / _S + _RESOLUTION, self._on_timer)

    def _send_request(self, request: BarsRequest) -> None:
        path = rest.path(self._market, self._symbol, request.interval, request.since_ns, request.until_ns)
        starts = Starts(request.interval)
        if not request.is_search:
            starts.learn(request.since_ns)

        def read(data: bytes) -> Callable[[int], None]:
            bars = rest.read(self._market, request.interval, data, starts.of)
            return partial(self._bars.answered, bars)

        self._fetch(self._fetching, path, read, self._bars.failed)

    def _request_time(self) -> None:
        def read(data: bytes) -> Callable[[int], None]:
            return partial(known, rest.read_time(data))

        def known(theirs: int | None, now: int) -> None:
            self._knows_time, self._requests_time = True, False
            if theirs is not None:
                self._bars.calibrate(theirs, now)

        self._fetch(self._timing, rest.TIME, read, partial(known, None))

    def _request_barrier(self, asked: int) -> None:
        def confirmed(_: int) -> None:
            if not self._continuity.is_handed_over:
                self._bars.confirm_until(asked)

        barrier = self._feed.barrier(self._continuity.topic)
        self._barrier.disposable = barrier.subscribe(on_error=lambda _: None, on_completed=lambda: self._act(confirmed))

    def _fetch(
        self,
        place: SerialDisposable,
        path: str,
        read: Callable[[bytes], Callable[[int], None]],
        failed: Callable[[int], None],
    ) -> None:
        def answered(data: bytes) -> None:
            try:
                change = read(data)
            except ValueError:
                change = failed
            self._act(change)

        place.disposable = self._feed.fetch(self._market, path).subscribe(answered, lambda _: self._act(failed))


def _bar(candle: Candle) -> CandleBar | None:
    figures = _FIGURES(candle)
    return None if None in figures[:-1] else CandleBar(*figures)


_PREFIXES: Final[dict[Market, str]] = {"spot": "/market/candles", "futures": "/contractMarket/limitCandle"}
_FIGURES: Final = attrgetter(*CandleBar._fields)
_S: Final = 1_000_000_000
_SLACK_NS: Final = 10_000_000
"""Tolerated delay of a timer: setting one costs more than all else that is done for a message."""
_RESOLUTION: Final = 1e-6
"""Rounding of a clock's time; a timer must not run early."""
