"""Since when a topic is live without a break, as far as what happens to lines tells."""

from rx_kucoin import events
from rx_kucoin.events import Event

__all__ = ["Liveness"]


class Liveness:
    """Told of every event, and of every message of the topic. In doubt the topic has been interrupted.

    Whoever comes when the topic is live already learns of that by its next message; which line brings it nobody says,
    so until the topic is acknowledged anew a loss of any line counts.
    """

    def __init__(self, topic: str) -> None:
        self.topic = topic
        self.since: int | None = None
        """Our time; None: it is not live, or nobody knows."""
        self._line: int | None = None
        self._down: set[int] = set()
        self._before: int | None = None
        """Since when it had been live, when a line was lost that may be another one than its own."""
        self._is_explained = False
        """Whether the next gap is that of a break which was noticed when it began."""
        self.is_handed_over = False
        """Whether two connections bring the topic, so that what the fresh one brings may wait for the other."""

    def __repr__(self) -> str:
        return f"<Liveness of {self.topic} since {self.since}>"

    def message(self, now: int) -> None:
        """The topic brought something."""
        if self.since is None and not self._down:
            self.since, self._line, self._before = now, None, None

    def event(self, event: Event, now: int) -> bool:
        """Something happened. Returns whether it changes anything."""
        before = self.since
        match event:
            case events.TopicLive(line, self.topic):
                self._live(line, now)
            case events.LineClosed(line) if self._is_ours(line):
                self.is_handed_over = False
            case events.LineDown(line) if self._is_ours(line):
                self.is_handed_over = False
                self.since, self._before, self._is_explained = None, self.since, True
            case events.RenewalFailed(line) if self._is_ours(line) and self._before is not None:
                self.since, self._before = self._before, None  # it was a fresh connection that was lost
                self._is_explained = False
            case events.Renewed(line) if self._is_ours(line):
                self._before, self.is_handed_over = None, True
                self.since = None if self.since is None else now  # the old one may be dead: it had no time to show that
            case events.Dialling(line) if self._is_ours(line):
                self._before = None
            case events.Redialling(line) | events.GaveUp(line):
                self._down.add(line)
                if self._is_ours(line):
                    self.since = self._before = None
            case events.LineUp(line):
                self._down.discard(line)
                self._before = None
            case events.Gap(_, self.topic):
                if self.since is not None and not self._is_explained:
                    self.since = now
                self._is_explained = False
            case _:
                pass
        return self.since != before

    def _live(self, line: int, now: int) -> None:
        self._down.discard(line)
        if self.since is None or self._line != line:
            self.since, self._line, self._before = now, line, None

    def _is_ours(self, line: int) -> bool:
        return self._line in {None, line}
