"""Which servers of the token's `instanceServers` failed, so that they are not the next choice."""

import threading
import time
from collections.abc import Callable, Sequence
from math import inf
from typing import Final, NamedTuple

from rx_kucoin.protocol.token import InstanceServer

__all__ = ["ServerHistory"]

_REMEMBERED: Final = 3_600.0
"""Seconds after its last failure for which a server's failures are remembered."""


class _Failures(NamedTuple):
    in_a_row: int
    last_at: float


_NONE: Final = _Failures(0, -inf)


class ServerHistory:
    """The failures of the servers of one transport. All of its wires' threads use it, so a lock guards the table."""

    def __init__(self, random: Callable[[], float], *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._random, self._monotonic = random, monotonic
        self._lock = threading.RLock()
        self._failures: dict[str, _Failures] = {}

    def __repr__(self) -> str:
        return f"<ServerHistory, {len(self._failures)} failed>"

    def failed(self, server: InstanceServer, *, was_healthy: bool = False) -> None:
        """Remember that a connection to a server could not be opened, or was lost.

        One that `was_healthy` before ends the row of failures, and begins the next one.
        """
        with self._lock:
            before = 0 if was_healthy else self._failures.get(server.endpoint, _NONE).in_a_row
            self._failures[server.endpoint] = _Failures(before + 1, self._monotonic())

    def choose(self, servers: Sequence[InstanceServer]) -> InstanceServer:
        """Choose the server with the fewest failures in a row, and of several the one whose failure is the oldest.

        Among those that have not failed it is a random one, to spread the load.
        """
        with self._lock:
            oldest = self._monotonic() - _REMEMBERED
            self._failures = {name: known for name, known in self._failures.items() if known.last_at > oldest}
            failures = [self._failures.get(server.endpoint, _NONE) for server in servers]
        best = [server for server, known in zip(servers, failures, strict=True) if known == min(failures)]
        return best[int(self._random() * len(best))]
