"""What is needed of an engine by whoever makes more of its streams: bars, books."""

from collections.abc import Mapping
from typing import Any, Protocol

from reactivex import Observable, abc

from rx_kucoin.connections.context import Terms
from rx_kucoin.events import Event
from rx_kucoin.protocol.limits import Market

__all__ = ["Feed"]


class Feed(Protocol):
    """An engine, or what stands for one."""

    @property
    def terms(self) -> Terms:
        """The settings."""
        ...

    @property
    def clock(self) -> abc.SchedulerBase:
        """The clock of everything."""
        ...

    @property
    def happenings(self) -> Observable[Event]:
        """What happens, told while it happens."""
        ...

    def tell(self, event: Event) -> None:
        """Tell that something happened."""
        ...

    def stream(self, topic: str, *, typed: bool) -> Observable[Any]:
        """Stream a topic."""
        ...

    def fetch(
        self, market: Market, path: str, *, private: bool = False, retried: bool = True, aside: bool = False
    ) -> Observable[bytes]:
        """Ask a REST host; `retried`: what may heal is tried again; `aside`: it is for nobody but recordings."""
        ...

    def unlisted(self, market: Market, symbol: str) -> Observable[Mapping[str, str | None]]:
        """Emit the symbol, if the market does not list it, with the one that was perhaps meant; and complete."""
        ...

    def prove(self, topic: str) -> Observable[None]:
        """Complete once all that the exchange has sent on the topic's connection until now has come."""
        ...
