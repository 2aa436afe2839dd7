"""The names that others build on. A change here is a change for everybody who uses the library."""

import inspect
import subprocess
import sys
from typing import get_type_hints

import pytest
from reactivex import Observable

import rx_kucoin
from rx_kucoin import (
    Candle,
    ConnectionInfo,
    Depth,
    Event,
    KuCoin,
    Level1,
    Level2Change,
    Match,
    Push,
    Snapshot,
    Ticker,
    operators,
)

NAMES = {
    *("KuCoin", "Credentials", "Limits", "Rate", "Connection", "ConnectionInfo", "Event"),
    *("Push", "Ticker", "Match", "Candle", "Level1", "Level2Change", "Depth", "Snapshot", "Level", "Change"),
    *("OrderBook", "Symbol", "Contract"),
    *("KuCoinError", "SubscriptionRejected", "UnknownSymbol", "ReconnectFailed", "ApiError", "KeyRefused", "Closed"),
    "CalibrationFailed",
}
FIXED = {
    "rest_url": "https://api.kucoin.com",
    "futures_rest_url": "https://api-futures.kucoin.com",
    "credentials": None,
    "topics_per_connection": 200,
    "renew_every": 43_200.0,
    "max_reconnects": 5,
    "scheduler": None,
}


def test_the_door_is_narrow() -> None:
    assert set(rx_kucoin.__all__) == NAMES
    assert rx_kucoin.__all__ == sorted(rx_kucoin.__all__)
    assert all(getattr(rx_kucoin, name).__name__ == name for name in NAMES - {"Connection"})
    assert rx_kucoin.Connection is ConnectionInfo  # its name in 0.1.0


def test_the_settings_keep_their_names_and_defaults() -> None:
    parameters = inspect.signature(KuCoin).parameters
    assert {name: parameters[name].default for name in FIXED} == FIXED
    assert {parameter.kind for parameter in parameters.values()} == {
        inspect.Parameter.KEYWORD_ONLY,
        inspect.Parameter.VAR_KEYWORD,
    }


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("topic", Push),
        ("ticker", Ticker),
        ("tickers", Ticker),
        ("match", Match),
        ("candles", Candle),
        ("level1", Level1),
        ("depth", Depth),
        ("level2", Level2Change),
        ("snapshot", Snapshot),
    ],
)
def test_a_stream_is_an_observable_of_its_message(name: str, message: type) -> None:
    assert get_type_hints(getattr(KuCoin, name))["return"] == Observable[message]


def test_the_pool_and_the_events_are_observables() -> None:
    assert get_type_hints(KuCoin.connections.fget)["return"] == Observable[ConnectionInfo]
    assert get_type_hints(KuCoin.events.fget)["return"] == Observable[Event]


def test_a_kucoin_is_closed_by_its_with_block() -> None:
    with KuCoin() as kucoin:
        assert repr(kucoin) == "<KuCoin idle>"
    assert repr(kucoin) == "<KuCoin closed>"


def test_the_four_promises_are_operators() -> None:
    assert {"rate_limit", "retry_backoff", "switch_when_ready", "share_anew"} <= set(operators.__all__)
    assert all(callable(getattr(operators, name)) for name in operators.__all__)


def test_the_door_needs_none_of_the_extras() -> None:
    asked = [sys.executable, "-W", "error", "-c", "import sys, rx_kucoin, rx_kucoin.cli; print(*sys.modules)"]
    loaded = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.split()
    assert {"rx_kucoin.client", "reactivex", "requests", "websocket", "msgspec"} <= set(loaded)
    assert not {"rich", "aiohttp", "matplotlib", "rx_kucoin.simulator"} & set(loaded)
