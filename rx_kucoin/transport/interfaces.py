"""What `connections` needs from below: `Wire`, an open socket, and `Transport`, which opens wires and calls REST."""

from collections.abc import Callable, Sequence
from typing import Protocol

from reactivex import Observable

from rx_kucoin.protocol.rest_weights import Allowance

__all__ = ["Transport", "Wire"]


class Wire(Protocol):
    """An open socket on which no message was exchanged yet."""

    host: str
    """Host and port of the other side."""
    ping_interval: float
    """Seconds between pings, as the exchange demands."""
    ping_timeout: float
    """Seconds to wait for a pong."""

    def listen(self, receive: Callable[[Sequence[str | bytes]], None], ended: Callable[[], None]) -> None:
        """Call `receive` with the messages of each read, and `ended` once at the end.

        Both are called on the wire's own thread, one at a time, and neither after `ended`.
        """
        ...

    def send(self, text: str) -> None:
        """Send a text, from any thread, without blocking. A failure ends the wire."""
        ...

    def lose(self, cause: Exception) -> None:
        """End the wire with this cause, from any thread, without blocking."""
        ...

    def is_quiet(self) -> bool:
        """Whether every byte that arrived was received, so that a silent wire is really silent."""
        ...


class Transport(Protocol):
    """Opens wires and calls the REST host."""

    def close(self, timeout: float) -> bool:
        """Close every wire and wait up to `timeout` seconds for its thread. True if all but the caller's ended."""
        ...

    def fetch(self, path: str, *, on_allowance: Callable[[Allowance], None] | None = None) -> Observable[bytes]:
        """Return a cold Observable of one GET to the REST host. `path` includes the query, if there is one.

        Emits the answer's `data` as JSON and completes, or fails with a `KuCoinError`. Disposing cancels the request
        without blocking. `on_allowance` is called before the answer, also before a refusal, with the rest of the rate
        limit if the host reports it.
        """
        ...

    def dial(self, name: str) -> Observable[Wire]:
        """Return a cold Observable that opens a wire with a fresh token, in one attempt.

        Emits the wire once it is open; `listen` must be called within that `on_next`. Fails with a `KuCoinError` if it
        cannot be opened, and when it ends or is lost. Disposing closes it without blocking.
        """
        ...
