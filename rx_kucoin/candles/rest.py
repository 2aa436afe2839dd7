"""Bars by REST: requests, and parsing of the answers."""

from collections.abc import Callable
from decimal import Decimal
from itertools import groupby
from typing import Final, NamedTuple
from urllib.parse import quote

import msgspec

from rx_kucoin.candles.intervals import LENGTHS_NS, MONTH
from rx_kucoin.protocol.limits import Market

__all__ = ["TIME", "CandleBar", "at_once", "check_interval", "path", "read", "read_time"]

TIME: Final = "/api/v1/timestamp"
"""Path of the time of either host, in ms."""

_MS: Final = 1_000_000
_S: Final = 1_000_000_000
_MINUTE: Final = 60 * _S
_FUTURES_PARTS: Final = {"3min": "1min", MONTH: "1day"}
"""Intervals that the futures host lacks, and the shorter ones they are composed of."""
_FUTURES_MOST: Final = 200
_SPOT_MOST: Final = 1_500


class CandleBar(NamedTuple):
    """The values of a bar, from the stream or by REST."""

    start_ns: int
    open: Decimal
    close: Decimal
    high: Decimal
    low: Decimal
    volume: Decimal
    turnover: Decimal
    time_ns: int | None = None


def check_interval(market: Market, interval: str) -> None:
    """Check that a market has bars of an interval.

    Raises:
        ValueError: It has none.
    """
    if market == "futures" and interval == "6hour":
        raise ValueError("the futures market has no candles of 6hour")


def at_once(market: Market, interval: str) -> int:
    """Return the most bars of one answer."""
    if market == "spot":
        return _SPOT_MOST
    part = LENGTHS_NS[_FUTURES_PARTS.get(interval, interval)]
    return _FUTURES_MOST // (LENGTHS_NS[interval] // part)


def path(market: Market, symbol: str, interval: str, since_ns: int, until_ns: int) -> str:
    """Return the path of a request for bars that start at or after `since_ns` and before `until_ns`."""
    since_ns, symbol = max(0, since_ns), quote(symbol)
    if market == "spot":
        since, until = since_ns // _S, until_ns // _S
        return f"/api/v1/market/candles?symbol={symbol}&type={interval}&startAt={since}&endAt={until}"
    minutes = LENGTHS_NS[_FUTURES_PARTS.get(interval, interval)] // _MINUTE
    since, until = since_ns // _MS, until_ns // _MS
    return f"/api/v1/kline/query?symbol={symbol}&granularity={minutes}&from={since}&to={until}"


def read(market: Market, interval: str, data: bytes, start_of: Callable[[int], int]) -> list[CandleBar]:
    """Parse an answer: oldest first, each start once.

    Args:
        market: The market whose host answered.
        interval: The interval of the request.
        data: The answer.
        start_of: Returns the start of the bar that contains a time; shorter bars are joined by it.

    Raises:
        ValueError: It is no answer of KuCoin's.
    """
    try:
        rows: list[list[Decimal]] = msgspec.json.decode(data, type=list[list[Decimal]] | None) or []
        bars = {bar.start_ns: bar for bar in (_BAR[market](_RestRow(*row[:7])) for row in rows)}
    except (msgspec.MsgspecError, ArithmeticError, TypeError) as error:
        raise ValueError(f"these are no bars of KuCoin's: {error}") from None
    ordered = [bars[start] for start in sorted(bars)]
    if market == "futures" and interval in _FUTURES_PARTS:
        return [_joined(start, list(parts)) for start, parts in groupby(ordered, lambda bar: start_of(bar.start_ns))]
    return ordered


def read_time(data: bytes) -> int:
    """Parse an answer of `TIME`, in ns.

    Raises:
        ValueError: It is no time.
    """
    try:
        return msgspec.json.decode(data, type=int, strict=False) * _MS
    except msgspec.MsgspecError as error:
        raise ValueError(f"this is no time: {error}") from None


class _RestRow(NamedTuple):
    """A bar as sent; the order of prices differs between the hosts."""

    start: Decimal
    open: Decimal
    second: Decimal
    third: Decimal
    fourth: Decimal
    volume: Decimal
    turnover: Decimal


def _spot_bar(row: _RestRow) -> CandleBar:
    return CandleBar(int(row.start) * _S, row.open, row.second, row.third, row.fourth, row.volume, row.turnover)


def _futures_bar(row: _RestRow) -> CandleBar:
    return CandleBar(int(row.start) * _MS, row.open, row.fourth, row.second, row.third, row.volume, row.turnover)


def _joined(start: int, parts: list[CandleBar]) -> CandleBar:
    return CandleBar(
        start,
        parts[0].open,
        parts[-1].close,
        max(part.high for part in parts),
        min(part.low for part in parts),
        sum((part.volume for part in parts), Decimal(0)),
        sum((part.turnover for part in parts), Decimal(0)),
    )


_BAR: Final[dict[Market, Callable[[_RestRow], CandleBar]]] = {"spot": _spot_bar, "futures": _futures_bar}
