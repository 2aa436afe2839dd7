"""rx_kucoin: one Observable for each topic, one `map`, one subscriber."""

import threading
from collections.abc import Callable, Sequence
from typing import Any, Final

from reactivex import operators as ops

from benchmarks.symbols import TICKER
from rx_kucoin import KuCoin, Limits, Push, Rate, Ticker

__all__ = ["PACKAGE", "run"]

PACKAGE: Final = "rx-kucoin"
_AT_ONCE: Final = Limits(messages=Rate(100_000, 1.0), dials=Rate(100_000, 1.0))


def _typed(ticker: Ticker) -> Any:
    return ticker.price


def _raw(push: Push) -> Any:
    return push.data["price"]


def run(way: str, symbols: Sequence[str], hear: Callable[[Any], None], rest_url: str, _socket_url: str) -> None:
    """Listen for ever. Ways: raw or typed; raw/20 puts 20 topics on a connection."""
    kind, _, room = way.partition("/")
    kucoin = KuCoin(
        rest_url=rest_url, futures_rest_url=rest_url, topics_per_connection=int(room or 400), limits=_AT_ONCE
    )
    for symbol in symbols:
        if kind == "typed":
            kucoin.ticker(symbol).pipe(ops.map(_typed)).subscribe(hear)
        else:
            kucoin.topic(TICKER + symbol).pipe(ops.map(_raw)).subscribe(hear)
    threading.Event().wait()
