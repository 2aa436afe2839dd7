"""Topics: what is subscribed to. Read one, write one, put many into few lines."""

from collections.abc import Iterable
from typing import NamedTuple

__all__ = ["Topic", "expand", "join"]


class Topic(NamedTuple):
    """A channel for a symbol: the unit of subscription, as in `/market/ticker:BTC-USDT`."""

    prefix: str
    argument: str | None = None

    @classmethod
    def parse(cls, text: str) -> "Topic":
        """Read a topic that names at most one argument."""
        prefix, colon, argument = text.partition(":")
        return cls(prefix, argument if colon else None)

    def __str__(self) -> str:
        return self.prefix if self.argument is None else f"{self.prefix}:{self.argument}"


def expand(text: str) -> list[str]:
    """Write a comma list out as the single topics that the exchange pushes."""
    prefix, colon, arguments = text.partition(":")
    if not colon:
        return [text]
    return [f"{prefix}:{argument}" for argument in arguments.split(",")]


def join(topics: Iterable[str]) -> str:
    """Write topics of one channel as one comma list. The inverse of `expand`."""
    prefix = ""
    arguments: list[str] = []
    for topic in topics:
        prefix, colon, argument = topic.partition(":")
        if not colon:
            return topic
        arguments.append(argument)
    return f"{prefix}:{','.join(arguments)}"
