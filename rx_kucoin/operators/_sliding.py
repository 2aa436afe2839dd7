"""A window that slides over what comes, and what it adds up to, at a cost that does not grow with the window."""

from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

__all__ = ["Sliding"]

A = TypeVar("A")


class Sliding(Generic[A]):
    """The sum, in a wide sense, of what is in a window: of anything that can be put together two by two.

    Nothing is ever subtracted, so that a sum of floats does not drift, a NaN leaves with its window, and the least and
    the greatest are as easy. What comes is added to a sum of the young ones; when the old ones have all left, the young
    become old, and each of them is given the sum of itself and of those behind it. That is one more addition for each,
    and so two for each over its life.
    """

    __slots__ = ("_combine", "_old", "_sum", "_young")

    def __init__(self, combine: Callable[[A, A], A]) -> None:
        """Make an empty one; `combine` puts together an earlier part and the one behind it."""
        self._combine = combine
        self._old: list[tuple[int, A]] = []  # the oldest is the last
        self._young: deque[tuple[int, A]] = deque()
        self._sum: list[A] = []  # of the young ones, if there are any

    def push(self, at: int, part: A) -> None:
        """Take in a part; no earlier than the one before."""
        self._young.append((at, part))
        self._sum = [self._combine(self._sum[0], part)] if self._sum else [part]

    def drop_until(self, at: int) -> None:
        """Let go of what came at this moment or before it."""
        old = self._old
        while old and old[-1][0] <= at:
            old.pop()
        if self._young and self._young[0][0] <= at:
            self._grow_old(at)

    def total(self) -> A | None:
        """What is in the window, put together; None: nothing is."""
        if not self._old:
            return self._sum[0] if self._sum else None
        return self._combine(self._old[-1][1], self._sum[0]) if self._sum else self._old[-1][1]

    def _grow_old(self, at: int) -> None:
        young, self._young, self._sum = self._young, deque(), []
        while young and young[0][0] <= at:  # those leave at once
            young.popleft()
        while young:
            moment, part = young.pop()
            self._old.append((moment, self._combine(part, self._old[-1][1]) if self._old else part))
