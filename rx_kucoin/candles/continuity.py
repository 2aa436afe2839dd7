"""Since when a topic has been live without a break, as far as events tell."""

from rx_kucoin import events
from rx_kucoin.events import Event

__all__ = ["Liveness"]


class Liveness:
    """Takes the events about a topic, and its messages. In doubt the topic has been interrupted.

    A subscriber that comes when the topic is live already learns of that by the next message, which does not tell its
    line: until the topic is acknowledged anew, the loss of any line that is heard of counts.
    """

    def __init__(self, topic: str) -> None:
        self.topic = topic
        self.since: int | None = None
        """Our time. None: the topic is not live, or that is unknown."""
        self._line: int | None = None
        self._down: set[int] = set()
        """Lines without a connection: the topic's own, or all that are heard of while its own is unknown."""
        self._before: int | None = None
        """Since when it had been live, after a connection was lost that may be the fresh one of a renewal."""
        self._is_explained = False
        """Whether the next gap is that of a break which was noticed when it began."""
        self.is_handed_over = False
        """Whether two connections bring the topic, so that what the fresh one brings may wait for the other."""

    def __repr__(self) -> str:
        return f"<Liveness of {self.topic} since {self.since}>"

    def message(self, now: int) -> None:
        """Take note of a message of the topic."""
        if self.since is None and not self._down:
            self.since, self._line, self._before = now, None, None

    def event(self, event: Event, now: int) -> bool:
        """Take an event about the topic, or about the connection of a line. Returns whether `since` changed."""
        before = self.since
        match event:
            case events.TopicLive(line, self.topic):
                self._down.clear()
                if self.since is None or self._line != line:
                    self.since, self._line, self._before = now, line, None
            case events.Gap(_, self.topic):
                if self.since is not None and not self._is_explained:
                    self.since = now
                self._is_explained = False
            case _ if self._line in {None, event.line}:
                self._connection(event, now)
            case _:
                pass
        return self.since != before

    def _connection(self, event: Event, now: int) -> None:
        """Take an event about the connection of a line that the topic may be on."""
        match event:
            case events.LineClosed():
                self.is_handed_over = False
            case events.LineDown():
                self.is_handed_over = False
                self.since, self._before, self._is_explained = None, self.since, True
            case events.RenewalFailed() if self._before is not None:
                self.since, self._before = self._before, None  # it was a fresh connection that was lost
                self._is_explained = False
            case events.Renewed():
                self._before, self.is_handed_over = None, True
                self.since = None if self.since is None else now  # the old one may be dead: it had no time to show that
            case events.Dialling():
                self._before = None
            case events.Redialling(line) | events.GaveUp(line):
                self._down.add(line)
                self.since = self._before = None
            case events.LineUp(line):
                self._down.discard(line)
                self._before = None
            case _:
                pass
