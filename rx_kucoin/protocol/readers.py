"""From the payload of a push to a message: one reader for each shape, made once for each topic that is listened to."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final, TypeVar, cast

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
    Push,
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
    "push",
    "snapshot",
    "ticker",
    "ticker_of_all",
]

T = TypeVar("T")
M = TypeVar("M", Ticker, Match, Snapshot)

Reader = Callable[[Frame], Any]
"""Turns a push into a message. Raises `FrameError` when it cannot be read."""

MS: Final = 1_000_000
"""Nanoseconds in a millisecond. Every time of the spot feed is in ms, but those of matches and candles (ns)."""


def ticker(argument: str) -> Reader:
    """`/market/ticker:{symbol}`: the symbol stands in the topic only."""
    decode = _decoder(Ticker)

    def read(frame: Frame) -> Ticker:
        return _finish(decode(frame.data), argument, MS)

    return read


def ticker_of_all(_: str) -> Reader:
    """`/market/ticker:all`: the symbol is the push's subject."""
    decode = _decoder(Ticker)

    def read(frame: Frame) -> Ticker:
        return _finish(decode(frame.data), frame.subject, MS)

    return read


def match(argument: str) -> Reader:
    """`/market/match:{symbol}`: `time` is ns, as a string."""
    decode = _decoder(Match)

    def read(frame: Frame) -> Match:
        return _finish(decode(frame.data), argument, 1)

    return read


def snapshot(_: str) -> Reader:
    """`/market/snapshot:{symbol or market}`: the record is nested, and only it names the symbol in both forms."""
    decode = _decoder(_SnapshotPayload)

    def read(frame: Frame) -> Snapshot:
        record = decode(frame.data).data
        return _finish(record, record.symbol, MS)

    return read


def level1(argument: str) -> Reader:
    """`/spotMarket/level1:{symbol}`: each side is a flat pair, or empty."""
    decode = _decoder(_Level1Payload)

    def read(frame: Frame) -> Level1:
        payload = decode(frame.data)
        return Level1(argument, _pair(payload.asks), _pair(payload.bids), _times(payload.timestamp, MS))

    return read


def depth(argument: str) -> Reader:
    """`/spotMarket/level2Depth5:{symbol}` and its like: rows of price and size."""
    decode = _decoder(_DepthPayload)

    def read(frame: Frame) -> Depth:
        payload = decode(frame.data)
        return Depth(argument, payload.asks, payload.bids, _times(payload.timestamp, MS))

    return read


def level2(argument: str) -> Reader:
    """`/market/level2:{symbol}`: the documentation once prints start and end swapped."""
    decode = _decoder(_Level2Payload)

    def read(frame: Frame) -> Level2Change:
        payload = decode(frame.data)
        start, end = payload.sequenceStart, payload.sequenceEnd
        if start is not None and end is not None and end < start:
            start, end = end, start
        changes = payload.changes
        return Level2Change(argument, start, end, changes.asks, changes.bids, _times(payload.time, MS))

    return read


def candle(argument: str) -> Reader:
    """`/market/candles:{symbol}_{interval}`: start (s), open, close, high, low, volume, turnover; `time` is ns."""
    symbol, _, interval = argument.rpartition("_")
    decode = _decoder(_CandlePayload)

    def read(frame: Frame) -> Candle:
        payload = decode(frame.data)
        start, open_, close, high, low, volume, turnover = payload.candles
        return Candle(symbol, interval, start * 1_000 * MS, open_, close, high, low, volume, turnover, payload.time)

    return read


def push(symbol_of: Callable[[Frame, Any], str], first: tuple[str, ...], last: tuple[str, ...]) -> Reader:
    """Any payload, as the exchange sent it, with its place in the stream where the catalogue knows how to find it."""

    def read(frame: Frame) -> Push:
        try:
            data = _decode_anything(frame.data) if frame.data else None
        except UNREADABLE as error:
            raise FrameError(str(error)) from None
        end = _number(data, last)
        return Push(
            topic=frame.topic,
            subject=frame.subject,
            data=data,
            symbol=symbol_of(frame, data),
            first_sequence=_number(data, first) if first else end,
            sequence=end,
        )

    return read


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


_DIGITS: Final = re.compile(r"-?[0-9]{1,40}")
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


def _finish(message: M, symbol: str, unit: int) -> M:
    """Put in what the payload does not hold. Until it is returned the message is ours, so it may be written to."""
    force_setattr(message, "symbol", symbol)
    if unit != 1 and message.time_ns is not None:
        force_setattr(message, "time_ns", message.time_ns * unit)
    return message


def _times(value: int | None, unit: int) -> int | None:
    return None if value is None else value * unit


def _pair(side: tuple[Decimal, ...]) -> Level | None:
    return Level(side[0], side[1]) if len(side) > 1 else None


def _number(data: Any, path: tuple[str, ...]) -> int | None:
    found = dig(data, path) if path else None
    if isinstance(found, int) and not isinstance(found, bool):
        return found
    return int(found) if isinstance(found, str) and _DIGITS.fullmatch(found) else None
