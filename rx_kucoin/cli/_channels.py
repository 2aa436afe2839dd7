"""The channels of `--channel`, and the streams that they stand for."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from reactivex import Observable

from rx_kucoin.client import KuCoin
from rx_kucoin.operators._merge_serial import merge_serial

__all__ = ["CHANNELS", "each", "stream"]

Stream = Callable[[Any, Sequence[str], str], Observable[Any]]

CHANNELS: Final[dict[str, Stream]] = {
    "ticker": lambda market, symbols, _: market.ticker(*symbols),
    "match": lambda market, symbols, _: market.match(*symbols),
    "candles": lambda market, symbols, interval: merge_serial(*[market.candles(each, interval) for each in symbols]),
    "closed-candles": lambda market, symbols, interval: merge_serial(
        *[market.closed_candles(each, interval) for each in symbols]
    ),
    "level1": lambda market, symbols, _: market.level1(*symbols),
    "depth5": lambda market, symbols, _: merge_serial(*[market.depth(each, 5) for each in symbols]),
    "depth50": lambda market, symbols, _: merge_serial(*[market.depth(each, 50) for each in symbols]),
    "level2": lambda market, symbols, _: market.level2(*symbols),
    "snapshot": lambda market, symbols, _: market.snapshot(*symbols),
    "book": lambda market, symbols, _: merge_serial(*[market.book(each, every=_BOOK_EVERY) for each in symbols]),
}
_BOOK_EVERY: Final = 0.1
"""Seconds between two books of a symbol, at least."""
_SPOT_ONLY: Final = frozenset({"level1"})


def stream(
    kucoin: KuCoin,
    channel: str,
    symbols: Sequence[str],
    *,
    interval: str,
    everything: bool = False,
    futures: bool = False,
) -> Observable[Any]:
    """Return the stream that the command line asks for.

    Raises:
        ValueError: It names no symbol, or a combination that KuCoin does not have.
    """
    if everything and (symbols or futures or channel != "ticker"):
        raise ValueError("--all stands alone and means spot tickers; leave out the symbols, --channel and --futures")
    if everything:
        return kucoin.tickers()
    if not symbols:
        raise ValueError("name at least one symbol, as in `rx-kucoin watch BTC-USDT`")
    if futures and channel in _SPOT_ONLY:
        raise ValueError(f"futures have no {channel}; their ticker and depth5 tell as much")
    return CHANNELS[channel](kucoin.futures if futures else kucoin, each(symbols), interval)


def each(words: Sequence[str]) -> list[str]:
    """Split comma-separated lists and drop duplicates."""
    return list(dict.fromkeys(single for word in words for single in word.split(",")))
