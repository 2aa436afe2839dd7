"""Since when a topic has been live without a break, derived from events."""

from rx_kucoin import events
from rx_kucoin.events import Event

__all__ = ["Continuity"]


class Continuity:
    """Follows the events and messages of a topic. In doubt, the topic counts as interrupted.

    A subscriber that joins while the topic is live learns that by the next message, which does not identify its line:
    until the next acknowledgement of the topic, the loss of any line counts.
    """

    def __init__(self, topic: str) -> None:
        self.topic = topic
        self.since: int | None = None
        """Our time. `None`: the topic is not live, or its state is unknown."""
        self._line: int | None = None
        self._down: set[int] = set()
        """Lines without a connection: the topic's own, or any while its own is unknown."""
        self._before: int | None = None
        """The former `since`, after the loss of a connection that may be the new one of a renewal."""
        self._is_explained = False
        """Whether the next gap belongs to a break that was noticed already."""
        self.is_handed_over = False
        """Whether two connections have the topic, so that messages of the new one may wait for the old one."""

    def __repr__(self) -> str:
        return f"<Continuity of {self.topic} since {self.since}>"

    def message(self, now: int) -> None:
        """Take a message of the topic into account."""
        if self.since is None and not self._down:
            self.since, self._line, self._before = now, None, None

    def event(self, event: Event, now: int) -> bool:
        """Take an event of the topic or of a line into account. Return whether `since` changed."""
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
        """Take an event of a line that the topic may be on into account."""
        match event:
            case events.LineClosed():
                self.is_handed_over = False
            case events.LineDown():
                self.is_handed_over = False
                self.since, self._before, self._is_explained = None, self.since, True
            case events.RenewalFailed() if self._before is not None:
                self.since, self._before = self._before, None  # the lost connection was the new one
                self._is_explained = False
            case events.Renewed():
                self._before, self.is_handed_over = None, True
                # The old connection may have been dead without being noticed.
                self.since = None if self.since is None else now
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
