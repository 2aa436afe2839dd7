"""The catalogue: one row for each channel that KuCoin has. Channels differ in data, not in behaviour.

Source: KuCoin's API description of its 38 classic topics, and captured frames where these differ from it.
"""

from typing import Final

from rx_kucoin.protocol.channel import RANGE, SAMPLED, SEQUENCE, TIME, Channel
from rx_kucoin.protocol.limits import Market
from rx_kucoin.protocol.readers import account, futures, margin, spot
from rx_kucoin.protocol.readers.base import Reader
from rx_kucoin.protocol.topics import Topic

__all__ = ["CHANNELS", "channel_of", "elsewhere", "is_private", "row_of"]

_SEQ: Final = ("sequence",)
_TS: Final = ("timestamp",)


def _public_rows() -> tuple[Channel, ...]:
    return (
        Channel("/market/ticker", "spot", "symbol or all", spot.ticker, SEQUENCE, last=_SEQ),
        Channel(
            "/market/snapshot",
            "spot",
            "symbol or market",
            spot.snapshot,
            SAMPLED,
            last=("data", "sequence"),
            strict=False,
            symbol=("data", "symbol"),
        ),
        Channel("/spotMarket/level1", "spot", "symbol", spot.level1, TIME, last=_TS, strict=False),
        Channel("/spotMarket/level2Depth5", "spot", "symbol", spot.depth, TIME, last=_TS, strict=False),
        Channel("/spotMarket/level2Depth50", "spot", "symbol", spot.depth, TIME, last=_TS, strict=False),
        Channel(
            "/market/level2",
            "spot",
            "symbol",
            spot.level2,
            RANGE,
            first=("sequenceStart",),
            last=("sequenceEnd",),
            contiguous=True,
        ),
        Channel("/market/match", "spot", "symbol", spot.match, SEQUENCE, last=_SEQ),
        Channel("/market/candles", "spot", "candles", spot.candle, TIME, last=("time",), strict=False),
        Channel(
            "/callauction/level2Depth50",
            "spot",
            "symbol",
            spot.depth,
            TIME,
            last=_TS,
            strict=False,
            listed=False,
            pushed_as=("/spotMarket/level2Depth50",),
        ),
        Channel(
            "/callauction/callauctionData",
            "spot",
            "symbol",
            spot.call_auction,
            TIME,
            last=("time",),
            strict=False,
            listed=False,
        ),
        Channel("/indicator/markPrice", "spot", "symbol", margin.indicator, TIME, last=_TS, strict=False),
        Channel("/indicator/index", "spot", "symbol", margin.indicator, TIME, last=_TS, strict=False),
        Channel("/contractMarket/tickerV2", "futures", "symbol", futures.ticker, SEQUENCE, last=_SEQ),
        Channel("/contractMarket/ticker", "futures", "symbol", futures.ticker_v1, SEQUENCE, last=_SEQ),
        Channel("/contractMarket/level2", "futures", "symbol", futures.level2, RANGE, last=_SEQ, contiguous=True),
        Channel("/contractMarket/level2Depth5", "futures", "symbol", spot.depth, TIME, last=_TS, strict=False),
        Channel("/contractMarket/level2Depth50", "futures", "symbol", spot.depth, TIME, last=_TS, strict=False),
        Channel("/contractMarket/execution", "futures", "symbol", futures.match, SEQUENCE, last=_SEQ),
        Channel(
            "/contractMarket/limitCandle", "futures", "candles", futures.candle, TIME, last=("time",), strict=False
        ),
        Channel("/contractMarket/snapshot", "futures", "symbol", futures.snapshot, TIME, last=("ts",), strict=False),
        Channel("/contract/instrument", "futures", "symbol", futures.instrument),
        Channel("/contract/announcement", "futures", "symbol or nothing", futures.announcement, symbol=("symbol",)),
    )


def _private_rows() -> tuple[Channel, ...]:
    """List the channels of one's own account. None has an order: changes may share a time, and none may be dropped."""
    return (
        _private("spot", "/account/balance", account.balance),
        _private("spot", "/spotMarket/tradeOrdersV2", account.order),
        _private("spot", "/spotMarket/tradeOrders", account.order),
        _private("spot", "/spotMarket/advancedOrders", account.stop_order),
        _private("spot", "/margin/position", account.margin),
        Channel("/margin/isolatedPosition", "spot", "symbol", account.isolated_margin, private=True),
        Channel(
            "/contractMarket/tradeOrders",
            "futures",
            "symbol or nothing",
            account.futures_order,
            private=True,
            symbol=("symbol",),
        ),
        _private("futures", "/contractMarket/advancedOrders", account.futures_stop_order),
        _private("futures", "/contractAccount/wallet", account.wallet),
        _private("futures", "/contract/marginMode", account.margin_mode),
        _private("futures", "/contract/crossLeverage", account.cross_leverage),
        Channel(
            "/contract/positionAll",
            "futures",
            "nothing",
            account.position,
            private=True,
            symbol=("symbol",),
            pushed_as=("/contract/position",),
        ),
        Channel("/contract/position", "futures", "symbol", account.position, private=True),
    )


def _private(market: Market, prefix: str, reader: Reader) -> Channel:
    return Channel(prefix, market, "nothing", reader, private=True, symbol=("symbol",))


CHANNELS: Final = {channel.prefix: channel for channel in (*_public_rows(), *_private_rows())}

_ANYWHERE: Final = {other: row.prefix for row in CHANNELS.values() for other in row.pushed_as}


def channel_of(topic: str) -> Channel:
    """Find the row of a topic.

    Raises:
        ValueError: KuCoin has no such channel, as far as this catalogue knows.
    """
    if not isinstance(topic, str):  # pyright: ignore[reportUnnecessaryIsInstance]  users have no type checker always
        raise ValueError(f"a topic is a string, not {topic!r}")  # noqa: TRY004  any wrong argument is a ValueError
    prefix = Topic.parse(topic).prefix
    try:
        return CHANNELS[prefix]
    except KeyError:
        known = ", ".join(sorted(CHANNELS))
        raise ValueError(f"{prefix!r} is no channel of KuCoin's; known are {known}") from None


def row_of(prefix: str) -> Channel:
    """Find a row; or make one for a channel that is newer than these, of which every futures one begins alike."""
    return CHANNELS.get(prefix) or Channel(prefix, "futures" if prefix.startswith("/contract") else "spot", "symbol")


def is_private(topic: str) -> bool:
    """Whether a topic needs credentials."""
    channel = CHANNELS.get(Topic.parse(topic).prefix)
    return channel is not None and channel.private


def elsewhere(pushed: str) -> str | None:
    """Find the topic whose pushes were seen under the name of another one, or None."""
    topic = Topic.parse(pushed)
    prefix = _ANYWHERE.get(topic.prefix)
    if prefix is None:
        return None
    return prefix if CHANNELS[prefix].takes == "nothing" else f"{prefix}:{topic.argument}"
