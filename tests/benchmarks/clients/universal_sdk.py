"""kucoin-universal-sdk, the exchange's own: one subscription for all topics."""

import threading
from collections.abc import Callable, Sequence
from typing import Any, Final

from kucoin_universal_sdk.api.client import DefaultClient
from kucoin_universal_sdk.model.client_option import ClientOptionBuilder
from kucoin_universal_sdk.model.transport_option import TransportOptionBuilder
from kucoin_universal_sdk.model.websocket_option import WebSocketClientOptionBuilder

__all__ = ["PACKAGE", "run"]

PACKAGE: Final = "kucoin-universal-sdk"


def run(_way: str, symbols: Sequence[str], hear: Callable[[Any], None], rest_url: str, _socket_url: str) -> None:
    """Listen for ever."""
    options = (
        ClientOptionBuilder()
        .set_key("")
        .set_secret("")
        .set_passphrase("")
        .set_spot_endpoint(rest_url)
        .set_futures_endpoint(rest_url)
        .set_transport_option(TransportOptionBuilder().build())
        .set_websocket_client_option(WebSocketClientOptionBuilder().build())
        .build()
    )
    spot = DefaultClient(options).ws_service().new_spot_public_ws()
    spot.start()
    spot.ticker(list(symbols), lambda _topic, _subject, ticker: hear(ticker.price))
    threading.Event().wait()
