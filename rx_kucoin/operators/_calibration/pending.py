"""The changes that wait for a snapshot: each begins where the one before ended, or overlaps it."""

from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

__all__ = ["Run"]

S = TypeVar("S")
T = TypeVar("T")


class Run(Generic[T]):
    """All that was changed from the number `start` up to the number `reach`; None: it has not begun."""

    __slots__ = ("_changes", "_first", "_last", "_most", "reach", "start")

    def __init__(self, first: Callable[[T], int], last: Callable[[T], int], most: int) -> None:
        self._first, self._last, self._most = first, last, most
        self._changes: deque[tuple[int, T]] | None = None  # only while there are any: an empty one takes 600 bytes
        self.start: int | None = None
        self.reach = 0

    def clear(self) -> None:
        """Forget everything."""
        self.start = self._changes = None

    def begin(self, start: int) -> None:
        """Begin with the change that is to come next."""
        self.clear()
        self.start, self.reach = start, start - 1

    def add(self, change: T) -> None:
        """Go on with this change, or begin anew with it if it does not follow."""
        first, last = self._first(change), self._last(change)
        if self.start is None or first > self.reach + 1:
            self.begin(first)
        if last <= self.reach:
            return
        if self._changes is None:
            self._changes = deque()
        self._changes.append((last, change))
        self.reach = last
        if len(self._changes) > self._most:
            dropped, _ = self._changes.popleft()
            self.start = dropped + 1

    def fold(self, state: S, position: int, apply: Callable[[S, T], S]) -> S:
        """What becomes of a state that includes everything up to this position."""
        for last, change in self._changes or ():
            if last > position:
                state = apply(state, change)
        return state
