"""What a kind of stream is: how its topics are written, read and ordered."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Any, Final, Literal

from rx_kucoin.protocol.limits import Market
from rx_kucoin.protocol.readers.base import Reader

__all__ = ["INTERVALS", "RANGE", "SAMPLED", "SEQUENCE", "TIME", "Channel", "Order"]

Argument = Literal["symbol", "symbol or all", "symbol or market", "candles", "symbol or nothing", "nothing"]

INTERVALS: Final = (
    "1min",
    "3min",
    "5min",
    "15min",
    "30min",
    "1hour",
    "2hour",
    "4hour",
    "6hour",
    "8hour",
    "12hour",
    "1day",
    "1week",
    "1month",
)
"""What a candle may span. 5min and 1month are served although a list of the documentation lacks them."""


@dataclass(frozen=True, slots=True)
class Order:
    """Where a message stands in its stream: how to tell a lost one, a second one and one out of turn."""

    first: Callable[[Any], int | None]
    last: Callable[[Any], int | None]
    key: Callable[[Any], Hashable] | None = None
    """Several streams in one topic, each with a sequence of its own; None: one stream."""
    contiguous: bool = False
    """The next message starts where this one ended, so a hole is a loss."""
    strict: bool = True
    """A number stands for one message only. The exchange's time does not: two messages may share a millisecond."""


@dataclass(frozen=True, slots=True)
class Channel:
    """A kind of stream."""

    prefix: str
    market: Market
    takes: Argument
    reader: Reader | None = None
    """Reads typed messages; None: payloads only."""
    order: Order | None = None
    """How its typed messages are ordered."""
    first: tuple[str, ...] = ()
    """Where in a payload its range of sequence numbers starts."""
    last: tuple[str, ...] = ()
    """Where in a payload its sequence ends, or the exchange's time stands."""
    contiguous: bool = False
    """A message starts where the one before it ended, so a hole is a loss."""
    strict: bool = True
    """A number stands for one message only; a time, or the sequence of a book that is sampled, may stand for two."""
    private: bool = False
    listed: bool = True
    """Many topics of it may share a subscribe message."""
    symbol: tuple[str, ...] = ()
    """Where in a payload the symbol stands, when the topic does not tell it."""
    pushed_as: tuple[str, ...] = ()
    """Other prefixes that its pushes were seen under."""

    def shares_lines(self, argument: str | None) -> bool:
        """Whether a topic may stand in a comma list. A bare channel, `:all`, a market and a private one stand alone."""
        return self.listed and not self.private and argument is not None and not self.is_about_many(argument)

    def typed_order(self, argument: str) -> Order | None:
        """How the typed messages of an argument are ordered."""
        if self.order is None or not self.is_about_many(argument):
            return self.order
        return replace(self.order, key=attrgetter("symbol"))

    def is_about_many(self, argument: str) -> bool:
        """Whether a topic carries many symbols, each with a sequence of its own: `:all` and `:{market}` do."""
        many = {"symbol or all": argument == "all", "symbol or market": "-" not in argument}
        return many.get(self.takes, False)


SEQUENCE: Final = Order(attrgetter("sequence"), attrgetter("sequence"))
SAMPLED: Final = replace(SEQUENCE, strict=False)
RANGE: Final = Order(attrgetter("sequence_start"), attrgetter("sequence_end"), contiguous=True)
TIME: Final = Order(attrgetter("time_ns"), attrgetter("time_ns"), strict=False)
