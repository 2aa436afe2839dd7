"""A moment, however it is said."""

from datetime import UTC, datetime

__all__ = ["Moment", "in_ns"]

Moment = datetime | int | str
"""A time with or without its zone, which is UTC then; nanoseconds since 1970; or ISO 8601."""


def in_ns(moment: Moment | None) -> int | None:
    """Give it in nanoseconds since 1970.

    Raises:
        ValueError: it is no moment.
    """
    if moment is None or isinstance(moment, int):
        return moment
    if isinstance(moment, str):
        try:
            moment = datetime.fromisoformat(moment)
        except ValueError:
            raise ValueError(f"{moment!r} is no moment; write it as in 2026-11-23T09:30:00") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return ((since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds) * 1_000
