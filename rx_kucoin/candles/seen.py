"""What a stream has brought of bars that are not over yet, and when. Times `at`, `now`, `since` are ours."""

from typing import Final, NamedTuple

from rx_kucoin.candles.rest import Bar

__all__ = ["Hearing"]

_NEVER: Final = -(1 << 63)


class _Heard(NamedTuple):
    bar: Bar
    at: int


class Hearing:
    """Each bar as it was heard last: a push holds the whole of its bar so far."""

    def __init__(self) -> None:
        self._bars: dict[int, _Heard] = {}
        self._newest = self._newest_at = self._last_at = _NEVER

    def heard(self, start: int, bar: Bar, now: int) -> None:
        """The stream brought a bar."""
        self._bars[start] = _Heard(bar, now)
        self.passed(start, now)

    def passed(self, start: int, now: int) -> None:
        """The stream brought a bar that is of no interest by itself."""
        self._last_at = now
        if start >= self._newest:
            self._newest, self._newest_at = start, now

    def hint(self, start: int, bar: Bar) -> None:
        """Somebody else told of a bar that the stream has not brought."""
        self._bars.setdefault(start, _Heard(bar, _NEVER))

    def proved(self, at: int) -> None:
        """All has come that had been sent by then."""
        self._last_at = max(self._last_at, at)

    def bar(self, start: int) -> Bar | None:
        """Return a bar as it was heard last."""
        heard = self._bars.get(start)
        return None if heard is None else heard.bar

    def is_whole(self, start: int, begun: int, since: int | None) -> bool:
        """Whether a stream without a break `since` then has brought all of a bar that began at `begun` of our time."""
        if since is None:
            return False
        heard = self._bars.get(start)
        return since <= (begun if heard is None else heard.at)

    def is_sure(self, start: int, due: int, since: int | None) -> bool:
        """Whether something came after a bar: then nothing of it is still under way, or lost on a dead line."""
        if since is None:
            return False
        return (self._newest > start and self._newest_at >= since) or self._last_at >= max(due, since)

    def next_after(self, start: int) -> int | None:
        """Find the first bar after this one of which anything was heard."""
        return min((other for other in self._bars if other > start), default=None)

    def forget_before(self, start: int) -> None:
        """Bars before this one are of no interest any more."""
        for old in [old for old in self._bars if old < start]:
            del self._bars[old]
