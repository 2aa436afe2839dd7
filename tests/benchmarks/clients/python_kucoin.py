"""python-kucoin: one connection, one coroutine for all topics."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Final

from kucoin.asyncio import KucoinSocketManager
from kucoin.client import Client

from benchmarks.symbols import TICKER

__all__ = ["PACKAGE", "run"]

PACKAGE: Final = "python-kucoin"


def run(_way: str, symbols: Sequence[str], hear: Callable[[Any], None], rest_url: str, _socket_url: str) -> None:
    """Listen for ever."""
    Client.REST_API_URL = rest_url

    async def receive(message: dict[str, Any]) -> None:
        hear(message["data"]["price"])

    async def listen() -> None:
        client = Client("", "", "")
        manager = await KucoinSocketManager.create(asyncio.get_running_loop(), client, receive)
        await manager.subscribe(TICKER + ",".join(symbols))
        await asyncio.Event().wait()

    asyncio.run(listen())
