"""A bar that is over: no channel of KuCoin's brings it, it is made of what several bring."""

from decimal import Decimal
from typing import Final

from rx_kucoin.protocol.messages.base import Message
from rx_kucoin.protocol.messages.words import Word

__all__ = ["ClosedCandle", "Origin"]

_ZERO: Final = Decimal(0)


class Origin(Word):
    """Where a closed bar comes from."""

    STREAM = "stream"
    """From the stream, which was whole until the bar was over."""
    REST = "rest"
    """From REST, because the stream was not whole, or not there yet, while the bar formed."""
    EMPTY = "empty"
    """Nobody traded, as the stream was whole and brought nothing: all prices are the close before."""
    DOUBTFUL = "doubtful"
    """The stream was not whole and REST did not help: the bar as it was last heard, or flat."""


class ClosedCandle(Message, frozen=True, gc=False):
    """A bar that is final. The fields are those of `Candle`, and none is missing."""

    interval: str = ""
    start_ns: int = 0
    open: Decimal = _ZERO
    close: Decimal = _ZERO
    high: Decimal = _ZERO
    low: Decimal = _ZERO
    volume: Decimal = _ZERO
    """In the base currency; in contracts on the futures market."""
    turnover: Decimal = _ZERO
    """In the quote currency."""
    time_ns: int | None = None
    """When the exchange sent it last, where the stream brought it."""
    origin: Origin = Origin.STREAM
