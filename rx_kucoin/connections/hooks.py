"""Where recordings and metrics attach: what connections and REST calls bring, and what happens to them."""

from collections.abc import Iterable
from typing import Protocol

from reactivex import Observable

from rx_kucoin.events import Event
from rx_kucoin.protocol.limits import Market

__all__ = ["Hooks", "NoHooks", "Observed"]


class Observed(Protocol):
    """A connection, as hooks see it."""

    @property
    def number(self) -> int:
        """Its number among all connections of the client, from 1."""
        ...

    @property
    def line(self) -> int:
        """The line that it belongs to."""
        ...

    @property
    def host(self) -> str:
        """The host that it leads to."""
        ...

    @property
    def read_topics(self) -> Iterable[str]:
        """The topics that have a subscriber on it."""
        ...


class Hooks(Protocol):
    """What a client calls as things happen. Nothing here may raise or wait: most of it runs on connections' threads."""

    is_active: bool
    """Whether anything listens. It is read without a lock before each frame, so that a client without listeners pays
    for one attribute; a listener that attaches meanwhile sees the next frame."""

    def connected(self, connection: Observed) -> None:
        """A connection was opened, and has not been welcomed yet."""

    def subscribed(self, connection: Observed, topic: str) -> None:
        """A topic got a subscriber on this connection."""

    def received(self, connection: Observed, text: str | bytes) -> None:
        """A frame came; it is passed to its subscribers after this call."""

    def unsubscribed(self, connection: Observed, topic: str) -> None:
        """A topic has no subscriber on this connection any more."""

    def closed(self, connection: Observed, *, is_whole: bool) -> None:
        """A connection ended; `is_whole`: after all that the exchange had sent was passed on."""

    def failed(self, topic: str, error: Exception) -> None:
        """The streams of a topic end with an error."""

    def event(self, event: Event) -> None:
        """An event is about to be reported."""

    def watch_call(
        self, answer: Observable[bytes], market: Market, path: str, *, is_signed: bool, in_background: bool
    ) -> Observable[bytes]:
        """Give back the answer of a REST call, observed. `in_background`: no stream waits for it."""
        ...

    def watch_barrier(self, barrier: Observable[None], topic: str) -> Observable[None]:
        """Give back a ping barrier, observed: it completes when all that was sent on a topic has come."""
        ...

    def close(self, timeout: float) -> bool:
        """The client closes. Returns whether all that was observed is safe within so many seconds."""
        ...


class NoHooks:
    """Nothing listens."""

    is_active = False

    def connected(self, connection: Observed) -> None:
        """See `Hooks`."""

    def subscribed(self, connection: Observed, topic: str) -> None:
        """See `Hooks`."""

    def received(self, connection: Observed, text: str | bytes) -> None:
        """See `Hooks`."""

    def unsubscribed(self, connection: Observed, topic: str) -> None:
        """See `Hooks`."""

    def closed(self, connection: Observed, *, is_whole: bool) -> None:
        """See `Hooks`."""

    def failed(self, topic: str, error: Exception) -> None:
        """See `Hooks`."""

    def event(self, event: Event) -> None:
        """See `Hooks`."""

    def watch_call(
        self, answer: Observable[bytes], market: Market, path: str, *, is_signed: bool, in_background: bool
    ) -> Observable[bytes]:
        """Give back the answer as it is."""
        del market, path, is_signed, in_background
        return answer

    def watch_barrier(self, barrier: Observable[None], topic: str) -> Observable[None]:
        """Give back the barrier as it is."""
        del topic
        return barrier

    def close(self, timeout: float) -> bool:
        """Nothing is to be kept."""
        del timeout
        return True
