"""A drain queue: what is decided under a lock is called outside it, in order, by one thread at a time."""

from collections import deque
from collections.abc import Callable
from threading import RLock
from typing import Final, TypeVar

from rx_kucoin.operators.internal.forks import free_after_fork

__all__ = ["DrainQueue"]

T = TypeVar("T")

_instant: Final = free_after_fork(RLock())
"""Guards the `_due` of every queue while it is created, extended, or dropped. No call is made under it.

One lock serves all queues because a lock of its own would cost each queue 90 bytes. It is reentrant because the garbage
collector may run inside it, and a finaliser may put a call into another queue.
"""


class DrainQueue:
    """Serializes calls; no thread ever waits for another one.

    The owner decides under its own lock what is to be called, and puts the call into the queue under that lock, which
    therefore determines the order. After releasing the lock it calls `deliver`:

    >>> with self._lock:
    ...     self._queue.put(partial(self._sink.on_next, value))
    ... self._queue.deliver()

    If another thread is delivering, that thread makes the call and `deliver` returns at once. A call that is put from
    within a call is made after it. Code that runs inside a call is never interleaved with another call of the same
    queue, so fields that are touched only there need no lock.
    """

    # Invariants
    #
    # 1. `turn` holds one token; the thread that has taken it out has the turn. Only that thread makes calls, and only
    #    that thread removes entries from `_due`. `list.pop()` is a single C call, atomic under the GIL (and under the
    #    list's own lock in a free-threaded build): of several threads one gets the token, and the others, as well as a
    #    nested call on the same thread, get an IndexError. It is a lock that is never waited for, and a third the size.
    # 2. No call is lost. Every `put` is followed by a `deliver`. If that one does not get the turn, another thread has
    #    it, and that thread looks at `_due` once more after it has given the turn back.
    # 3. `_due` is read without a lock. A reader that sees it empty may have missed only a call whose `deliver` is still
    #    to come (2). A reader that has the turn cannot see an entry vanish (1).
    # 4. A thread's own calls stay in order. `try_direct` overtakes nothing that was put before it was called: that is
    #    either in `_due` or being called, and both make it return False.
    # 5. `_closed` goes from False to True once, so a plain read is enough; a call that has begun is not interrupted.

    __slots__ = ("_closed", "_due", "turn")

    def __init__(self) -> None:
        self._due: deque[Callable[[], object]] | None = None  # None while nothing is due: an empty deque is 600 bytes
        self._closed = False
        self.turn = [None]
        """The token. The path of every message takes it out by hand, which saves a call; others use `try_direct`."""

    def __len__(self) -> int:
        return len(self._due or ())

    @property
    def is_closed(self) -> bool:
        """Whether `close` was called."""
        return self._closed

    def put(self, call: Callable[[], object]) -> None:
        """Queue a call. It is made by the next `deliver`, or by the thread that is delivering."""
        if self._closed:
            return
        with _instant:
            if self._due is None:
                self._due = deque()
            self._due.append(call)

    def deliver(self) -> None:
        """Make the calls that are due, unless another thread is doing so.

        An exception does not stop the calls behind it.

        Raises:
            Exception: what a call raised, after all calls were made; an `ExceptionGroup` if several raised. An
                exception that is no `Exception`, such as `SystemExit`, is raised at once; the rest stays queued.
        """
        raised: list[Exception] = []
        while self._due:  # again after the turn was given back: a call may have been put just before
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

    def try_direct(self, call: Callable[[T], object], value: T) -> bool:
        """Call `call(value)` now if nothing is due and no thread is delivering: the fast path, without a queue entry.

        Calls that are put meanwhile are made before this returns.

        Returns:
            Whether the call was made. If not, `put` it and `deliver`.

        Raises:
            Exception: what the call raised, after the calls that were put meanwhile.
        """
        if self._due or self._closed:
            return False
        try:
            self.turn.pop()
        except IndexError:
            return False
        try:
            call(value)
        finally:
            self.turn.append(None)
            if self._due:
                self.deliver()
        return True

    def close(self) -> None:
        """Make no further call, and drop those that are due. A call that has begun is finished."""
        self._closed = True
        self.deliver()
