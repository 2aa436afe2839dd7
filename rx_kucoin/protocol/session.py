"""One connection's conversation: what is wanted, what was asked, what was confirmed. A machine without I/O.

Whoever holds the machine tells it what is wanted (`want`, `unwant`), asks it what to say next (`next_line`) whenever
something may be said, and shows it what the exchange says (`receive`). Times are given to it, in seconds of any clock.
"""

from collections.abc import Sequence
from itertools import count
from typing import Final, NamedTuple

from rx_kucoin.protocol import frames
from rx_kucoin.protocol.batches import Batches, Kind
from rx_kucoin.protocol.frames import Frame
from rx_kucoin.protocol.limits import TOPICS_PER_LINE
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

__all__ = ["Session"]

PATIENCE: Final = 3
"""Rounds of asking without any answer, after which the line is taken for dead."""


class Ask(NamedTuple):
    """A line that was sent and not answered yet."""

    kind: Kind
    topics: tuple[str, ...]
    since: float


class Doubt(NamedTuple):
    """The exchange may have heard, or not: asking for the same, from line `since` on, went unanswered."""

    kind: Kind
    since: int


class Session:
    """What is wanted and what was confirmed are different sets; the session says what makes them equal."""

    def __init__(self, *, most: int = TOPICS_PER_LINE, ack_timeout: float = 10.0) -> None:
        self.welcomed = False
        self.wanted: dict[str, None] = {}
        self.confirmed: dict[str, None] = {}
        self._asks: dict[str, Ask] = {}
        self._asked: dict[str, str] = {}
        self._doubted: dict[str, Doubt] = {}
        self._unlisted: dict[str, int] = {}
        """How often each topic was refused with a code that is not known to be final."""
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
        return self.welcomed and (self._ping is not None or bool(self._batches))

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
        self._ping = self._ping or f"ping-{next(self._ids)}"
        return self._ping

    def next_line(self, now: float) -> str | None:
        """What to say now, or None. The session counts it as said."""
        if not self.has_something_to_say:
            return None
        if self._ping is not None:
            id_, self._ping = self._ping, None
            return frames.ping(id_)
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
            case "welcome" if not self.welcomed:
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
            self._doubted[topic] = self._open(topic)
            del self._asked[topic]
        self._reconcile(*topics)
        self._forget(before=now - _MEMORY * self._ack_timeout)
        return Postponed(tuple(topics), "no answer")

    def _acknowledged(self, id_: str) -> Outcome | None:
        ask, topics = self._close(id_)
        if ask is None:
            return None
        self._settle(topics)
        if ask.kind == "subscribe":
            self.confirmed.update(dict.fromkeys(topics))
        else:
            self._drop(topics)
        self._batches.forget(topics)
        self._reconcile(*topics)
        fresh = tuple(topic for topic in topics if topic in self.wanted)
        return Confirmed(fresh) if ask.kind == "subscribe" and fresh else None

    def _error(self, id_: str, code: int, text: str) -> Outcome | None:
        if (refused := self._asks.get(id_)) and self._may_pass(refused, code, text):
            self._unanswered = 0
            return Postponed(refused.topics, text)  # left open: sent again when its time is up, and not at once
        ask, topics = self._close(id_)
        if ask is None:
            return self._error_of_the_line(code, text)
        if not topics:
            return None
        if code in _PASSING_CODES:
            return self._limited(id_, ask, topics, text)
        if len(ask.topics) > 1:
            return self._split(ask, topics, text)
        return self._refused(ask.kind, topics[0], code, text)

    def _may_pass(self, ask: Ask, code: int, text: str) -> bool:
        """Whether the same request may succeed later. One with an unlisted code may, for a bounded number of times.

        It is sent again in halves, as one bad topic may be the cause.
        """
        if code in _PASSING_CODES:
            return not _names_a_limit(ask, text)
        if code in _FINAL_CODES:
            return False
        for topic in ask.topics:
            self._unlisted[topic] = self._unlisted.get(topic, 0) + 1
        times = max(self._unlisted[topic] for topic in ask.topics)
        if times > _UNLISTED_REFUSALS:
            return False
        self._batches.halve(ask.topics)
        return True

    def _refused(self, kind: Kind, topic: str, code: int, text: str) -> Outcome | None:
        """The exchange says no to this very topic, so it has none of it, whatever was asked before."""
        self._settle([topic])
        self._drop([topic])
        refused = kind == "subscribe" and topic in self.wanted
        if refused:
            del self.wanted[topic]
        self._reconcile(topic)
        if refused:
            return Refused(topic, code, text)
        return Complained(code, text) if kind == "unsubscribe" else None

    def _error_of_the_line(self, code: int, text: str) -> Outcome:
        if code == _UNAUTHORIZED:
            return Failed("token", text)
        if not self.welcomed:
            return Failed("busy" if code == _OVER_A_LIMIT else "dial", f"{code} {text}")
        return Complained(code, text)

    def _limited(self, id_: str, ask: Ask, topics: Sequence[str], text: str) -> Outcome:
        """A limit: nothing is refused, so nothing may be lost."""
        limit = frames.session_limit(text)
        if limit is not None:
            return self._full(id_, ask, topics, limit, text)
        self._batches.most = max(1, min(self._batches.most, len(ask.topics) // 2))
        return self._again(topics, text)

    def _full(self, id_: str, ask: Ask, topics: Sequence[str], limit: int, text: str) -> Outcome:
        """The connection takes fewer topics than it was given: keep what fits, hand back the others."""
        mine = [topic for topic in topics if topic in self.wanted]
        if not mine:
            return self._again(topics, text)
        limit = max(limit, len(self.confirmed))
        room = limit - (len(self.wanted) - len(mine))
        if room >= len(mine):  # the text names a limit that is not the one at work, so the true one is found by halves
            if len(mine) > 1:
                return self._split(ask, topics, text)
            mine = [topic for topic in self.wanted if topic not in self.confirmed and topic not in self._asked]
            room, limit = 0, len(self.confirmed) + self._asked_before(id_)
        if limit == 0:
            return Failed("busy", text)
        surplus = tuple(mine[max(0, room) :])
        if not surplus:  # all that could be handed back was sent again meanwhile: the answer to that will say so
            return self._again(topics, text)
        for topic in surplus:
            del self.wanted[topic]
        self._again(topics, text)
        return Full(surplus, limit, text)

    def _split(self, ask: Ask, topics: Sequence[str], text: str) -> Outcome:
        """One bad topic sinks the whole line, so ask for each half on its own until it stands alone."""
        self._batches.halve(ask.topics)
        return self._again(topics, text)

    def _again(self, topics: Sequence[str], text: str) -> Outcome:
        self._reconcile(*topics)
        return Postponed(tuple(topics), text)

    def _reconcile(self, *topics: str) -> None:
        """Have it said, or not, that a topic is wanted. While an answer is out it waits: the two could race."""
        for topic in topics:
            if topic in self._asked:
                continue
            if topic in self._doubted or (topic in self.wanted) != (topic in self.confirmed):
                self._batches.add(topic)
            else:
                self._batches.drop(topic)

    def _settle(self, topics: Sequence[str]) -> None:
        for topic in topics:
            self._doubted.pop(topic, None)
            self._unlisted.pop(topic, None)

    def _drop(self, topics: Sequence[str]) -> None:
        for topic in topics:
            self.confirmed.pop(topic, None)

    def _close(self, id_: str) -> tuple[Ask | None, Sequence[str]]:
        """Tick a line off. A late answer still tells of the topics of which the opposite was not asked since."""
        ask = self._asks.get(id_)
        if ask is None:
            return None, ()
        topics = [topic for topic in ask.topics if self._tells(int(id_), topic)]
        self._unanswered = 0
        for topic in topics:
            if self._asked.get(topic) == id_:
                del self._asked[topic]
        del self._asks[id_]
        return ask, topics

    def _tells(self, number: int, topic: str) -> bool:
        doubt = self._open(topic) if topic in self._asked else self._doubted.get(topic)
        return doubt is not None and number >= doubt.since

    def _open(self, topic: str) -> Doubt:
        """What a topic in flight is asked for, and since which line."""
        id_ = self._asked[topic]
        kind, doubt = self._asks[id_].kind, self._doubted.get(topic)
        return doubt if doubt is not None and doubt.kind == kind else Doubt(kind, int(id_))

    def _asked_before(self, id_: str) -> int:
        """How many topics were asked for before this line, and may still be acknowledged."""
        return sum(topic not in self.confirmed and int(asked) < int(id_) for topic, asked in self._asked.items())

    def _is_open(self, id_: str) -> bool:
        return self._asked.get(self._asks[id_].topics[0]) == id_

    def _forget(self, before: float) -> None:
        """An answer to a line as old as that would tell nothing any more."""
        for id_ in [id_ for id_, ask in self._asks.items() if ask.since < before and not self._is_open(id_)]:
            del self._asks[id_]


def _names_a_limit(ask: Ask, text: str) -> bool:
    """Whether the text tells what to do otherwise next time."""
    if frames.session_limit(text) is not None:
        return ask.kind == "subscribe"
    return "per time" in text and len(ask.topics) > 1


_MEMORY: Final = 10
"""Times the patience for one answer, after which a line without any is forgotten."""

_UNAUTHORIZED: Final = 401
_OVER_A_LIMIT: Final = 509
_PASSING_CODES: Final = frozenset({500, _OVER_A_LIMIT})
_FINAL_CODES: Final = frozenset({400, _UNAUTHORIZED, 403, 404, 406, 415})
"""Codes with which the same request is refused again: a malformed topic, no login, an unknown channel, no topic, an
unknown command. They and the passing ones are all that "Classic WebSocket: Error Codes" of KuCoin's documentation of
2026 lists; another one may be temporary."""
_UNLISTED_REFUSALS: Final = 5
"""Refusals of a topic with unlisted codes after which it is sent again, as many as there are attempts to reconnect."""
