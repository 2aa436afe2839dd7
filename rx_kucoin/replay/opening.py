"""From a file to a player of it."""

import math
import os
from collections.abc import Callable, Iterable

from rx_kucoin.replay.moments import Moment, in_ns
from rx_kucoin.replay.player import Player
from rx_kucoin.tape.reading import Tape

__all__ = ["player_of"]


def player_of(
    path: str | os.PathLike[str],
    *,
    since: Moment | None,
    until: Moment | None,
    topics: Iterable[str] | None,
    speed: float | None,
    progress: bool | Callable[[float], object] | None,
) -> Player:
    """Open a recording to play it. See `KuCoin.replay`.

    Raises:
        ValueError: it is none, or something that was asked for makes no sense.
    """
    if speed is not None and not 0 < speed < math.inf:
        raise ValueError(f"speed must be above 0, or None for as fast as it goes, not {speed}")
    if isinstance(topics, str):
        topics = [topics]
    tape = Tape(path)
    contents = tape.contents()
    if not contents.blocks:
        raise ValueError(f"{tape.path} has nothing in it that could be replayed")
    first, last = in_ns(since), in_ns(until)
    if first is not None and first > contents.last_ns:
        raise ValueError(f"{tape.path} ends before {since}")
    if last is not None and last < max(first or 0, contents.first_ns):
        raise ValueError(f"there is nothing before {until} to be replayed")
    return Player(tape, contents, since=first, until=last, topics=topics, speed=speed, progress=progress)
