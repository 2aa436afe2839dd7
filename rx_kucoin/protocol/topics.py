"""Topics, the units of subscription: parsing, and comma-separated lists of them."""

from collections.abc import Iterable
from typing import NamedTuple

__all__ = ["Topic", "expand", "join"]


class Topic(NamedTuple):
    """A channel and its argument, as in `/market/ticker:BTC-USDT`: the unit of subscription."""

    prefix: str
    argument: str | None = None

    @classmethod
    def parse(cls, text: str) -> "Topic":
        """Parse a topic with at most one argument."""
        prefix, colon, argument = text.partition(":")
        return cls(prefix, argument if colon else None)

    def __str__(self) -> str:
        return self.prefix if self.argument is None else f"{self.prefix}:{self.argument}"


def expand(text: str) -> list[str]:
    """Split a comma-separated list into the single topics that the exchange pushes."""
    prefix, colon, arguments = text.partition(":")
    if not colon:
        return [text]
    return [f"{prefix}:{argument}" for argument in arguments.split(",")]


def join(topics: Iterable[str]) -> str:
    """Join topics of one channel to a comma-separated list, the inverse of `expand`."""
    prefix = ""
    arguments: list[str] = []
    for topic in topics:
        prefix, colon, argument = topic.partition(":")
        if not colon:
            return topic
        arguments.append(argument)
    return f"{prefix}:{','.join(arguments)}"
