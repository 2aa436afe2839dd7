"""ohlc: bars made of events, each emitted once, when it is over."""

from collections.abc import Callable, Iterable
from decimal import Decimal
from itertools import chain
from math import inf
from typing import Any, Final, Generic, TypeVar, cast

from reactivex import Observable, abc
from reactivex.disposable import CompositeDisposable, Disposable
from reactivex.scheduler import TimeoutScheduler

from rx_kucoin.operators._serialize import Turns
from rx_kucoin.operators._windows.bar import Bar, Forming
from rx_kucoin.operators._windows.event_time import Dates
from rx_kucoin.operators._windows.numbers import is_missing, number
from rx_kucoin.operators.internal.clocks import clock_of, nanoseconds
from rx_kucoin.operators.internal.timers import Timer
from rx_kucoin.operators.internal.unguarded import Sink, Unguarded, attach

__all__ = ["Bar", "ohlc"]

T = TypeVar("T")
N = TypeVar("N", Decimal, float)


def ohlc(
    every: float,
    *,
    price: Callable[[T], N | None],
    size: Callable[[T], N | int | None] | None = None,
    time: Callable[[T], int | None] | None = None,
    fill: bool = False,
    settle: float | None = None,
    on_late: Callable[[T], None] | None = None,
    scheduler: abc.SchedulerBase | None = None,
) -> Callable[[Observable[T]], Observable[Bar[N]]]:
    """Make bars of `every` seconds, by the time of the events themselves: open, high, low, close, volume, vwap, count.

    .. marble::

        source: -13----2-------5--|
        [ source.pipe(ohlc(4, price=int)).map(lambda bar: bar.high) ]
        result: -------3-------2--(5|)

    A bar is over when an event comes that belongs to a later one. So the same events always make the same bars, live or
    from a file, and none is closed too early because a clock is wrong or a line is slow. But it takes a later event:
    where few come, let the clock close a bar as well, `settle` seconds after its end. Time goes on, from the event that
    began the bar, as fast as the scheduler's clock does; what that clock shows does not matter.

    .. marble::

        source: -13----2-----------|
        [ source.pipe(ohlc(4, price=int, settle=1)).map(lambda bar: bar.high) ]
        result: -----3---2---------|

    An event that comes when its bar is over is late: it is dropped, and `on_late` is told. Within a bar the order is
    that in which they come. An event without a price or a size (None, NaN) is left out.

    With `fill` a bar without events is emitted, too: all its prices are the close before, and its volume is 0. More
    than a million of these between two events are taken for a wrong time, and end the stream with a ValueError.

    .. marble::

        source: -1----------3-----|
        [ source.pipe(ohlc(4, price=int, fill=True)).map(lambda bar: bar.count) ]
        result: ------------(100)-(1|)

    The bar that forms when the source completes is emitted as it stands. Volumes and the sums behind the vwap are exact
    where prices and sizes are Decimals.

    Examples:
        >>> matches.pipe(ohlc(1, price=lambda m: m.price, size=lambda m: m.size, time=lambda m: m.time_ns))

    Args:
        every: How long a bar is, in seconds; they begin at its multiples since 1970.
        price: The price of an event.
        size: How much was traded. Without it each event counts as 1.
        time: When an event was, in nanoseconds since 1970. Defaults to when it comes, by the scheduler's clock.
        fill: Whether bars without events are emitted.
        settle: Seconds after its end at which the clock closes a bar; None: only a later event does.
        on_late: Told of each event that came too late.
        scheduler: The clock. Defaults to the subscriber's, then to `TimeoutScheduler`.

    Returns:
        An operator function that takes an observable source and returns an observable of bars.

    Raises:
        ValueError: `every` is not above 0, or `settle` is below 0.
    """
    length = nanoseconds(every) if 0 < every < inf else 0
    if length <= 0 or not 0 <= (settle or 0) < inf:
        raise ValueError(f"ohlc needs every > 0 and settle >= 0, got {every=}, {settle=}")

    def operator(source: Observable[T]) -> Observable[Bar[N]]:
        def subscribe(sink: Sink[Bar[N]], scheduler_: abc.SchedulerBase | None) -> abc.DisposableBase:
            bars = _Bars(sink, length, price, size, Dates(time, scheduler or scheduler_), on_late, fill=fill)
            if settle is None:
                return attach(source, cast("Sink[T]", bars), scheduler_)
            turns: Turns[object] = Turns(bars)  # the timer and the source may speak at the same time
            closing = _Closing(turns, scheduler or scheduler_ or TimeoutScheduler.singleton(), length, settle)
            bars.closing = closing
            source_ = attach(source, cast("Sink[T]", turns), scheduler_)
            return CompositeDisposable(source_, Disposable(closing.dispose), Disposable(turns.close))

        return Unguarded(subscribe)

    return operator


_MOST_FILLED: Final = 1_000_000


_BEFORE_ALL: Final = -(2**63)


class _Over:
    """Time has passed: the bars before this moment are over."""

    __slots__ = ("until",)

    def __init__(self, until: int) -> None:
        self.until = until


class _Closing:
    """The clock that closes bars. What it knows is known to whoever has the turn."""

    def __init__(self, turns: Turns[object], clock: abc.SchedulerBase, length: int, settle: float) -> None:
        self._turns, self._length, self._settle = turns, length, nanoseconds(settle)
        self._now, self._timer = clock_of(clock), Timer(clock)
        self._due = 0
        self.dispose = self._timer.dispose

    def after(self, end: int, at: int) -> None:
        """An event of this moment came, of a bar that ends then."""
        now = self._now()
        self._due = now - (at - end - self._settle) // 1_000
        self._set(end, now)

    def again(self, end: int) -> None:
        """A bar without events follows the one before."""
        self._due += self._length // 1_000
        self._set(end, self._now())

    def _set(self, end: int, now: int) -> None:
        self._timer.set(max(0, self._due - now) / 1e6, lambda: self._turns.on_next(_Over(end)))


class _Bars(Generic[T]):
    """One subscription: told of one thing at a time."""

    def __init__(
        self,
        sink: Sink[Bar[Any]],
        length: int,
        price: Callable[[T], Any],
        size: Callable[[T], Any] | None,
        dates: Dates[T],
        on_late: Callable[[T], None] | None,
        *,
        fill: bool,
    ) -> None:
        self._sink, self._length, self._price, self._size = sink, length, price, size
        self._dates, self._on_late, self._fill = dates, on_late, fill
        self._forming: Forming | None = None
        self._last: Bar[Any] | None = None
        self._next = _BEFORE_ALL
        """When the first bar begins that was not emitted; what is before that is late."""
        self.closing: _Closing | None = None

    def on_next(self, event: object) -> None:
        try:
            over = self._over(event.until) if isinstance(event, _Over) else self._take(cast("T", event))
        except Exception as error:  # noqa: BLE001  a function of the caller's: his mistake ends his stream
            self.on_error(error)
            return
        for bar in over:
            self._sink.on_next(bar)

    def on_error(self, error: Exception) -> None:
        self._sink.on_error(error)

    def on_completed(self) -> None:
        if self._forming is not None:
            try:
                last = self._forming.bar()
            except Exception as error:  # noqa: BLE001  of prices that are no numbers
                self.on_error(error)
                return
            self._sink.on_next(last)
        self._sink.on_completed()

    def _take(self, event: T) -> Iterable[Bar[Any]]:
        price, size = number(self._price(event)), 1 if self._size is None else number(self._size(event))
        if is_missing(price) or is_missing(size):
            return ()
        at = self._dates.of(event)
        start = at - at % self._length
        forming = self._forming
        if forming is not None and start == forming.start:
            forming.add(price, size)
            return ()
        if start < (self._next if forming is None else forming.start):
            if self._on_late is not None:
                self._on_late(event)
            return ()
        over = self._until(start)
        self._forming = Forming(start, price, size)
        if self.closing is not None:
            self.closing.after(start + self._length, at)
        return over

    def _over(self, until: int) -> Iterable[Bar[Any]]:
        """The clock says so, of the bar that forms or, if there is none, of the one that would be filled in next."""
        awaited = self._next if self._forming is None else self._forming.start
        if awaited + self._length != until:
            return ()
        over = self._until(until)
        if self._fill and self.closing is not None:
            self.closing.again(until + self._length)
        return over

    def _until(self, start: int) -> Iterable[Bar[Any]]:
        """Tell the bars that are over when one begins at this moment."""
        over: list[Bar[Any]] = []
        first = self._next if self._forming is None else self._forming.start + self._length
        fills = self._fill and first != _BEFORE_ALL
        if fills and start - first > _MOST_FILLED * self._length:
            raise ValueError(f"between {first} and {start} there are too many bars without events to fill them in")
        if self._forming is not None:
            self._last, self._forming = self._forming.bar(), None
            self._next = first
            over.append(self._last)
        if not fills or self._last is None:
            return over
        self._next = start
        close, nothing = self._last.close, type(self._last.volume)()
        starts = range(first, start, self._length)
        return chain(over, (Bar(at, close, close, close, close, nothing, None, 0) for at in starts))
