"""rx_kucoin at the exchange's real limits: how long until every topic is acknowledged."""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

from rx_kucoin import KuCoin
from rx_kucoin.events import TopicLive

__all__ = ["PACKAGE", "run"]

PACKAGE: Final = "rx-kucoin"
_PATIENCE: Final = 60.0


def run(
    _way: str, symbols: Sequence[str], _hear: Callable[[Any], None], rest_url: str, _socket_url: str
) -> dict[str, Any]:
    """Subscribe to all, each by itself; tell when the last was live, counted from before the first."""
    waiting, over, begun = set(symbols), threading.Event(), time.monotonic()

    def happened(event: Any) -> None:
        if isinstance(event, TopicLive):
            waiting.discard(event.topic.rpartition(":")[2])
            if not waiting:
                over.set()

    with KuCoin(rest_url=rest_url) as kucoin:
        kucoin.events.subscribe(happened)
        for symbol in symbols:
            kucoin.ticker(symbol).subscribe()
        if not over.wait(_PATIENCE):
            raise TimeoutError(f"{len(waiting)} topics are not live after {_PATIENCE} s")
        return {"live_s": time.monotonic() - begun}
