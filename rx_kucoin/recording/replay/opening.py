"""From a file to a player of it."""

import math
import os
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from typing import Final

from rx_kucoin.protocol.topics import expand
from rx_kucoin.recording.file.reader import RecordingFile
from rx_kucoin.recording.replay.moments import Moment, in_ns
from rx_kucoin.recording.replay.player import Player

__all__ = ["player_of"]

_OTHER_UNIT: Final = 100
"""A moment that is so many times nearer to 1970 than the recording was told in seconds, ms or us."""
_FEW: Final = 5


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
    tape = RecordingFile(path)
    contents = tape.contents()
    if not contents.blocks:
        raise ValueError(f"{tape.path} has nothing in it that could be replayed")
    first, last = in_ns(since), in_ns(until)
    for moment in (first, last):
        if moment is not None and 0 < moment * _OTHER_UNIT < contents.first_ns:
            raise ValueError(f"{moment} is long before {tape.path} begins: a number is a time in nanoseconds")
    if first is not None and first > contents.last_ns:
        raise ValueError(f"{tape.path} ends before {since}")
    if last is not None and last < contents.first_ns:
        raise ValueError(f"there is nothing before {until} to be replayed")
    if first is not None and last is not None and last < first:
        raise ValueError(f"{until} is before {since}")
    only = None if topics is None else _recorded(tape, [topics] if isinstance(topics, str) else topics)
    return Player(tape, contents, since=first, until=last, topics=only, speed=speed, progress=progress)


def _recorded(tape: RecordingFile, topics: Iterable[str]) -> list[str]:
    asked, known = [single for topic in topics for single in expand(topic)], tape.topics()
    for topic in asked:
        if topic not in known:
            near = get_close_matches(topic, known, 1)
            remedy = f"did you mean {near[0]!r}?" if near else f"these were: {', '.join(known[:_FEW])}"
            raise ValueError(f"{topic!r} was not recorded; {remedy}{' ...' * (not near and len(known) > _FEW)}")
    return asked
