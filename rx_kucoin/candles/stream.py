"""Candles that are over: the glue between a candle stream, what happens to its line, REST, and the clock."""

import math
from collections.abc import Callable
from functools import partial
from operator import attrgetter
from threading import RLock
from typing import Final

from reactivex import Observable, abc
from reactivex.disposable import CompositeDisposable, SerialDisposable, SingleAssignmentDisposable

from rx_kucoin.candles import rest as klines
from rx_kucoin.candles.closer import Ask, Bars
from rx_kucoin.candles.continuity import Liveness
from rx_kucoin.candles.intervals import Starts
from rx_kucoin.candles.rest import Bar
from rx_kucoin.connections.interfaces import Feed
from rx_kucoin.events import Event
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

    The first one is the one that is forming when this is subscribed to, or the first of which anything is known: of a
    symbol that never traded nothing is, not even a price. What the stream missed is asked for by REST. Where that fails
    as well, because the exchange is out of reach for long or has no such bars, they are told of as doubtful. An error
    of the stream itself (refused, given up) ends this one.

    Where nothing came on the topic after the end of a bar, the line is asked whether it is alive. Without an answer the
    bar waits for half a minute: as long as it takes until a dead line is known to be one.

    Args:
        feed: The engine.
        market: Where the symbol is traded.
        symbol: Whose bars.
        interval: How long each is.
        settle: Seconds to wait after the end of a bar for what comes late.

    Raises:
        ValueError: a malformed symbol, an interval that KuCoin does not have, or a negative wait.
    """
    topic = check_one(_PREFIXES[market], f"{symbol}_{interval}")
    klines.check_interval(market, interval)
    if not 0 <= settle < math.inf:
        raise ValueError(f"settle must be 0 seconds or more, and finite, not {settle}")

    def subscribe(
        observer: abc.ObserverBase[ClosedCandle], scheduler: abc.SchedulerBase | None = None
    ) -> abc.DisposableBase:
        del scheduler  # the feed has its own
        closing = _Closing(observer, feed, market, (symbol, interval), round(settle * _S))
        closing.begin(topic)
        return closing

    return Observable(subscribe)


class _Closing(abc.DisposableBase):
    """One subscription. Whatever happens is told to the machine under a lock; what follows is done outside of it."""

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
        self._bars = Bars(
            self._symbol, interval, self._now(), settle_ns=settle_ns, most=klines.at_once(market, interval)
        )
        self._live = Liveness("")
        self._knows_time = self._asks_time = self._is_over = False
        self._proof_until: int | None = None
        self._events, self._stream = SingleAssignmentDisposable(), SingleAssignmentDisposable()
        self._fetching, self._timing, self._proving = SerialDisposable(), SerialDisposable(), SerialDisposable()
        self._all = CompositeDisposable(self._events, self._stream, self._fetching, self._timing, self._proving)

    def begin(self, topic: str) -> None:
        """Listen."""
        self._live = Liveness(topic)
        self._events.disposable = self._feed.events_about(topic).subscribe(self._happened)
        self._stream.disposable = self._feed.stream(topic, typed=True).subscribe(
            self._heard, self._failed, self._completed
        )
        self._act(lambda _: None)

    def dispose(self) -> None:
        """Let go of everything."""
        with self._lock:
            self._is_over = True
        self._queue.close()
        self._timer.dispose()
        self._all.dispose()

    def _happened(self, event: Event) -> None:
        """Take an event, on any thread. No more is done here than must be; the clock goes on with it."""
        with self._lock:
            now = self._now()
            if self._live.event(event, now):
                self._knows_time = self._knows_time and self._live.since is not None
                self._proof_until = None
                when = now if self._knows_time else now + self._settle
                self._wake_at(when, now)

    def _heard(self, candle: object) -> None:
        if not isinstance(candle, Candle) or (bar := _bar(candle)) is None:
            return

        def hear(now: int) -> None:
            self._live.message(now)
            self._bars.heard(bar, now)
            self._knows_time = self._knows_time or bar.time_ns is not None

        self._act(hear)

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

    def _woken(self) -> None:
        with self._lock:
            self._wake = None
            if not self._knows_time and not self._asks_time:
                self._asks_time = True
                self._queue.put(self._ask_time)
        self._act(lambda _: None)

    def _act(self, change: Callable[[int], None]) -> None:
        with self._lock:
            if not self._is_over:
                now = self._now()
                change(now)
                self._go_on(now)
        self._queue.deliver()

    def _go_on(self, now: int) -> None:
        """See what follows. Under the lock."""
        if not self._knows_time:  # a message may tell it; if none does, soon, it is asked for
            if self._wake is None and not self._asks_time:
                self._wake_at(now + self._settle, now)
            return
        step = self._bars.step(now, self._live.since)
        for closed in step.closed:
            self._queue.put(partial(self._observer.on_next, closed))
        if step.ask is not None:
            self._queue.put(partial(self._ask, step.ask))
        if step.wants_proof and step.wake_ns != self._proof_until:
            self._proof_until = step.wake_ns
            self._queue.put(partial(self._prove, now))
        self._wake_at(step.wake_ns, now)

    def _wake_at(self, when: int | None, now: int) -> None:
        if when is None:
            if self._wake is not None:
                self._wake = None
                self._timer.cancel()
        elif self._wake is None or self._wake > when + _SLACK_NS:  # who is woken early looks again
            self._wake = when
            self._timer.set(max(0, when - now) / _S + _RESOLUTION, self._woken)

    def _ask(self, ask: Ask) -> None:
        path = klines.path(self._market, self._symbol, ask.interval, ask.since_ns, ask.until_ns)
        starts = Starts(ask.interval)
        if not ask.is_search:
            starts.learn(ask.since_ns)

        def read(data: bytes) -> Callable[[int], None]:
            bars = klines.read(self._market, ask.interval, data, starts.of)
            return partial(self._bars.answered, bars)

        self._fetch(self._fetching, path, read, self._bars.failed)

    def _ask_time(self) -> None:
        def read(data: bytes) -> Callable[[int], None]:
            return partial(known, klines.read_time(data))

        def known(theirs: int | None, now: int) -> None:
            self._knows_time, self._asks_time = True, False
            if theirs is not None:
                self._bars.calibrate(theirs, now)

        self._fetch(self._timing, klines.TIME, read, partial(known, None))

    def _prove(self, asked: int) -> None:
        def proved(_: int) -> None:
            if not self._live.is_handed_over:
                self._bars.proved(asked)

        proof = self._feed.barrier(self._live.topic)
        self._proving.disposable = proof.subscribe(on_error=lambda _: None, on_completed=lambda: self._act(proved))

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


def _bar(candle: Candle) -> Bar | None:
    figures = _FIGURES(candle)
    return None if None in figures[:-1] else Bar(*figures)


_PREFIXES: Final[dict[Market, str]] = {"spot": "/market/candles", "futures": "/contractMarket/limitCandle"}
_FIGURES: Final = attrgetter(*Bar._fields)
_S: Final = 1_000_000_000
_SLACK_NS: Final = 10_000_000
"""How much too late a timer may be: setting it costs more than all else that a push does."""
_RESOLUTION: Final = 1e-6
"""What a clock's time is rounded to; a timer must not come before its time."""
