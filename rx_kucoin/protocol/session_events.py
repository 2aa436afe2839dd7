"""Outcomes of the frames that a session receives."""

from typing import Literal, NamedTuple

__all__ = ["Complained", "Confirmed", "Failed", "Full", "Outcome", "Ponged", "Postponed", "Refused", "Welcomed"]


class Welcomed(NamedTuple):
    """Requests may be sent."""


class Ponged(NamedTuple):
    """The exchange answered a ping."""

    id: str


class Confirmed(NamedTuple):
    """These topics are live."""

    topics: tuple[str, ...]


class Refused(NamedTuple):
    """The exchange rejected this topic."""

    topic: str
    code: int
    text: str


class Postponed(NamedTuple):
    """These topics were not accepted this time; they are requested again."""

    topics: tuple[str, ...]
    text: str


class Full(NamedTuple):
    """The connection takes `limit` topics; `surplus` has to use other connections."""

    surplus: tuple[str, ...]
    limit: int
    text: str


class Complained(NamedTuple):
    """The exchange sent an error, and the connection stays open (or ends by itself)."""

    code: int
    text: str


class Failed(NamedTuple):
    """The connection is unusable."""

    why: Literal["token", "busy", "dial", "lost"]
    text: str


Outcome = Welcomed | Ponged | Confirmed | Refused | Postponed | Full | Complained | Failed
