"""What a session makes of the exchange's words."""

from typing import Literal, NamedTuple

__all__ = ["Complained", "Confirmed", "Failed", "Full", "Outcome", "Ponged", "Postponed", "Refused", "Welcomed"]


class Welcomed(NamedTuple):
    """The conversation may begin."""


class Ponged(NamedTuple):
    """The exchange is there."""

    id: str


class Confirmed(NamedTuple):
    """These topics are live."""

    topics: tuple[str, ...]


class Refused(NamedTuple):
    """The exchange will not have this topic."""

    topic: str
    code: int
    text: str


class Postponed(NamedTuple):
    """These topics were not taken this time; they are asked for again."""

    topics: tuple[str, ...]
    text: str


class Full(NamedTuple):
    """The connection takes `limit` topics; `surplus` must go elsewhere."""

    surplus: tuple[str, ...]
    limit: int
    text: str


class Complained(NamedTuple):
    """The exchange complains, and the line lives on (or ends by itself)."""

    code: int
    text: str


class Failed(NamedTuple):
    """The line is of no use any more."""

    why: Literal["token", "busy", "dial", "lost"]
    text: str


Outcome = Welcomed | Ponged | Confirmed | Refused | Postponed | Full | Complained | Failed
