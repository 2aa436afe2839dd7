"""The front door: from a symbol to an Observable."""

import os
import random as dice
from collections.abc import Mapping
from types import TracebackType
from typing import Self, Unpack

from reactivex import Observable, abc

from rx_kucoin.connection import Connection
from rx_kucoin.engine import Engine, TransportOf
from rx_kucoin.events import Event
from rx_kucoin.futures import Futures
from rx_kucoin.protocol.discretion import discreetly
from rx_kucoin.protocol.limits import Limits, Market
from rx_kucoin.protocol.pushes import Push
from rx_kucoin.protocol.regions import REGIONS, Region, check_url
from rx_kucoin.protocol.signing import Credentials
from rx_kucoin.spot import Spot
from rx_kucoin.terms import Settings
from rx_kucoin.transport.network import Network
from rx_kucoin.transport.sockets import Sockets
from rx_kucoin.transport.wire import Transport

__all__ = ["KuCoin"]


@discreetly
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
        if region not in REGIONS:
            raise ValueError(f"no region {region!r}; choose from {', '.join(REGIONS)}")
        usual, hosts = REGIONS["global"], REGIONS[region]
        self._rest_urls: Mapping[Market, str] = {
            "spot": hosts.spot if rest_url == usual.spot else check_url("rest_url", rest_url),
            "futures": hosts.futures
            if futures_rest_url == usual.futures
            else check_url("futures_rest_url", futures_rest_url),
        }
        self._network = Network(timeout=timeout, proxy=proxy, ca=ca, headers=hosts.headers)
        self._given = credentials
        self._random = settings.get("random", dice.random)
        engine = Engine(
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
        if settings.get("public_over_private") and self._credentials is None:
            raise ValueError("public_over_private needs credentials: there are no private connections without")
        super().__init__(engine, lambda: self._credentials is not None)
        self.futures = Futures(engine, lambda: self._credentials is not None)
        """The futures market, which has hosts, tokens and connections of its own."""

    def __repr__(self) -> str:
        return f"<KuCoin {self._engine!r}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
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

    @property
    def _credentials(self) -> Credentials | None:
        if self._given is None:
            self._given = Credentials.from_environment(os.environ)
        return self._given

    def _sockets(self, market: Market, private: bool) -> Transport:  # noqa: FBT001  the shape of a TransportOf
        credentials = self._credentials if private else None
        return Sockets(self._rest_urls[market], credentials, network=self._network, random=self._random)
