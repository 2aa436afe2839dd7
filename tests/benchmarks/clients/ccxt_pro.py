"""ccxt (pro): a task for each topic; it hands out the latest state only, and what was older is lost."""

import asyncio
import os
from collections.abc import Callable, Sequence
from typing import Any, Final

import ccxt.pro

__all__ = ["PACKAGE", "run"]

PACKAGE: Final = "ccxt"


def run(_way: str, symbols: Sequence[str], hear: Callable[[Any], None], rest_url: str, _socket_url: str) -> None:
    """Listen for ever."""

    async def watch(client: Any, name: str) -> None:
        while True:
            hear((await client.watch_ticker(name, {"spotMethod": "/market/ticker"}))["last"])

    async def listen() -> None:
        options = {"fetchMarkets": {"types": ["spot"]}}
        client = ccxt.pro.kucoin({"cafile": os.environ.get("SSL_CERT_FILE"), "options": options})
        client.urls["api"] = dict.fromkeys(client.urls["api"], rest_url)
        await client.load_markets()
        await asyncio.gather(*[watch(client, symbol.replace("-", "/")) for symbol in symbols])

    asyncio.run(listen())
