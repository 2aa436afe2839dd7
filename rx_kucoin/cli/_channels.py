"""The channels of `--channel`, and the streams that they stand for: every public channel that takes a symbol."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from reactivex import Observable

from rx_kucoin.client import KuCoin
from rx_kucoin.markets.base import MarketStreams
from rx_kucoin.operators import merge_serial
from rx_kucoin.protocol import channels
from rx_kucoin.protocol.channels import Channel
from rx_kucoin.protocol.limits import Market

__all__ = ["CHANNELS", "each", "stream"]

_BOOK_EVERY: Final = 0.1
"""Seconds between two books of a symbol, at least."""


def _rows(market: Market) -> dict[str, Channel]:
    rows = [row for row in channels.CHANNELS.values() if row.market == market]
    return {row.name.replace("_", "-"): row for row in rows if row.takes_symbol and not row.private}


_ROWS: Final = {market: _rows(market) for market in ("spot", "futures")}
_MADE: Final[dict[str, Callable[[Any, str, str], Observable[Any]]]] = {
    "closed-candles": lambda market, symbol, interval: market.closed_candles(symbol, interval),
    "book": lambda market, symbol, _: market.book(symbol, every=_BOOK_EVERY),
}
"""Streams that are no channel of the exchange."""
CHANNELS: Final = tuple(dict.fromkeys([*_ROWS["spot"], *_MADE, *_ROWS["futures"]]))


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
    market: MarketStreams = kucoin.futures if futures else kucoin
    if channel in _MADE:
        return merge_serial(*[_MADE[channel](market, symbol, interval) for symbol in each(symbols)])
    rows = _ROWS["futures" if futures else "spot"]
    if channel not in rows:
        has = "futures have" if futures else "the spot market has"
        raise ValueError(f"{has} no {channel}; choose from {', '.join([*rows, *_MADE])}")
    row = rows[channel]
    return market.channel(row.name, *each(symbols), interval=interval if row.takes == "candles" else None)


def each(words: Sequence[str]) -> list[str]:
    """Split comma-separated lists and drop duplicates."""
    return list(dict.fromkeys(single for word in words for single in word.split(",")))
