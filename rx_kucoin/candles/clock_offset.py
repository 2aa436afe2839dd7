"""How far the exchange's clock is ahead of ours, as far as what it sends can tell."""

from typing import Final

__all__ = ["Skew"]

_DRIFT: Final = 10_000
"""Two clocks move apart by less than one part in so many."""


class Skew:
    """What the exchange says was true when it said so, and it has come later: so the clock is ahead by that at least.

    The greatest figure is the best one, and fades as slowly as clocks drift. An error is on the safe side: what waits
    for a time of the exchange's waits too long, by as much as the quickest message was under way.
    """

    def __init__(self) -> None:
        self.ns = 0
        """How far it is ahead. Before anything is known, our own clock is believed."""
        self._at: int | None = None

    @property
    def is_known(self) -> bool:
        """Whether anything is known."""
        return self._at is not None

    def sample(self, theirs_ns: int, ours_ns: int) -> None:
        """The exchange's time came when ours was this."""
        ahead = theirs_ns - ours_ns
        if self._at is not None:
            ahead = max(ahead, self.ns - max(0, ours_ns - self._at) // _DRIFT)
        self.ns, self._at = ahead, ours_ns
