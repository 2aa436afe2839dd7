"""What a replay came to."""

from dataclasses import dataclass
from typing import Final

__all__ = ["Played"]

_S: Final = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Played:
    """What was played, and whether the recording is all there."""

    frames: int
    """Those that somebody listened to."""
    seconds: float
    """How long it took."""
    since_ns: int
    until_ns: int
    is_complete: bool
    """Whether the recording was played to its end, was closed, and lacks nothing in between."""
    interrupted: bool
    """Whether Ctrl-C was the end."""
    torn: int
    """Bytes of a block at the end that is not whole: what it held is missing."""
    damaged: int
    """Blocks and lines in between that could not be read."""
    errors: tuple[BaseException, ...] = ()
    """What subscribers raised, or their streams ended with, and nothing handled, in order."""

    @property
    def times(self) -> float:
        """How many times quicker it was than the real thing."""
        return (self.until_ns - self.since_ns) / _S / max(self.seconds, 1e-9)

    def __str__(self) -> str:
        span = (self.until_ns - self.since_ns) / _S
        told = f"{self.frames:,} frames, {span:,.1f} s in {self.seconds:.2f} s: {self.times:,.0f} x real time"
        if self.interrupted:
            told += "; interrupted"
        if self.torn:
            told += f"; cut off while it was written, {self.torn:,} bytes at the end are no whole block"
        if self.errors:
            told += f"; errors that were not handled: {len(self.errors):,}, the first one {self.errors[0]!r}"
        if self.damaged:
            told += f"; damaged places: {self.damaged:,}"
        return told
