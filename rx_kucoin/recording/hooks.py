"""Where a recording listens: it is told what connections bring, and what happens to them. Nobody listens: no cost."""

import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from itertools import count
from typing import Any, Final, Protocol
from weakref import WeakSet

from rx_kucoin.events import Event, SubscriberFailed
from rx_kucoin.operators.internal.hub import Hub
from rx_kucoin.recording.file.codec import write_error, write_event

__all__ = ["Head", "Tap", "Tapped"]

_NOTHING: Final[Mapping[str, Any]] = {}


class Head(Protocol):
    """Somebody who listens."""

    def received(self, connection: int, batch: Sequence[str | bytes]) -> None:
        """Take what has come on a connection, before anybody else sees it. Must not raise, nor wait."""
        ...

    def fact(self, kind: str, connection: int, topic: str, data: Mapping[str, Any]) -> None:
        """Take what happened. Must not raise, nor wait."""
        ...

    def close(self, timeout: float) -> bool:
        """Nothing follows. Say whether all is written within so many seconds."""
        ...


class Tapped(Protocol):
    """What is listened to: a connection."""

    number: int
    line: int

    @property
    def host(self) -> str:
        """Where it leads to."""
        ...

    @property
    def heard(self) -> Iterable[str]:
        """The topics that somebody listens to on it."""
        ...


class Tap:
    """All that is said on all connections passes here, if anybody listens: `heads`."""

    def __init__(self) -> None:
        self.heads: tuple[Head, ...] = ()
        self.keyframes: Hub[None] = Hub()
        """Emits when what cannot be replayed without its past has to tell of it once more. See `with_keyframes`."""
        self._lock = threading.Lock()
        self._numbers = count(1)
        self._connections: WeakSet[Tapped] = WeakSet()

    def __repr__(self) -> str:
        return f"<Tap, {len(self.heads)} recording>"

    def number(self, connection: Tapped) -> int:
        """Give a connection its number."""
        with self._lock:
            self._connections.add(connection)
            return next(self._numbers)

    def join(self, head: Head) -> None:
        """Let somebody listen, who is told first where each topic is."""
        with self._lock:
            self.heads = (*self.heads, head)
            connections = tuple(self._connections)
        for connection in sorted(connections, key=lambda each: each.number):
            for topic in connection.heard:
                head.fact("seat", connection.number, topic, _seat(connection))

    def leave(self, head: Head) -> None:
        """Tell this one nothing more."""
        with self._lock:
            self.heads = tuple([other for other in self.heads if other is not head])

    def close(self, timeout: float) -> bool:
        """Nothing follows, for anybody. Say whether all is written within so many seconds."""
        deadline = time.monotonic() + timeout
        written = [head.close(deadline - time.monotonic()) for head in self.heads]
        return all(written)

    def seat(self, connection: Tapped, topic: str) -> None:
        """Somebody listens to the topic, on this connection."""
        for head in self.heads:
            head.fact("seat", connection.number, topic, _seat(connection))

    def event(self, event: Event) -> None:
        """An event is told. What strangers' code raised is nobody's business here."""
        if not isinstance(event, SubscriberFailed):
            self.fact("event", data=write_event(event))

    def failed(self, topic: str, error: Exception) -> None:
        """The streams of a topic end."""
        if self.heads:
            self.fact("failed", 0, topic, {"error": write_error(error)})

    def received(self, connection: int, batch: Sequence[str | bytes]) -> None:
        """These have come on a connection."""
        for head in self.heads:
            head.received(connection, batch)

    def fact(self, kind: str, connection: int = 0, topic: str = "", data: Mapping[str, Any] = _NOTHING) -> None:
        """Something happened."""
        for head in self.heads:
            head.fact(kind, connection, topic, data)


def _seat(connection: Tapped) -> dict[str, Any]:
    return {"line": connection.line, "host": connection.host}
