"""Events as one line of text each."""

from collections.abc import Callable
from typing import Any, Final

from rx_kucoin import events
from rx_kucoin.events import Event

__all__ = ["ROUTINE", "event_text"]

ROUTINE: Final = (
    *(events.Dialling, events.LineUp, events.LineClosed, events.TopicLive, events.Renewed),
    events.BookLive,
    *(events.GaveUp, events.TopicRefused, events.SymbolUnknown),
)
"""Events of normal operation, and those that the error which ends the stream reports anyway."""

_TEXTS: Final[dict[type[Event], Callable[[Any], str]]] = {
    events.Dialling: lambda _: "is being dialled",
    events.LineUp: lambda it: f"is up, to {it.host}",
    events.LineDown: lambda it: f"is down, {_some(it.topics, 'topic')} waiting: {it.cause}",
    events.Redialling: lambda it: f"is dialled again in {it.wait:.1f} s, attempt {it.attempt}: {it.cause}",
    events.GaveUp: lambda it: f"is given up: {it.error}",
    events.LineClosed: lambda _: "was closed from this side",
    events.Renewed: lambda it: f"was renewed with {_some(it.topics, 'topic')}",
    events.RenewalFailed: lambda it: f"was not renewed, again in {it.wait:.1f} s: {it.cause}",
    events.TopicLive: lambda it: f"has {it.topic} live",
    events.TopicRefused: lambda it: f"had {it.topic} refused: {it.code} {it.text}",
    events.SymbolUnknown: lambda it: (
        f"has no symbol for {it.topic}: KuCoin lists no {it.symbol}"
        + (f"; did you mean {it.did_you_mean}?" if it.did_you_mean else "")
    ),
    events.TopicSilent: lambda it: f"has brought nothing for {it.topic} so far, though its symbol exists",
    events.Requeued: lambda it: f"asks later for {_some(it.topics, 'topic')}: {it.text}",
    events.LimitLearned: lambda it: f"takes only {_some(it.topics, 'topic')}: {it.text}",
    events.Complaint: lambda it: f"brought a complaint: {it.code} {it.text}",
    events.Unanswered: lambda it: f"gave no answer for {_some(it.topics, 'topic')}; asking again",
    events.Gap: lambda it: f"{it.topic} has a gap after {it.after} and before {it.before}: {it.cause}",
    events.BookLive: lambda it: f"{it.topic} has a book, at {it.sequence}, after {_some(it.snapshots, 'snapshot')}",
    events.BookStale: lambda it: f"{it.topic} has a book that is stale: {it.cause}",
    events.CandleCorrected: lambda it: f"{it.topic} corrects the closed candle of {it.start_ns}: {it.changes}",
    events.OutOfTurn: lambda it: f"{it.topic} sent {it.sequence} again or late; left out",
    events.SequenceReset: lambda it: f"{it.topic} counts anew, from {it.after} down to {it.before}",
    events.Malformed: lambda it: (
        f"sent something unreadable ({it.count} so far){it.topic and f' on {it.topic}'}: {it.reason}"
    ),
    events.SubscriberFailed: lambda it: f"a subscriber of {it.stream} raised {it.error!r}",
}


def event_text(event: Event) -> str:
    """Return an event as one line of text."""
    text = _TEXTS[type(event)](event)
    return " ".join((f"line {event.line} {text}" if event.line else text).split())


def _some(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
