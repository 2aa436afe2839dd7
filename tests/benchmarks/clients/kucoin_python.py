"""kucoin-python: one connection, one coroutine for all topics."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Final

from kucoin.client import WsToken
from kucoin.ws_client import KucoinWsClient

from benchmarks.symbols import TICKER

__all__ = ["PACKAGE", "run"]

PACKAGE: Final = "kucoin-python"


def run(_way: str, symbols: Sequence[str], hear: Callable[[Any], None], rest_url: str, _socket_url: str) -> None:
    """Listen for ever."""

    async def receive(message: dict[str, Any]) -> None:
        hear(message["data"]["price"])

    async def listen() -> None:
        client = await KucoinWsClient.create(None, WsToken(url=rest_url), receive)
        await client.subscribe(TICKER + ",".join(symbols))
        await asyncio.Event().wait()

    asyncio.run(listen())
