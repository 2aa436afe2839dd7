"""Streams: one for each topic ever asked for, going on whether or not anyone listens."""

from collections import deque
from collections.abc import Callable, Mapping
from random import Random
from typing import Any, Final, NamedTuple, Protocol

import msgspec

from rx_kucoin.protocol.limits import Market
from rx_kucoin.protocol.topics import Topic
from rx_kucoin.simulator._bars import LENGTHS, Bar
from rx_kucoin.simulator._channels import AUCTION, EVENTS, Channel, find
from rx_kucoin.simulator._market import Instrument, Listing
from rx_kucoin.simulator._spot_payloads import market_of

__all__ = ["Listener", "Produced", "Stream", "Streams", "encode", "write"]

KEPT: Final = 200_000
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

    def __init__(self, listing: Listing, dice: Random, born: Callable[[Stream], None]) -> None:
        self._market: Market = listing.market
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
        told = 1
        if stream.channel.moves != "clock":
            (instrument.move if stream.channel.moves == "book" else instrument.match)()
            witness = self._streams.get(f"{EVENTS[self._market, stream.channel.moves]}:{instrument.symbol}")
            if witness is not None and witness is not stream:
                self._tell(witness, instrument)
                told = 2
        self._tell(stream, instrument)
        return told

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

    def _tell(self, stream: Stream, instrument: Instrument) -> None:
        if stream.channel.bar is not None:
            self._finish(stream, instrument, stream.channel.bar)
        stream.count += 1
        if stream.channel.counts != "none":
            book = stream.channel.counts == "book"
            stream.sequences.append(instrument.book.sequence if book else instrument.trade.sequence)
        if stream.listeners and stream.channel.show is not None:
            self._deliver(stream, stream.channel.show(instrument, stream.interval))

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
        if stream.silent:
            return
        texts = [encode(stream.topic, body)]
        mishap = stream.mishaps.popleft() if stream.mishaps else ""
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
