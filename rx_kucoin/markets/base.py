"""The streams that both markets have, and how any channel of the table is streamed or followed."""

import math
import threading
from collections.abc import Callable, Iterable
from functools import partial
from operator import attrgetter
from typing import Any, ClassVar, Final, Literal, TypeVar, overload
from weakref import WeakValueDictionary

from reactivex import Observable
from reactivex import operators as ops

from rx_kucoin import events
from rx_kucoin.candles.stream import closed_candles
from rx_kucoin.connections.engine import Engine
from rx_kucoin.errors import SubscriptionRejected, UnknownSymbol
from rx_kucoin.operators import conflate, follow, merge_serial, share_anew
from rx_kucoin.operators.internal.forks import free_after_fork
from rx_kucoin.operators.internal.unguarded import labelled
from rx_kucoin.orderbook.book import OrderBook
from rx_kucoin.orderbook.snapshots import SnapshotEndpoint
from rx_kucoin.orderbook.stream import calibrated, whole
from rx_kucoin.orderbook.top_of_book import of_depth
from rx_kucoin.protocol import channels, limits
from rx_kucoin.protocol.channels import Channel
from rx_kucoin.protocol.messages.base import Message
from rx_kucoin.protocol.messages.closed import ClosedCandle
from rx_kucoin.protocol.raw import Push
from rx_kucoin.protocol.topics import Topic
from rx_kucoin.protocol.validation import (
    MalformedSymbol,
    check,
    check_arguments,
    check_one,
    check_shape,
    check_text,
    each_symbol,
)
from rx_kucoin.recording.hooks import RecordingHooks
from rx_kucoin.recording.keyframes import with_keyframes

__all__ = ["MarketStreams", "followable"]

K = TypeVar("K")
T = TypeVar("T")
MethodT = TypeVar("MethodT", bound=Callable[..., Observable[Any]])
MessageT = TypeVar("MessageT", bound=Message)


def followable(method: MethodT) -> MethodT:
    """Mark a method that takes a symbol as one for `follow`, where its name is not that of a channel."""
    vars(method)[_MARK] = True
    return method


_MARK: Final = "is_followable"


class MarketStreams:
    """The streams of one market. Asking for one sends nothing; subscribing to it does."""

    _market: ClassVar[limits.Market]
    _top: ClassVar[tuple[str, Callable[[Any], OrderBook]]]
    """The channel of best bid and best ask, and what makes a book of its messages."""

    def __init__(self, engine: Engine, has_key: Callable[[], bool], recorded: RecordingHooks) -> None:
        self._engine, self._has_key, self._recorded = engine, has_key, recorded
        self._lock = free_after_fork(threading.RLock())
        self._bars: WeakValueDictionary[tuple[str, str, float], Observable[ClosedCandle]] = WeakValueDictionary()
        self._books: WeakValueDictionary[tuple[str, SnapshotEndpoint | int | None], Observable[OrderBook]] = (
            WeakValueDictionary()
        )
        """Shared streams, each for as long as a user or a subscription holds it. `_lock` guards both tables."""

    @overload
    def channel(self, channel: type[MessageT], *symbols: str, interval: str | None = None) -> Observable[MessageT]: ...
    @overload
    def channel(self, channel: str, *symbols: str, interval: str | None = None) -> Observable[Any]: ...
    def channel(self, channel: str | type[Message], *symbols: str, interval: str | None = None) -> Observable[Any]:
        """Stream a channel of this market by the type of its messages, or by its name.

        By type, the stream is typed. A type that several channels emit, such as `Depth`, does not identify one: use
        the name. Channels that have a method of their own, such as `ticker`, can be streamed this way as well.

            kucoin.channel(messages.CallAuction, "BTC-USDT").subscribe(print)
            kucoin.channel("call_auction", "BTC-USDT", "ETH-USDT").subscribe(print)
            kucoin.futures.channel("candles", "XBTUSDTM", interval="1hour").subscribe(print)

        Args:
            channel: The type of its messages, or its name.
            symbols: The symbols to stream, if the channel takes symbols. Of several, one that the exchange does not
                have ends alone: the log and an event tell, and `KuCoin(on_unknown="raise")` ends the stream instead.
            interval: The interval of candles; None: 1min.

        Raises:
            ValueError: no channel has that name, or none or several emit that type; a symbol is malformed or missing,
                or the channel takes none; or the channel is private and there is no key.
        """
        if isinstance(channel, str):
            row = channels.channel_named(self._market, channel)
        else:
            row = channels.channel_emitting(self._market, channel)
        symbols = tuple(each_symbol(symbols))
        if not symbols and row.takes not in {"nothing", "symbol or nothing"}:
            raise ValueError('name at least one symbol, as in "BTC-USDT"')
        if row.takes == "candles":
            symbols = tuple([f"{symbol}_{'1min' if interval is None else interval}" for symbol in symbols])
        elif interval is not None:
            raise ValueError(f"{row.name} takes no interval, but candles do")
        if row.one_for_all and symbols:
            return self._only(row, symbols)
        return self._typed(row.prefix, *symbols)

    @followable
    def closed_candles(self, symbol: str, interval: str = "1min", *, settle: float = 3.0) -> Observable[ClosedCandle]:
        """Stream each bar of a symbol once, when it is final, in order: in a silent market and across a reconnect, too.

        The first is the one that is forming when this is first subscribed to; all who ask share it. `origin` tells
        where a bar comes from: the stream, REST (it was missed meanwhile), or nowhere, as nobody traded.

        Args:
            symbol: Whose bars.
            interval: How long each is.
            settle: Seconds to wait after the end of a bar for what comes late.

        Raises:
            ValueError: a malformed symbol, an interval that KuCoin does not have, or a negative wait.
        """
        check_text(symbol)
        bars = closed_candles(self._engine, self._market, symbol, interval, settle=settle)
        name = f"closed candles of {symbol}_{interval}"
        failed = partial(self._engine.tell_of_failure, name)
        shared = bars.pipe(share_anew(on_failure=failed, name=name, scheduler=self._engine.clock))
        return self._engine.presented(self._known(self._bars, (symbol, interval, settle), shared))

    def follow(self, channel: str, **settings: Any) -> Callable[[Observable[Iterable[str]]], Observable[Any]]:
        """Make an operator that turns sets of symbols into the messages of a channel for the newest set.

        Streams of symbols that stay are not touched. A symbol that is new is subscribed to, one that is gone is
        unsubscribed from after `linger` seconds. A symbol that the exchange does not have, or that cannot be one, is
        left out: the log and an event tell, and `KuCoin(on_unknown="raise")` ends the stream instead.

            top_ten.pipe(kucoin.follow("match")).subscribe(print)
            top_ten.pipe(kucoin.follow("depth", levels=50)).subscribe(print)

        Args:
            channel: The name of a channel that takes a symbol, or `book`, `closed_candles`, `depth`.
            settings: Its other arguments.

        Raises:
            ValueError: nothing of that name takes a symbol.
            TypeError: the channel has no such argument; the message names the one that was perhaps meant.
        """
        stream_of = self._followed(channel)
        check_arguments(f"follow({channel!r}, ...)", stream_of, settings)

        def of_symbol(symbol: str) -> Observable[Any]:
            return stream_of(symbol, **settings)

        def goes_on(symbol: object, error: Exception) -> bool:  # whatever the universe holds
            is_odd = isinstance(error, MalformedSymbol) or not isinstance(symbol, str)
            if is_odd and self._engine.context.settings.on_unknown == "report":
                self._engine.tell(events.SymbolUnknown(0, f"{channel}:{symbol}", str(symbol), None))
                return True
            return self._goes_on(error)

        followed = follow(of_symbol, on_failure=goes_on)
        return lambda universe: self._engine.until_closed(universe.pipe(followed))

    def _goes_on(self, error: Exception) -> bool:
        """Whether a stream of several symbols goes on without the one that failed so."""
        return isinstance(error, _REFUSALS) and self._engine.context.settings.on_unknown == "report"

    def _raw(self, topic: str, *, checked: bool) -> Observable[Push]:
        topics = check(topic) if checked else check_shape(topic)
        return self._merged(topics, typed=False)

    def _followed(self, name: str) -> Callable[..., Observable[Any]]:
        """Find what makes the stream of a symbol: a method that is marked, or else a channel that takes a symbol."""
        methods = {each for each in dir(type(self)) if getattr(getattr(type(self), each), _MARK, False)}
        if name in methods:
            method: Callable[..., Observable[Any]] = getattr(self, name)
            return method
        rows = {row.name for row in channels.CHANNELS.values() if row.market == self._market and row.takes_symbol}
        if name not in rows:
            raise ValueError(f"no {name!r} to follow; choose from {', '.join(sorted(methods | rows))}")
        return partial(self.channel, name)

    def _only(self, row: Channel, symbols: Iterable[str]) -> Observable[Any]:
        """Stream what a channel pushes for all symbols, without the messages about others than these."""
        wanted = {Topic.parse(topic).argument for symbol in symbols for topic in check(f"{row.prefix}:{symbol}")}

        def is_wanted(message: Message) -> bool:
            return message.symbol in wanted

        return self._typed(row.prefix).pipe(ops.filter(is_wanted))

    def _typed(self, prefix: str, *arguments: str) -> Observable[Any]:
        """Merge the streams of a channel for these arguments; without any, it is the channel's own."""
        asked = [f"{prefix}:{argument}" for argument in arguments] or [prefix]
        return self._merged([topic for each in asked for topic in check(each)], typed=True)

    def _depth(self, symbol: str, levels: Literal[5, 50]) -> Observable[Any]:
        if levels not in _DEPTHS:
            raise ValueError(f"KuCoin streams 5 or 50 levels, not {levels}; level2 streams every change of the book")
        return self.channel(_DEPTHS[levels], symbol)

    def _book(
        self, symbol: str, depth: int | None, every: float | None, sources: dict[int | None, SnapshotEndpoint]
    ) -> Observable[OrderBook]:
        """Stream the book of a symbol, shared: from one of these snapshots, or from the channel of that depth."""
        shallow: dict[int | None, tuple[str, Callable[[Any], OrderBook]]] = {1: self._top}
        for levels, name in _DEPTHS.items():
            shallow[levels] = name, partial(of_depth, levels=levels)
        if every is not None and not 0 < every < math.inf:
            raise ValueError(f"every must be above 0 seconds, and finite, not {every}")
        if depth in sources:
            topic = self._topic("level2", symbol)
            book = with_keyframes(
                self._engine,
                self._recorded,
                topic,
                partial(calibrated, topic=topic, symbol=symbol, source=sources[depth]),
            )
        elif depth in shallow:
            name, read = shallow[depth]
            book = whole(self._engine, self._topic(name, symbol), read)
        else:
            depths = ", ".join(str(each) for each in sorted(filter(None, {*shallow, *sources})))
            raise ValueError(f"no book is {depth} levels deep; choose from {depths}, or None for all of them")
        name = f"the book of {symbol}"
        share = partial(
            share_anew,
            replay=True,
            on_failure=partial(self._engine.tell_of_failure, name),
            name=name,
            scheduler=self._engine.clock,
        )
        # By its source: a key may be set in the environment later; without one there are only the best 100 levels.
        shared = book.pipe(share(linger=self._engine.context.settings.linger))
        known = self._known(self._books, (symbol, sources.get(depth, depth)), shared)
        if every is None:
            return self._engine.presented(known)
        paced = known.pipe(conflate(every, at_once=_is_stale, scheduler=self._engine.pacer), share())
        return self._engine.presented(paced)

    def _known(self, streams: WeakValueDictionary[K, Observable[T]], key: K, fresh: Observable[T]) -> Observable[T]:
        """Return the stream that is shared under this key. If there is none, share the fresh one from now on."""
        with self._lock:
            known = streams.get(key)
            if known is None:
                known = streams[key] = fresh
            return known

    def _topic(self, name: str, symbol: str) -> str:
        return check_one(channels.channel_named(self._market, name).prefix, symbol)

    def _merged(self, topics: Iterable[str], *, typed: bool) -> Observable[Any]:
        streams = [self._stream(topic, typed=typed) for topic in dict.fromkeys(topics)]
        merged = merge_serial(*streams, on_failure=self._goes_on)
        if len(streams) > 1:
            shown = ", ".join(map(repr, streams[:_SHOWN])) + ", ..." * (len(streams) > _SHOWN)
            merged = labelled(merged, f"<{len(streams)} streams: {shown}>")
        return self._engine.presented(merged)

    def _stream(self, topic: str, *, typed: bool) -> Observable[Any]:
        if channels.is_private(topic) and self._engine.needs_key and not self._has_key():
            raise ValueError(
                f"{topic} is private: build KuCoin(credentials=Credentials(key, secret, passphrase)), or set "
                "KUCOIN_API_KEY, KUCOIN_API_SECRET and KUCOIN_API_PASSPHRASE in the environment"
            )
        return self._engine.stream(topic, typed=typed)


_SHOWN: Final = 3
"""Streams that the `repr` of several shows."""
_is_stale: Final = attrgetter("stale")
_REFUSALS: Final = (SubscriptionRejected, UnknownSymbol)
_DEPTHS: Final = {5: "depth5", 50: "depth50"}
"""The channel of so many levels a side."""
