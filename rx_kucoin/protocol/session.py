"""The subscriptions of one connection: wanted, requested and confirmed topics. A state machine without I/O.

Its owner declares topics (`want`, `unwant`), sends `next_request` whenever a message may be sent, and passes received
frames to `receive`. Times are arguments, in seconds of any clock.
"""

from collections.abc import Sequence
from itertools import count
from typing import Final, NamedTuple

from rx_kucoin.protocol import frames
from rx_kucoin.protocol.batches import Batches, Kind
from rx_kucoin.protocol.frames import Frame
from rx_kucoin.protocol.limits import TOPICS_PER_REQUEST
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

MAX_UNANSWERED: Final = 3
"""Rounds of requests without any answer after which the connection counts as dead."""


class PendingRequest(NamedTuple):
    """A request that was sent and not answered yet."""

    kind: Kind
    topics: tuple[str, ...]
    since: float


class Uncertain(NamedTuple):
    """A state that the exchange may have or not: requests of this kind, from number `since` on, went unanswered."""

    kind: Kind
    since: int


class Session:
    """Wanted and confirmed topics are two sets; the session makes the requests that make them equal.

    Invariants. A topic is in at most one request that is in flight. While it is, or while its state at the exchange is
    uncertain, it is requested again until an answer settles it. A late answer counts for the topics of which the
    opposite was not requested since.
    """

    def __init__(self, *, most: int = TOPICS_PER_REQUEST, ack_timeout: float = 10.0) -> None:
        self.welcomed = False
        self.wanted: dict[str, None] = {}
        self.confirmed: dict[str, None] = {}
        self._pending: dict[str, PendingRequest] = {}
        self._request_of: dict[str, str] = {}
        self._uncertain: dict[str, Uncertain] = {}
        self._unlisted: dict[str, int] = {}
        """How often each topic was refused with a code that is not known to be final."""
        self._batches = Batches(most)
        self._ack_timeout = ack_timeout
        self._ids = count(1)
        self._ping: str | None = None
        self._unanswered = 0

    def __repr__(self) -> str:
        requested = len(self._request_of)
        return f"<Session {len(self.wanted)} wanted, {requested} requested, {len(self.confirmed)} confirmed>"

    @property
    def has_requests(self) -> bool:
        """Whether `next_request` would return a request."""
        return self.welcomed and (self._ping is not None or bool(self._batches))

    @property
    def awaits_answers(self) -> bool:
        """Whether a request is in flight."""
        return bool(self._request_of)

    def want(self, topic: str) -> None:
        """Subscribe to the topic."""
        self.wanted[topic] = None
        self._reconcile(topic)

    def unwant(self, topic: str) -> None:
        """Unsubscribe from the topic."""
        self.wanted.pop(topic, None)
        self._reconcile(topic)

    def ping(self) -> str:
        """Make a ping the next request, before any other. Return its id, which the pong will have."""
        self._ping = self._ping or f"ping-{next(self._ids)}"
        return self._ping

    def next_request(self, now: float) -> str | None:
        """Return the text of the next request, or None. It counts as sent."""
        if not self.has_requests:
            return None
        if self._ping is not None:
            id_, self._ping = self._ping, None
            return frames.ping(id_)
        batch = self._batches.take(lambda topic: "subscribe" if topic in self.wanted else "unsubscribe")
        id_ = str(next(self._ids))
        self._pending[id_] = PendingRequest(batch.kind, batch.topics, now)
        self._request_of.update(dict.fromkeys(batch.topics, id_))
        write = frames.subscribe if batch.kind == "subscribe" else frames.unsubscribe
        return write(id_, batch.text, private=batch.private)

    def receive(self, frame: Frame) -> Outcome | None:
        """Handle a received frame; return its outcome, None for frames that have none."""
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
        """Repeat requests that were not answered in time."""
        late = [
            id_
            for id_, request in self._pending.items()
            if now - request.since >= self._ack_timeout and self._is_open(id_)
        ]
        if not late:
            return None
        self._unanswered += 1
        if self._unanswered >= MAX_UNANSWERED:
            return Failed("lost", f"{MAX_UNANSWERED} rounds of requests for topics went unanswered")
        topics = [topic for id_ in late for topic in self._pending[id_].topics]
        for topic in topics:
            self._uncertain[topic] = self._in_flight(topic)
            del self._request_of[topic]
        self._reconcile(*topics)
        self._forget(before=now - _MEMORY * self._ack_timeout)
        return Postponed(tuple(topics), "no answer")

    def _acknowledged(self, id_: str) -> Outcome | None:
        request, topics = self._close(id_)
        if request is None:
            return None
        self._settle(topics)
        if request.kind == "subscribe":
            self.confirmed.update(dict.fromkeys(topics))
        else:
            self._drop(topics)
        self._batches.forget(topics)
        self._reconcile(*topics)
        fresh = tuple(topic for topic in topics if topic in self.wanted)
        return Confirmed(fresh) if request.kind == "subscribe" and fresh else None

    def _error(self, id_: str, code: int, text: str) -> Outcome | None:
        if (refused := self._pending.get(id_)) and self._may_pass(refused, code, text):
            self._unanswered = 0
            return Postponed(refused.topics, text)  # left open: sent again when its time is up, and not at once
        request, topics = self._close(id_)
        if request is None:
            return self._connection_error(code, text)
        if not topics:
            return None
        if code in _PASSING_CODES:
            return self._limited(id_, request, topics, text)
        if len(request.topics) > 1:
            return self._split(request, topics, text)
        return self._refused(request.kind, topics[0], code, text)

    def _may_pass(self, request: PendingRequest, code: int, text: str) -> bool:
        """Whether the same request may succeed later. One with an unlisted code may, for a bounded number of times.

        It is sent again in halves, as one bad topic may be the cause.
        """
        if code in _PASSING_CODES:
            return not _names_a_limit(request, text)
        if code in _FINAL_CODES:
            return False
        for topic in request.topics:
            self._unlisted[topic] = self._unlisted.get(topic, 0) + 1
        times = max(self._unlisted[topic] for topic in request.topics)
        if times > _UNLISTED_REFUSALS:
            return False
        self._batches.halve(request.topics)
        return True

    def _refused(self, kind: Kind, topic: str, code: int, text: str) -> Outcome | None:
        """The exchange rejects this very topic, so it is not subscribed, whatever was requested before."""
        self._settle([topic])
        self._drop([topic])
        refused = kind == "subscribe" and topic in self.wanted
        if refused:
            del self.wanted[topic]
        self._reconcile(topic)
        if refused:
            return Refused(topic, code, text)
        return Complained(code, text) if kind == "unsubscribe" else None

    def _connection_error(self, code: int, text: str) -> Outcome:
        if code == _UNAUTHORIZED:
            return Failed("token", text)
        if not self.welcomed:
            return Failed("busy" if code == _OVER_A_LIMIT else "dial", f"{code} {text}")
        return Complained(code, text)

    def _limited(self, id_: str, request: PendingRequest, topics: Sequence[str], text: str) -> Outcome:
        """A limit was exceeded: no topic is rejected, so all of them are requested again."""
        limit = frames.session_limit(text)
        if limit is not None:
            return self._full(id_, request, topics, limit, text)
        self._batches.most = max(1, min(self._batches.most, len(request.topics) // 2))
        return self._again(topics, text)

    def _full(self, id_: str, request: PendingRequest, topics: Sequence[str], limit: int, text: str) -> Outcome:
        """The connection takes fewer topics than it was given: keep those that fit, return the others as surplus."""
        mine = [topic for topic in topics if topic in self.wanted]
        if not mine:
            return self._again(topics, text)
        limit = max(limit, len(self.confirmed))
        room = limit - (len(self.wanted) - len(mine))
        if room >= len(mine):  # the limit in the text is not the one in effect: find that by halving
            if len(mine) > 1:
                return self._split(request, topics, text)
            mine = [topic for topic in self.wanted if topic not in self.confirmed and topic not in self._request_of]
            room, limit = 0, len(self.confirmed) + self._requested_before(id_)
        if limit == 0:
            return Failed("busy", text)
        surplus = tuple(mine[max(0, room) :])
        if not surplus:  # all that could be handed back was sent again meanwhile: the answer to that will say so
            return self._again(topics, text)
        for topic in surplus:
            del self.wanted[topic]
        self._again(topics, text)
        return Full(surplus, limit, text)

    def _split(self, request: PendingRequest, topics: Sequence[str], text: str) -> Outcome:
        """One bad topic fails the whole request, so request each half on its own until it is alone."""
        self._batches.halve(request.topics)
        return self._again(topics, text)

    def _again(self, topics: Sequence[str], text: str) -> Outcome:
        self._reconcile(*topics)
        return Postponed(tuple(topics), text)

    def _reconcile(self, *topics: str) -> None:
        """Queue or drop the request that a topic needs. A topic in flight waits for its answer: the two could race."""
        for topic in topics:
            if topic in self._request_of:
                continue
            if topic in self._uncertain or (topic in self.wanted) != (topic in self.confirmed):
                self._batches.add(topic)
            else:
                self._batches.drop(topic)

    def _settle(self, topics: Sequence[str]) -> None:
        for topic in topics:
            self._uncertain.pop(topic, None)
            self._unlisted.pop(topic, None)

    def _drop(self, topics: Sequence[str]) -> None:
        for topic in topics:
            self.confirmed.pop(topic, None)

    def _close(self, id_: str) -> tuple[PendingRequest | None, Sequence[str]]:
        """Close a request. A late answer counts for the topics of which the opposite was not requested since."""
        request = self._pending.get(id_)
        if request is None:
            return None, ()
        topics = [topic for topic in request.topics if self._still_applies(int(id_), topic)]
        self._unanswered = 0
        for topic in topics:
            if self._request_of.get(topic) == id_:
                del self._request_of[topic]
        del self._pending[id_]
        return request, topics

    def _still_applies(self, number: int, topic: str) -> bool:
        uncertain = self._in_flight(topic) if topic in self._request_of else self._uncertain.get(topic)
        return uncertain is not None and number >= uncertain.since

    def _in_flight(self, topic: str) -> Uncertain:
        """Return the kind of request that a topic in flight is in, and the number of the first of its kind."""
        id_ = self._request_of[topic]
        kind, uncertain = self._pending[id_].kind, self._uncertain.get(topic)
        return uncertain if uncertain is not None and uncertain.kind == kind else Uncertain(kind, int(id_))

    def _requested_before(self, id_: str) -> int:
        """Return the number of topics requested before this request that may still be acknowledged."""
        return sum(topic not in self.confirmed and int(other) < int(id_) for topic, other in self._request_of.items())

    def _is_open(self, id_: str) -> bool:
        return self._request_of.get(self._pending[id_].topics[0]) == id_

    def _forget(self, before: float) -> None:
        """Forget requests that are too old for an answer to be of use."""
        for id_ in [id_ for id_, request in self._pending.items() if request.since < before and not self._is_open(id_)]:
            del self._pending[id_]


def _names_a_limit(request: PendingRequest, text: str) -> bool:
    """Return whether the text names a limit that a smaller request would meet."""
    if frames.session_limit(text) is not None:
        return request.kind == "subscribe"
    return "per time" in text and len(request.topics) > 1


_MEMORY: Final = 10
"""Multiple of `ack_timeout` after which a request without an answer is forgotten."""

_UNAUTHORIZED: Final = 401
_OVER_A_LIMIT: Final = 509
_PASSING_CODES: Final = frozenset({500, _OVER_A_LIMIT})
_FINAL_CODES: Final = frozenset({400, _UNAUTHORIZED, 403, 404, 406, 415})
"""Codes with which the same request is refused again: a malformed topic, no login, an unknown channel, no topic, an
unknown command. They and the passing ones are all that "Classic WebSocket: Error Codes" of KuCoin's documentation of
2026 lists; another one may be temporary."""
_UNLISTED_REFUSALS: Final = 5
"""Refusals of a topic with unlisted codes after which it is sent again, as many as there are attempts to reconnect."""
