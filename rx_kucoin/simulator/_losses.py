"""Which messages of a topic are lost: every so-manyth one, or some by seeded dice."""

from collections import Counter
from random import Random

__all__ = ["Losses"]


class Losses:
    """Each topic has a count and dice of its own, so that what is lost does not depend on other topics."""

    def __init__(self, seed: object, *, share: float = 0.0, every: int = 0) -> None:
        self._seed, self._share, self._every = seed, share, every
        self._seen = Counter[str]()
        self._dice: dict[str, Random] = {}

    def strike(self, topic: str) -> bool:
        """Tell whether the next message of a topic is lost."""
        if self._every:
            self._seen[topic] += 1
            return self._seen[topic] % self._every == 0
        dice = self._dice.get(topic)
        if dice is None:
            dice = self._dice[topic] = Random(f"{self._seed} {topic} losses")  # noqa: S311
        return dice.random() < self._share
