"""One conversation kept up over one wire: it is welcomed, asks for topics, passes pushes on, and pings."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from reactivex import Observable, abc
from reactivex import operators as ops
from reactivex.disposable import CompositeDisposable, SerialDisposable

from rx_kucoin import events
from rx_kucoin.connections.context import Context
from rx_kucoin.connections.dispatch import Dispatcher
from rx_kucoin.connections.heartbeat import Heartbeat, PingBarrier
from rx_kucoin.connections.info import ConnectionInfo
from rx_kucoin.connections.instruments import Unlisted
from rx_kucoin.connections.silence import Silence
from rx_kucoin.connections.subscriptions import Readiness, SubscriptionRequests, Throttle
from rx_kucoin.errors import Busy, DialFailed, LineLost, NoWelcome, SubscriptionRejected, TokenRefused, UnknownSymbol
from rx_kucoin.operators.internal.timers import Timer
from rx_kucoin.operators.internal.unguarded import Ending, Sink, Unguarded
from rx_kucoin.protocol import frames
from rx_kucoin.protocol.frames import Frame
from rx_kucoin.protocol.readers.base import Reader
from rx_kucoin.protocol.session_events import (
    Complained,
    Confirmed,
    Failed,
    Full,
    Outcome,
    Ponged,
    Postponed,
    Refused,
    Welcomed,
)
from rx_kucoin.transport.interfaces import Wire

__all__ = ["Connection", "NoRoom"]


class NoRoom(Exception):
    """The connection takes no more topics; this one must find another place. Never reaches a subscriber."""


class Connection:
    """An open, welcomed connection: give it topics, get their messages.

    What comes in is handled on the wire's own thread; what goes out passes `SubscriptionRequests`.
    """

    def __init__(
        self,
        wire: Wire,
        line: int,
        context: Context,
        on_welcome: Callable[[], None],
        on_full: Callable[[int], object],
        unlisted: Unlisted,
        throttle: Throttle,
    ) -> None:
        """Take a wire over; `begin` starts it.

        Args:
            wire: An open socket that nothing was sent on yet.
            line: The line that it belongs to.
            context: What the client's connections share.
            on_welcome: Called once the exchange has welcomed it.
            on_full: Called with the number of topics that it takes, when the exchange says that it was given more.
            unlisted: Finds out which symbols the market does not list, for topics that stay silent.
            throttle: Paces the requests.
        """
        self.line = line
        self.number = next(context.connection_numbers)
        """Its number among all connections of the client."""
        self._wire, self._context, self._on_welcome, self._on_full = wire, context, on_welcome, on_full
        self._requests = SubscriptionRequests(wire, line, context, throttle)
        self._silence = Silence(line, context, unlisted, self._unknown)
        self._dispatcher = Dispatcher(self._wish, self._answered, self._tell_malformed, self._silence, self._left)
        self._heartbeat = Heartbeat(wire, self._requests.ping, context.clock)
        self._barrier = PingBarrier(self._requests.new_ping, self._requests.send_now, context.clock)
        self._readiness = Readiness()
        self._welcome_timer, self._draining = Timer(context.clock), SerialDisposable()
        self._malformed = 0
        self._is_over = False
        self.was_live = False
        """Whether the exchange has ever acknowledged a topic on it."""
        self._hooks = context.hooks
        self.is_whole = False
        """Whether all that the exchange had sent before it was asked to end was passed on."""
        self._hooks.connected(self)

    def __repr__(self) -> str:
        state = "open" if self.is_open else "ended"
        return f"<Connection of line {self.line} to {self.host}, {state}, {len(self.topics)} topics live>"

    @property
    def host(self) -> str:
        """Where it leads to."""
        return self._wire.host

    @property
    def is_open(self) -> bool:
        """Whether it was welcomed and has not ended."""
        return self._requests.welcomed and not self._is_over

    @property
    def topics(self) -> tuple[str, ...]:
        """The topics that the exchange acknowledged."""
        return self._requests.confirmed

    @property
    def read_topics(self) -> list[str]:
        """The topics that have a subscriber here, and are not only held."""
        return self._dispatcher.read

    @property
    def info(self) -> ConnectionInfo:
        """What users see of it."""
        return ConnectionInfo(self.number, self.line, self.host, self.topics, self.is_open)

    def begin(self) -> None:
        """Listen, and wait for the welcome."""
        self._welcome_timer.set(self._context.settings.timeout, self._check_welcome)
        self._wire.listen(self._receive, self._ended)

    def messages(self, topic: str, reader: Reader | None) -> Observable[Any]:
        """Listen to a topic: its messages as long as this connection lives. Completes with it, on the wire's thread.

        The first listener has it asked for, the last one's leaving has it asked for no more. Fails with
        `SubscriptionRejected` when the exchange refuses it, with `UnknownSymbol` when it says nothing and does not list
        the symbol, with `NoRoom` when it takes no more topics here. Without a
        reader the topic is only held.
        """

        def subscribe(sink: Sink[Any], scheduler_: abc.SchedulerBase | None) -> abc.DisposableBase:
            del scheduler_  # a message waits for nothing
            return self.listen(topic, reader, sink, sink)

        return Unguarded(subscribe)

    def listen(self, topic: str, reader: Reader | None, sink: Sink[Any], ending: Ending) -> abc.DisposableBase:
        """Listen to a topic, where messages go one way and their end another. See `messages`."""
        # Hooks are called first, as messages may follow at once. Those that attach just then find the topic neither
        # here nor in `read_topics`, so they are called afterwards.
        is_reported = reader is None or self._report_subscribed(topic)
        listener = self._dispatcher.add(topic, reader, sink, ending)
        if not is_reported:
            self._report_subscribed(topic)
        return listener

    def _report_subscribed(self, topic: str) -> bool:
        """Call the hooks, if anything listens to them. A connection that has ended gets no subscriber."""
        is_reported = self._hooks.is_active and not self._is_over
        if is_reported:
            self._hooks.subscribed(self, topic)
        return is_reported

    def warm(self, topics: Iterable[str]) -> Observable[None]:
        """Have these topics asked for; complete when each is live, or refused. Holds them while it is subscribed to."""

        def subscribe(
            observer: abc.ObserverBase[None], scheduler_: abc.SchedulerBase | None = None
        ) -> abc.DisposableBase:
            wanted = tuple(topics)
            waiting = self._readiness.wait(wanted, observer.on_completed)

            def hold(topic: str) -> abc.DisposableBase:
                held = self.messages(topic, None)
                return held.subscribe(on_error=lambda _: self._readiness.settled([topic]), scheduler=scheduler_)

            holds = [hold(topic) for topic in wanted]
            self._readiness.settled(self.topics)
            return CompositeDisposable(waiting, *holds)

        return Observable(subscribe)

    def drain(self, then: Callable[[], object]) -> None:
        """Pass on all that the exchange has sent so far, if a topic is subscribed to still; then call `then`."""

        def end(_: Exception | None = None) -> None:
            self._stop()  # not only in `_ended`: its thread may be the one that closes, or held up by a subscriber
            then()

        def passed() -> None:
            self.is_whole = True
            end()

        if self.is_open and self._dispatcher:
            barrier = self._barrier.passed(at_once=True).pipe(ops.timeout(_DRAIN, scheduler=self._context.clock))
            self._draining.disposable = barrier.subscribe(on_error=end, on_completed=passed)
        else:
            end()

    def barrier(self) -> Observable[None]:
        """Complete once all that the exchange has sent so far has come. On a connection that is dead it never does."""
        return self._barrier.passed()

    def _receive(self, batch: Sequence[str | bytes]) -> None:
        self._heartbeat.heard()
        if self._hooks.is_active:
            for text in batch:  # one at a time, so that what a frame causes is reported after it
                self._hooks.received(self, text)
                self._dispatcher.receive((text,))
        else:
            self._dispatcher.receive(batch)

    def _answered(self, frame: Frame, text: str | bytes) -> None:
        if frame.type not in _ANSWERS:
            self._tell_malformed(f"unknown type {frame.type!r}", text, "")
            return
        if (outcome := self._requests.receive(frame)) is not None:
            self._act(outcome)
        self._requests.send_soon()  # an answer that is no news may still be what a topic waited for to be asked anew

    def _act(self, outcome: Outcome) -> None:
        line, tell = self.line, self._context.tell
        match outcome:
            case Welcomed():
                self._welcome_timer.dispose()
                self._heartbeat.begin()
                self._on_welcome()
            case Ponged(id_):
                self._heartbeat.ponged()
                self._barrier.ponged(id_)
            case Confirmed(topics):
                self.was_live = True
                for topic in topics:
                    tell(events.TopicLive(line, topic))
                self._silence.live(topics)
                self._readiness.settled(topics)
            case Refused(topic, code, text):
                tell(events.TopicRefused(line, topic, code, text))
                self._fail(topic, SubscriptionRejected(topic, code, text))
            case Postponed(topics, text):
                tell(events.Requeued(line, len(topics), text))
            case Full(surplus, limit, text):
                tell(events.LimitLearned(line, limit, text))
                self._on_full(limit)
                for topic in surplus:
                    self._left(topic)
                    self._dispatcher.fail(topic, NoRoom())
            case Complained(code, text):
                tell(events.Complaint(line, code, text))
            case Failed(why, text):
                self._wire.lose(_FAILURES[why](f"{self.host}: {text}"))

    def _wish(self, topic: str, is_wanted: Callable[[], bool]) -> None:
        if self._requests.wish(topic, is_wanted):
            self._silence.live([topic])  # who comes back before the exchange was told hears of no acknowledgement

    def _unknown(self, topic: str, error: UnknownSymbol) -> None:
        self._context.tell(events.SymbolUnknown(self.line, topic, error.symbol, error.did_you_mean))
        self._fail(topic, error)
        self._dispatcher.settle(topic)  # the exchange has it still

    def _fail(self, topic: str, error: Exception) -> None:
        self._left(topic)
        self._hooks.failed(topic, error)
        self._dispatcher.fail(topic, error)

    def _left(self, topic: str) -> None:
        self._hooks.unsubscribed(self, topic)

    def _ended(self) -> None:
        self._is_over = True
        self._stop()
        self._hooks.closed(self, is_whole=self.is_whole)
        if not self._context.is_closing:
            self._dispatcher.close()

    def _stop(self) -> None:
        """Cancel every timer, and send nothing more."""
        parts = (self._welcome_timer, self._draining, self._heartbeat, self._barrier, self._requests, self._silence)
        for part in parts:
            part.dispose()

    def _check_welcome(self) -> None:
        patience = self._context.settings.timeout
        self._wire.lose(NoWelcome(f"{self.host} opened the line, but said no welcome within {patience:g} s"))

    def _tell_malformed(self, reason: str, text: str | bytes, topic: str) -> None:
        self._malformed += 1
        why, excerpt = frames.excerpt(reason, _REASON), frames.excerpt(text)
        self._context.tell(events.Malformed(self.line, why, excerpt, self._malformed, topic))


_DRAIN: Final = 1.0
"""Seconds to wait for the last of an old connection, at most."""
_REASON: Final = 400
"""Letters of a reason, at most."""
_ANSWERS: Final = frozenset({"ack", "pong", "error", "welcome"})
_FAILURES: Final = {"token": TokenRefused, "busy": Busy, "dial": DialFailed, "lost": LineLost}
