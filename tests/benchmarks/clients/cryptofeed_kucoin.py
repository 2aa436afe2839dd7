"""cryptofeed: its tickers are best bid and ask, so the bid stands for the price."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from cryptofeed import FeedHandler
from cryptofeed.connection import HTTPSync, RestEndpoint, Routes
from cryptofeed.defines import TICKER
from cryptofeed.exchanges import KuCoin

__all__ = ["PACKAGE", "run"]

PACKAGE: Final = "cryptofeed"


def run(_way: str, symbols: Sequence[str], hear: Callable[[Any], None], rest_url: str, socket_url: str) -> None:
    """Listen for ever."""

    async def receive(ticker: Any, _received_at: float) -> None:
        hear(ticker.bid)

    feed = _feed(rest_url, socket_url)
    handler = FeedHandler({"log": {"disabled": True}})
    asyncio.set_event_loop(asyncio.new_event_loop())  # uvloop's policy, which the handler sets, makes none by itself
    handler.add_feed(feed(symbols=list(symbols), channels=[TICKER], callbacks={TICKER: receive}))
    handler.run()


def _feed(rest_url: str, socket_url: str) -> Any:
    """Point it at our exchange. It insists on an address of `wss`, so it hears of `ws` late."""

    class Http(HTTPSync):  # type: ignore[misc]  # it has no types
        def write(self, url: str, **options: Any) -> Any:
            return super().write(url.replace("https://api.kucoin.com", rest_url), **options)

        def process_response(self, *arguments: Any, **options: Any) -> Any:
            answer = super().process_response(*arguments, **options)
            if "instanceServers" in answer["data"]:
                answer["data"]["instanceServers"][0]["endpoint"] = socket_url.replace("ws:", "wss:")
            return answer

    class Feed(KuCoin):  # type: ignore[misc]
        http_sync = Http()
        rest_endpoints = (RestEndpoint(rest_url, routes=Routes("/api/v1/symbols")),)

        def connect(self) -> list[Any]:
            connections: list[Any] = super().connect()
            for connection, *_ in connections:
                connection.address = connection.address.replace("wss:", f"{urlsplit(socket_url).scheme}:")
            return connections

    return Feed
