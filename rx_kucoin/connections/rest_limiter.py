"""The counter that all REST requests of a pool pass, so that no more is asked for than the exchange allows."""

import logging
import math
import threading
from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from typing import Any, Final, Generic, TypeVar

import reactivex
from reactivex import Observable, abc

from rx_kucoin.connections.rate_budget import RateBudget
from rx_kucoin.errors import RateLimited
from rx_kucoin.operators.internal.monotonic import clock_of, microseconds
from rx_kucoin.operators.internal.timers import Timer
from rx_kucoin.operators.internal.unguarded import Holder, Sink, Unguarded, attach
from rx_kucoin.protocol.limits import Rate
from rx_kucoin.protocol.rest_weights import Allowance

__all__ = ["Ask", "Counter"]

T = TypeVar("T")

Ask = Callable[[Callable[[Allowance], None]], Observable[T]]
"""Makes a request, given whom to tell what the answer says is left of the pool."""

_log = logging.getLogger("rx_kucoin.connections.rest_limiter")
_AT_ONCE: Final = 16
"""Requests under way. Each has a thread and a socket of its own."""


class Counter:
    """A limit over many requests: they wait in order, and one that is withdrawn before its turn costs nothing.

    Those of each lane wait in a line of their own, and the lanes take turns: hundreds of books hold no candle up.
    A place is taken until the first value, or the end, of what was asked for.
    """

    def __init__(self, rate: Rate, clock: abc.SchedulerBase, *, at_once: int = _AT_ONCE) -> None:
        self._rate, self._at_once = rate, at_once
        self._now = clock_of(clock)
        self._timer = Timer(clock)
        self._lock = threading.Lock()  # never held while calling out
        self._budget = RateBudget(rate.count, microseconds(rate.per))
        self._lanes: OrderedDict[str, OrderedDict[_Request[Any], None]] = OrderedDict()
        """Who waits; no lane is empty, and the first one's turn is next."""
        self._inside = 0
        self._due: int | None = None  # what the timer is set for
        self._is_busy = False  # some thread lets somebody in
        self._is_closed = False

    def __repr__(self) -> str:
        with self._lock:
            held, used = self._budget.held(self._now()), self._budget.used
            inside, waiting = self._inside, sum(map(len, self._lanes.values()))
        shut = "closed" if self._is_closed else f"shut for {held / 1e6:.1f} s" if held else "open"
        return (
            f"<Counter {inside} of {self._at_once} asking, {waiting} waiting | "
            f"{used} of {self._rate.count} in {self._rate.per:g} s | {shut}>"
        )

    def admit(self, ask: Ask[T], weight: int, lane: str = "", *, spared: int = 0) -> Observable[T]:
        """Ask when the turn comes: at once, while no limit is reached. Disposing gives the place back.

        `spared`: weight that is left to the other lanes, whose requests pass by this one's lane until there is more.
        """

        def begin(sink: Sink[T], scheduler: abc.SchedulerBase | None) -> abc.DisposableBase:
            request = _Request(self, sink, partial(_ask, ask, scheduler), weight, lane, spared)
            with self._lock:
                if not self._is_closed:
                    self._lanes.setdefault(lane, OrderedDict())[request] = None
            self._let_in()
            return request

        return Unguarded(begin)

    def dispose(self) -> None:
        """Let nobody in any more."""
        with self._lock:
            self._is_closed = True
            lanes, self._lanes = self._lanes, OrderedDict()
        self._timer.dispose()
        lanes.clear()  # out here, for what is let go of may run code of its own

    def told(self, request: "_Request[Any]", allowance: Allowance) -> None:
        """An answer told what is left."""
        with self._lock:
            self._budget.told(allowance, request.weight if request.is_inside else 0, self._now())

    def leave(self, request: "_Request[Any]", error: Exception | None = None) -> None:
        """A request was answered, ended or disposed of: the first of these gives its place back."""
        with self._lock:
            now = self._now()
            if isinstance(error, RateLimited):
                self._budget.refused(error.retry_after, now)
            if request.is_inside:
                request.is_inside = False
                self._inside -= 1
                self._budget.end(request.weight, now)
            else:
                self._step_out(request)
        self._let_in()

    def _let_in(self) -> None:
        """Let in who may enter, one thread at a time; leave who may not to the timer, or to who leaves next."""
        while (turn := self._take_turn()) is not None:
            try:
                turn()
            finally:
                with self._lock:
                    self._is_busy = False

    def _take_turn(self) -> Callable[[], None] | None:
        with self._lock:
            if self._is_busy:
                return None  # whoever is busy will look again
            turn = self._turn()
            self._is_busy = turn is not None
            return turn

    def _turn(self) -> Callable[[], None] | None:
        """What to do next. Under the lock."""
        if not self._lanes:
            if self._due is None:
                return None
            self._due = None
            return self._timer.cancel
        if self._inside >= self._at_once:
            return None
        now = self._now()
        request, pause = self._next(now)
        if pause == 0:
            self._step_out(request)
            if request.lane in self._lanes:
                self._lanes.move_to_end(request.lane)
            self._inside += 1
            request.is_inside = True
            self._budget.begin(request.weight)
            return request.enter
        if pause is None or (self._due is not None and self._due <= now + pause):
            return None  # woken early, it looks again
        self._due = now + pause
        return partial(self._timer.set, pause / 1e6, self._wake)

    def _next(self, now: int) -> "tuple[_Request[Any], int | None]":
        """Find whose turn it is, and how long until then. Under the lock."""
        waits: list[tuple[_Request[Any], int | None]] = []
        for lane in self._lanes.values():
            request = next(iter(lane))
            pause = self._budget.pause(request.weight + request.spared, now)
            waits.append((request, pause))
            if pause == 0 or not request.spared:
                break
        return min(waits, key=lambda each: math.inf if each[1] is None else each[1])

    def _step_out(self, request: "_Request[Any]") -> None:
        """Let a request wait no more. Under the lock."""
        lane: dict[_Request[Any], None] = self._lanes.get(request.lane, {})
        lane.pop(request, None)
        if not lane:
            self._lanes.pop(request.lane, None)

    def _wake(self) -> None:
        with self._lock:
            self._due = None
        self._let_in()


class _Request(Holder, Generic[T]):
    """One that waits, or is under way."""

    __slots__ = ("_ask", "_counter", "_sink", "is_inside", "lane", "spared", "weight")

    def __init__(
        self,
        counter: Counter,
        sink: Sink[T],
        ask: Callable[["_Request[T]"], abc.DisposableBase],
        weight: int,
        lane: str,
        spared: int,
    ) -> None:
        super().__init__()
        self._counter, self._sink, self._ask = counter, sink, ask
        self.weight, self.lane, self.spared, self.is_inside = weight, lane, spared, False

    def enter(self) -> None:
        """Ask: its turn has come. What is raised at that is not the fault of whoever lets it in."""
        if self.is_disposed:
            return
        try:
            self.hold(self._ask(self))
        except BaseException as error:
            self._counter.leave(self)
            if not isinstance(error, Exception | SystemExit):
                raise
            _log.exception("a request that was let in raised")

    def told(self, allowance: Allowance) -> None:
        """Its answer told what is left."""
        self._counter.told(self, allowance)

    def on_next(self, value: T) -> None:
        """It was answered."""
        self._counter.leave(self)
        self._sink.on_next(value)

    def on_error(self, error: Exception) -> None:
        """It failed."""
        self._counter.leave(self, error)
        self._sink.on_error(error)

    def on_completed(self) -> None:
        """It ended."""
        self._counter.leave(self)
        self._sink.on_completed()

    def _dispose(self) -> None:
        super()._dispose()
        self._counter.leave(self)


def _ask(ask: Ask[T], scheduler: abc.SchedulerBase | None, request: _Request[T]) -> abc.DisposableBase:
    """Subscribe; a request that cannot even be made is one that failed."""
    return attach(reactivex.defer(lambda _: ask(request.told)), request, scheduler)
