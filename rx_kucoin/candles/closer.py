"""The machine that tells when a bar is over, whether all of it was heard, and what to ask REST for where it was not.

Two clocks: starts are the exchange's, in ns since 1970; whatever is called `now`, `since` or `at` is ours.
"""

from decimal import Decimal
from typing import Final, NamedTuple

from rx_kucoin.candles.clock_offset import Skew
from rx_kucoin.candles.intervals import LENGTHS_NS, Starts
from rx_kucoin.candles.rest import Bar
from rx_kucoin.candles.seen import Hearing
from rx_kucoin.protocol.messages.closed import ClosedCandle, Origin

__all__ = ["SILENCE_NS", "Ask", "Bars", "Step"]

_S: Final = 1_000_000_000
SILENCE_NS: Final = 30 * _S
"""How long a line may be dead before that shows: KuCoin wants a ping every 18 s, and gives a pong 10 s."""
_RETRY_NS: Final = 60 * _S
"""How long to wait before the close before everything is asked for again."""
_STALE_NS: Final = 10 * _S
"""How long to wait for a REST host that is behind the stream."""
_NEVER: Final = -(1 << 63)
_LONGER: Final = ("1hour", "1day", "1week")


class Ask(NamedTuple):
    """Ask REST for the bars of an interval that start from `since_ns` on and before `until_ns`."""

    interval: str
    since_ns: int
    until_ns: int
    is_search: bool
    """Whether it is about what came before: where bars start, and the last close."""


class Step(NamedTuple):
    """What follows from all that is known."""

    closed: list[ClosedCandle]
    ask: Ask | None
    """To be answered by `answered` or `failed`; nothing else is asked for until then."""
    wake_ns: int | None
    """When time alone will change something."""
    wants_proof: bool
    """Whether it would help to know that all has come that the exchange has sent until now."""


class _Known(NamedTuple):
    origin: Origin
    bar: Bar | None
    """None: nobody traded."""


class Bars:
    """The bars of one symbol and interval, from the one that is forming at `now` on.

    A bar is known whole when the stream was whole from when it was last heard, or from its start where it was never
    heard, until it was over. Something must have been heard on the stream after that, or a dead line would have shown
    by then. Else REST has to tell; what REST does not tell either is doubtful.
    """

    def __init__(self, symbol: str, interval: str, now: int, *, settle_ns: int, most: int) -> None:
        self.skew = Skew()
        self._symbol, self._interval, self._settle, self._most = symbol, interval, settle_ns, most
        self._starts = Starts(interval)
        self._began = now
        self._next: int | None = None
        """The bar to tell of next."""
        self._close: ClosedCandle | Bar | None = None
        """The last one before that, which tells the price where nobody trades."""
        self._said = False
        self._hearing = Hearing()
        self._told: dict[int, Bar | None] = {}
        self._asked: Ask | None = None
        self._doubtful_until = self._retry_at = self._stale_until = _NEVER
        self._stale = _NEVER
        length = LENGTHS_NS[interval]
        self._searches = [interval, *(longer for longer in _LONGER if LENGTHS_NS[longer] > length)]
        """Where the last close may still be found."""
        self._since: int | None = None
        self._wants_proof = False
        self._searched: int | None = None
        self._place()

    def __repr__(self) -> str:
        return f"<Bars {self._symbol} {self._interval} | next {self._next}>"

    def heard(self, bar: Bar, now: int) -> None:
        """The stream brought a bar as it stands now, in order."""
        if bar.time_ns is not None:
            self.calibrate(bar.time_ns, now)
        self._starts.learn(bar.start_ns)
        start = self._place().of(bar.start_ns)
        if self._next is not None and start >= self._next:
            self._hearing.heard(start, bar, now)
            return
        self._hearing.passed(start, now)
        if not self._said and (self._close is None or self._close.start_ns <= start):
            self._close = bar

    def proved(self, at: int) -> None:
        """All has come that the exchange had sent by then."""
        self._hearing.proved(at)

    def calibrate(self, theirs_ns: int, now: int) -> None:
        """The exchange's time has come."""
        news = not self.skew.is_known
        self.skew.sample(theirs_ns, now)
        if news and not self._said and self._next is not None:  # what was placed by our own clock is placed anew
            self._next = None
            self._told.clear()
            self._place()

    def answered(self, bars: list[Bar], now: int) -> None:
        """REST answered, oldest first."""
        ask, self._asked = self._asked, None
        if ask is None:
            return
        if ask.is_search:
            self._found(ask, bars, now)
            return
        by_start = {self._starts.of(bar.start_ns): bar for bar in bars}
        start = ask.since_ns
        while start < ask.until_ns:
            self._told[start] = by_start.get(start)
            start = self._starts.after(start)

    def failed(self, now: int) -> None:
        """REST did not answer, or not as it should."""
        ask, self._asked = self._asked, None
        if ask is not None and ask.is_search:
            self._retry_at = now + _RETRY_NS
        elif ask is not None:
            self._doubtful_until = ask.until_ns

    def step(self, now: int, since: int | None) -> Step:
        """Tell what is over, and what to do next. The stream is whole since `since`; None: it is not."""
        closed: list[ClosedCandle] = []
        self._since, self._wants_proof = since, False
        while isinstance(what := self._look(now), ClosedCandle):
            closed.append(what)
        if isinstance(what, Ask):
            self._asked, self._searched = what, since
            return Step(closed, what, None, self._wants_proof)
        return Step(closed, None, what, self._wants_proof)

    def _look(self, now: int) -> ClosedCandle | Ask | int | None:
        """What comes next: a bar, a question, a time to wait for, or nothing but to wait for an answer or a push."""
        while self._next is not None:
            start = self._next
            known = self._judge(start, now)
            if not isinstance(known, _Known):
                return known
            if known.bar is not None or self._close is not None:
                return self._tell(start, known)
            if (what := self._search(now)) != _BEGIN_LATER:
                return what
            self._begin(start, known.origin)
        patient_until = self._began + self._settle
        return patient_until if now < patient_until else self._search(now)

    def _judge(self, start: int, now: int) -> "_Known | Ask | int | None":
        if start in self._told and (told := self._compare(start, now)) is not None:
            return told
        if now < (due := self._due(start)):
            return due
        bar = self._hearing.bar(start)
        if self._is_whole(start):
            if not self._hearing.is_sure(start, due, self._since) and now < due + SILENCE_NS:
                self._wants_proof = True
                return due + SILENCE_NS
            return _Known(Origin.EMPTY if bar is None else Origin.STREAM, bar)
        if start < self._doubtful_until:
            return _Known(Origin.DOUBTFUL, bar)
        return self._missing(start, now)

    def _compare(self, start: int, now: int) -> "_Known | None":
        """See whether REST is behind what was heard before. None: it is, and may know better soon."""
        row, heard = self._told[start], self._hearing.bar(start)
        if heard is None or heard.volume <= (_ZERO if row is None else row.volume):
            return _Known(Origin.REST, heard if row is None else row)
        if self._stale == start:
            return _Known(Origin.DOUBTFUL, heard)
        self._stale, self._stale_until = start, now + _STALE_NS
        self._told.clear()
        return None

    def _tell(self, start: int, known: "_Known") -> ClosedCandle:
        if (bar := known.bar) is None:
            price = self._close.close if self._close is not None else _NOTHING.close
            bar = Bar(start, price, price, price, price, _NOTHING.volume, _NOTHING.turnover)
        closed = ClosedCandle(self._symbol, self._interval, start, *bar[1:], known.origin)
        self._close, self._said = closed, True
        self._go_on(self._starts.after(start))
        return closed

    def _begin(self, start: int, origin: Origin) -> None:
        """Nothing is known of a bar, nor of any before it: begin with a later one."""
        after = self._starts.after(start)
        if origin is Origin.DOUBTFUL:
            after = self._hearing.next_after(start) or after
        self._began = after - self.skew.ns
        self._go_on(after)

    def _go_on(self, start: int) -> None:
        self._next = start
        self._hearing.forget_before(start)
        for old in [old for old in self._told if old < start]:
            del self._told[old]

    def _due(self, start: int) -> int:
        return self._starts.after(start) - self.skew.ns + self._settle

    def _is_whole(self, start: int) -> bool:
        return self._hearing.is_whole(start, start - self.skew.ns - self._settle, self._since)

    def _missing(self, start: int, now: int) -> Ask | int | None:
        """Ask for this bar, and for those after it that are over and not whole either."""
        if self._asked is not None:
            return None
        if self._stale == start and now < self._stale_until:
            return self._stale_until
        until = self._starts.after(start)
        for _ in range(self._most - 2):
            if now < self._due(until) or self._is_whole(until):
                break
            until = self._starts.after(until)
        return Ask(self._interval, start, until, is_search=False)

    def _search(self, now: int) -> "Ask | int | None":
        """Look for what came before, if that is any use."""
        if self._asked is not None:
            return None
        if not self._searches:
            if self._next is not None:
                return _BEGIN_LATER
            if self._since is None or self._since == self._searched:
                return None
            self._searches, self._began = [self._interval], now
        if now < self._retry_at:
            later = self._next is not None and self._hearing.next_after(self._next) is not None
            return _BEGIN_LATER if later else self._retry_at
        interval, length = self._searches[0], LENGTHS_NS[self._searches[0]]
        until = now + self.skew.ns + LENGTHS_NS[self._interval] if self._next is None else self._next
        most = self._most if interval == self._interval else _MANY
        return Ask(interval, until - (most - 1) * length, until, is_search=True)

    def _found(self, ask: Ask, bars: list[Bar], now: int) -> None:
        self._searches.remove(ask.interval)
        self._doubtful_until = _NEVER
        if bars:
            self._starts.learn(bars[-1].start_ns)
        self._place()
        if self._next is None:
            self._began = now if not self._searches else self._began
            return
        # The longer bar that goes on may end with a trade of ours; what came before that, the shorter ones have told.
        before = [bar for bar in bars if bar.start_ns + LENGTHS_NS[ask.interval] <= self._next]
        if ask.interval == self._interval:
            before = [bar for bar in bars if self._starts.of(bar.start_ns) < self._next]
            for bar in bars[len(before) :]:
                self._hearing.hint(self._starts.of(bar.start_ns), bar)
        if before and not self._said:
            self._close = before[-1]

    def _place(self) -> Starts:
        """Find the bar to begin with, once it is known where bars start."""
        if self._next is None and self._starts.are_known:
            self._next = self._starts.of(self._began + self.skew.ns)
        return self._starts


_ZERO: Final = Decimal(0)
_NOTHING: Final = Bar(_NEVER, _ZERO, _ZERO, _ZERO, _ZERO, _ZERO, _ZERO)
_BEGIN_LATER: Final = _NEVER
"""There is no price to tell."""
_MANY: Final = 199
"""How many longer bars to look at. Those of one length reach back further than one of the next length does."""
