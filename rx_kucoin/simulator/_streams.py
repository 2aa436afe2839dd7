"""Streams: one for each topic ever asked for, going on whether or not anyone listens."""

from collections import deque
from collections.abc import Callable, Mapping
from random import Random
from typing import Any, Final, NamedTuple, Protocol

import msgspec

from rx_kucoin.protocol.limits import Market
from rx_kucoin.protocol.topics import Topic
from rx_kucoin.simulator._bars import LENGTHS, Bar
from rx_kucoin.simulator._channels import AUCTION, EVENTS, Channel, Moves, find
from rx_kucoin.simulator._market import Instrument, Listing
from rx_kucoin.simulator._quirks import Quirks
from rx_kucoin.simulator._script import Script
from rx_kucoin.simulator._spot_payloads import market_of

__all__ = ["Listener", "Produced", "Stream", "Streams", "encode", "write"]

Body = dict[str, Any]
KEPT: Final = 200_000
_TRADES: Final = 0.5
UNSERVED: Final = {("futures", "6hour")}
"""Candles that only the other market has."""


class Listener(Protocol):
    """Whoever is pushed to."""

    def push(self, text: str) -> None:
        """Take one data frame."""


class Produced(NamedTuple):
    """What a topic has produced: how many messages, and the latest sequences where it has a sequence."""

    total: int
    sequences: list[int]


class Stream:
    """One topic."""

    def __init__(
        self, topic: str, market: Market, channel: Channel, instruments: list[Instrument], interval: str
    ) -> None:
        self.market: Market = market
        self.topic, self.channel, self.instruments, self.interval = topic, channel, instruments, interval
        self.listeners: dict[Listener, None] = {}
        self.count = 0
        self.sequences: deque[int] = deque(maxlen=KEPT)
        self.silent = False
        self.mishaps: deque[str] = deque()
        """What goes wrong with the next messages: "lose", "twice" or "swap"."""
        self.overlaps = 0
        """How many of the next ranges begin with what was told before."""
        self.held: str | None = None
        self.shown: tuple[Bar, int] | None = None
        """The bar that was shown last, and its volume then."""

    @property
    def lives(self) -> bool:
        """Whether it produces messages by itself."""
        return bool(self.instruments) and self.channel.show is not None

    @property
    def period(self) -> float:
        """Lifelike seconds between two messages: what follows the market is slower on the less popular symbols."""
        if self.channel.moves == "clock" or len(self.instruments) > 1:
            return self.channel.every
        return self.channel.every * (1 + self.instruments[0].rank / 4)


class Streams:
    """Every stream of one market."""

    def __init__(self, listing: Listing, dice: Random, born: Callable[[Stream], None], script: Script) -> None:
        self._market: Market = listing.market
        self._script = script
        self._listing = listing
        self._dice = dice
        self._born = born
        self._streams: dict[str, Stream] = {}

    def get(self, topic: str) -> Stream | None:
        """Look a stream up; the first look starts it. `None` where the market has no such channel."""
        stream = self._streams.get(topic)
        if stream is None:
            prefix, argument = Topic.parse(topic)
            channel = find(self._market, prefix, argument)
            if channel is None:
                return None
            stream = self._streams[topic] = Stream(topic, self._market, channel, *self._subjects(channel, argument))
            if stream.lives:
                self._born(stream)
        return stream

    def tick(self, stream: Stream) -> int:
        """Let the next message of a stream happen, and whatever else must be told of it; return how many that were."""
        if not stream.lives:
            return 0
        crowd = stream.instruments
        instrument = crowd[0] if len(crowd) == 1 else self._dice.choice(crowd)
        told, moves = 1, stream.channel.moves
        if moves in {"book", "both"}:
            told += self.move(instrument, besides=stream)
        if moves == "trade" or (moves == "both" and instrument.dice.random() < _TRADES):
            instrument.match()
            told += self._witness("trade", instrument, besides=stream)
        self._tell(stream, instrument)
        return told

    def move(self, instrument: Instrument, besides: Stream | None = None) -> int:
        """Let a book move, and tell it where every movement is told; return how many were told of it `besides` one."""
        quirks = self._script.take_for("quirks", instrument.symbol)
        instrument.move(None if quirks is None else Quirks(**quirks))
        return self._witness("book", instrument, besides)

    def moved(self, instrument: Instrument) -> None:
        """Tell what a script has just done to a book."""
        self._witness("book", instrument, None)

    def push(self, stream: Stream, body: Mapping[str, Any]) -> int:
        """Push a scripted body to whoever listens; return how many that are."""
        stream.count += 1
        self._deliver(stream, body)
        return len(stream.listeners)

    def burst(self, stream: Stream, listener: Listener) -> None:
        """Give a new listener of a stream over many symbols one message of each, as `/market/ticker:all` does."""
        if stream.channel.show is None or stream.channel.prefix != "/market/ticker" or stream.channel.asks != "nothing":
            return
        for instrument in stream.instruments:
            listener.push(encode(stream.topic, stream.channel.show(instrument, "")))

    def leave(self, listener: Listener) -> None:
        """Take a listener off every stream."""
        for stream in self._streams.values():
            stream.listeners.pop(listener, None)

    def _witness(self, moves: Moves, instrument: Instrument, besides: Stream | None) -> int:
        witness = self._streams.get(f"{EVENTS[self._market, moves]}:{instrument.symbol}")
        if witness is None or witness is besides:
            return 0
        self._tell(witness, instrument)
        return 1

    def _tell(self, stream: Stream, instrument: Instrument) -> None:
        if stream.channel.bar is not None:
            self._finish(stream, instrument, stream.channel.bar)
        stream.count += 1
        if stream.channel.counts != "none":
            book = stream.channel.counts == "book"
            stream.sequences.append(instrument.book.sequence if book else instrument.trade.sequence)
        if stream.listeners and stream.channel.show is not None and not stream.silent:
            if stream.overlaps:
                stream.overlaps -= 1
                self._overlap(stream, instrument, stream.channel.show)
            else:
                self._deliver(stream, stream.channel.show(instrument, stream.interval))

    def _overlap(self, stream: Stream, instrument: Instrument, show: Callable[[Instrument, str], Body]) -> None:
        """Tell the last range with the one before in it; where a range is one change, tell that one before it."""
        earlier, changed = instrument.earlier, instrument.changed
        if stream.market == "spot":
            instrument.changed = (earlier[0], [*earlier[1], *changed[1]])
        elif earlier[1]:
            instrument.changed = earlier
            self._deliver(stream, show(instrument, stream.interval))
            instrument.changed = changed
        self._deliver(stream, show(instrument, stream.interval))
        instrument.changed = changed

    def _finish(
        self, stream: Stream, instrument: Instrument, show: Callable[[Instrument, Bar], Mapping[str, Any]]
    ) -> None:
        """Show a bar once more when the next has begun, if trades came after it was shown."""
        last = instrument.bars.last(stream.interval)
        if stream.shown is not None:
            bar, volume = stream.shown
            if bar is not last and bar.volume != volume:
                stream.count += 1
                self._deliver(stream, show(instrument, bar))
        stream.shown = (last, last.volume)

    def _deliver(self, stream: Stream, body: Mapping[str, Any]) -> None:
        if stream.silent or self._loses(stream):
            return
        texts = [encode(stream.topic, body)]
        waits = stream.held is not None and stream.mishaps and stream.mishaps[0] == "swap"
        mishap = stream.mishaps.popleft() if stream.mishaps and not waits else ""
        if mishap == "lose":
            return
        if mishap == "swap":
            stream.held = texts[0]
            return
        if mishap == "twice":
            texts *= 2
        if stream.held is not None:
            texts.append(stream.held)
            stream.held = None
        for text in texts:
            for listener in tuple(stream.listeners):
                listener.push(text)

    def _loses(self, stream: Stream) -> bool:
        fault = self._script.take("lose", stream.topic)
        if fault is None and stream.channel.prefix == EVENTS[stream.market, "book"]:
            fault = self._script.take("lose")
        return fault is not None and bool(fault["losses"].strike(stream.topic))

    def _subjects(self, channel: Channel, argument: str | None) -> tuple[list[Instrument], str]:
        """Tell what a topic is about: its instruments, and the interval of its candles. Unknown names are silent."""
        symbol, _, interval = (
            (argument or "").rpartition("_") if channel.asks == "interval" else (argument or "", "", "")
        )
        if channel.show is None or (
            channel.asks == "interval" and (interval not in LENGTHS or (self._market, interval) in UNSERVED)
        ):
            return [], ""
        if channel.asks == "nothing" and channel.prefix == "/market/snapshot":
            return [each for each in self._listing.all() if market_of(each.quote) == argument], ""
        if not symbol or channel.asks == "nothing":
            return self._listing.all(), ""
        instrument = self._listing.get(symbol)
        if instrument is None or (channel.prefix in AUCTION and not instrument.in_auction):
            return [], ""
        return [instrument], interval


def encode(topic: str, body: Mapping[str, Any]) -> str:
    """Write a data frame, once for all who listen."""
    return write({"topic": topic, "type": "message", **body})


def write(frame: Mapping[str, Any]) -> str:
    """Write any frame, compact as the exchange's are."""
    return msgspec.json.encode(frame).decode()
