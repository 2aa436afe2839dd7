"""Somebody waits until all of some topics are live."""

import threading
from collections.abc import Callable, Iterable

__all__ = ["Warming"]


class Warming:
    """Ticks topics off, and tells once when none is missing."""

    def __init__(self, topics: Iterable[str], warm: Callable[[], None]) -> None:
        self.topics = tuple(topics)
        self._missing = set(self.topics)
        self._warm = warm
        self._lock = threading.Lock()
        self._told = False

    def done(self, topics: Iterable[str]) -> None:
        """These are live, or never will be."""
        with self._lock:
            self._missing.difference_update(topics)
            if self._missing or self._told:
                return
            self._told = True
        self._warm()
