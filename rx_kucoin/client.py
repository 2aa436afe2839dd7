"""The front door: from a symbol to an Observable."""

import os
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, Self, Unpack

from reactivex import Observable, abc

from rx_kucoin.connections.context import Context
from rx_kucoin.connections.engine import Engine
from rx_kucoin.connections.exchange import Exchange, TransportOf
from rx_kucoin.connections.info import ConnectionInfo
from rx_kucoin.connections.interfaces import Source
from rx_kucoin.connections.settings import REPLAYED, FineSettings, Settings, check_names
from rx_kucoin.errors import Closed
from rx_kucoin.events import Event
from rx_kucoin.markets.futures import Futures
from rx_kucoin.markets.spot import Spot
from rx_kucoin.protocol.limits import Limits, Market
from rx_kucoin.protocol.raw import Push
from rx_kucoin.protocol.redaction import hide_init_arguments
from rx_kucoin.protocol.regions import Region, hosts_of
from rx_kucoin.protocol.signing import Credentials
from rx_kucoin.protocol.topics import Topic
from rx_kucoin.recording.hooks import RecordingHooks
from rx_kucoin.recording.recorder import Recording
from rx_kucoin.recording.replay.moments import Moment
from rx_kucoin.recording.replay.opening import player_of
from rx_kucoin.recording.replay.player import Player
from rx_kucoin.recording.replay.result import Played
from rx_kucoin.recording.replay.source import Recorded
from rx_kucoin.transport.clock import Clock
from rx_kucoin.transport.interfaces import Transport
from rx_kucoin.transport.network import Network
from rx_kucoin.transport.sockets import Sockets

__all__ = ["KuCoin", "Replayed"]

_DEFAULTS: Final = Settings()


@hide_init_arguments
class KuCoin(Spot):
    """KuCoin's market data, and what happens to one's own account, as Observables.

    Building one does nothing. The first subscriber opens the first connection, and the last one's leaving closes it;
    what lies between (tokens, limits, pings, drops, renewals) is looked after. A stream calls its subscribers on the
    thread of its connection: keep them short, or put `buffer_bounded` before them.

        kucoin = KuCoin()
        kucoin.ticker("BTC-USDT").subscribe(print)
        kucoin.futures.ticker("XBTUSDTM").subscribe(print)

    Args:
        credentials: An API key; private streams need one. None: the one in the environment (`KUCOIN_API_KEY`,
            `KUCOIN_API_SECRET`, `KUCOIN_API_PASSPHRASE`, `KUCOIN_API_KEY_VERSION`), when the first private stream is
            asked for.
        region: Whose customer you are, which decides the addresses: "global", "eu" or "australia".
        rest_url: The spot REST host, where tokens come from; as it is, the region's.
        futures_rest_url: The futures REST host; as it is, the region's.
        proxy: An http, socks4, socks5 or socks5h URL that all traffic goes through. None: the environment is not asked.
        ca: A file or folder of certificates to believe beside the machine's.
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
        credentials: Credentials | None = None,
        region: Region = "global",
        rest_url: str = "https://api.kucoin.com",
        futures_rest_url: str = "https://api-futures.kucoin.com",
        proxy: str | None = None,
        ca: str | os.PathLike[str] | None = None,
        topics_per_connection: int = _DEFAULTS.topics_per_connection,
        renew_every: float = _DEFAULTS.renew_every,
        max_reconnects: int | None = _DEFAULTS.max_reconnects,
        scheduler: abc.SchedulerBase | None = None,
        limits: Limits | None = None,
        timeout: float = _DEFAULTS.timeout,
        linger: float = _DEFAULTS.linger,
        transport: TransportOf | None = None,
        **settings: Unpack[FineSettings],
    ) -> None:
        check_names(settings)
        hosts = hosts_of(region, rest_url, futures_rest_url)
        self._rest_urls: Mapping[Market, str] = {"spot": hosts.spot, "futures": hosts.futures}
        self._network = Network(timeout=timeout, proxy=proxy, ca=ca, headers=hosts.headers)
        self._given, self._transport_of = credentials, transport or self._sockets
        self._settings = Settings(
            limits=limits or _DEFAULTS.limits,
            topics_per_connection=topics_per_connection,
            renew_every=renew_every,
            max_reconnects=max_reconnects,
            timeout=timeout,
            linger=linger,
            **settings,
        )
        if self._settings.public_over_private and not self._has_credentials():
            raise ValueError("public_over_private needs credentials: there are no private connections without")
        hooks = RecordingHooks()
        context = Context(settings=self._settings, clock=scheduler or Clock(), hooks=hooks)
        engine = Engine(context, self._make_source, scheduler)
        super().__init__(engine, self._has_credentials, hooks)
        self.futures = Futures(engine, self._has_credentials, hooks)
        """The futures market, which has hosts, tokens and connections of its own."""

    def __repr__(self) -> str:
        return f"<KuCoin {self._engine!r}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def topic(self, topic: str, *, checked: bool = True) -> Observable[Push]:
        """Stream any topic of any market, its payload as the exchange sent it.

        Args:
            topic: One as KuCoin writes it, `/market/ticker:BTC-USDT`, or a comma list of one channel.
            checked: Whether it must be in this library's catalogue, or may be newer. A newer one is taken for a spot
                topic, unless it begins with `/contract`.

        Raises:
            ValueError: the channel is unknown, a symbol is empty or malformed, more are listed than fit a line, or a
                private topic is asked for without credentials.
        """
        return self._raw(topic, checked=checked)

    @property
    def scheduler(self) -> abc.SchedulerBase:
        """The clock to give to operators that wait: that of what is replayed, where this is a replay."""
        return self._engine.pacer

    def record(
        self,
        path: str | os.PathLike[str],
        *,
        private: bool = False,
        every: float = 1.0,
        keyframes: float | None = 600.0,
        fsync: bool = False,
    ) -> Recording:
        """Record what flows, whoever subscribed to it, until what is returned is closed, or this is.

        The file is JSON Lines in gzip, in blocks; what is in it already stays. `KuCoin.replay` plays it, and
        `zcat`, pandas and polars read it. No token, no key and nothing signed is written.

            with kucoin.record("btc.jsonl.gz"):
                ...

        Args:
            path: The file, by custom `*.jsonl.gz`.
            private: Whether what happens to one's own account is written as well.
            every: Seconds within which what came is written. Who kills this process loses no more.
            keyframes: Seconds between two snapshots of each book that is open, so that a replay may begin with any
                of them. None: one when the recording begins, and no more.
            fsync: Whether each block has reached the disk before the next one is made, so that a machine that loses its
                power loses no more than that either.

        Raises:
            ValueError: the file is something else, or a time is not above 0.
            OSError: it cannot be written, or another recording has it.
            Closed: this `KuCoin` was.
        """
        if self._engine.context.is_closing:
            raise Closed
        settings = {name: getattr(self._settings, name) for name in REPLAYED}
        return Recording(
            path,
            self._recorded,
            self._engine.clock,
            facts={"format": 1, "key": self._has_key(), "settings": settings},
            private=private,
            every=every,
            keyframes=keyframes,
            fsync=fsync,
        )

    @staticmethod
    def replay(
        path: str | os.PathLike[str],
        *,
        since: Moment | None = None,
        until: Moment | None = None,
        topics: Iterable[str] | None = None,
        speed: float | None = None,
        progress: bool | Callable[[float], object] | None = None,
    ) -> "Replayed":
        """Make a `KuCoin` of a recording: the same streams and events, in the time that it was recorded in.

            kucoin = KuCoin.replay("btc.jsonl.gz")
            kucoin.match("BTC-USDT").pipe(ops.buffer_with_time(1.0)).subscribe(print)
            kucoin.play()

        Args:
            path: The file.
            since: Where to begin: a datetime (UTC if it names no zone) or a day, nanoseconds, or ISO 8601.
            until: Where to end.
            topics: Play no others than these, as KuCoin writes them, singly or as a comma list.
            speed: 1.0: as it was; 2.0: twice as fast; None: as fast as it goes.
            progress: Whether to show a bar where it takes long; None: if somebody watches. A function is told instead,
                between 0 and 1.

        Raises:
            ValueError: it is no recording, a topic was not recorded, or a moment or the speed makes no sense.
            OSError: it cannot be read.
        """
        return Replayed(player_of(path, since=since, until=until, topics=topics, speed=speed, progress=progress))

    @property
    def connections(self) -> Observable[ConnectionInfo]:
        """The shared pool: each connection that is open now, and each that takes over its line from now on.

        Emits what each is at that moment, on a thread of its own. Subscribing opens no connection.
        """
        return self._engine.presented(self._engine.connections)

    @property
    def events(self) -> Observable[Event]:
        """What happens to lines and topics, as it happens. Told on a thread of its own."""
        return self._engine.presented(self._engine.events)

    def close(self, timeout: float = 2.0) -> bool:
        """Complete every stream and end every thread and socket, within `timeout` seconds. May be called anywhere.

        Returns:
            Whether all has ended. False: a subscriber, a name lookup, or the disk that is recorded to, holds a thread
            up; it ends when they do.
        """
        return self._engine.close(timeout)

    @property
    def _credentials(self) -> Credentials | None:
        if self._given is None:
            self._given = Credentials.from_environment(os.environ)
        return self._given

    def _has_credentials(self) -> bool:
        return self._credentials is not None

    def _make_source(self, context: Context) -> Source:
        """Make what the client is fed by."""
        return Exchange(context, self._transport_of)

    def _sockets(self, market: Market, private: bool) -> Transport:  # noqa: FBT001  the shape of a TransportOf
        credentials = self._credentials if private else None
        return Sockets(self._rest_urls[market], credentials, network=self._network, random=self._settings.random)


class Replayed(KuCoin):
    """A recording, as the `KuCoin` that it was recorded from.

    Time stands still until it is played, so subscribe to everything first. What is piped from its streams keeps to its
    time; what is not, as `reactivex.timer`, has to be given its `scheduler`. All happens on the thread that plays.
    """

    def __init__(self, player: Player) -> None:
        self._player = player
        begin = player.contents.begin
        self._recorded_with_key = bool(begin.get("key"))
        recorded = {name: value for name, value in begin.get("settings", {}).items() if name in REPLAYED}
        super().__init__(scheduler=player.clock, random=lambda: 0.0, **recorded)
        player.attach(self._engine.tell, self._engine.close)

    def __repr__(self) -> str:
        return f"<KuCoin replaying {self._player.tape.path.name} at {self._player.clock.now:%Y-%m-%d %H:%M:%S}>"

    @property
    def topics(self) -> list[str]:
        """The topics that were recorded, as KuCoin writes them."""
        return list(self._player.topics)

    def messages(self, topic: str) -> Observable[Any]:
        """Stream the messages of a topic by its name, typed as the method of its channel has them."""
        prefix, argument = Topic.parse(topic)
        return self._typed(prefix, *filter(None, [argument]))

    def play(self, *, raise_errors: bool = True) -> Played:
        """Play to the end; then every stream completes. Ctrl-C is an end as well.

        `.run()` on a single stream subscribes, and plays until that one ends; a later `play` goes on from there. After
        the end time goes on for a minute, in which `delay`, `sample` ... emit what they still hold.

        Args:
            raise_errors: Whether to stop at the first error that no subscriber handles, and raise it. False: play on,
                and list all of them in the result.

        Raises:
            RuntimeError: the replay is being played already, was played to its end, or is closed.
            BaseException: what a subscriber raised, or its stream ended with, where it has no `on_error`.
        """
        return self._player.play(raise_errors=raise_errors)

    def halt(self) -> None:
        """Stop playing, from a subscriber or from another thread; to play again goes on there."""
        self._player.halt()

    def close(self, timeout: float = 2.0) -> bool:
        """Stop playing, for good, and complete every stream. May be called anywhere."""
        return super().close(timeout)

    def record(self, path: str | os.PathLike[str], **_: Any) -> Recording:
        """A replay cannot be recorded."""
        raise ValueError(f"{path}: a replay cannot be recorded; copy the file")

    def _has_credentials(self) -> bool:
        """Whether what was recorded was recorded with a key, which decides where books come from."""
        return self._recorded_with_key

    def _make_source(self, context: Context) -> Source:
        return Recorded(context, self._player)
