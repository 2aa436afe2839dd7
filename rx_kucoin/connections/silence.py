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
        """Wait for `context.settings.silent_after` seconds.

        Args:
            line: Whose topics these are.
            context: What the client's connections share.
            unlisted: Finds out which symbols the market does not list.
            end: Told of a topic whose symbol does not exist.
        """
        self._line, self._context, self._unlisted, self._end = line, context, unlisted, end
        self._patience = context.settings.silent_after or 0.0
        self._lock = threading.Lock()
        """Guards the three below. Topics are subscribed to on any thread, acknowledged and heard on the wire's, looked
        at on the clock's, and an answer about them comes on a REST call's. Never held while calling out."""
        self._due: dict[str, float] = {}
        """When each topic that brought nothing yet is looked at: not before it is live, nor while it is asked about."""
        self._told: set[str] = set()
        """The topics that were reported as silent, which is done once."""
        self._looks = False
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
        return waits

    def live(self, topics: Iterable[str]) -> None:
        """The exchange acknowledged these topics."""
        with self._lock:
            waiting = [topic for topic in topics if topic in self._due]
            if not waiting:
                return
            self._due.update(dict.fromkeys(waiting, self._now() + self._patience))
            if self._looks:
                return
            self._looks = True
        self._timer.set(self._patience, self._look)

    def over(self, topic: str) -> None:
        """The topic brought something, or nobody listens to it any more."""
        with self._lock:
            self._forget(topic)

    def dispose(self) -> None:
        """Wait for nothing more."""
        self._timer.dispose()
        self._questions.dispose()

    def _look(self) -> None:
        now = self._now()
        with self._lock:
            silent = [topic for topic, due in self._due.items() if due <= now + _TOGETHER]
            self._due.update(dict.fromkeys(silent, math.inf))
            later = min(self._due.values(), default=math.inf) - now
            again = self._looks = later < math.inf
        if again:
            self._timer.set(later, self._look)
        if silent:
            self._ask({topic: symbol_of(topic) or "" for topic in silent})

    def _ask(self, symbols: Mapping[str, str]) -> None:
        question = SingleAssignmentDisposable()
        self._questions.add(question)

        def answered(unlisted: Mapping[str, str | None]) -> None:
            for topic, symbol in symbols.items():
                with self._lock:
                    is_silent = self._due.get(topic) == math.inf
                    if is_silent:
                        self._forget(topic)
                        if symbol not in unlisted:
                            self._told.add(topic)
                if is_silent and symbol in unlisted:
                    self._end(topic, UnknownSymbol(symbol, unlisted[symbol]))
                elif is_silent:
                    self._context.tell(events.TopicSilent(self._line, topic))

        def over() -> None:
            self._questions.remove(question)

        question.disposable = self._unlisted(symbols.values()).subscribe(answered, on_completed=over)

    def _forget(self, topic: str) -> None:
        self._due.pop(topic, None)
        if not self._due:
            self._due.clear()  # or it keeps the room of all that were in it
