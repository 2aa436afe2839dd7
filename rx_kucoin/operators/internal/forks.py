"""What a forked child does with shared state: threads do not survive `os.fork`, and locks stay as they were.

A child begins idle. What ran in its parent goes on there alone: the child has none of the threads, must not touch the
sockets, and may find any lock held by a thread that it does not have. So objects whose state outlives a subscription,
and which the streams of a user lead to, return to their first state in the child. State of a single subscription
belongs to the parent and is left alone.
"""

import os
import threading
from collections.abc import Callable
from typing import Any, Final, Protocol, TypeVar
from weakref import WeakSet

__all__ = ["Forkable", "free_after_fork", "generation", "renew_once", "watch_forks"]

L = TypeVar("L")


class Forkable(Protocol):
    """An object that takes part."""

    def after_fork(self) -> None:
        """Return to the first state. Called in the child, on its only thread; it must take no lock that exists."""
        ...


generation: int = 0
"""How often this process and its ancestors were forked off since this was imported; so it differs in a child."""

_watched: Final[WeakSet[Forkable]] = WeakSet()
_locks: Final[WeakSet[Any]] = WeakSet()
_renewing = threading.Lock()


def watch_forks(each: Forkable) -> None:
    """Have `after_fork` of an object called in each child, as long as the object lives."""
    _watched.add(each)


def free_after_fork(lock: L) -> L:
    """Return a lock, and have it free in each child. What it guards must be whole in a child, whoever held it."""
    _locks.add(lock)
    return lock


def renew_once(begun: Callable[[], int], renew: Callable[[], None]) -> None:
    """Return an object to its first state when it is first used in a child, once, whichever threads use it.

    It is for objects of which there are too many to be watched.

    Args:
        begun: Returns the generation in which the object was made or renewed.
        renew: Renews it; from then on `begun` returns the generation of this process.
    """
    with _renewing:
        if begun() != generation:
            renew()


def _after_fork() -> None:
    """Renew everything, in any order. An object that raises does not keep the others from it."""
    global generation, _renewing  # noqa: PLW0603
    generation += 1
    _renewing = threading.Lock()
    failure: BaseException | None = None
    for lock in tuple(_locks):
        lock._at_fork_reinit()  # noqa: SLF001  as the standard library does with its own
    for each in tuple(_watched):
        try:
            each.after_fork()
        except BaseException as error:  # noqa: BLE001
            failure = error
    if failure is not None:
        raise failure  # Python prints it, and goes on


_register: Any = getattr(os, "register_at_fork", None)
if _register is not None:  # Windows does not fork
    _register(after_in_child=_after_fork)
