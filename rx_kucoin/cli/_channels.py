"""The channels that can be watched, by the name that is typed."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from reactivex import Observable

from rx_kucoin.client import KuCoin
from rx_kucoin.operators._merge_serial import merge_serial

__all__ = ["CHANNELS", "each", "stream"]

Stream = Callable[[KuCoin, Sequence[str], str], Observable[Any]]

CHANNELS: Final[dict[str, Stream]] = {
    "ticker": lambda kucoin, symbols, _: kucoin.ticker(*symbols),
    "match": lambda kucoin, symbols, _: kucoin.match(*symbols),
    "candles": lambda kucoin, symbols, interval: merge_serial(*[kucoin.candles(each, interval) for each in symbols]),
    "level1": lambda kucoin, symbols, _: kucoin.level1(*symbols),
    "depth5": lambda kucoin, symbols, _: merge_serial(*[kucoin.depth(each, 5) for each in symbols]),
    "depth50": lambda kucoin, symbols, _: merge_serial(*[kucoin.depth(each, 50) for each in symbols]),
    "level2": lambda kucoin, symbols, _: kucoin.level2(*symbols),
    "snapshot": lambda kucoin, symbols, _: kucoin.snapshot(*symbols),
}


def stream(
    kucoin: KuCoin, channel: str, symbols: Sequence[str], *, interval: str, everything: bool = False
) -> Observable[Any]:
    """Make the stream of what was asked for.

    Raises:
        ValueError: nothing was, or something that KuCoin does not have.
    """
    if everything and (symbols or channel != "ticker"):
        raise ValueError("--all stands alone and means tickers; leave out the symbols and --channel")
    if everything:
        return kucoin.tickers()
    if not symbols:
        raise ValueError("name at least one symbol, as in `rx-kucoin watch BTC-USDT`")
    return CHANNELS[channel](kucoin, each(symbols), interval)


def each(words: Sequence[str]) -> list[str]:
    """Take comma lists apart, and what is there twice once."""
    return list(dict.fromkeys(single for word in words for single in word.split(",")))
