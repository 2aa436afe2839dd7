"""One connection's conversation: what is wanted, what was asked, what was confirmed. A machine without I/O.

Whoever holds the machine tells it what is wanted (`want`, `unwant`), asks it what to say next (`next_line`) whenever
something may be said, and shows it what the exchange says (`receive`). Times are given to it, in seconds of any clock.
"""

from itertools import count
from typing import Final, Literal, NamedTuple

from rx_kucoin.protocol import frames
from rx_kucoin.protocol.batches import Batches
from rx_kucoin.protocol.frames import Frame
from rx_kucoin.protocol.limits import TOPICS_PER_LINE
from rx_kucoin.protocol.outcomes import (
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

__all__ = ["Session"]

PATIENCE: Final = 3
"""Rounds of asking without any answer, after which the line is taken for dead."""

Kind = Literal["subscribe", "unsubscribe"]


class Ask(NamedTuple):
    """A line that was sent and not answered yet."""

    kind: Kind
    topics: tuple[str, ...]
    since: float


class Session:
    """What is wanted and what was confirmed are different sets; the session says what makes them equal."""

    def __init__(self, *, most: int = TOPICS_PER_LINE, ack_timeout: float = 10.0) -> None:
        self.welcomed = False
        self.wanted: dict[str, None] = {}
        self.confirmed: dict[str, None] = {}
        self._asks: dict[str, Ask] = {}
        self._asked: dict[str, str] = {}
        self._batches = Batches(most)
        self._ack_timeout = ack_timeout
        self._ids = count(1)
        self._ping: str | None = None
        self._unanswered = 0

    def __repr__(self) -> str:
        asked = len(self._asked)
        return f"<Session {len(self.wanted)} wanted, {asked} asked, {len(self.confirmed)} confirmed>"

    @property
    def has_something_to_say(self) -> bool:
        """Whether `next_line` would give a line."""
        return self._ping is not None or (self.welcomed and bool(self._batches))

    @property
    def awaits_answers(self) -> bool:
        """Whether anything asked is not answered yet."""
        return bool(self._asked)

    def want(self, topic: str) -> None:
        """The topic shall be subscribed to."""
        self.wanted[topic] = None
        self._reconcile(topic)

    def unwant(self, topic: str) -> None:
        """The topic shall not be subscribed to any more."""
        self.wanted.pop(topic, None)
        self._reconcile(topic)

    def ping(self) -> str:
        """Say a ping next, before anything else. Returns its id, which the pong will carry."""
        self._ping = f"ping-{next(self._ids)}"
        return self._ping

    def next_line(self, now: float) -> str | None:
        """What to say now, or None. The session counts it as said."""
        if self._ping is not None:
            id_, self._ping = self._ping, None
            return frames.ping(id_)
        if not self.welcomed or not self._batches:
            return None
        batch = self._batches.take(lambda topic: "subscribe" if topic in self.wanted else "unsubscribe")
        id_ = str(next(self._ids))
        self._asks[id_] = Ask(batch.kind, batch.topics, now)
        self._asked.update(dict.fromkeys(batch.topics, id_))
        write = frames.subscribe if batch.kind == "subscribe" else frames.unsubscribe
        return write(id_, batch.text, private=batch.private)

    def receive(self, frame: Frame) -> Outcome | None:
        """Take note of what the exchange said, push or not. None: nothing that anybody need know."""
        id_ = "" if frame.id is None else str(frame.id)
        match frame.type:
            case "welcome":
                self.welcomed = True
                return Welcomed()
            case "pong":
                return Ponged(id_)
            case "ack":
                return self._acknowledged(id_)
            case "error":
                return self._error(id_, frame.code, frames.text_of(frame))
            case _:
                return None

    def overdue(self, now: float) -> Outcome | None:
        """Ask again for what was not answered in time."""
        late = [id_ for id_, ask in self._asks.items() if now - ask.since >= self._ack_timeout and self._is_open(id_)]
        if not late:
            return None
        self._unanswered += 1
        if self._unanswered >= PATIENCE:
            return Failed("lost", f"{PATIENCE} rounds of asking for topics went unanswered")
        topics = [topic for id_ in late for topic in self._asks[id_].topics]
        for topic in topics:
            self._asked.pop(topic, None)
            self._reconcile(topic)
        return Postponed(tuple(topics), "no answer")

    def _acknowledged(self, id_: str) -> Outcome | None:
        ask = self._close(id_)
        if ask is None:
            return None
        if ask.kind == "unsubscribe":
            for topic in ask.topics:
                self.confirmed.pop(topic, None)
        else:
            self.confirmed.update(dict.fromkeys(ask.topics))
            self._batches.forget(ask.topics)
        for topic in ask.topics:
            self._reconcile(topic)
        fresh = tuple(topic for topic in ask.topics if topic in self.wanted)
        return Confirmed(fresh) if ask.kind == "subscribe" and fresh else None

    def _error(self, id_: str, code: int, text: str) -> Outcome | None:
        ask = self._close(id_)
        if ask is None:
            return self._error_of_the_line(code, text)
        if ask.kind == "unsubscribe":
            for topic in ask.topics:
                self.confirmed.pop(topic, None)
                self._reconcile(topic)
            return Complained(code, text)
        if code in _PASSING_CODES:
            return self._postponed(ask, code, text)
        topic, *others = ask.topics
        if others:
            return self._split(ask, text)
        if self.wanted.pop(topic, self) is self:
            return None
        return Refused(topic, code, text)

    def _error_of_the_line(self, code: int, text: str) -> Outcome:
        if code == _UNAUTHORIZED:
            return Failed("token", text)
        if not self.welcomed:
            return Failed("busy" if code == _OVER_A_LIMIT else "dial", f"{code} {text}")
        return Complained(code, text)

    def _postponed(self, ask: Ask, code: int, text: str) -> Outcome:
        """A limit, or the exchange's own trouble: nothing is refused, so nothing may be lost."""
        limit = frames.session_limit(text)
        if code == _OVER_A_LIMIT and limit is not None:
            return self._full(ask, limit, text)
        if code == _OVER_A_LIMIT and "per time" in text:
            self._batches.most = max(1, min(self._batches.most, len(ask.topics)) // 2)
        return self._again(ask.topics, text)

    def _full(self, ask: Ask, limit: int, text: str) -> Outcome:
        """The connection takes fewer topics than it was given: keep what fits, hand back the others."""
        mine = [topic for topic in ask.topics if topic in self.wanted]
        room = limit - (len(self.wanted) - len(mine))
        if room >= len(mine):  # the text names a limit that is not the one at work, so the true one is found by halves
            if len(mine) > 1:
                return self._split(ask, text)
            room, limit = 0, len(self.confirmed)
        if not self.confirmed and limit == 0:
            return Failed("busy", text)
        room = max(0, room)
        surplus = tuple(mine[room:])
        for topic in surplus:
            self.wanted.pop(topic)
        self._again(ask.topics, text)
        return Full(surplus, limit, text)

    def _split(self, ask: Ask, text: str) -> Outcome:
        """One bad topic sinks the whole line, so ask for each half on its own until it stands alone."""
        self._batches.halve(ask.topics)
        return self._again(ask.topics, text)

    def _again(self, topics: tuple[str, ...], text: str) -> Outcome:
        for topic in topics:
            self._reconcile(topic)
        return Postponed(topics, text)

    def _reconcile(self, topic: str) -> None:
        """Have it said, or not, that a topic is wanted. While an answer is out it waits: the two could race."""
        if topic in self._asked:
            return
        if (topic in self.wanted) == (topic in self.confirmed):
            self._batches.drop(topic)
        else:
            self._batches.add(topic)

    def _close(self, id_: str) -> Ask | None:
        """Tick a line off. A late answer, to topics long asked for anew, still tells the truth."""
        ask = self._asks.pop(id_, None)
        if ask is None:
            return None
        self._unanswered = 0
        for topic in ask.topics:
            if self._asked.get(topic) == id_:
                del self._asked[topic]
        return ask

    def _is_open(self, id_: str) -> bool:
        return any(self._asked.get(topic) == id_ for topic in self._asks[id_].topics)


_UNAUTHORIZED: Final = 401
_OVER_A_LIMIT: Final = 509
_PASSING_CODES: Final = frozenset({500, _OVER_A_LIMIT})
