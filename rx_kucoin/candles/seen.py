"""The states of bars that a stream has sent, and when. Times `at`, `now` and `since` are ours."""

from typing import Final, NamedTuple

from rx_kucoin.candles.rest import CandleBar

__all__ = ["SeenBars"]

_NEVER: Final = -(1 << 63)


class _SeenBar(NamedTuple):
    bar: CandleBar
    at: int


class SeenBars:
    """The latest state of each bar: a message has all of its bar so far."""

    def __init__(self) -> None:
        self._bars: dict[int, _SeenBar] = {}
        self._newest = self._newest_at = self._last_at = _NEVER

    def add(self, start: int, bar: CandleBar, now: int) -> None:
        """Add a bar of the stream."""
        self._bars[start] = _SeenBar(bar, now)
        self.touch(start, now)

    def touch(self, start: int, now: int) -> None:
        """Note a message of the stream about a bar whose values are not needed."""
        self._last_at = now
        if start >= self._newest:
            self._newest, self._newest_at = start, now

    def add_hint(self, start: int, bar: CandleBar) -> None:
        """Add a bar by REST that the stream has not sent."""
        self._bars.setdefault(start, _SeenBar(bar, _NEVER))

    def confirm_until(self, at: int) -> None:
        """All messages sent by `at` have arrived."""
        self._last_at = max(self._last_at, at)

    def bar(self, start: int) -> CandleBar | None:
        """Return the latest state of a bar."""
        seen = self._bars.get(start)
        return None if seen is None else seen.bar

    def is_whole(self, start: int, begun: int, since: int | None) -> bool:
        """Return whether a stream without a break since `since` has all of a bar that began at `begun`, our time."""
        if since is None:
            return False
        seen = self._bars.get(start)
        return since <= (begun if seen is None else seen.at)

    def is_sure(self, start: int, due: int, since: int | None) -> bool:
        """Return whether a later message arrived, so that none of the bar is in flight or lost on a dead connection."""
        if since is None:
            return False
        return (self._newest > start and self._newest_at >= since) or self._last_at >= max(due, since)

    def next_after(self, start: int) -> int | None:
        """Return the start of the first known bar after this one."""
        return min((other for other in self._bars if other > start), default=None)

    def forget_before(self, start: int) -> None:
        """Forget the bars before this one."""
        for old in [old for old in self._bars if old < start]:
            del self._bars[old]
