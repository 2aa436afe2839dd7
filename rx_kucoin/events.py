"""What happens to lines and topics, told on `kucoin.events` as it happens. Nothing here ends a stream.

A line is one place in the pool, numbered from 1; connections come and go on it. Times are not part of an event:
pipe `kucoin.events` through `ops.timestamp()` where they matter.
"""

from dataclasses import dataclass

__all__ = [
    "BookLive",
    "BookStale",
    "CandleCorrected",
    "Complaint",
    "Dialling",
    "Event",
    "Gap",
    "GaveUp",
    "LimitLearned",
    "LineClosed",
    "LineDown",
    "LineUp",
    "Malformed",
    "OutOfTurn",
    "Redialling",
    "RenewalFailed",
    "Renewed",
    "Requeued",
    "SequenceReset",
    "SubscriberFailed",
    "SymbolUnknown",
    "TopicLive",
    "TopicRefused",
    "TopicSilent",
    "Unanswered",
]


@dataclass(frozen=True, slots=True)
class Event:
    """Something happened on line `line` (0: on none in particular)."""

    line: int


@dataclass(frozen=True, slots=True)
class Dialling(Event):
    """A connection is being opened, with a fresh token."""


@dataclass(frozen=True, slots=True)
class LineUp(Event):
    """The exchange said welcome to a connection at `host`."""

    host: str


@dataclass(frozen=True, slots=True)
class LineDown(Event):
    """The connection ended by itself; its `topics` topics pause until the next one."""

    cause: Exception
    topics: int


@dataclass(frozen=True, slots=True)
class Redialling(Event):
    """Attempt number `attempt` in a row follows in `wait` seconds."""

    attempt: int
    wait: float
    cause: Exception


@dataclass(frozen=True, slots=True)
class GaveUp(Event):
    """The row of attempts is over, or another would not help; the line's streams end with `error`."""

    error: Exception


@dataclass(frozen=True, slots=True)
class LineClosed(Event):
    """The connection was closed from this side: nobody needs it any more, or a fresh one took over."""


@dataclass(frozen=True, slots=True)
class Renewed(Event):
    """A fresh connection has every topic of the line and took over."""

    topics: int


@dataclass(frozen=True, slots=True)
class RenewalFailed(Event):
    """The fresh connection did not come to be; the old one stays, and it is tried again in `wait` seconds."""

    cause: Exception
    wait: float


@dataclass(frozen=True, slots=True)
class TopicLive(Event):
    """The exchange acknowledged the topic."""

    topic: str


@dataclass(frozen=True, slots=True)
class TopicRefused(Event):
    """The exchange refused the topic; its stream ends with `SubscriptionRejected`."""

    topic: str
    code: int
    text: str


@dataclass(frozen=True, slots=True)
class SymbolUnknown(Event):
    """The exchange does not list the symbol of the topic; its stream ends with `UnknownSymbol`, others go on.

    `did_you_mean` is the listed one that comes closest, if any does. A name in a set of `follow` that cannot be a
    symbol is reported as well, on line 0.
    """

    topic: str
    symbol: str
    did_you_mean: str | None


@dataclass(frozen=True, slots=True)
class TopicSilent(Event):
    """The topic is live, and its symbol exists, but it has brought nothing so far. Told once for each connection."""

    topic: str


@dataclass(frozen=True, slots=True)
class Requeued(Event):
    """A limit stood in the way of `topics` topics; they wait for another turn, none is lost."""

    topics: int
    text: str


@dataclass(frozen=True, slots=True)
class LimitLearned(Event):
    """A connection takes only `topics` topics; the pool places the others elsewhere from now on."""

    topics: int
    text: str


@dataclass(frozen=True, slots=True)
class Complaint(Event):
    """The exchange sent an error that belongs to no topic; it may end the line next."""

    code: int
    text: str


@dataclass(frozen=True, slots=True)
class Unanswered(Event):
    """`topics` topics were asked for and not acknowledged in time; they are asked for again."""

    topics: int


@dataclass(frozen=True, slots=True)
class Gap(Event):
    """Messages of the topic were lost, or may be: what came after sequence `after` and before sequence `before`.

    On a topic whose sequence is contiguous the numbers between are exactly what is missing. On another topic (where the
    exchange's time may stand in place of a sequence) something between the two may be missing: the line was down.
    """

    topic: str
    after: int | None
    before: int | None
    cause: str


@dataclass(frozen=True, slots=True)
class BookLive(Event):
    """The book of a level 2 topic is calibrated, at `sequence`; it took `snapshots` snapshots by REST."""

    topic: str
    sequence: int
    snapshots: int


@dataclass(frozen=True, slots=True)
class BookStale(Event):
    """The book of a level 2 topic may differ from the exchange's until it is live again, for this reason."""

    topic: str
    cause: str


@dataclass(frozen=True, slots=True)
class CandleCorrected(Event):
    """The exchange sent other figures of a candle that was emitted as closed; the stream does not emit it again.

    `start_ns` is the candle's; `changes` names each field that differs, with the value that was emitted, or sent last,
    and the new one: "close 5 to 5.1, volume 58 to 60".
    """

    topic: str
    start_ns: int
    changes: str


@dataclass(frozen=True, slots=True)
class OutOfTurn(Event):
    """The exchange sent a message again, or one older than what went before; it was not passed on."""

    topic: str
    sequence: int


@dataclass(frozen=True, slots=True)
class SequenceReset(Event):
    """The exchange began a topic's sequence anew, from `after` down to `before`."""

    topic: str
    after: int
    before: int


@dataclass(frozen=True, slots=True)
class Malformed(Event):
    """A frame could not be read and was left out; it is the `count`-th of its connection.

    `topic` is empty where the frame does not name one that is subscribed to.
    """

    reason: str
    excerpt: str
    count: int
    topic: str = ""


@dataclass(frozen=True, slots=True)
class SubscriberFailed(Event):
    """A subscriber raised; it alone was ended."""

    stream: str
    error: BaseException
