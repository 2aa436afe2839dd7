"""Calls that are due: made in order, by one thread at a time, and nobody waits for anybody."""

from collections import deque
from collections.abc import Callable
from threading import RLock
from typing import Final

__all__ = ["DrainQueue"]

_instant: Final = RLock()
"""Held for an instant by whoever makes a queue or lets go of one: an empty deque takes 600 bytes. Only the garbage
collector may step in, and run a finaliser that closes another queue."""


class DrainQueue:
    """What was decided under a lock and is said outside of it.

    Whoever puts a call in, under the lock that orders the calls, delivers once the lock is released. If another thread
    is at it already that one makes the call too, and a call from within a call is made after it.
    """

    __slots__ = ("_closed", "_due", "turn")

    def __init__(self) -> None:
        self._due: deque[Callable[[], object]] | None = None  # only who has the turn takes out
        self._closed = False
        self.turn = [None]
        """One token: whoever takes it out has the turn, and nobody waits for it. It costs a third of a lock."""

    def __len__(self) -> int:
        return len(self._due or ())

    def put(self, call: Callable[[], object]) -> None:
        """Have a call made when its turn comes."""
        if self._closed:
            return
        with _instant:
            if self._due is None:
                self._due = deque()
            self._due.append(call)

    def deliver(self) -> None:
        """Make the calls that are due, unless another thread is at it.

        What one of them raises is raised when nothing is due any more; several, as an `ExceptionGroup`.
        """
        raised: list[Exception] = []
        while self._due:  # looks again after it gave the turn back: one may have come
            try:
                self.turn.pop()
            except IndexError:
                break
            try:
                while self._due:
                    call = self._due.popleft()
                    if not self._closed:
                        call()
                with _instant:
                    self._due = self._due or None
            except Exception as error:  # noqa: BLE001  raised below
                raised.append(error)
            finally:
                self.turn.append(None)
        if raised:
            raise raised[0] if len(raised) == 1 else ExceptionGroup("several calls raised", raised)

    def close(self) -> None:
        """Make no further call, and let go of those that were due."""
        self._closed = True
        self.deliver()
