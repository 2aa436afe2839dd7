"""What may be asked of a REST pool, and when: our own limit, and what the exchange tells of its own."""

import math
from collections import deque
from typing import Final

from rx_kucoin.protocol.rest_weights import Allowance

__all__ = ["RateBudget"]

_ROUNDED: Final = 1_000
"""Microseconds by which the exchange may round down the end of its window, which it tells in milliseconds."""


class RateBudget:
    """The accounts of one pool. Times are whole microseconds of any clock that does not go back.

    The exchange counts a request when it arrives, some time between asking and the answer. So here it counts all the
    time that it is under way, and for a whole window after that: no window of the exchange's holds more than ours.
    """

    def __init__(self, most: int, per: int) -> None:
        """Let at most this weight pass in any `per` microseconds, both ends included."""
        self._most, self._span = most, per + 1
        self._spent: deque[tuple[int, int]] = deque()  # when a request ended, and what it weighed
        self._used = 0
        self._under_way = 0
        self._left: float = math.inf
        self._until = self._length = 0  # the exchange's window: its end, and how far off that was when it was told
        self._refused_until = 0

    @property
    def used(self) -> int:
        """What counts now, as of when it was last looked at."""
        return self._used

    def held(self, now: int) -> int:
        """For how long the exchange lets nobody pass."""
        spent_up = self._until if self._left <= 0 else 0
        return max(0, self._refused_until - now, spent_up - now)

    def pause(self, weight: int, now: int) -> int | None:
        """How long a request has to wait, at least; 0: it may pass. None: until another one has ended."""
        while self._spent and self._spent[0][0] + self._span <= now:
            self._used -= self._spent.popleft()[1]
        pause = max(0, self._refused_until - now)
        if self._left < weight:
            pause = max(pause, self._until - now)
        excess = self._used + min(weight, self._most) - self._most  # what weighs more than all there is passes alone
        for ended, freed in self._spent:
            if excess <= 0:
                break
            excess -= freed
            pause = max(pause, ended + self._span - now)
        return pause if excess <= 0 else None

    def begin(self, weight: int) -> None:
        """A request goes out."""
        self._used += weight
        self._under_way += weight
        self._left -= weight

    def end(self, weight: int, now: int) -> None:
        """It was answered, or given up."""
        self._under_way -= weight
        if weight:
            self._spent.append((now, weight))

    def told(self, allowance: Allowance, mine: int, now: int) -> None:
        """An answer told what is left. `mine`: what its own request, which is in that already, weighs if under way.

        The others that are under way may be in it or not: it is taken that they are not. Answers come in any order, so
        within one window of the exchange's the least counts. What is told of an earlier window counts no more: the ends
        of two windows are farther apart than what is told to be left of the later one.
        """
        length = _microseconds(allowance.reset)
        until = now + length + _ROUNDED
        left = max(0, allowance.remaining - (self._under_way - mine))
        if 2 * (until - self._until) > length:
            self._left, self._until, self._length = left, until, length
        elif 2 * (self._until - until) <= self._length:
            self._left, self._until = min(self._left, left), max(self._until, until)

    def refused(self, retry_after: float, now: int) -> None:
        """A request was refused, and nobody shall ask for so many seconds."""
        if retry_after > 0:
            self._refused_until = max(self._refused_until, now + _microseconds(retry_after) + _ROUNDED)


def _microseconds(seconds: float) -> int:
    return round(seconds * 1_000_000)
