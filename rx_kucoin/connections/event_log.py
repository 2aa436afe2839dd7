"""The life of a feed in the log: one line for each event that matters, and few where many share a cause."""

import logging
from dataclasses import fields
from threading import RLock
from typing import Any, Final

from reactivex import abc

from rx_kucoin import events
from rx_kucoin.events import Event
from rx_kucoin.operators.internal.forks import free_after_fork, watch_forks
from rx_kucoin.operators.internal.timers import Timer

__all__ = ["EventLog"]

_log = logging.getLogger("rx_kucoin.feed")

_MOST: Final = 256
"""Kinds and causes that are remembered, before those are forgotten of which nothing was counted."""
_MOST_TOPICS: Final = 10_000
"""Topics with malformed messages that are remembered."""
_WINDOW: Final = 0.25
"""Seconds in which events of one kind with one cause share two lines: the first of them, and how many followed.

A clock's thread lives on until then, so it is short.
"""


class EventLog:
    """Logs events on `rx_kucoin.feed`: WARNING for what is lost or may be, INFO for what is well again, else DEBUG.

    The record's attribute `event` is the event itself; `line`, `topic` and its other fields are attributes as well.
    Hundreds of topics that share a cause, as after a cut, take two lines and not hundreds. Of a topic whose messages
    cannot be read the first one is a WARNING, and the others are DEBUG.

    It is called on any thread. The lock guards the table of what has been counted; logging happens outside of it.
    """

    def __init__(self, clock: abc.SchedulerBase) -> None:
        self._clock = clock
        self._lock = free_after_fork(RLock())
        self._windows: dict[_Key, _Window] = {}
        self._timer = Timer(clock)
        self._is_set = False
        """Whether the timer is set: it is while anything has been counted."""
        self._malformed: dict[str, None] = {}
        """Topics of which a malformed message was logged, the latest last."""
        watch_forks(self)

    def __repr__(self) -> str:
        return f"<EventLog, {sum(window.count for window in self._windows.values())} counted>"

    def after_fork(self) -> None:
        """Forget what was counted in the parent, which logs it."""
        self._windows, self._timer, self._is_set = {}, Timer(self._clock), False

    def event(self, event: Event) -> None:
        """Log an event, or count it where one of its kind and cause was logged within the last moment."""
        kind = type(event)
        level, text = _LINES.get(kind, (logging.DEBUG, f"{kind.__name__} %(facts)s"))
        cause = str(getattr(event, "cause", ""))
        if isinstance(event, events.Malformed) and event.topic:
            cause = event.topic
            level, text = self._of_malformed(event.topic)
        if not _log.isEnabledFor(level):
            return
        now = self._clock.to_seconds(self._clock.now)
        key = kind, cause, level
        with self._lock:
            window = self._windows.get(key)
            if window is not None and now - window.begun < _WINDOW:
                window.count += 1
                sets, self._is_set = not self._is_set, True
                if sets:
                    self._timer.set(_WINDOW, self._sum_up)
                return
            if len(self._windows) >= _MOST:
                self._windows = {other: each for other, each in self._windows.items() if each.count}
            self._windows[key] = _Window(now)
        facts = {field.name: getattr(event, field.name) for field in fields(event)}
        extra = {"event": event, **{name: value for name, value in facts.items() if name not in _TAKEN}}
        _log.log(level, text, _Facts(facts), extra=extra)

    def dispose(self) -> None:
        """Log what was counted, and no more."""
        self._sum_up()
        self._timer.dispose()

    def _of_malformed(self, topic: str) -> tuple[int, str]:
        with self._lock:
            is_first = topic not in self._malformed
            self._malformed[topic] = None
            if len(self._malformed) > _MOST_TOPICS:
                del self._malformed[next(iter(self._malformed))]
        return (logging.WARNING if is_first else logging.DEBUG), _MALFORMED

    def _sum_up(self) -> None:
        with self._lock:
            counted = [(key, window.count) for key, window in self._windows.items() if window.count]
            self._windows, self._is_set = {}, False
        for (kind, cause, level), count in counted:
            extra = {"event": kind.__name__, "count": count}
            _log.log(level, "%d more of the same: %s%s", count, kind.__name__, cause and f", {cause}", extra=extra)


_Key = tuple[type[Event], str, int]


class _Window:
    """When an event of a kind was logged, and how many were only counted since."""

    __slots__ = ("begun", "count")

    def __init__(self, begun: float) -> None:
        self.begun, self.count = begun, 0


class _Facts(dict[str, Any]):
    """The fields of an event, ready to be named in a line; `line 0` is no line in particular."""

    def __missing__(self, name: str) -> object:
        return ", ".join(f"{key}={value}" for key, value in self.items()) if name == "facts" else ""


_MALFORMED: Final = "%(topic)s: a message could not be read (any others are logged at DEBUG): %(reason)s"
_TAKEN: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "event"}

_LINES: Final[dict[type[Event], tuple[int, str]]] = {
    events.LineDown: (logging.WARNING, "line %(line)s is down, %(topics)s topics pause: %(cause)s"),
    events.Redialling: (logging.WARNING, "line %(line)s: attempt %(attempt)s follows in %(wait).1f s: %(cause)s"),
    events.GaveUp: (logging.WARNING, "line %(line)s is given up, and its streams end: %(error)s"),
    events.RenewalFailed: (
        logging.WARNING,
        "line %(line)s: the renewal failed and is tried again in %(wait).1f s: %(cause)s",
    ),
    events.Gap: (logging.WARNING, "%(topic)s: messages after %(after)s and before %(before)s are missing: %(cause)s"),
    events.SequenceReset: (logging.WARNING, "%(topic)s: the sequence began anew, from %(after)s down to %(before)s"),
    events.CandleCorrected: (
        logging.WARNING,
        "%(topic)s: the closed candle of %(start_ns)s is corrected: %(changes)s",
    ),
    events.TopicRefused: (logging.WARNING, "%(topic)s: the exchange refuses it: %(code)s %(text)s"),
    events.SymbolUnknown: (
        logging.WARNING,
        "%(topic)s: KuCoin lists no symbol %(symbol)s; the nearest is %(did_you_mean)s",
    ),
    events.TopicSilent: (logging.WARNING, "%(topic)s: acknowledged, and its symbol exists, but nothing has come"),
    events.Malformed: (logging.WARNING, "line %(line)s: a frame could not be read: %(reason)s"),
    events.Complaint: (logging.WARNING, "line %(line)s: the exchange complains: %(code)s %(text)s"),
    events.BookStale: (logging.WARNING, "%(topic)s: the book is stale: %(cause)s"),
    events.BookLive: (logging.INFO, "%(topic)s: the book is live at %(sequence)s, after %(snapshots)s snapshots"),
    events.LineUp: (logging.INFO, "line %(line)s is up: %(host)s"),
    events.Renewed: (logging.INFO, "line %(line)s is renewed, with %(topics)s topics"),
    events.TopicLive: (logging.INFO, "%(topic)s is live"),
    events.LimitLearned: (logging.INFO, "line %(line)s takes %(topics)s topics at most: %(text)s"),
    events.Requeued: (logging.INFO, "line %(line)s: %(topics)s topics wait for another turn: %(text)s"),
    events.Unanswered: (
        logging.INFO,
        "line %(line)s: %(topics)s topics were not acknowledged; requested again",
    ),
}
"""The level and the line of each kind; all other kinds are logged at DEBUG."""
