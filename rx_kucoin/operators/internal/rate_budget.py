"""A weight limit over a sliding window, with what a server reports of its own limit. No clock, no I/O, no lock."""

import math
from collections import deque

__all__ = ["RateBudget"]


class RateBudget:
    """At most so much weight in any window of time; where requests are merely counted, each has weight 1.

    All times are whole microseconds of any clock that does not go back. Not thread-safe: its owner has a lock.

    A request reaches the server some time between being sent and being answered. It therefore counts from `begin` until
    one window after `end`, so that no window of the server's holds more weight than one of these.
    """

    def __init__(self, most: int, per: int, *, rounding: int = 0) -> None:
        """Allow a weight of `most` in any `per` microseconds, both ends included.

        `rounding`: by how many microseconds a server may round down the times that it reports.
        """
        self._most, self._rounding = most, rounding
        self._span = per + 1  # strictly longer than `per`: both ends belong to the window
        self._ended: deque[tuple[int, int]] = deque()  # when a request ended, and its weight
        self._used = 0  # what is under way, and what ended within the last window
        self._under_way = 0
        self._left: float = math.inf  # what the server has left in its own window, of which these are the end and the
        self._until = self._length = 0  # remaining length when it was reported
        self._held_until = 0

    @property
    def used(self) -> int:
        """The weight that counts now, as of the last `pause`."""
        return self._used

    def held(self, now: int) -> int:
        """For how long the server admits no request at all."""
        spent_up = self._until if self._left <= 0 else 0
        return max(0, self._held_until - now, spent_up - now)

    def pause(self, weight: int, now: int) -> int | None:
        """How long a request has to wait, at least; 0: it may pass. None: until another request has ended."""
        while self._ended and self._ended[0][0] + self._span <= now:
            self._used -= self._ended.popleft()[1]
        pause = max(0, self._held_until - now)
        if self._left < weight:
            pause = max(pause, self._until - now)
        excess = self._used + min(weight, self._most) - self._most  # a weight above the limit passes alone
        for ended, freed in self._ended:
            if excess <= 0:
                break
            excess -= freed
            pause = max(pause, ended + self._span - now)
        return pause if excess <= 0 else None

    def begin(self, weight: int) -> None:
        """A request is sent."""
        self._used += weight
        self._under_way += weight
        self._left -= weight

    def end(self, weight: int, now: int) -> None:
        """A request was answered, or given up."""
        self._under_way -= weight
        if weight:
            self._ended.append((now, weight))

    def learn(self, remaining: int, reset: int, mine: int, now: int) -> None:
        """Take over what a response says: the weight that is left, and the microseconds until the server's next window.

        `mine`: the weight of the request it answers, which `remaining` includes already; 0 if that has ended here. Of
        the other requests under way the server may have counted some: none is assumed to be counted. Responses arrive
        in any order, so there are three cases:

        1. The window ends much later than the one known before: it is a new one, and replaces that.
        2. It is the same window, as the two ends differ by less than half of a reported length: the least counts.
        3. It ends much earlier: the response is about a window that is over, and is ignored.
        """
        until = now + reset + self._rounding
        left = max(0, remaining - (self._under_way - mine))
        if 2 * (until - self._until) > reset:
            self._left, self._until, self._length = left, until, reset
        elif 2 * (self._until - until) <= self._length:
            self._left, self._until = min(self._left, left), max(self._until, until)

    def hold(self, pause: int, now: int) -> None:
        """The server refused a request, and asks for a pause of so many microseconds."""
        if pause > 0:
            self._held_until = max(self._held_until, now + pause + self._rounding)
