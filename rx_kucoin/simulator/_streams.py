"""Streams: one for each topic ever requested. They produce messages with or without subscribers."""

from collections import deque
from collections.abc import Callable, Mapping
from random import Random
from typing import Any, Final, NamedTuple, Protocol

import msgspec

from rx_kucoin.protocol.limits import Market
from rx_kucoin.protocol.topics import Topic
from rx_kucoin.simulator._bars import LENGTHS, TradeBar
from rx_kucoin.simulator._channels import AUCTION, EVENTS, Moves, ServedChannel, find
from rx_kucoin.simulator._fault_table import FaultTable, Quirks
from rx_kucoin.simulator._instruments import Instrument, MarketInstruments
from rx_kucoin.simulator._spot_payloads import market_of

__all__ = ["ProducedMessages", "Stream", "Streams", "Subscriber", "encode", "write"]

Body = dict[str, Any]
KEPT: Final = 200_000
TRADE_SHARE: Final = 0.5
"""Share of the messages of a channel that follows both book and trades which a trade comes before."""
UNSERVED: Final = {("futures", "6hour")}
"""Candles that only the other market has."""


class Subscriber(Protocol):
    """A receiver of data frames."""

    def push(self, text: str) -> None:
        """Send one data frame."""


class ProducedMessages(NamedTuple):
    """The number of messages that a topic has produced, and its latest sequences if it has a sequence."""

    total: int
    sequences: list[int]


class Stream:
    """One topic."""

    def __init__(
        self, topic: str, market: Market, channel: ServedChannel, instruments: list[Instrument], interval: str
    ) -> None:
        self.market: Market = market
        self.topic, self.channel, self.instruments, self.interval = topic, channel, instruments, interval
        self.subscribers: dict[Subscriber, None] = {}
        self.count = 0
        self.sequences: deque[int] = deque(maxlen=KEPT)
        self.silent = False
        self.next_faults: deque[str] = deque()
        """Faults of the next messages: "lose", "twice" or "swap"."""
        self.overlaps = 0
        """How many of the next ranges begin with the range before."""
        self.held: str | None = None
        self.shown: tuple[TradeBar, int] | None = None
        """The bar that was sent last, and its volume then."""

    @property
    def is_published(self) -> bool:
        """Whether the exchange publishes messages on it, and not only a script."""
        return bool(self.instruments) and self.channel.show is not None

    @property
    def period(self) -> float:
        """Realistic seconds between two messages: longer on less popular symbols if the market triggers them."""
        if self.channel.moves == "clock" or len(self.instruments) > 1:
            return self.channel.every
        return self.channel.every * (1 + self.instruments[0].rank / 4)


class Streams:
    """Every stream of one market."""

    def __init__(
        self, instruments: MarketInstruments, rng: Random, on_start: Callable[[Stream], None], faults: FaultTable
    ) -> None:
        self._market: Market = instruments.market
        self._faults = faults
        self._instruments = instruments
        self._rng = rng
        self._on_start = on_start
        self._streams: dict[str, Stream] = {}

    def get(self, topic: str) -> Stream | None:
        """Return a stream, started on first use, or `None` if the market has no such channel."""
        stream = self._streams.get(topic)
        if stream is None:
            prefix, argument = Topic.parse(topic)
            channel = find(self._market, prefix, argument)
            if channel is None:
                return None
            stream = self._streams[topic] = Stream(topic, self._market, channel, *self._subjects(channel, argument))
            if stream.is_published:
                self._on_start(stream)
        return stream

    def tick(self, stream: Stream) -> int:
        """Publish a stream's next message and the events that come with it; return how many messages that were."""
        if not stream.is_published:
            return 0
        instruments = stream.instruments
        instrument = instruments[0] if len(instruments) == 1 else self._rng.choice(instruments)
        published, moves = 1, stream.channel.moves
        if moves in {"book", "both"}:
            published += self.move(instrument, besides=stream)
        if moves == "trade" or (moves == "both" and instrument.rng.random() < TRADE_SHARE):
            instrument.match()
            published += self._publish_event("trade", instrument, besides=stream)
        self._publish(stream, instrument)
        return published

    def move(self, instrument: Instrument, besides: Stream | None = None) -> int:
        """Move a book and publish the change on its level 2 stream, unless that is `besides`; return the messages."""
        quirks = self._faults.take_for("quirks", instrument.symbol)
        instrument.move(None if quirks is None else Quirks(**quirks))
        return self._publish_event("book", instrument, besides)

    def publish_change(self, instrument: Instrument) -> None:
        """Publish a change that a script has made to a book."""
        self._publish_event("book", instrument, None)

    def push(self, stream: Stream, body: Mapping[str, Any]) -> int:
        """Push a scripted body; return the number of subscribers."""
        stream.count += 1
        self._deliver(stream, body)
        return len(stream.subscribers)

    def burst(self, stream: Stream, subscriber: Subscriber) -> None:
        """Send a new subscriber of `/market/ticker:all` one message of each symbol, as the exchange does."""
        if stream.channel.show is None or stream.channel.prefix != "/market/ticker" or stream.channel.asks != "nothing":
            return
        for instrument in stream.instruments:
            subscriber.push(encode(stream.topic, stream.channel.show(instrument, "")))

    def leave(self, subscriber: Subscriber) -> None:
        """Remove a subscriber from every stream."""
        for stream in self._streams.values():
            stream.subscribers.pop(subscriber, None)

    def _publish_event(self, moves: Moves, instrument: Instrument, besides: Stream | None) -> int:
        events = self._streams.get(f"{EVENTS[self._market, moves]}:{instrument.symbol}")
        if events is None or events is besides:
            return 0
        self._publish(events, instrument)
        return 1

    def _publish(self, stream: Stream, instrument: Instrument) -> None:
        if stream.channel.bar is not None:
            self._finish(stream, instrument, stream.channel.bar)
        stream.count += 1
        if stream.channel.counts != "none":
            book = stream.channel.counts == "book"
            stream.sequences.append(instrument.book.sequence if book else instrument.trade.sequence)
        if stream.subscribers and stream.channel.show is not None and not stream.silent:
            if stream.overlaps:
                stream.overlaps -= 1
                self._overlap(stream, instrument, stream.channel.show)
            else:
                self._deliver(stream, stream.channel.show(instrument, stream.interval))

    def _overlap(self, stream: Stream, instrument: Instrument, show: Callable[[Instrument, str], Body]) -> None:
        """Send the last range with the range before in it; where a range is one change, send the one before again."""
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
        self, stream: Stream, instrument: Instrument, show: Callable[[Instrument, TradeBar], Mapping[str, Any]]
    ) -> None:
        """Send a bar once more when the next has begun, if there were trades after it was last sent."""
        last = instrument.bars.last(stream.interval)
        if stream.shown is not None:
            bar, volume = stream.shown
            if bar is not last and bar.volume != volume:
                stream.count += 1
                self._deliver(stream, show(instrument, bar))
        stream.shown = (last, last.volume)

    def _deliver(self, stream: Stream, body: Mapping[str, Any]) -> None:
        if stream.silent or self._is_lost(stream):
            return
        texts = [encode(stream.topic, body)]
        waits = stream.held is not None and stream.next_faults and stream.next_faults[0] == "swap"
        add_fault = stream.next_faults.popleft() if stream.next_faults and not waits else ""
        if add_fault == "lose":
            return
        if add_fault == "swap":
            stream.held = texts[0]
            return
        if add_fault == "twice":
            texts *= 2
        if stream.held is not None:
            texts.append(stream.held)
            stream.held = None
        for text in texts:
            for subscriber in tuple(stream.subscribers):
                subscriber.push(text)

    def _is_lost(self, stream: Stream) -> bool:
        loss = self._faults.take("lose", stream.topic)
        if loss is None and stream.channel.prefix == EVENTS[stream.market, "book"]:
            loss = self._faults.take("lose")
        return loss is not None and bool(loss["losses"].strike(stream.topic))

    def _subjects(self, channel: ServedChannel, argument: str | None) -> tuple[list[Instrument], str]:
        """Return a topic's instruments, and the interval of its candles. An unknown name has no instruments."""
        symbol, _, interval = (
            (argument or "").rpartition("_") if channel.asks == "interval" else (argument or "", "", "")
        )
        if channel.show is None or (
            channel.asks == "interval" and (interval not in LENGTHS or (self._market, interval) in UNSERVED)
        ):
            return [], ""
        if channel.asks == "nothing" and channel.prefix == "/market/snapshot":
            return [each for each in self._instruments.all() if market_of(each.quote) == argument], ""
        if not symbol or channel.asks == "nothing":
            return self._instruments.all(), ""
        instrument = self._instruments.get(symbol)
        if instrument is None or (channel.prefix in AUCTION and not instrument.in_auction):
            return [], ""
        return [instrument], interval


def encode(topic: str, body: Mapping[str, Any]) -> str:
    """Encode a data frame, once for all subscribers."""
    return write({"topic": topic, "type": "message", **body})


def write(frame: Mapping[str, Any]) -> str:
    """Encode any frame as compact JSON, as the exchange does."""
    return msgspec.json.encode(frame).decode()
