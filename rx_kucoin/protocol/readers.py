"""From a push to a message: one reader for each shape of payload."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, Generic, TypeVar, cast

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


@dataclass(frozen=True, slots=True, eq=False)
class Reader:
    """Turns pushes of a topic into messages, given the topic's argument."""

    read: Callable[[Frame, str], Any]
    """Makes the message of a frame whose payload is raw. Raises `FrameError`."""
    decode: Callable[[str | bytes], Frame]
    """Reads a frame and its payload in one go, as a line may on which nobody reads otherwise. Raises `UNREADABLE`."""
    finish: Callable[[Any, Frame, str], Any] | None
    """Makes the message of what `decode` gave: its payload, itself, the argument. None: it is the message."""


MS: Final = 1_000_000
"""Nanoseconds in a millisecond. Every time of the spot feed is in ms, but those of matches and candles (ns)."""


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
    return Level1(argument, _pair(payload.asks), _pair(payload.bids), _times(payload.timestamp, MS))


def _depth(payload: "_DepthPayload", _: Frame, argument: str) -> Depth:
    return Depth(argument, payload.asks, payload.bids, _times(payload.timestamp, MS))


def _level2(payload: "_Level2Payload", _: Frame, argument: str) -> Level2Change:
    start, end = payload.sequenceStart, payload.sequenceEnd
    if start is not None and end is not None and end < start:  # the documentation once prints them swapped
        start, end = end, start
    changes = payload.changes
    return Level2Change(argument, start, end, changes.asks, changes.bids, _times(payload.time, MS))


def _candle(payload: "_CandlePayload", _: Frame, argument: str) -> Candle:
    symbol, _colon, interval = argument.rpartition("_")
    start, open_, close, high, low, volume, turnover = payload.candles
    return Candle(symbol, interval, start * 1_000 * MS, open_, close, high, low, volume, turnover, payload.time)


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


class _Whole(Frame, Generic[T], frozen=True, gc=False, kw_only=True):
    """A frame whose payload is decoded; one that has none cannot be read so."""

    data: T  # type: ignore[assignment]  # pyright: ignore[reportIncompatibleVariableOverride, reportGeneralTypeIssues]


def _reader(kind: type[T], finish: Callable[[T, Frame, str], Any]) -> Reader:
    payload_of = _decoder(kind)
    decode = msgspec.json.Decoder(_Whole[kind], strict=False).decode  # type: ignore[valid-type]

    def read(frame: Frame, argument: str) -> Any:
        return finish(payload_of(frame.data), frame, argument)

    return Reader(read, decode, finish)


ticker: Final = _reader(Ticker, _ticker)
"""`/market/ticker:{symbol}`, where the symbol stands in the topic only; of `:all` it is the push's subject."""
match: Final = _reader(Match, _match)
"""`/market/match:{symbol}`: `time` is ns, as a string."""
snapshot: Final = _reader(_SnapshotPayload, _snapshot)
"""`/market/snapshot:{symbol or market}`: the record is nested, and only it names the symbol in both forms."""
level1: Final = _reader(_Level1Payload, _level1)
"""`/spotMarket/level1:{symbol}`: each side is a flat pair, or empty."""
depth: Final = _reader(_DepthPayload, _depth)
"""`/spotMarket/level2Depth5:{symbol}` and its like: rows of price and size."""
level2: Final = _reader(_Level2Payload, _level2)
"""`/market/level2:{symbol}`: a range of changes."""
candle: Final = _reader(_CandlePayload, _candle)
"""`/market/candles:{symbol}_{interval}`: start (s), open, close, high, low, volume, turnover; `time` is ns."""
