"""Requests to the exchange, and the acknowledgements that they wait for."""

import logging
import threading
from collections.abc import Callable, Collection
from typing import Final, Protocol

from reactivex import Observable, abc
from reactivex.disposable import Disposable

from rx_kucoin import events
from rx_kucoin.connections.context import Context
from rx_kucoin.errors import LineLost
from rx_kucoin.operators.internal.clocks import seconds_of
from rx_kucoin.operators.internal.multicast import Hub
from rx_kucoin.operators.internal.timers import Timer
from rx_kucoin.protocol.frames import Frame
from rx_kucoin.protocol.session import Session
from rx_kucoin.protocol.session_events import Failed, Outcome, Postponed
from rx_kucoin.transport.interfaces import Wire

__all__ = ["Readiness", "SubscriptionRequests", "Throttle"]

_log = logging.getLogger("rx_kucoin.connections.subscriptions")
_SOON: Final = False
_NOW: Final = True


class Throttle(Protocol):
    """Maps wishes to requests, at the pace that the exchange allows: see `pipeline.requests_of_connection`."""

    def __call__(
        self, wishes: Observable[bool], next_request: Callable[[], str | None], context: Context
    ) -> Observable[str | None]:
        """Make the requests of one connection."""
        ...


class SubscriptionRequests:
    """A session that several threads use, and the pace at which it may send.

    `_lock` guards the session and `_is_checking`; nothing is called under it but the session. What is sent is decided
    when the limit lets a request pass. So a topic that is wanted and unwanted meanwhile costs nothing, all topics that
    are wanted by then share requests, and a ping overtakes what waits.
    """

    def __init__(self, wire: Wire, line: int, context: Context, throttle: Throttle) -> None:
        """Send nothing yet.

        Args:
            wire: Where requests are sent.
            line: The number of its line.
            context: What the client's connections share.
            throttle: Maps wishes to requests.
        """
        settings = context.settings
        self._wire, self._line, self._context = wire, line, context
        self._lock = threading.RLock()
        self._session = Session(most=settings.limits.topics_per_request, ack_timeout=settings.ack_timeout)
        self._is_checking = False
        self._now, self._check_timer = seconds_of(context.clock), Timer(context.clock)
        self._wishes: Hub[bool] = Hub()
        """There is something to send: now, or in a moment."""
        self._sending = throttle(self._wishes, self._next_request, context).subscribe(self._send, self._fail)

    @property
    def welcomed(self) -> bool:
        """Whether the exchange has welcomed the connection."""
        return self._session.welcomed

    @property
    def confirmed(self) -> tuple[str, ...]:
        """The topics that the exchange acknowledged."""
        with self._lock:
            return tuple(self._session.confirmed)

    def wish(self, topic: str, is_wanted: Callable[[], bool]) -> bool:
        """Have a topic subscribed to, or unsubscribed from.

        `is_wanted` is called under the lock, so that of two threads that race the last one has its way.

        Returns:
            Whether the topic is live already.
        """
        with self._lock:
            (self._session.want if is_wanted() else self._session.unwant)(topic)
            is_live = topic in self._session.confirmed
        self.send_soon()
        return is_live

    def ping(self) -> None:
        """Send a ping."""
        self.new_ping()
        self.send_now()

    def new_ping(self) -> str:
        """Have a ping sent with the next request. Returns its id, which the pong will carry."""
        with self._lock:
            return self._session.ping()

    def receive(self, frame: Frame) -> Outcome | None:
        """Take in what the exchange said, other than a push."""
        with self._lock:
            return self._session.receive(frame)

    def send_soon(self) -> None:
        """Send what there is to send after a moment, so that topics wanted meanwhile share its requests."""
        with self._lock:
            has_more = self._session.has_requests
        if has_more:
            self._wishes.on_next(_SOON)

    def send_now(self) -> None:
        """Send the next request as soon as the limit allows."""
        self._wishes.on_next(_NOW)

    def dispose(self) -> None:
        """Send nothing more."""
        self._sending.dispose()
        self._check_timer.dispose()

    def _next_request(self) -> str | None:
        """Decide what to send, at the moment of sending. None: nothing is left to send."""
        with self._lock:
            return self._session.next_request(self._now())

    def _send(self, request: str | None) -> None:
        """Send a request, on the thread of the wish or of the clock. What it raises is neither's fault."""
        if request is None:
            return
        try:
            self._wire.send(request)
        except (Exception, SystemExit):  # noqa: BLE001  the acknowledgement will be missed, and the request sent again
            _log.exception("sending a request raised")
        with self._lock:
            has_more = self._session.has_requests
        if has_more:
            self.send_now()
        self._check_later()

    def _fail(self, error: Exception) -> None:
        self._wire.lose(LineLost(f"{self._wire.host}: no more requests can be sent: {error!r}"))

    def _check_later(self) -> None:
        """Look for requests without an answer, as long as there are requests that await one."""
        with self._lock:
            if self._is_checking or not self._session.awaits_answers:
                return
            self._is_checking = True
        self._check_timer.set(self._context.settings.ack_timeout / 2, self._check)

    def _check(self) -> None:
        with self._lock:
            self._is_checking = False
            outcome = self._session.overdue(self._now())
        match outcome:
            case Postponed(topics):
                self._context.tell(events.Unanswered(self._line, len(topics)))
                self.send_soon()
            case Failed(_, text):
                self._wire.lose(LineLost(f"{self._wire.host}: {text}"))
            case _:
                pass
        self._check_later()


class Readiness:
    """Waits until all of some topics are settled on a connection: acknowledged, or refused.

    `_lock` guards the table: topics are acknowledged on the wire's thread, and waited for on any.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._missing: dict[Callable[[], None], set[str]] = {}
        """The topics that are not settled yet, by what to call once all are."""

    def wait(self, topics: Collection[str], ready: Callable[[], None]) -> abc.DisposableBase:
        """Call `ready` once, when all topics are settled. Pass those that are so already to `settled` next."""
        with self._lock:
            self._missing[ready] = set(topics)
        return Disposable(lambda: self._forget(ready))

    def settled(self, topics: Collection[str]) -> None:
        """These topics are live, or never will be."""
        with self._lock:
            for missing in self._missing.values():
                missing.difference_update(topics)
            complete = [ready for ready, missing in self._missing.items() if not missing]
            for ready in complete:
                del self._missing[ready]
        for ready in complete:
            ready()

    def _forget(self, ready: Callable[[], None]) -> None:
        with self._lock:
            self._missing.pop(ready, None)
