"""picows: frames cut in C++, decoded by orjson, and routed by a dict to a callback for each topic."""

import asyncio
import json
from collections.abc import Callable, Sequence
from typing import Any, Final

import orjson
from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from benchmarks.symbols import TICKER

__all__ = ["PACKAGE", "run"]

PACKAGE: Final = "picows"


class _Listener(WSListener):
    def __init__(self, symbols: Sequence[str], hear: Callable[[Any], None]) -> None:
        super().__init__()
        self._topic = TICKER + ",".join(symbols)
        self._routes = {TICKER + symbol: _reader(hear) for symbol in symbols}

    def on_ws_connected(self, transport: WSTransport) -> None:
        request = {"id": "1", "type": "subscribe", "topic": self._topic, "response": True}
        transport.send(WSMsgType.TEXT, json.dumps(request).encode())

    def on_ws_frame(self, _transport: WSTransport, frame: WSFrame) -> None:
        message = orjson.loads(frame.get_payload_as_memoryview())
        route = self._routes.get(message.get("topic"))
        if route is not None:
            route(message)


def _reader(hear: Callable[[Any], None]) -> Callable[[dict[str, Any]], None]:
    return lambda message: hear(message["data"]["price"])


def run(_way: str, symbols: Sequence[str], hear: Callable[[Any], None], _rest_url: str, socket_url: str) -> None:
    """Listen for ever."""

    async def listen() -> None:
        transport, _ = await ws_connect(lambda: _Listener(symbols, hear), socket_url)
        await transport.wait_disconnected()

    asyncio.run(listen())
