"""The front door: from a symbol to an Observable."""

import random as dice
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Final, Literal, Self, Unpack

from reactivex import Observable, abc

from rx_kucoin.connection import Connection
from rx_kucoin.engine import Engine, TransportOf
from rx_kucoin.events import Event
from rx_kucoin.operators._merge_serial import merge_serial
from rx_kucoin.protocol import channels
from rx_kucoin.protocol.checks import check, check_shape
from rx_kucoin.protocol.limits import Limits, Market
from rx_kucoin.protocol.messages.spot import Candle, Depth, Level1, Level2Change, Match, Snapshot, Ticker
from rx_kucoin.protocol.pushes import Push
from rx_kucoin.protocol.signing import Credentials
from rx_kucoin.terms import Settings
from rx_kucoin.transport.sockets import Sockets
from rx_kucoin.transport.wire import Transport

__all__ = ["KuCoin"]


class KuCoin:
    """KuCoin's market data as Observables.

    Building one does nothing. The first subscriber opens the first connection, and the last one's leaving closes it;
    what lies between (tokens, limits, pings, drops, renewals) is looked after. A stream calls its subscribers on the
    thread of its connection: keep them short, or put `buffer_bounded` before them.

        kucoin = KuCoin()
        kucoin.ticker("BTC-USDT").subscribe(print)

    Args:
        rest_url: The spot REST host, where tokens come from.
        futures_rest_url: The futures REST host.
        credentials: An API key; private topics need one.
        topics_per_connection: Topics on a connection, at most. The exchange takes 400.
        renew_every: Seconds between renewals of a connection. A token lives 24 h.
        max_reconnects: Attempts in a row to reconnect; None: never give up.
        scheduler: The clock of everything; None: a monotonic one with a thread of its own while it is needed.
        limits: What this client allows itself, where the exchange's own limits are not what is documented.
        timeout: Seconds for each step of dialling: the token, the socket, the welcome.
        linger: Seconds that a topic without a listener stays subscribed.
        transport: Opens connections by other means, as a test or a replay may.
        settings: Finer ones, which few need: see `Settings`.

    Raises:
        ValueError: a setting is out of range.
    """

    def __init__(
        self,
        *,
        rest_url: str = "https://api.kucoin.com",
        futures_rest_url: str = "https://api-futures.kucoin.com",
        credentials: Credentials | None = None,
        topics_per_connection: int = 200,
        renew_every: float = 12 * 3600.0,
        max_reconnects: int | None = 5,
        scheduler: abc.SchedulerBase | None = None,
        limits: Limits | None = None,
        timeout: float = 10.0,
        linger: float = 0.5,
        transport: TransportOf | None = None,
        **settings: Unpack[Settings],
    ) -> None:
        self._rest_urls: Mapping[Market, str] = {"spot": rest_url, "futures": futures_rest_url}
        self._credentials, self._timeout = credentials, timeout
        self._random = settings.get("random", dice.random)
        self._engine = Engine(
            transport or self._sockets,
            scheduler,
            limits=limits or Limits(),
            topics_per_connection=topics_per_connection,
            renew_every=renew_every,
            max_reconnects=max_reconnects,
            welcome_timeout=timeout,
            linger=linger,
            **settings,
        )

    def __repr__(self) -> str:
        return f"<KuCoin {self._engine!r}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def topic(self, topic: str, *, checked: bool = True) -> Observable[Push]:
        """Stream any topic, its payload as the exchange sent it.

        Args:
            topic: One as KuCoin writes it, `/market/ticker:BTC-USDT`, or a comma list of one channel.
            checked: Whether it must be in this library's catalogue, or may be newer. A newer one is taken for a spot
                topic, unless it begins with `/contract`.

        Raises:
            ValueError: the channel is unknown, a symbol is empty or malformed, more are listed than fit a line, or a
                private topic is asked for without credentials.
        """
        topics = check(topic) if checked else check_shape(topic)
        return merge_serial(*[self._stream(single, typed=False) for single in topics])

    def ticker(self, *symbols: str) -> Observable[Ticker]:
        """Stream last trade and best bid and ask of these symbols, at most every 100 ms each.

        Raises:
            ValueError: no symbol, or a malformed one.
        """
        return self._typed("/market/ticker", _each(symbols))

    def tickers(self) -> Observable[Ticker]:
        """Stream the tickers of all symbols."""
        return self._typed("/market/ticker", ["all"])

    def match(self, *symbols: str) -> Observable[Match]:
        """Stream the trades of these symbols.

        Raises:
            ValueError: no symbol, or a malformed one.
        """
        return self._typed("/market/match", _each(symbols))

    def candles(self, symbol: str, interval: str = "1min") -> Observable[Candle]:
        """Stream the candle of a symbol as it forms.

        Raises:
            ValueError: a malformed symbol, or an interval that KuCoin does not have.
        """
        return self._typed("/market/candles", [f"{symbol}_{interval}"])

    def level1(self, *symbols: str) -> Observable[Level1]:
        """Stream best bid and ask of these symbols, at most every 10 ms each.

        Raises:
            ValueError: no symbol, or a malformed one.
        """
        return self._typed("/spotMarket/level1", _each(symbols))

    def depth(self, symbol: str, levels: Literal[5, 50] = 5) -> Observable[Depth]:
        """Stream the best 5 or 50 levels of a symbol, every 100 ms.

        Raises:
            ValueError: a malformed symbol, or another number of levels.
        """
        if levels not in _DEPTHS:
            raise ValueError(f"KuCoin streams 5 or 50 levels, not {levels}; level2 streams every change of the book")
        return self._typed(_DEPTHS[levels], [symbol])

    def level2(self, *symbols: str) -> Observable[Level2Change]:
        """Stream every change of the books of these symbols, in ranges without a hole.

        Raises:
            ValueError: no symbol, or a malformed one.
        """
        return self._typed("/market/level2", _each(symbols))

    def snapshot(self, *symbols: str) -> Observable[Snapshot]:
        """Stream the 24 h statistics of these symbols, or of all symbols of a market ("BTC", "USDS"), every 2 s each.

        Raises:
            ValueError: no symbol, or a malformed one.
        """
        return self._typed("/market/snapshot", _each(symbols))

    @property
    def connections(self) -> Observable[Connection]:
        """The shared pool: each open connection now, and each that takes over from now on. Watching opens none."""
        return self._engine.connections

    @property
    def events(self) -> Observable[Event]:
        """What happens to lines and topics, as it happens. Told on a thread of its own."""
        return self._engine.events

    def close(self, timeout: float = 2.0) -> bool:
        """Complete every stream and end every thread and socket, within `timeout` seconds. May be called anywhere.

        Returns:
            Whether all has ended. False: a subscriber, or a name lookup, holds a thread up; it ends when they do.
        """
        return self._engine.close(timeout)

    def _typed(self, prefix: str, arguments: list[str]) -> Observable[Any]:
        topics = dict.fromkeys(topic for argument in arguments for topic in check(f"{prefix}:{argument}"))
        return merge_serial(*[self._stream(topic, typed=True) for topic in topics])

    def _stream(self, topic: str, *, typed: bool) -> Observable[Any]:
        if self._credentials is None and channels.is_private(topic):
            raise ValueError(f"{topic} is private: build KuCoin(credentials=Credentials(key, secret, passphrase))")
        return self._engine.stream(topic, typed=typed)

    def _sockets(self, market: Market, private: bool) -> Transport:  # noqa: FBT001  the shape of a TransportOf
        return Sockets(
            self._rest_urls[market], self._credentials if private else None, timeout=self._timeout, random=self._random
        )


_DEPTHS: Final = {5: "/spotMarket/level2Depth5", 50: "/spotMarket/level2Depth50"}


def _each(symbols: tuple[str, ...]) -> list[str]:
    if not symbols:
        raise ValueError('name at least one symbol, as in "BTC-USDT"')
    return list(symbols)
