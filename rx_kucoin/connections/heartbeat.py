"""Pings, and what their answers prove: that a connection is alive, and that all that was sent before has come."""

from collections.abc import Callable
from threading import RLock
from typing import Final

import reactivex
from reactivex import Observable, abc
from reactivex.disposable import Disposable, SerialDisposable

from rx_kucoin.errors import NoPong
from rx_kucoin.operators.internal.timers import Timer
from rx_kucoin.transport.interfaces import Wire

__all__ = ["Heartbeat", "PingBarrier"]

_TRIES: Final = 2
"""Pings in a row without a pong, while other frames come, after which the way to the exchange is taken for dead.

The exchange cuts a client that it has not heard for 60 s. With pings every 18 s, the second one is overdue 54 s after
the last frame that the exchange heard, which leaves time to reconnect before the cut; a third would be at 72 s.
"""
_GATHER: Final = 0.1
"""Seconds to wait for more barriers, so that one ping serves many: the bars of all symbols end together."""


class Heartbeat:
    """Pings at the exchange's pace; a connection on which nothing at all comes within the ping timeout is lost.

    A slow subscriber delays the reading of a pong, not its arrival: while something is unread nothing is decided.

    `heard` and `ponged` run on the wire's thread, the rest on the clock's. Their flags need no lock: each is written in
    one step, and a pong that is counted as missing at the very moment of its arrival is forgotten with the next one.
    """

    def __init__(self, wire: Wire, ping: Callable[[], object], clock: abc.SchedulerBase) -> None:
        """Send by `ping`."""
        self._wire, self._ping, self._clock = wire, ping, clock
        self._beats, self._check_timer = SerialDisposable(), Timer(clock)
        self._heard = self._checking = self._awaits_pong = False
        self._unanswered = 0

    def begin(self) -> None:
        """Ping from now on."""
        beats = reactivex.interval(self._wire.ping_interval, scheduler=self._clock)
        self._beats.disposable = beats.subscribe(lambda _: self._beat(), scheduler=self._clock)

    def heard(self) -> None:
        """Something came in."""
        self._heard = True

    def ponged(self) -> None:
        """A pong came in. A late one proves as well that the exchange hears this side."""
        self._awaits_pong = False
        self._unanswered = 0

    def dispose(self) -> None:
        """Stop."""
        self._beats.dispose()
        self._check_timer.dispose()

    def _beat(self) -> None:
        self._unanswered += self._awaits_pong and self._wire.is_quiet()
        if self._unanswered >= _TRIES:
            self._lose(f"{_TRIES} pings in a row went unanswered")
            return
        self._awaits_pong = True  # before the ping: its pong may be here before this thread goes on
        self._heard = self._heard and self._checking
        self._ping()
        if not self._checking:
            self._check_later()

    def _check_later(self) -> None:
        self._checking = True
        self._check_timer.set(self._wire.ping_timeout, self._check)

    def _check(self) -> None:
        self._checking = False
        if self._heard:
            return
        if self._wire.is_quiet():
            self._lose(f"nothing came within {self._wire.ping_timeout:g} s of a ping")
        else:
            self._check_later()

    def _lose(self, text: str) -> None:
        self._wire.lose(NoPong(f"{self._wire.host}: {text}"))


class PingBarrier:
    """What the exchange sent before the answer to a ping comes before that answer.

    `_lock` guards the tables of those that wait. It is held while a ping gets its id, so that the answer finds those
    that wait for it, and not while the ping is sent.
    """

    def __init__(self, new_ping: Callable[[], str], send: Callable[[], object], clock: abc.SchedulerBase) -> None:
        """Make a barrier that sends nothing.

        Args:
            new_ping: Has a ping sent with the next request, and returns its id.
            send: Sends the next request now.
            clock: Runs the timer.
        """
        self._new_ping, self._send = new_ping, send
        self._timer = Timer(clock)
        self._lock = RLock()
        self._next: dict[object, Callable[[], object]] = {}
        """What to call after the answer to the next ping."""
        self._sent: dict[str, dict[object, Callable[[], object]]] = {}
        """The same for each ping that was sent, by its id."""

    def passed(self, *, at_once: bool = False) -> Observable[None]:
        """Complete once all that the exchange sent before the subscription has come. Never, if the connection ends.

        `at_once`: whether the ping is sent now, and not after a moment in which others may join.
        """

        def subscribe(
            observer: abc.ObserverBase[None], scheduler: abc.SchedulerBase | None = None
        ) -> abc.DisposableBase:
            del scheduler  # the connection has its own clock
            ticket = object()
            with self._lock:
                is_first = not self._next
                self._next[ticket] = observer.on_completed
            if at_once:
                self._ping()
            elif is_first:
                self._timer.set(_GATHER, self._ping)
            return Disposable(lambda: self._forget(ticket))

        return Observable(subscribe)

    def ponged(self, id_: str) -> None:
        """The answer to a ping came."""
        with self._lock:
            waiting = self._sent.pop(id_, {})
        for passed in waiting.values():
            passed()

    def dispose(self) -> None:
        """Send no more pings."""
        self._timer.dispose()

    def _ping(self) -> None:
        with self._lock:
            waiting, self._next = self._next, {}
            if not waiting:
                return
            self._sent.setdefault(self._new_ping(), {}).update(waiting)
        self._send()

    def _forget(self, ticket: object) -> None:
        with self._lock:
            for waiting in (self._next, *self._sent.values()):
                waiting.pop(ticket, None)
