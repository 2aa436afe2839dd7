"""The readers of the futures market's public channels. Depths are read as those of spot."""

from decimal import Decimal
from typing import Final, TypeVar

import msgspec
from msgspec.structs import force_setattr

from rx_kucoin.protocol.frames import Frame, FrameError
from rx_kucoin.protocol.messages.base import Change, Message
from rx_kucoin.protocol.messages.futures import (
    FundingRate,
    FundingSettlement,
    FuturesSnapshot,
    FuturesTicker,
    FuturesTickerV1,
    MarkPrice,
)
from rx_kucoin.protocol.messages.spot import Candle, Level2Change, Match
from rx_kucoin.protocol.messages.words import FundingEvent, Side
from rx_kucoin.protocol.readers.account import unknown
from rx_kucoin.protocol.readers.base import MS, by_subject, keeping, patient, quick, times_of

__all__ = ["announcement", "candle", "instrument", "level2", "match", "snapshot", "ticker", "ticker_v1"]

MessageT = TypeVar("MessageT", bound=Message)


def _named(message: MessageT, _: Frame, argument: str) -> MessageT:
    if not message.symbol:
        force_setattr(message, "symbol", argument)
    return message


def _match(payload: "_MatchPayload", _: Frame, argument: str) -> Match:
    return Match(
        argument,
        payload.sequence,
        payload.side,
        payload.price,
        payload.size,
        payload.tradeId,
        payload.makerOrderId,
        payload.takerOrderId,
        payload.ts,
        payload.type,
        payload.makerUserId,
        payload.takerUserId,
    )


def _level2(payload: "_Level2Payload", _: Frame, argument: str) -> Level2Change:
    sequence, time_ns = payload.sequence, times_of(payload.timestamp, MS)
    if not payload.change and sequence is not None:  # it would be taken for a number with which nothing changed
        raise FrameError(f"number {sequence} of a book, and no change")
    asks, bids = _sides(payload.change, sequence) if payload.change else ((), ())
    return Level2Change(argument, sequence, sequence, asks, bids, time_ns)


def _sides(change: str, sequence: int | None) -> tuple[tuple[Change, ...], tuple[Change, ...]]:
    """Read a change, "price,side,size", as the asks and the bids that changed."""
    try:
        price, side, size, *_more = change.split(",")
        row = (Change(Decimal(price), Decimal(size), _known(sequence)),)
    except (ValueError, ArithmeticError):
        raise FrameError(f"{change[:60]!r}, number {sequence}, is no change of a book") from None
    match Side(side) if side else None:
        case Side.SELL:
            return row, ()
        case Side.BUY:
            return (), row
        case _:
            raise FrameError(f"{side[:20]!r} is no side of a book")


def _known(sequence: int | None) -> int:
    if sequence is None:
        raise ValueError("no number")
    return sequence


def _candle(payload: "_CandlePayload", _: Frame, argument: str) -> Candle:
    symbol, _colon, interval = argument.rpartition("_")
    start, open_, close, high, low, turnover, volume = payload.candles
    time_ns = times_of(payload.time, MS)
    return Candle(symbol, interval, start * 1_000 * MS, open_, close, high, low, volume, turnover, time_ns)


def _announcement(frame: Frame, argument: str) -> FundingSettlement:
    message: FundingSettlement = _settlement.read(frame, argument)
    event = frame.subject.rpartition(".")[2]
    force_setattr(message, "event", FundingEvent(event) if event else None)
    return message


class _MatchPayload(msgspec.Struct, gc=False):
    sequence: int | None = None
    side: Side | None = None
    size: Decimal | None = None
    price: Decimal | None = None
    takerOrderId: str | None = None  # noqa: N815  the wire's own names
    makerOrderId: str | None = None  # noqa: N815
    tradeId: str | None = None  # noqa: N815
    ts: int | None = None
    type: str | None = None
    makerUserId: str | None = None  # noqa: N815
    takerUserId: str | None = None  # noqa: N815


class _Level2Payload(msgspec.Struct, gc=False):
    sequence: int | None = None
    change: str | None = None
    timestamp: int | None = None


class _CandlePayload(msgspec.Struct, gc=False):
    candles: tuple[int, Decimal, Decimal, Decimal, Decimal, Decimal, Decimal]
    time: int | None = None


ticker: Final = quick(FuturesTicker, _named, FuturesTicker)
"""`/contractMarket/tickerV2:{symbol}`: `ts` is ns."""
ticker_v1: Final = quick(FuturesTickerV1, _named, FuturesTickerV1)
"""`/contractMarket/ticker:{symbol}`: `ts` is ns."""
match: Final = quick(_MatchPayload, _match, Match)
"""`/contractMarket/execution:{symbol}`: `ts` is ns."""
level2: Final = quick(_Level2Payload, _level2, Level2Change)
"""`/contractMarket/level2:{symbol}`: one change, as a string; `timestamp` is ms."""
candle: Final = quick(_CandlePayload, _candle, Candle)
"""`/contractMarket/limitCandle:{symbol}_{interval}`: start (s), open, close, high, low, turnover, volume; `time` is ms.

The documentation has the last two the other way round; bars of REST tell that they stand so.
"""
snapshot: Final = keeping(FuturesSnapshot)
"""`/contractMarket/snapshot:{symbol}`: `ts` is ns."""
instrument: Final = by_subject(
    {
        "mark.index.price": keeping(MarkPrice, times={"time_ns": MS}),
        "funding.rate": keeping(FundingRate, times={"time_ns": MS}),
    },
    unknown,
)
"""`/contract/instrument:{symbol}`: `timestamp` is ms."""
_settlement: Final = keeping(FundingSettlement, times={"funding_time_ns": MS, "time_ns": MS})
announcement: Final = patient(_announcement, FundingSettlement)
"""`/contract/announcement`: times are ms; what happened is the end of the subject, `funding.begin` or `funding.end`."""
