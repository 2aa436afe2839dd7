"""kucoin-websocket: knows candles only, so its one subscription is made to ask for tickers."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

from kucoin_websocket.manager import KucoinWebSocket
from kucoin_websocket.ws import KuCoinWebSocketDetails

from benchmarks.symbols import TICKER

__all__ = ["PACKAGE", "run"]

PACKAGE: Final = "kucoin-websocket"


class _Tickers(KucoinWebSocket):  # type: ignore[misc]  # it has no types
    async def subscribe_kline(self, market: str) -> None:
        await self._conn.send_message({"type": "subscribe", "topic": TICKER + market, "response": True})


def run(_way: str, symbols: Sequence[str], hear: Callable[[Any], None], rest_url: str, _socket_url: str) -> None:
    """Listen for ever."""

    async def receive(message: dict[str, Any]) -> None:
        hear(message["data"]["price"])

    KuCoinWebSocketDetails.create = partial(KuCoinWebSocketDetails.create, base_url=rest_url)
    _Tickers(receive, [",".join(symbols)]).run()
