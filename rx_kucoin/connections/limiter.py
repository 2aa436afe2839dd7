"""The limiter of dials and of REST requests: each is an Observable that is subscribed to when its turn comes."""

import logging
import math
import threading
from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from typing import Any, Final, Generic, TypeVar

import reactivex
from reactivex import Observable, abc

from rx_kucoin.operators.internal.clocks import clock_of, microseconds
from rx_kucoin.operators.internal.drain_queue import DrainQueue
from rx_kucoin.operators.internal.rate_budget import RateBudget
from rx_kucoin.operators.internal.timers import Timer
from rx_kucoin.operators.internal.unguarded import Holder, Sink, Unguarded, attach
from rx_kucoin.protocol.limits import Rate
from rx_kucoin.protocol.rest_weights import Allowance

__all__ = ["Limiter", "MakeRequest"]

T = TypeVar("T")

MakeRequest = Callable[[Callable[[Allowance], None]], Observable[T]]
"""Makes a request. It is given a function, to be called with what the response says is left of the quota."""

_log = logging.getLogger("rx_kucoin.connections.limiter")
_ROUNDING: Final = 1_000
"""Microseconds: the exchange reports its times in milliseconds."""


class Limiter:
    """Limits how much weight may be subscribed to in any window of time, and how much at one time.

    Requests wait in lanes. Each lane is first in, first out, and the lanes are served round-robin, so hundreds of book
    snapshots cannot starve candle requests. A request that is disposed of while it waits costs nothing.

    A request counts from its subscription until its first value or its end, and for one window after that: see
    `RateBudget`. Weights are those of REST requests; a dial has weight 1.

    Every change puts a `_look` into the drain queue, under the lock. In its turn it decides under the lock what may be
    done, and does it outside: so one thread at a time admits, and a thread that comes meanwhile does not wait for it.
    """

    def __init__(
        self,
        rate: Rate,
        clock: abc.SchedulerBase,
        *,
        at_once: int | None = None,
        retry_after: Callable[[Exception], float] = lambda _: 0.0,
    ) -> None:
        """Make a limiter; it starts no timer before a request has to wait.

        Args:
            rate: The weight, and the length of the window.
            clock: Runs the one timer and tells the time.
            at_once: The number of requests that may be under way. By default as many as the rate allows.
            retry_after: For how many seconds no request may follow, given the error of one.
        """
        self._rate, self._at_once, self._retry_after = rate, at_once or rate.count, retry_after
        self._now, self._timer = clock_of(clock), Timer(clock)
        self._turns = DrainQueue()
        self._lock = threading.RLock()  # guards all below; never held while calling out
        self._budget = RateBudget(rate.count, microseconds(rate.per), rounding=_ROUNDING)
        self._lanes: OrderedDict[str, OrderedDict[_Request[Any], None]] = OrderedDict()
        """The requests that wait. No lane is empty, and the first one's turn is next."""
        self._under_way = 0
        self._due: int | None = None  # what the timer is set for

    def __repr__(self) -> str:
        with self._lock:
            held, used = self._budget.held(self._now()), self._budget.used
            under_way, waiting = self._under_way, sum(map(len, self._lanes.values()))
        state = "closed" if self._turns.is_closed else f"held for {held / 1e6:.1f} s" if held else "open"
        return (
            f"<Limiter {under_way} of {self._at_once} under way, {waiting} waiting | "
            f"{used} of {self._rate.count} in {self._rate.per:g} s | {state}>"
        )

    def admit(self, source: Observable[T], weight: int = 1, lane: str = "", *, spared: int = 0) -> Observable[T]:
        """Subscribe to a source when its turn comes: at once, while no limit is reached.

        Args:
            source: A cold Observable.
            weight: How much of the limit it takes.
            lane: The lane that it waits in.
            spared: Weight that it leaves to other lanes, whose requests overtake it until more than that is free.
        """
        return self.admit_request(lambda _: source, weight, lane, spared=spared)

    def admit_request(self, make: MakeRequest[T], weight: int = 1, lane: str = "", *, spared: int = 0) -> Observable[T]:
        """Do the same with a source that is made when its turn comes, and that says what is left of the quota."""

        def subscribe(request: _Request[T], scheduler: abc.SchedulerBase | None) -> abc.DisposableBase:
            return attach(reactivex.defer(lambda _: make(request.learn)), request, scheduler)

        def begin(sink: Sink[T], scheduler: abc.SchedulerBase | None) -> abc.DisposableBase:
            request = _Request(self, sink, partial(subscribe, scheduler=scheduler), weight, lane, spared)
            with self._lock:
                if not self._turns.is_closed:
                    self._lanes.setdefault(lane, OrderedDict())[request] = None
                self._turns.put(self._look)
            self._turns.deliver()
            return request

        return Unguarded(begin)

    def dispose(self) -> None:
        """Admit nothing more: what waits, waits until it is disposed of."""
        self._turns.close()  # first, so that no request is queued behind it
        with self._lock:
            lanes, self._lanes = self._lanes, OrderedDict()
        self._timer.dispose()
        lanes.clear()  # without the lock: finalisers of what is dropped may run any code

    def learn(self, request: "_Request[Any]", allowance: Allowance) -> None:
        """A response says what is left of the server's quota."""
        with self._lock:
            mine = request.weight if request.is_under_way else 0
            self._budget.learn(allowance.remaining, microseconds(allowance.reset), mine, self._now())

    def leave(self, request: "_Request[Any]", error: Exception | None = None) -> None:
        """A request was answered, failed or disposed of: the first of these ends it."""
        pause = 0.0 if error is None else self._retry_after(error)
        with self._lock:
            now = self._now()
            self._budget.hold(microseconds(pause), now)
            if request.is_under_way:
                request.is_under_way = False
                self._under_way -= 1
                self._budget.end(request.weight, now)
            else:
                self._remove(request)
            self._turns.put(self._look)
        self._turns.deliver()

    def _look(self) -> None:
        """Do what may be done next. There are four cases."""
        with self._lock:
            act: Callable[[], None]
            if not self._lanes:  # 1. Nothing waits, so the timer is not needed.
                if self._due is None:
                    return
                self._due, act = None, self._timer.cancel
            elif self._under_way >= self._at_once:  # 2. As many as may be are under way: one that ends looks again.
                return
            else:
                now = self._now()
                request, pause = self._next(now)
                if pause == 0:  # 3. The next request may pass, and perhaps the one behind it.
                    self._begin(request)
                    act = request.enter
                    self._turns.put(self._look)
                elif pause is None or (self._due is not None and self._due <= now + pause):
                    return  # 4. It has to wait: for one that ends, or for the timer. Woken early, that looks again.
                else:
                    self._due = now + pause
                    act = partial(self._timer.set, pause / 1e6, self._wake)
        act()

    def _begin(self, request: "_Request[Any]") -> None:
        """Count a request as under way; its lane goes to the back. Under the lock."""
        self._remove(request)
        if request.lane in self._lanes:
            self._lanes.move_to_end(request.lane)
        self._under_way += 1
        request.is_under_way = True
        self._budget.begin(request.weight)

    def _next(self, now: int) -> "tuple[_Request[Any], int | None]":
        """Find the request whose turn is next, and how long it has to wait. Under the lock.

        The first lane's, unless that one spares some weight and has to wait: then another lane's may be sooner.
        """
        waits: list[tuple[_Request[Any], int | None]] = []
        for lane in self._lanes.values():
            request = next(iter(lane))
            pause = self._budget.pause(request.weight + request.spared, now)
            waits.append((request, pause))
            if pause == 0 or not request.spared:
                break
        return min(waits, key=lambda each: math.inf if each[1] is None else each[1])

    def _remove(self, request: "_Request[Any]") -> None:
        """Have a request wait no more. Under the lock."""
        lane: dict[_Request[Any], None] = self._lanes.get(request.lane, {})
        lane.pop(request, None)
        if not lane:
            self._lanes.pop(request.lane, None)

    def _wake(self) -> None:
        with self._lock:
            self._due = None
            self._turns.put(self._look)
        self._turns.deliver()


class _Request(Holder, Generic[T]):
    """A request that waits or is under way, and what its source emits to. Disposing withdraws it, or gives it up."""

    __slots__ = ("_limiter", "_sink", "_subscribe", "is_under_way", "lane", "spared", "weight")

    def __init__(
        self,
        limiter: Limiter,
        sink: Sink[T],
        subscribe: Callable[["_Request[T]"], abc.DisposableBase],
        weight: int,
        lane: str,
        spared: int,
    ) -> None:
        super().__init__()
        self._limiter, self._sink, self._subscribe = limiter, sink, subscribe
        self.weight, self.lane, self.spared, self.is_under_way = weight, lane, spared, False

    def enter(self) -> None:
        """Subscribe to the source. An exception must not reach the thread that admits it: that may be another's."""
        if self.is_disposed:
            return
        try:
            self.hold(self._subscribe(self))
        except BaseException as error:
            self._limiter.leave(self)
            if not isinstance(error, Exception | SystemExit):
                raise
            _log.exception("a request raised when it was admitted")

    def learn(self, allowance: Allowance) -> None:
        """Its response says what is left of the quota."""
        self._limiter.learn(self, allowance)

    def on_next(self, value: T) -> None:
        self._limiter.leave(self)
        self._sink.on_next(value)

    def on_error(self, error: Exception) -> None:
        self._limiter.leave(self, error)
        self._sink.on_error(error)

    def on_completed(self) -> None:
        self._limiter.leave(self)
        self._sink.on_completed()

    def _dispose(self) -> None:
        super()._dispose()
        self._limiter.leave(self)
