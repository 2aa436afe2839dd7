"""The bars of REST: how they are asked for, and how the answer is read."""

from collections.abc import Callable
from decimal import Decimal
from itertools import groupby
from typing import Final, NamedTuple

import msgspec

from rx_kucoin.candles.intervals import LENGTHS_NS, MONTH
from rx_kucoin.protocol.limits import Market

__all__ = ["TIME", "Bar", "at_once", "check_interval", "path", "read", "read_time"]

TIME: Final = "/api/v1/timestamp"
"""Where either host tells its time, in ms."""

_MS: Final = 1_000_000
_S: Final = 1_000_000_000
_MINUTE: Final = 60 * _S
_FUTURES_PARTS: Final = {"3min": "1min", MONTH: "1day"}
"""What the futures host has no bars of is put together from these."""
_FUTURES_MOST: Final = 200
_SPOT_MOST: Final = 1_500


class Bar(NamedTuple):
    """What a bar holds, whoever tells of it."""

    start_ns: int
    open: Decimal
    close: Decimal
    high: Decimal
    low: Decimal
    volume: Decimal
    turnover: Decimal
    time_ns: int | None = None


def check_interval(market: Market, interval: str) -> None:
    """Let through what the market has bars of.

    Raises:
        ValueError: it has none of this interval.
    """
    if market == "futures" and interval == "6hour":
        raise ValueError("the futures market has no candles of 6hour")


def at_once(market: Market, interval: str) -> int:
    """How many bars one answer holds, at most."""
    if market == "spot":
        return _SPOT_MOST
    part = LENGTHS_NS[_FUTURES_PARTS.get(interval, interval)]
    return _FUTURES_MOST // (LENGTHS_NS[interval] // part)


def path(market: Market, symbol: str, interval: str, since_ns: int, until_ns: int) -> str:
    """Write the request for the bars that start from `since_ns` on and before `until_ns`."""
    since_ns = max(0, since_ns)
    if market == "spot":
        since, until = since_ns // _S, until_ns // _S
        return f"/api/v1/market/candles?symbol={symbol}&type={interval}&startAt={since}&endAt={until}"
    minutes = LENGTHS_NS[_FUTURES_PARTS.get(interval, interval)] // _MINUTE
    since, until = since_ns // _MS, until_ns // _MS
    return f"/api/v1/kline/query?symbol={symbol}&granularity={minutes}&from={since}&to={until}"


def read(market: Market, interval: str, data: bytes, start_of: Callable[[int], int]) -> list[Bar]:
    """Read the answer: oldest first, each start once.

    Args:
        market: Whose host answered.
        interval: What was asked for.
        data: The answer.
        start_of: Finds the start of the bar that a time is in; parts are put together by it.

    Raises:
        ValueError: it is not what KuCoin answers.
    """
    try:
        rows: list[list[Decimal]] = msgspec.json.decode(data, type=list[list[Decimal]] | None) or []
        bars = {bar.start_ns: bar for bar in (_BAR[market](_Row(*row[:7])) for row in rows)}
    except (msgspec.MsgspecError, ArithmeticError, TypeError) as error:
        raise ValueError(f"these are no bars of KuCoin's: {error}") from None
    ordered = [bars[start] for start in sorted(bars)]
    if market == "futures" and interval in _FUTURES_PARTS:
        return [_joined(start, list(parts)) for start, parts in groupby(ordered, lambda bar: start_of(bar.start_ns))]
    return ordered


def read_time(data: bytes) -> int:
    """Read what `TIME` answers, in ns.

    Raises:
        ValueError: it is no time.
    """
    try:
        return msgspec.json.decode(data, type=int, strict=False) * _MS
    except msgspec.MsgspecError as error:
        raise ValueError(f"this is no time: {error}") from None


class _Row(NamedTuple):
    """A row as it comes; its prices stand in another order on each host."""

    start: Decimal
    open: Decimal
    second: Decimal
    third: Decimal
    fourth: Decimal
    volume: Decimal
    turnover: Decimal


def _spot_bar(row: _Row) -> Bar:
    return Bar(int(row.start) * _S, row.open, row.second, row.third, row.fourth, row.volume, row.turnover)


def _futures_bar(row: _Row) -> Bar:
    return Bar(int(row.start) * _MS, row.open, row.fourth, row.second, row.third, row.volume, row.turnover)


def _joined(start: int, parts: list[Bar]) -> Bar:
    return Bar(
        start,
        parts[0].open,
        parts[-1].close,
        max(part.high for part in parts),
        min(part.low for part in parts),
        sum((part.volume for part in parts), Decimal(0)),
        sum((part.turnover for part in parts), Decimal(0)),
    )


_BAR: Final[dict[Market, Callable[[_Row], Bar]]] = {"spot": _spot_bar, "futures": _futures_bar}
