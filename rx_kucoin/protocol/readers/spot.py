"""The readers of the spot market's public channels. Times are in ms there, but those of matches and candles (ns).

A payload that has its fields in the order of the wire is read so quickly that making a message of it costs no more than
mending one that was decoded as it stands; of trades, which name their symbol, it would.
"""

from decimal import Decimal
from typing import Any, Final

import msgspec
from msgspec.structs import force_setattr

from rx_kucoin.protocol.frames import UNREADABLE, Frame, FrameError
from rx_kucoin.protocol.messages.base import Change, Level
from rx_kucoin.protocol.messages.spot import (
    CallAuction,
    Candle,
    Depth,
    Level1,
    Level2Change,
    Match,
    Snapshot,
    Ticker,
)
from rx_kucoin.protocol.readers.base import MS, decoder_of, fields_of, keeping, patient, quick, times_of

__all__ = [
    "call_auction",
    "candle",
    "depth",
    "level1",
    "level2",
    "match",
    "snapshot",
    "ticker",
]


def _ticker(payload: "_TickerPayload", frame: Frame, argument: str) -> Ticker:
    time = payload.misspelt if payload.time is None else payload.time
    return Ticker(
        frame.subject if argument == "all" else argument,
        payload.sequence,
        payload.price,
        payload.size,
        payload.bestAsk,
        payload.bestAskSize,
        payload.bestBid,
        payload.bestBidSize,
        None if time is None else time * MS,
    )


def _match(message: Match, _: Frame, argument: str) -> Match:
    force_setattr(message, "symbol", argument)
    return message


def _snapshot(frame: Frame, argument: str) -> Snapshot:
    outer = _records(frame.data)
    record = Frame(topic=frame.topic, data=outer.pop("data", msgspec.Raw()))
    of_symbol = "-" in argument
    message: Snapshot = _record.read(record, argument if of_symbol else "")
    if (number := _number(outer.get("sequence"))) is not None:
        del outer["sequence"]
        force_setattr(message, "outer_sequence", number)
        if of_symbol and message.sequence is None:
            force_setattr(message, "sequence", number)
    if outer:
        payload = fields_of(frame)
        force_setattr(message, "extra", {**{name: payload[name] for name in outer}, **message.extra})
    return message


def _number(raw: msgspec.Raw | None) -> int | None:
    try:
        return None if raw is None else _whole(raw)
    except UNREADABLE:
        return None


def _call_auction(frame: Frame, argument: str) -> CallAuction:
    fields = _records(frame.data)
    if not _SHORT.keys().isdisjoint(fields):
        named = {name if _SHORT.get(name) in fields else _SHORT.get(name, name): fields[name] for name in fields}
        frame = Frame(topic=frame.topic, data=msgspec.Raw(_encode(named)))
    message: CallAuction = _auction.read(frame, argument)
    return message


def _level1(payload: "_Level1Payload", _: Frame, argument: str) -> Level1:
    return Level1(argument, _pair(payload.asks), _pair(payload.bids), times_of(payload.timestamp, MS))


def _depth(payload: "_DepthPayload", _: Frame, argument: str) -> Depth:
    time = payload.ts if payload.timestamp is None else payload.timestamp
    return Depth(argument, payload.asks, payload.bids, times_of(time, MS), payload.sequence)


def _level2(payload: "_Level2Payload", _: Frame, argument: str) -> Level2Change:
    start, end = payload.sequenceStart, payload.sequenceEnd
    if start is not None and end is not None and end < start:  # the documentation once prints them swapped
        start, end = end, start
    changes = payload.changes
    if changes is None:
        if end is not None:  # it would be taken for a range in which nothing changed
            raise FrameError(f"numbers {start} to {end} of a book, and no changes")
        changes = _Changes()
    return Level2Change(argument, start, end, changes.asks, changes.bids, times_of(payload.time, MS))


def _candle(payload: "_CandlePayload", _: Frame, argument: str) -> Candle:
    symbol, _colon, interval = argument.rpartition("_")
    start, open_, close, high, low, volume, turnover = payload.candles
    return Candle(symbol, interval, start * 1_000 * MS, open_, close, high, low, volume, turnover, payload.time)


class _TickerPayload(msgspec.Struct, gc=False):
    bestAsk: Decimal | None = None  # noqa: N815  the wire's own names
    bestAskSize: Decimal | None = None  # noqa: N815
    bestBid: Decimal | None = None  # noqa: N815
    bestBidSize: Decimal | None = None  # noqa: N815
    price: Decimal | None = None
    sequence: int | None = None
    size: Decimal | None = None
    time: int | None = None
    misspelt: int | None = msgspec.field(default=None, name="Time")
    """So the documentation's example has it."""


class _Level1Payload(msgspec.Struct, gc=False):
    asks: tuple[Decimal, ...] = ()
    bids: tuple[Decimal, ...] = ()
    timestamp: int | None = None


class _DepthPayload(msgspec.Struct, gc=False):
    asks: tuple[Level, ...] = ()
    bids: tuple[Level, ...] = ()
    timestamp: int | None = None
    ts: int | None = None
    sequence: int | None = None


class _Changes(msgspec.Struct, gc=False):
    asks: tuple[Change, ...] = ()
    bids: tuple[Change, ...] = ()


class _Level2Payload(msgspec.Struct, gc=False):
    changes: _Changes | None = None
    sequenceStart: int | None = None  # noqa: N815
    sequenceEnd: int | None = None  # noqa: N815
    time: int | None = None


class _CandlePayload(msgspec.Struct, gc=False):
    candles: tuple[int, Decimal, Decimal, Decimal, Decimal, Decimal, Decimal]
    time: int | None = None


def _pair(side: tuple[Decimal, ...]) -> Level | None:
    return Level(side[0], side[1]) if len(side) > 1 else None


_SHORT: Final = {
    "s": "symbol",
    "ep": "estimatedPrice",
    "es": "estimatedSize",
    "slp": "sellOrderRangeLowPrice",
    "shp": "sellOrderRangeHighPrice",
    "blp": "buyOrderRangeLowPrice",
    "bhp": "buyOrderRangeHighPrice",
    "ts": "time",
}
"""What the documentation also calls the fields of a call auction."""
_records: Final = decoder_of(dict[str, msgspec.Raw])
_whole: Final = msgspec.json.Decoder(int, strict=False).decode
_encode: Final = msgspec.json.Encoder().encode


def _symbol_of(message: Any, argument: str) -> str | None:
    return message.symbol_code or argument


ticker: Final = quick(_TickerPayload, _ticker, Ticker)
"""`/market/ticker:{symbol}`, where the symbol stands in the topic only; of `:all` it is the push's subject."""
match: Final = quick(Match, _match, Match)
"""`/market/match:{symbol}`: `time` is ns, as a string."""
_record: Final = keeping(Snapshot, times={"time_ns": MS}, symbol=_symbol_of)
snapshot: Final = patient(_snapshot, Snapshot)
"""`/market/snapshot:{symbol or market}`: the record is nested, and only it names the symbol in both forms."""
level1: Final = quick(_Level1Payload, _level1, Level1)
"""`/spotMarket/level1:{symbol}`: each side is a flat pair, or empty."""
depth: Final = quick(_DepthPayload, _depth, Depth)
"""Depths of both markets and of auctions: rows of price and size. Contracts have the time twice, and a sequence."""
level2: Final = quick(_Level2Payload, _level2, Level2Change)
"""`/market/level2:{symbol}`: a range of changes."""
candle: Final = quick(_CandlePayload, _candle, Candle)
"""`/market/candles:{symbol}_{interval}`: start (s), open, close, high, low, volume, turnover; `time` is ns."""
_auction: Final = keeping(CallAuction, times={"time_ns": MS})
call_auction: Final = patient(_call_auction, CallAuction)
"""`/callauction/callauctionData:{symbol}`: long names or short ones."""
