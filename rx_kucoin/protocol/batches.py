"""Groups waiting topics into few requests: those of one request have one channel and one kind."""

from collections.abc import Callable, Iterable
from itertools import islice
from typing import Literal, NamedTuple

from rx_kucoin.protocol.channels import CHANNELS, is_private
from rx_kucoin.protocol.topics import Topic, join

__all__ = ["Batch", "Batches", "Kind"]

Kind = Literal["subscribe", "unsubscribe"]


class Batch(NamedTuple):
    """The topics of one request."""

    kind: Kind
    topics: tuple[str, ...]
    private: bool

    @property
    def text(self) -> str:
        """The topics in the exchange's notation."""
        return join(self.topics)


class _Family(NamedTuple):
    """What topics of one request have in common."""

    kind: Kind
    list: str
    portion: int | None


class Batches:
    """Waiting topics, in the order of their arrival, each at most once."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._waiting: dict[str, None] = {}
        self._portions: dict[str, int] = {}

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def add(self, topic: str) -> None:
        """Add a topic."""
        self._waiting[topic] = None

    def drop(self, topic: str) -> None:
        """Remove a topic."""
        self._waiting.pop(topic, None)

    def halve(self, topics: tuple[str, ...]) -> None:
        """Put these into requests of half the size from now on: one of them makes the request fail."""
        half = (len(topics) + 1) // 2
        self._portions.update({topic: min(half, self._portions.get(topic, half)) for topic in topics})

    def forget(self, topics: Iterable[str]) -> None:
        """Remove the size limit of these topics."""
        for topic in topics:
            self._portions.pop(topic, None)

    def take(self, kind_of: Callable[[str], Kind]) -> Batch:
        """Remove and return the topics of the next request."""
        first = next(iter(self._waiting))
        family = self._family(first, kind_of)
        most = min(self._portions.get(first, self.most), self.most)
        same = (topic for topic in self._waiting if self._family(topic, kind_of) == family)
        topics = tuple(islice(same, most))
        for topic in topics:
            del self._waiting[topic]
        return Batch(family.kind, topics, private=is_private(first))

    def _family(self, topic: str, kind_of: Callable[[str], Kind]) -> _Family:
        prefix, argument = Topic.parse(topic)
        channel = CHANNELS.get(prefix)
        shares = argument is not None if channel is None else channel.shares_lines(argument)
        return _Family(kind_of(topic), f"{prefix}:" if shares else topic, self._portions.get(topic))
