"""Clients that others wrote, unmodified but for their base addresses: the simulator's judges.

They are imported by what uses them: it takes seconds, and only the extra `ci` brings them.
"""

import asyncio
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from rx_kucoin.simulator import Simulator

__all__ = ["MARKS", "PATIENCE", "ask", "foreign", "official"]

PATIENCE = 15

MARKS = [
    pytest.mark.ci,
    pytest.mark.socket,
    # Their loops and sessions are left for the garbage collector; nothing of ours is.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


def foreign(module: str) -> Any:
    """Import a module of another client, or skip the test where that is not installed."""
    with warnings.catch_warnings():  # both warn about themselves while they are imported
        warnings.simplefilter("ignore")
        return pytest.importorskip(module)


def official(exchange: Simulator, hear: Callable[[Any, str, str], None]) -> Any:
    """KuCoin's own SDK; `hear` is told of its events, errors while it reads a frame too."""
    model = "kucoin_universal_sdk.model"
    transport = foreign(f"{model}.transport_option").TransportOptionBuilder()
    websocket = foreign(f"{model}.websocket_option").WebSocketClientOptionBuilder()
    options = (
        foreign(f"{model}.client_option")
        .ClientOptionBuilder()
        .set_key(exchange.api_key)
        .set_secret(exchange.api_secret)
        .set_passphrase(exchange.api_passphrase)
        .set_spot_endpoint(exchange.rest_url)
        .set_futures_endpoint(exchange.futures_rest_url)
        .set_transport_option(transport.build())
        .set_websocket_client_option(websocket.with_event_callback(hear).build())
        .build()
    )
    return foreign("kucoin_universal_sdk.api.client").DefaultClient(options)


@contextmanager
def unified(exchange: Simulator, loop: asyncio.AbstractEventLoop, **options: Any) -> Iterator[Any]:
    client = foreign("ccxt.pro").kucoin(
        {
            "apiKey": exchange.api_key,
            "secret": exchange.api_secret,
            "password": exchange.api_passphrase,
            "options": options,
        }
    )
    for name in client.urls["api"]:
        client.urls["api"][name] = exchange.futures_rest_url if "futures" in name else exchange.rest_url
    try:
        yield client
    finally:
        loop.run_until_complete(client.close())


def ask(exchange: Simulator, conversation: Callable[[Any], Any], **options: Any) -> Any:
    """Hold a conversation with ccxt."""
    with asyncio.Runner() as runner, unified(exchange, runner.get_loop(), **options) as client:
        return runner.run(asyncio.wait_for(conversation(client), PATIENCE))
