"""The readers of the margin market's public channels."""

from typing import Final

from rx_kucoin.protocol.messages.margin import Indicator
from rx_kucoin.protocol.readers.base import MS, keeping

__all__ = ["indicator"]

indicator: Final = keeping(Indicator, times={"time_ns": MS})
"""`/indicator/markPrice:{symbol}` and `/indicator/index:{symbol}`: `timestamp` is ms."""
