"""A moment, however it is said."""

from datetime import UTC, date, datetime
from typing import SupportsIndex

__all__ = ["Moment", "in_ns"]

Moment = date | int | str
"""A time; or a day, which is when it begins: both in UTC, if they name no zone. Nanoseconds since 1970; or ISO 8601."""


def in_ns(moment: Moment | None) -> int | None:
    """Give it in nanoseconds since 1970.

    Raises:
        ValueError: it is no moment.
    """
    if moment is None:
        return None
    if isinstance(moment, SupportsIndex):
        return int(moment)  # numpy has integers of its own
    try:
        read = datetime.fromisoformat(str(moment))  # so do those of pandas and numpy write themselves
    except ValueError:
        raise ValueError(f"{moment!r} is no moment; write it as in 2026-11-23T09:30:00") from None
    if read.tzinfo is None:
        read = read.replace(tzinfo=UTC)
    since = read - datetime(1970, 1, 1, tzinfo=UTC)
    return ((since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds) * 1_000
