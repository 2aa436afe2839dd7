"""KuCoin's WebSocket market data as RxPY Observables that look after their own connections."""

from rx_kucoin.client import KuCoin
from rx_kucoin.connections.info import ConnectionInfo
from rx_kucoin.errors import (
    ApiError,
    CalibrationFailed,
    Closed,
    KeyRefused,
    KuCoinError,
    ReconnectFailed,
    SubscriptionRejected,
    UnknownSymbol,
)
from rx_kucoin.events import Event
from rx_kucoin.orderbook.book import OrderBook
from rx_kucoin.protocol.limits import Limits, Rate
from rx_kucoin.protocol.listings import Contract, Symbol
from rx_kucoin.protocol.messages.base import Change, Level
from rx_kucoin.protocol.messages.spot import Candle, Depth, Level1, Level2Change, Match, Snapshot, Ticker
from rx_kucoin.protocol.raw import Push
from rx_kucoin.protocol.signing import Credentials

Connection = ConnectionInfo
"""The name that 0.1.0 had for it."""

__all__ = [
    "ApiError",
    "CalibrationFailed",
    "Candle",
    "Change",
    "Closed",
    "Connection",
    "ConnectionInfo",
    "Contract",
    "Credentials",
    "Depth",
    "Event",
    "KeyRefused",
    "KuCoin",
    "KuCoinError",
    "Level",
    "Level1",
    "Level2Change",
    "Limits",
    "Match",
    "OrderBook",
    "Push",
    "Rate",
    "ReconnectFailed",
    "Snapshot",
    "SubscriptionRejected",
    "Symbol",
    "Ticker",
    "UnknownSymbol",
]
