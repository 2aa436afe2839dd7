"""rx_kucoin: one Observable for each topic, one `map`, one subscriber."""

import threading
from collections.abc import Callable, Sequence
from typing import Any, Final

from reactivex import Observable
from reactivex import operators as ops

from benchmarks.symbols import TICKER
from rx_kucoin import KuCoin, Limits, Push, Rate, Ticker

__all__ = ["PACKAGE", "PRICES", "run", "subscribe"]

PACKAGE: Final = "rx-kucoin"
_AT_ONCE: Final = Limits(messages=Rate(100_000, 1.0), dials=Rate(100_000, 1.0))


def _typed(ticker: Ticker) -> Any:
    return ticker.price


def _raw(push: Push) -> Any:
    return push.data["price"]


PRICES: Final[dict[str, Callable[[Any], Any]]] = {"raw": _raw, "typed": _typed}
"""How the price of a message is had, by way."""


def run(way: str, symbols: Sequence[str], hear: Callable[[Any], None], rest_url: str, _socket_url: str) -> None:
    """Listen for ever. Ways: raw or typed; raw/20 puts 20 topics on a connection."""
    kind, _, room = way.partition("/")
    kucoin = KuCoin(
        rest_url=rest_url, futures_rest_url=rest_url, topics_per_connection=int(room or 400), limits=_AT_ONCE
    )
    subscribe(kucoin, kind, symbols, hear)
    threading.Event().wait()


def subscribe(kucoin: KuCoin, way: str, symbols: Sequence[str], hear: Callable[[Any], None]) -> None:
    """Have the price of each ticker heard, raw or typed."""
    for symbol in symbols:
        topic: Observable[Any] = kucoin.ticker(symbol) if way == "typed" else kucoin.topic(TICKER + symbol)
        topic.pipe(ops.map(PRICES[way])).subscribe(hear)
