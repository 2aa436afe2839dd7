"""What the margin market's public channels bring. They are served where the spot market is."""

from decimal import Decimal

import msgspec

from rx_kucoin.protocol.messages.base import Open

__all__ = ["Indicator"]


class Indicator(Open, frozen=True, gc=False):
    """The mark price or the index price of a symbol, every second: `/indicator/markPrice`, `/indicator/index`."""

    granularity: int | None = None
    """How often it comes, in ms."""
    value: Decimal | None = None
    """In the quote currency."""
    time_ns: int | None = msgspec.field(default=None, name="timestamp")
    """To the millisecond."""
