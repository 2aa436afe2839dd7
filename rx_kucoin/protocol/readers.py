"""From the payload of a push to a message: one reader for each shape, made once for each topic that is listened to."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final, NamedTuple, TypeVar, cast

import msgspec
from msgspec.structs import force_setattr

from rx_kucoin.protocol.frames import UNREADABLE, Frame, FrameError
from rx_kucoin.protocol.messages import (
    Candle,
    Change,
    Depth,
    Level,
    Level1,
    Level2Change,
    Match,
    Snapshot,
    Ticker,
)

__all__ = [
    "Reader",
    "candle",
    "depth",
    "dig",
    "level1",
    "level2",
    "match",
    "snapshot",
    "ticker",
]

T = TypeVar("T")


class Reader(NamedTuple):
    """Turns a push of a topic with an argument into a message."""

    read: Callable[[Frame, str], Any]
    """Raises `FrameError` when it cannot be read."""
    takes_whole: bool = False
    """Whether it has no use for a raw payload."""


MS: Final = 1_000_000
"""Nanoseconds in a millisecond. Every time of the spot feed is in ms, but those of matches and candles (ns)."""


def _read_ticker(frame: Frame, argument: str) -> Ticker:
    message = _ticker(frame.data)
    force_setattr(message, "symbol", frame.subject if argument == "all" else argument)
    if message.time_ns is not None:
        force_setattr(message, "time_ns", message.time_ns * MS)
    return message


def _read_match(frame: Frame, argument: str) -> Match:
    message = _match(frame.data)
    force_setattr(message, "symbol", argument)
    return message


def _read_snapshot(frame: Frame, _: str) -> Snapshot:
    message = _snapshot(frame.data).data
    if message.time_ns is not None:
        force_setattr(message, "time_ns", message.time_ns * MS)
    return message


def _read_level1(frame: Frame, argument: str) -> Level1:
    payload = _level1(frame.data)
    return Level1(argument, _pair(payload.asks), _pair(payload.bids), _times(payload.timestamp, MS))


def _read_depth(frame: Frame, argument: str) -> Depth:
    payload = _depth(frame.data)
    return Depth(argument, payload.asks, payload.bids, _times(payload.timestamp, MS))


def _read_level2(frame: Frame, argument: str) -> Level2Change:
    payload = _level2(frame.data)
    start, end = payload.sequenceStart, payload.sequenceEnd
    if start is not None and end is not None and end < start:  # the documentation once prints them swapped
        start, end = end, start
    changes = payload.changes
    return Level2Change(argument, start, end, changes.asks, changes.bids, _times(payload.time, MS))


def _read_candle(frame: Frame, argument: str) -> Candle:
    symbol, _, interval = argument.rpartition("_")
    payload = _candle(frame.data)
    start, open_, close, high, low, volume, turnover = payload.candles
    return Candle(symbol, interval, start * 1_000 * MS, open_, close, high, low, volume, turnover, payload.time)


ticker: Final = Reader(_read_ticker)
"""`/market/ticker:{symbol}`, where the symbol stands in the topic only; of `:all` it is the push's subject."""
match: Final = Reader(_read_match)
"""`/market/match:{symbol}`: `time` is ns, as a string."""
snapshot: Final = Reader(_read_snapshot)
"""`/market/snapshot:{symbol or market}`: the record is nested, and only it names the symbol in both forms."""
level1: Final = Reader(_read_level1)
"""`/spotMarket/level1:{symbol}`: each side is a flat pair, or empty."""
depth: Final = Reader(_read_depth)
"""`/spotMarket/level2Depth5:{symbol}` and its like: rows of price and size."""
level2: Final = Reader(_read_level2)
"""`/market/level2:{symbol}`: a range of changes."""
candle: Final = Reader(_read_candle)
"""`/market/candles:{symbol}_{interval}`: start (s), open, close, high, low, volume, turnover; `time` is ns."""


def dig(data: Any, path: tuple[str, ...]) -> Any:
    """Follow a path of keys into a payload; None where it leads nowhere."""
    for key in path:
        if not isinstance(data, dict):
            return None
        data = cast("dict[str, Any]", data).get(key)
    return data


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


_decode_anything: Final = msgspec.json.Decoder(float_hook=Decimal).decode
_encode: Final = msgspec.json.Encoder().encode


def _decoder(kind: type[T]) -> Callable[[msgspec.Raw], T]:
    """Decode leniently: numbers may come as strings; null and an empty string stand for what was left out."""
    decode = msgspec.json.Decoder(kind, strict=False).decode

    def lenient(raw: msgspec.Raw) -> T:
        try:
            return decode(raw)
        except UNREADABLE as error:
            try:
                return decode(_encode(_without_blanks(_decode_anything(raw))))
            except UNREADABLE:
                raise FrameError(str(error)) from None
        except TypeError:  # somebody who had no use for the raw payload had it decoded
            return lenient(msgspec.Raw(_encode(raw)))

    return lenient


def _without_blanks(data: Any) -> Any:
    if not isinstance(data, dict):
        return data
    fields = cast("dict[str, Any]", data)
    return {key: _without_blanks(value) for key, value in fields.items() if value not in (None, "")}


def _times(value: int | None, unit: int) -> int | None:
    return None if value is None else value * unit


def _pair(side: tuple[Decimal, ...]) -> Level | None:
    return Level(side[0], side[1]) if len(side) > 1 else None


_ticker: Final = _decoder(Ticker)
_match: Final = _decoder(Match)
_snapshot: Final = _decoder(_SnapshotPayload)
_level1: Final = _decoder(_Level1Payload)
_depth: Final = _decoder(_DepthPayload)
_level2: Final = _decoder(_Level2Payload)
_candle: Final = _decoder(_CandlePayload)
