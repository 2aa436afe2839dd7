"""The state machine that decides when a bar is closed, if the stream had all of it, and what to request by REST.

Two clocks: starts are the exchange's, in ns since 1970; whatever is called `now`, `since` or `at` is ours.
"""

from decimal import Decimal
from typing import Final, NamedTuple

from rx_kucoin.candles.intervals import LENGTHS_NS, Starts
from rx_kucoin.candles.rest import CandleBar
from rx_kucoin.candles.seen import SeenBars
from rx_kucoin.protocol.messages.closed import ClosedCandle, Origin

__all__ = ["SILENCE_NS", "BarCloser", "BarsRequest", "ClockOffset", "Correction", "Step"]

_S: Final = 1_000_000_000
SILENCE_NS: Final = 30 * _S
"""Time after which a dead connection is noticed: KuCoin requires a ping every 18 s, and a pong within 10 s."""
_RETRY_NS: Final = 60 * _S
"""Time between two searches for the close before the first bar."""
_STALE_NS: Final = 10 * _S
"""Time to wait for a REST host that is behind the stream."""
_NEVER: Final = -(1 << 63)
_LONGER: Final = ("1hour", "1day", "1week")
_DRIFT: Final = 10_000
"""Two clocks drift apart by less than one part in this many."""
_CREDIBLE_NS: Final = 60 * _S
"""How far the exchange's clock may be off ours by what one message says."""
_KEPT: Final = 5
"""Closed bars that are remembered for what comes after their end."""


class ClockOffset:
    """A lower bound of how far the exchange's clock is ahead of ours, from the times in its messages.

    A message arrives after the time that it carries, so the exchange's clock is ahead by at least the difference. The
    largest difference so far is the best bound; it decreases as slowly as clocks drift apart. The error is on the safe
    side: waiting for a time of the exchange takes too long, by the latency of the fastest message.

    One message may carry an odd time, so no message raises the bound alone: of two in a row the smaller difference
    counts. The first one is believed if it is within a minute of our clock, until the second one comes; if it is not,
    our clock may be wrong, and the second one has to agree.
    """

    def __init__(self) -> None:
        self.ns = 0
        """The bound in nanoseconds; 0 before the first sample."""
        self._at: int | None = None
        self._last: int | None = None
        """The difference of the message before."""
        self._is_provisional = False
        """Whether the bound is that of a single message."""

    @property
    def is_known(self) -> bool:
        """Whether there is a bound."""
        return self._at is not None

    def sample(self, theirs_ns: int, ours_ns: int, *, is_sure: bool = False) -> None:
        """Add a time of the exchange, and our time when it arrived. `is_sure`: it is no message's, and believed."""
        ahead = theirs_ns - ours_ns
        last, self._last = self._last, ahead
        if self._at is not None:
            bound = self.ns - max(0, ours_ns - self._at) // _DRIFT
            if self._is_provisional and not is_sure and abs(ahead - self.ns) <= _CREDIBLE_NS:
                bound = min(self.ns, ahead)
                self._is_provisional = False
            ahead = max(bound, ahead if is_sure or last is None else min(ahead, last))
        elif is_sure or abs(ahead) <= _CREDIBLE_NS:
            self._is_provisional = not is_sure
        elif last is not None and abs(ahead - last) <= _CREDIBLE_NS:
            ahead = min(ahead, last)
        else:
            return
        self.ns, self._at = ahead, ours_ns


class Correction(NamedTuple):
    """What a message says of a bar that was emitted as closed: each figure that differs, and how, in words."""

    start_ns: int
    changes: str


class BarsRequest(NamedTuple):
    """A REST request for the bars of an interval that start at or after `since_ns` and before `until_ns`."""

    interval: str
    since_ns: int
    until_ns: int
    is_search: bool
    """Whether it looks for earlier bars: where bars start, and the last close."""


class Step(NamedTuple):
    """The next actions."""

    closed: list[ClosedCandle]
    request: BarsRequest | None
    """To be answered by `answered` or `failed`; there is no other request until then."""
    wake_ns: int | None
    """The time at which `step` has to be called again without any other input."""
    wants_barrier: bool
    """Whether a barrier would help: to know that all messages sent until now have arrived."""


class _Known(NamedTuple):
    origin: Origin
    bar: CandleBar | None
    """`None`: there was no trade."""


class BarCloser:
    """The bars of one symbol and interval, from the one in progress at `now` on.

    There are four cases for a bar that has ended:

    1. The stream had no break from the last message of the bar (or from its start, if there was none) to its end, and
       a later message, a barrier, or the time after which a dead connection is noticed proves that none is missing:
       the bar of the stream is final, or there was no trade.
    2. Otherwise REST is asked. Its bar is final, unless the stream has seen more volume: then REST is behind.
    3. REST stays behind after a second request: the stream's bar is doubtful.
    4. REST fails: whatever the stream has seen is doubtful.
    """

    def __init__(self, symbol: str, interval: str, now: int, *, settle_ns: int, most: int) -> None:
        self.offset = ClockOffset()
        self._symbol, self._interval, self._settle, self._most = symbol, interval, settle_ns, most
        self._starts = Starts(interval)
        self._began = now
        self._next: int | None = None
        """Start of the bar to close next."""
        self._close: ClosedCandle | CandleBar | None = None
        """The last bar before that, whose close is the price of a bar without a trade."""
        self._has_emitted = False
        self._emitted: dict[int, ClosedCandle] = {}
        """The last few, as the stream has them now."""
        self._seen = SeenBars()
        self._rest_bars: dict[int, CandleBar | None] = {}
        self._pending: BarsRequest | None = None
        self._doubtful_until = self._retry_at = self._stale_until = _NEVER
        self._stale = _NEVER
        length = LENGTHS_NS[interval]
        self._searches = [interval, *(longer for longer in _LONGER if LENGTHS_NS[longer] > length)]
        """Intervals in which the last close is still to be searched for."""
        self._since: int | None = None
        self._wants_barrier = False
        self._searched: int | None = None
        self._find_first()

    def __repr__(self) -> str:
        return f"<Bars {self._symbol} {self._interval} | next {self._next}>"

    def add(self, bar: CandleBar, now: int) -> Correction | None:
        """Add the latest state of a bar from the stream. Calls are in the order of the messages.

        Returns how a bar that was emitted as closed differs from it.
        """
        if bar.time_ns is not None and bar.time_ns >= bar.start_ns:
            self._sample(bar.time_ns, now, is_sure=False)
        if self.offset.is_known and bar.start_ns > now + self.offset.ns + _CREDIBLE_NS:
            return None  # it has not begun
        self._starts.learn(bar.start_ns)
        start = self._find_first().of(bar.start_ns)
        if self._next is not None and start >= self._next:
            self._seen.add(start, bar, now)
            return None
        self._seen.touch(start, now)
        if not self._has_emitted and (self._close is None or self._close.start_ns <= start):
            self._close = bar
        return self._compare_with_emitted(start, bar)

    def confirm_until(self, at: int) -> None:
        """All messages that the exchange had sent by `at` have arrived."""
        self._seen.confirm_until(at)

    def calibrate(self, theirs_ns: int, now: int) -> None:
        """Add a time that the exchange was asked for, received at `now`."""
        self._sample(theirs_ns, now, is_sure=True)

    def answered(self, bars: list[CandleBar], now: int) -> None:
        """Add the bars of the pending request, oldest first."""
        request, self._pending = self._pending, None
        if request is None:
            return
        if request.is_search:
            self._found(request, bars, now)
            return
        by_start = {self._starts.of(bar.start_ns): bar for bar in bars}
        start = request.since_ns
        while start < request.until_ns:
            self._rest_bars[start] = by_start.get(start)
            start = self._starts.after(start)

    def failed(self, now: int) -> None:
        """The pending request failed."""
        request, self._pending = self._pending, None
        if request is not None and request.is_search:
            self._retry_at = now + _RETRY_NS
        elif request is not None:
            self._doubtful_until = request.until_ns

    def step(self, now: int, since: int | None) -> Step:
        """Return closed bars and the next actions. `since` is the end of the stream's last break, None during one."""
        closed: list[ClosedCandle] = []
        self._since, self._wants_barrier = since, False
        while isinstance(what := self._next_action(now), ClosedCandle):
            closed.append(what)
        if isinstance(what, BarsRequest):
            self._pending, self._searched = what, since
            return Step(closed, what, None, self._wants_barrier)
        return Step(closed, None, what, self._wants_barrier)

    def _next_action(self, now: int) -> ClosedCandle | BarsRequest | int | None:
        """Return a closed bar, a request, a time to wait for, or None to wait for an answer or a message."""
        while self._next is not None:
            start = self._next
            known = self._assess(start, now)
            if not isinstance(known, _Known):
                return known
            if known.bar is not None or self._close is not None:
                return self._close_bar(start, known)
            if (what := self._search(now)) != _BEGIN_LATER:
                return what
            self._begin(start, known.origin)
        patient_until = self._began + self._settle
        return patient_until if now < patient_until else self._search(now)

    def _assess(self, start: int, now: int) -> "_Known | BarsRequest | int | None":
        if start in self._rest_bars and (known := self._compare(start, now)) is not None:
            return known
        if now < (due := self._due(start)):
            return due
        bar = self._seen.bar(start)
        if self._is_whole(start):
            if not self._seen.is_sure(start, due, self._since) and now < due + SILENCE_NS:
                self._wants_barrier = True
                return due + SILENCE_NS
            return _Known(Origin.EMPTY if bar is None else Origin.STREAM, bar)
        if start < self._doubtful_until:
            return _Known(Origin.DOUBTFUL, bar)
        return self._missing(start, now)

    def _compare(self, start: int, now: int) -> "_Known | None":
        """Compare REST's bar with the stream's. None: REST is behind, and is asked again later."""
        rest, seen = self._rest_bars[start], self._seen.bar(start)
        if seen is None or seen.volume <= (_ZERO if rest is None else rest.volume):
            return _Known(Origin.REST, seen if rest is None else rest)
        if self._stale == start:
            return _Known(Origin.DOUBTFUL, seen)
        self._stale, self._stale_until = start, now + _STALE_NS
        self._rest_bars.clear()
        return None

    def _close_bar(self, start: int, known: "_Known") -> ClosedCandle:
        if (bar := known.bar) is None:
            price = self._close.close if self._close is not None else _NOTHING.close
            bar = CandleBar(start, price, price, price, price, _NOTHING.volume, _NOTHING.turnover)
        closed = ClosedCandle(self._symbol, self._interval, start, *bar[1:], known.origin)
        self._close, self._has_emitted = closed, True
        self._emitted[start] = closed
        if len(self._emitted) > _KEPT:
            del self._emitted[min(self._emitted)]
        self._go_on(self._starts.after(start))
        return closed

    def _begin(self, start: int, origin: Origin) -> None:
        """Begin with a later bar: of this one and all before it nothing is known."""
        after = self._starts.after(start)
        if origin is Origin.DOUBTFUL:
            after = self._seen.next_after(start) or after
        self._began = after - self.offset.ns
        self._go_on(after)

    def _go_on(self, start: int) -> None:
        self._next = start
        self._seen.forget_before(start)
        for old in [old for old in self._rest_bars if old < start]:
            del self._rest_bars[old]

    def _due(self, start: int) -> int:
        return self._starts.after(start) - self.offset.ns + self._settle

    def _is_whole(self, start: int) -> bool:
        return self._seen.is_whole(start, start - self.offset.ns - self._settle, self._since)

    def _missing(self, start: int, now: int) -> BarsRequest | int | None:
        """Request this bar, and those after it that have ended and are incomplete too."""
        if self._pending is not None:
            return None
        if self._stale == start and now < self._stale_until:
            return self._stale_until
        until = self._starts.after(start)
        for _ in range(self._most - 2):
            if now < self._due(until) or self._is_whole(until):
                break
            until = self._starts.after(until)
        return BarsRequest(self._interval, start, until, is_search=False)

    def _search(self, now: int) -> "BarsRequest | int | None":
        """Request earlier bars, unless that is no use."""
        if self._pending is not None:
            return None
        if not self._searches:
            if self._next is not None:
                return _BEGIN_LATER
            if self._since is None or self._since == self._searched:
                return None
            self._searches, self._began = [self._interval], now
        if now < self._retry_at:
            later = self._next is not None and self._seen.next_after(self._next) is not None
            return _BEGIN_LATER if later else self._retry_at
        interval, length = self._searches[0], LENGTHS_NS[self._searches[0]]
        until = now + self.offset.ns + LENGTHS_NS[self._interval] if self._next is None else self._next
        most = self._most if interval == self._interval else _MANY
        return BarsRequest(interval, until - (most - 1) * length, until, is_search=True)

    def _found(self, request: BarsRequest, bars: list[CandleBar], now: int) -> None:
        self._searches.remove(request.interval)
        self._doubtful_until = _NEVER
        if bars:
            self._starts.learn(bars[-1].start_ns)
        self._find_first()
        if self._next is None:
            self._began = now if not self._searches else self._began
            return
        # A longer bar in progress may contain trades of our own bars, so only bars that ended before count.
        before = [bar for bar in bars if bar.start_ns + LENGTHS_NS[request.interval] <= self._next]
        if request.interval == self._interval:
            before = [bar for bar in bars if self._starts.of(bar.start_ns) < self._next]
            for bar in bars[len(before) :]:
                self._seen.add_hint(self._starts.of(bar.start_ns), bar)
        if before and not self._has_emitted:
            self._close = before[-1]

    def _sample(self, theirs_ns: int, now: int, *, is_sure: bool) -> None:
        was_known = self.offset.is_known
        self.offset.sample(theirs_ns, now, is_sure=is_sure)
        if self.offset.is_known and not was_known and not self._has_emitted and self._next is not None:
            # The first bar was chosen by our own clock: choose it again.
            self._next = None
            self._rest_bars.clear()
            self._find_first()

    def _compare_with_emitted(self, start: int, bar: CandleBar) -> Correction | None:
        closed = self._emitted.get(start)
        if closed is None:
            return None
        figures = [(name, getattr(closed, name), getattr(bar, name)) for name in CandleBar._fields[1:-1]]
        changes = ", ".join([f"{name} {old} to {new}" for name, old, new in figures if old != new])
        if not changes:
            return None
        corrected = ClosedCandle(self._symbol, self._interval, start, *bar[1:], closed.origin)
        self._emitted[start] = corrected
        if self._close is closed:
            self._close = corrected
        return Correction(start, changes)

    def _find_first(self) -> Starts:
        """Choose the first bar, once the start of any bar is known."""
        if self._next is None and self._starts.are_known:
            self._next = self._starts.of(self._began + self.offset.ns)
        return self._starts


_ZERO: Final = Decimal(0)
_NOTHING: Final = CandleBar(_NEVER, _ZERO, _ZERO, _ZERO, _ZERO, _ZERO, _ZERO)
_BEGIN_LATER: Final = _NEVER
"""Result of a search without any price: begin with a later bar."""
_MANY: Final = 199
"""Number of longer bars to request; it covers more than one bar of the next longer interval."""
