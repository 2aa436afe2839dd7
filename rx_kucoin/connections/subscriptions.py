"""What goes out on a connection: topics wanted → gathered → many to a line → the turnstile → the wire."""

import threading
from collections.abc import Callable

from reactivex import abc

from rx_kucoin import events
from rx_kucoin.connections.context import Context
from rx_kucoin.errors import LineLost
from rx_kucoin.operators.internal.paced_calls import Turnstile
from rx_kucoin.operators.internal.timers import Timer
from rx_kucoin.protocol.frames import Frame
from rx_kucoin.protocol.session import Session
from rx_kucoin.protocol.session_events import Failed, Outcome, Postponed
from rx_kucoin.transport.interfaces import Wire

__all__ = ["Asking"]


class Asking:
    """A session that several threads talk to, and the pace at which it may speak.

    Every message, pings too, passes the turnstile; what it is gets decided only there, so a topic that is wanted and
    not wanted again in the meantime costs nothing, and a ping overtakes whatever waits.
    """

    def __init__(self, wire: Wire, line: int, context: Context) -> None:
        self._wire, self._line, self._context = wire, line, context
        self._lock = threading.Lock()
        self._session = Session(most=context.settings.limits.topics_per_line, ack_timeout=context.settings.ack_timeout)
        self._gathering = self._checking = False
        self._gather_timer, self._check_timer = Timer(context.clock), Timer(context.clock)
        messages = context.settings.limits.messages
        self._turnstile = Turnstile(messages.count, messages.per, self._say, scheduler=context.clock)

    @property
    def welcomed(self) -> bool:
        """Whether the exchange said welcome."""
        return self._session.welcomed

    @property
    def confirmed(self) -> tuple[str, ...]:
        """The topics that the exchange acknowledged."""
        with self._lock:
            return tuple(self._session.confirmed)

    def wish(self, topic: str, is_wanted: Callable[[], bool]) -> bool:
        """Have a topic asked for, or no more. `is_wanted` looks under the lock: of a race the end counts.

        Returns whether it is live already.
        """
        with self._lock:
            (self._session.want if is_wanted() else self._session.unwant)(topic)
            is_live = topic in self._session.confirmed
        self.speak()
        return is_live

    def ping(self) -> str:
        """Have a ping sent. Returns its id."""
        with self._lock:
            id_ = self._session.ping()
        self._turnstile.ask()
        return id_

    def receive(self, frame: Frame) -> Outcome | None:
        """Show the session what the exchange said."""
        with self._lock:
            return self._session.receive(frame)

    def speak(self) -> None:
        """Say soon what there is to say: what else is wanted within a moment shares its lines."""
        with self._lock:
            if self._gathering or not self._session.has_something_to_say:
                return
            self._gathering = True
        self._gather_timer.set(self._context.settings.gather, self._gathered)

    def dispose(self) -> None:
        """Say nothing more."""
        for timer in (self._gather_timer, self._check_timer, self._turnstile):
            timer.dispose()

    def _gathered(self) -> None:
        with self._lock:
            self._gathering = False
        self._turnstile.ask()

    def _say(self) -> bool:
        with self._lock:
            text = self._session.next_line(_seconds(self._context.clock))
            more = self._session.has_something_to_say
        if text is not None:
            self._wire.send(text)
        self._check_later()
        return more

    def _check_later(self) -> None:
        """Look for lines without an answer, as long as there are lines that await one."""
        with self._lock:
            if self._checking or not self._session.awaits_answers:
                return
            self._checking = True
        self._check_timer.set(self._context.settings.ack_timeout / 2, self._check)

    def _check(self) -> None:
        with self._lock:
            self._checking = False
            outcome = self._session.overdue(_seconds(self._context.clock))
        match outcome:
            case Postponed(topics):
                self._context.tell(events.Unanswered(self._line, len(topics)))
                self.speak()
            case Failed(_, text):
                self._wire.lose(LineLost(f"{self._wire.host}: {text}"))
            case _:
                pass
        self._check_later()


def _seconds(clock: abc.SchedulerBase) -> float:
    return clock.to_seconds(clock.now)
