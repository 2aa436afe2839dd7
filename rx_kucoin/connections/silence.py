"""Topics that the exchange acknowledged and says nothing of, as it does for ever when their symbol does not exist."""

import math
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from reactivex.disposable import CompositeDisposable, SingleAssignmentDisposable

from rx_kucoin import events
from rx_kucoin.connections.context import Context
from rx_kucoin.connections.instruments import Unlisted
from rx_kucoin.errors import UnknownSymbol
from rx_kucoin.operators.internal.clocks import seconds_of
from rx_kucoin.operators.internal.timers import Timer
from rx_kucoin.protocol.listings import symbol_of

__all__ = ["Silence"]

_LOOKED_UP_AFTER: Final = 0.5
"""Seconds of silence after which the symbol of a topic is looked up."""
_TOGETHER: Final = 0.5
"""Seconds: topics that are due so soon after others are looked at with them."""


class Silence:
    """Waits for the first message of each topic of a connection, and finds out why one does not come.

    It is told of topics that somebody listens to, that are live, that have brought something, and that nobody listens
    to any more. All that are due at about one time share a timer and a question.
    """

    def __init__(
        self, line: int, context: Context, unlisted: Unlisted, end: Callable[[str, UnknownSymbol], object]
    ) -> None:
        """Look a symbol up soon, and report its topic after `context.settings.silent_after` seconds.

        Args:
            line: Whose topics these are.
            context: What the client's connections share.
            unlisted: Finds out which symbols the market does not list.
            end: Told of a topic whose symbol does not exist.
        """
        self._line, self._context, self._unlisted, self._end = line, context, unlisted, end
        self._patience = context.settings.silent_after or 0.0
        self._lock = threading.RLock()
        """Guards the four below. Topics are subscribed to on any thread, acknowledged and heard on the wire's, looked
        at on the clock's, and an answer about them comes on a REST call's. Never held while calling out."""
        self._due: dict[str, float] = {}
        """When each topic that brought nothing yet is looked at: not before it is live, nor while it is asked about."""
        self._told: set[str] = set()
        """The topics that were reported as silent, which is done once."""
        self._report_at: dict[str, float] = {}
        """When each topic that is live is reported, if it is listed and silent still."""
        self._wake = math.inf
        """When the timer is due."""
        self._now, self._timer = seconds_of(context.clock), Timer(context.clock)
        self._questions = CompositeDisposable()

    def __repr__(self) -> str:
        return f"<Silence of {len(self._due)} topics>"

    def awaits(self, topic: str) -> bool:
        """Somebody listens to the topic. Returns whether its first message is waited for, to be told of."""
        if not self._patience or symbol_of(topic) is None:
            return False
        with self._lock:
            waits = topic not in self._told
            if waits:
                self._due[topic] = math.inf
                self._report_at.pop(topic, None)
        return waits

    def live(self, topics: Iterable[str]) -> None:
        """The exchange acknowledged these topics."""
        with self._lock:
            waiting = [topic for topic in topics if topic in self._due]
            if not waiting:
                return
            now = self._now()
            self._due.update(dict.fromkeys(waiting, now + min(_LOOKED_UP_AFTER, self._patience)))
            self._report_at.update(dict.fromkeys(waiting, now + self._patience))
            self._wake_at(min(self._due[topic] for topic in waiting), now)

    def over(self, topic: str) -> None:
        """The topic brought something, or nobody listens to it any more."""
        with self._lock:
            self._forget(topic)

    def dispose(self) -> None:
        """Wait for nothing more."""
        self._timer.dispose()
        self._questions.dispose()

    def _wake_at(self, due: float, now: float) -> None:
        """Have the timer due by then. Under the lock, so that of two settings the later one is made last."""
        if due < self._wake:
            self._wake = due
            self._timer.set(max(0.0, due - now), self._look)

    def _look(self) -> None:
        now = self._now()
        with self._lock:
            silent = [topic for topic, due in self._due.items() if due <= now + _TOGETHER]
            self._due.update(dict.fromkeys(silent, math.inf))
            self._wake = math.inf
            self._wake_at(min(self._due.values(), default=math.inf), now)
        if silent:
            self._ask({topic: symbol_of(topic) or "" for topic in silent})

    def _ask(self, symbols: Mapping[str, str]) -> None:
        question = SingleAssignmentDisposable()
        self._questions.add(question)

        def answered(unlisted: Mapping[str, str | None]) -> None:
            now = self._now()
            for topic, symbol in symbols.items():
                with self._lock:
                    is_silent = self._is_asked_about(topic)
                    waits_on = is_silent and symbol not in unlisted and self._waits_on(topic, now)
                    if is_silent and not waits_on:
                        self._forget(topic)
                        if symbol not in unlisted:
                            self._told.add(topic)
                if is_silent and symbol in unlisted:
                    self._end(topic, UnknownSymbol(symbol, unlisted[symbol]))
                elif is_silent and not waits_on:
                    self._context.tell(events.TopicSilent(self._line, topic))

        def over() -> None:
            now = self._now()
            with self._lock:
                for topic in symbols:
                    if self._is_asked_about(topic):  # the listing cannot be had: look again later
                        self._waits_on(topic, now)
            self._questions.remove(question)

        question.disposable = self._unlisted(symbols.values()).subscribe(answered, on_completed=over)

    def _is_asked_about(self, topic: str) -> bool:
        """Whether a topic is live, silent, and being looked up. Under the lock."""
        return self._due.get(topic) == math.inf and topic in self._report_at

    def _waits_on(self, topic: str, now: float) -> bool:
        """Wait on for a topic, unless it is to be reported. Under the lock."""
        due = self._report_at[topic]
        if due <= now + _TOGETHER:
            return False
        self._due[topic] = due
        self._wake_at(due, now)
        return True

    def _forget(self, topic: str) -> None:
        self._report_at.pop(topic, None)
        self._due.pop(topic, None)
        if not self._due:
            self._due.clear()  # or it keeps the room of all that were in it
