"""What is done in a round: one cell for each client, way, scheme and number of topics."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

from benchmarks.catalogue import CLIENTS, Client

__all__ = ["CROWD", "CROWDED", "PACE", "SCALES", "SCHEMES", "SLOWNESS_US", "TOPICS", "Cell", "plan"]

SCHEMES: Final = ("ws", "wss")
TOPICS: Final = 100
"""What every client is compared at."""
SCALES: Final = (1, 300, 2_000, 10_000)
"""What ours is compared with itself at, 400 topics to a connection."""
CROWD: Final = 20
CROWDED: Final = f"/{CROWD}"
"""The way of having 20 topics on a connection, which tells what a connection weighs."""
PACE: Final = 2_000
SLOWNESS_US: Final = 300


@dataclass(frozen=True, slots=True)
class Cell:
    """One process, and what is done with it.

    Attributes:
        blasts: How often messages are sent as fast as they can; many short ones, for noise comes and goes.
        paced: So many stamped messages, at an even pace.
        slow: So many messages as fast as they can, to a subscriber that takes its time over each.
    """

    client: Client
    scheme: str
    topics: int
    blasts: int
    way: str = ""
    paced: int = 0
    slow: int = 0

    def __str__(self) -> str:
        return f"{self.client.key}{self.way}, {self.scheme}, {self.topics} topics"


def plan(only: Collection[str], *, quick: bool) -> list[Cell]:
    """List the cells of a round; those that are compared with one another stand side by side."""
    wanted = [client for client in CLIENTS if client.name == "bare" or not only or client.name in only]
    return [cell for scheme in SCHEMES for cell in _cells(wanted, scheme, quick=quick)]


def _cells(clients: Collection[Client], scheme: str, *, quick: bool) -> Iterator[Cell]:
    blasts, paced, slow = (3, 500, 1_000) if quick else (8, 3_000, 3_000)
    for client in clients:
        split = client.way == "split"
        yield Cell(
            client,
            scheme,
            TOPICS,
            blasts,
            paced=0 if split else paced,
            slow=slow if client.group == "ours" or (client.group == "peer" and scheme == "ws") else 0,
        )
        if client.group == "ours" and not (quick and scheme == "wss"):
            for topics in SCALES:
                yield Cell(client, scheme, topics, blasts)
            if client.way == "raw" and scheme == "ws":
                yield Cell(client, scheme, 300, blasts, CROWDED)
