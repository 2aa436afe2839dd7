"""The readers of the spot market's public channels. Times are in ms there, but those of matches and candles (ns)."""

from decimal import Decimal
from typing import Final

import msgspec
from msgspec.structs import force_setattr

from rx_kucoin.protocol.frames import Frame
from rx_kucoin.protocol.messages.base import Change, Level
from rx_kucoin.protocol.messages.spot import Candle, Depth, Level1, Level2Change, Match, Snapshot, Ticker
from rx_kucoin.protocol.readers.base import MS, quick, times_of

__all__ = ["candle", "depth", "level1", "level2", "match", "snapshot", "ticker"]


def _ticker(message: Ticker, frame: Frame, argument: str) -> Ticker:
    force_setattr(message, "symbol", frame.subject if argument == "all" else argument)
    if message.time_ns is not None:
        force_setattr(message, "time_ns", message.time_ns * MS)
    return message


def _match(message: Match, _: Frame, argument: str) -> Match:
    force_setattr(message, "symbol", argument)
    return message


def _snapshot(payload: "_SnapshotPayload", _frame: Frame, _argument: str) -> Snapshot:
    message = payload.data
    if message.time_ns is not None:
        force_setattr(message, "time_ns", message.time_ns * MS)
    return message


def _level1(payload: "_Level1Payload", _: Frame, argument: str) -> Level1:
    return Level1(argument, _pair(payload.asks), _pair(payload.bids), times_of(payload.timestamp, MS))


def _depth(payload: "_DepthPayload", _: Frame, argument: str) -> Depth:
    return Depth(argument, payload.asks, payload.bids, times_of(payload.timestamp, MS))


def _level2(payload: "_Level2Payload", _: Frame, argument: str) -> Level2Change:
    start, end = payload.sequenceStart, payload.sequenceEnd
    if start is not None and end is not None and end < start:  # the documentation once prints them swapped
        start, end = end, start
    changes = payload.changes
    return Level2Change(argument, start, end, changes.asks, changes.bids, times_of(payload.time, MS))


def _candle(payload: "_CandlePayload", _: Frame, argument: str) -> Candle:
    symbol, _colon, interval = argument.rpartition("_")
    start, open_, close, high, low, volume, turnover = payload.candles
    return Candle(symbol, interval, start * 1_000 * MS, open_, close, high, low, volume, turnover, payload.time)


class _SnapshotPayload(msgspec.Struct, gc=False):
    data: Snapshot


class _Level1Payload(msgspec.Struct, gc=False):
    asks: tuple[Decimal, ...] = ()
    bids: tuple[Decimal, ...] = ()
    timestamp: int | None = None


class _DepthPayload(msgspec.Struct, gc=False):
    asks: tuple[Level, ...] = ()
    bids: tuple[Level, ...] = ()
    timestamp: int | None = None


class _Changes(msgspec.Struct, gc=False):
    asks: tuple[Change, ...] = ()
    bids: tuple[Change, ...] = ()


class _Level2Payload(msgspec.Struct, gc=False):
    changes: _Changes = msgspec.field(default_factory=_Changes)
    sequenceStart: int | None = None  # noqa: N815  the wire's own name
    sequenceEnd: int | None = None  # noqa: N815
    time: int | None = None


class _CandlePayload(msgspec.Struct, gc=False):
    candles: tuple[int, Decimal, Decimal, Decimal, Decimal, Decimal, Decimal]
    time: int | None = None


def _pair(side: tuple[Decimal, ...]) -> Level | None:
    return Level(side[0], side[1]) if len(side) > 1 else None


ticker: Final = quick(Ticker, _ticker)
"""`/market/ticker:{symbol}`, where the symbol stands in the topic only; of `:all` it is the push's subject."""
match: Final = quick(Match, _match)
"""`/market/match:{symbol}`: `time` is ns, as a string."""
snapshot: Final = quick(_SnapshotPayload, _snapshot)
"""`/market/snapshot:{symbol or market}`: the record is nested, and only it names the symbol in both forms."""
level1: Final = quick(_Level1Payload, _level1)
"""`/spotMarket/level1:{symbol}`: each side is a flat pair, or empty."""
depth: Final = quick(_DepthPayload, _depth)
"""`/spotMarket/level2Depth5:{symbol}` and its like: rows of price and size."""
level2: Final = quick(_Level2Payload, _level2)
"""`/market/level2:{symbol}`: a range of changes."""
candle: Final = quick(_CandlePayload, _candle)
"""`/market/candles:{symbol}_{interval}`: start (s), open, close, high, low, volume, turnover; `time` is ns."""
