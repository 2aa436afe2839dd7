"""What a connection needs of the world below it, and nothing else: a wire, and somebody who opens one."""

from collections.abc import Callable, Sequence
from typing import Protocol

from reactivex import Observable

from rx_kucoin.protocol.rest_weights import Allowance

__all__ = ["Transport", "Wire"]


class Wire(Protocol):
    """An open socket that nobody has spoken on yet."""

    host: str
    """Where it leads to."""
    ping_interval: float
    """Seconds between pings that the exchange asks for."""
    ping_timeout: float
    """Seconds to wait for a pong."""

    def listen(self, receive: Callable[[Sequence[str | bytes]], None], ended: Callable[[], None]) -> None:
        """Have every text passed to `receive`, as many at a time as have come, and the end told to `ended`.

        Both are called on the wire's own thread, one at a time; after `ended` nothing follows.
        """
        ...

    def send(self, text: str) -> None:
        """Send a text, from any thread, without ever waiting. One that does not go through ends the wire."""
        ...

    def lose(self, cause: Exception) -> None:
        """End the wire for this cause, from any thread, without waiting."""
        ...

    def is_quiet(self) -> bool:
        """Whether everything that has come was received, so that silence means silence."""
        ...


class Transport(Protocol):
    """Opens wires."""

    def close(self, timeout: float) -> bool:
        """Hang up every wire, and wait so many seconds for their threads. True: at most the asking one is left."""
        ...

    def fetch(self, path: str, *, told: Callable[[Allowance], None] | None = None) -> Observable[bytes]:
        """Ask the REST host with a GET, in one try: cold. `path` includes the query, if there is one.

        Emits the answer's `data` as the JSON that it is, and completes. Fails with a `KuCoinError`. Disposing cuts it
        short without waiting. Before the answer, be it a refusal, `told` is told what is left of the pool, if the host
        says so.
        """
        ...

    def dial(self, name: str) -> Observable[Wire]:
        """Open a wire, in one try, with a fresh token: cold.

        Emits the wire once it is open; `listen` must be called before that returns. Fails with a `KuCoinError` when it
        cannot be opened, and when it ended by itself or was lost. Disposing closes it without waiting.
        """
        ...
