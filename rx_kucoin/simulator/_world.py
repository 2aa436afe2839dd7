"""Everything that lives on the exchange's loop: both markets, their gateways, and the one pulse that moves them."""

import asyncio
import time
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from random import Random
from typing import Any, Final

from aiohttp import web

from rx_kucoin.protocol.limits import Market
from rx_kucoin.simulator._account import Till
from rx_kucoin.simulator._books import Books
from rx_kucoin.simulator._channels import EVENTS
from rx_kucoin.simulator._desk import Accounts, Desk
from rx_kucoin.simulator._doors import Doors
from rx_kucoin.simulator._faults import Faults
from rx_kucoin.simulator._futures_account import FuturesAccount
from rx_kucoin.simulator._gateway import Gateway
from rx_kucoin.simulator._market import Listing
from rx_kucoin.simulator._names import contracts, pairs
from rx_kucoin.simulator._pace import Still, pace
from rx_kucoin.simulator._quota import Quota
from rx_kucoin.simulator._rest import application
from rx_kucoin.simulator._script import Run
from rx_kucoin.simulator._settings import Settings
from rx_kucoin.simulator._spot_account import SpotAccount
from rx_kucoin.simulator._streams import Stream, Streams
from rx_kucoin.simulator._wire import Wire

__all__ = ["World"]

BEAT: Final = 0.01
MARKETS: Final[tuple[Market, ...]] = ("spot", "futures")


class World:
    """Touched by the loop's thread alone, once it runs."""

    def __init__(self, settings: Settings, run: Run) -> None:
        self.settings = settings
        self.faults = Faults(self, run, seed=settings.seed)
        self.doors = Doors(settings, self.faults)
        self.urls: dict[Market, str] = {}
        self._pace = pace(settings.rate, settings.rate_per_topic)
        self._quota = Quota(settings.quotas, settings.quota_window)
        ages = not isinstance(self._pace, Still)
        self.prices: dict[Market, dict[str, str]] = {
            "spot": pairs(settings.symbols),
            "futures": contracts(settings.futures_symbols),
        }
        self._listings: dict[Market, Listing] = {
            market: Listing(
                market,
                self.prices[market],
                seed=settings.seed,
                ages=ages,
                clock=settings.now_ns,
                auctions=list(self.prices["spot"])[-1:] if settings.auctions is None else settings.auctions,
                levels=settings.book_levels,
            )
            for market in MARKETS
        }
        self.account = SpotAccount(self._till("spot", run))
        self.futures_account = FuturesAccount(self._till("futures", run))
        self._streams: dict[Market, Streams] = {
            market: Streams(self._listings[market], self.doors.dice, self._born, self.faults) for market in MARKETS
        }
        self.books = Books(self._listings, self._streams)

    async def live(self, over: asyncio.Event, ready: Callable[[], None]) -> None:
        """Serve until it is over."""
        runners = [await self._serve(market) for market in MARKETS]
        pulse = asyncio.create_task(self._pulse())
        ready()
        try:
            await over.wait()
        finally:
            pulse.cancel()
            await asyncio.gather(pulse, return_exceptions=True)
            for wire in tuple(self.doors.wires.values()):
                wire.reset("the exchange stopped")
            for runner in runners:
                await runner.cleanup()

    def find(self, topic: str) -> tuple[Streams, Stream]:
        """Look a topic up in either market."""
        for streams in self._streams.values():
            stream = streams.get(topic)
            if stream is not None:
                return streams, stream
        raise ValueError(f"{topic!r} is on no channel of this exchange")

    def tell(self, topic: str, subject: str, data: Any, /, **envelope: Any) -> int:
        """Push on a topic; what is private names its owner."""
        streams, stream = self.find(topic)
        owner = {"userId": self.settings.user_id, "channelType": "private"} if stream.channel.private else {}
        return streams.push(stream, {"subject": subject, **owner, **envelope, "data": data})

    def price(self, market: Market, symbol: str) -> Decimal:
        """Tell the last price of a symbol."""
        instrument = self._listings[market].get(symbol)
        if instrument is None:
            raise ValueError(f"{symbol!r} is not listed on this exchange")
        return Decimal(instrument.price(instrument.trade.price))

    def drop(self, line: int | None, *, abrupt: bool) -> int:
        """Cut one connection, or all."""
        return self._each(line, lambda wire: wire.reset("dropped") if abrupt else wire.bye("dropped"))

    def mute(self, line: int | None, *, muted: bool) -> int:
        """Silence one connection, or all."""
        return self._each(line, lambda wire: setattr(wire, "muted", muted))

    def blurt(self, line: int | None, garbage: str | bytes) -> int:
        """Say something senseless on one connection, or all."""
        return self._each(line, lambda wire: wire.say(garbage))

    def silence_topic(self, topic: str, *, silent: bool) -> None:
        """Silence one topic."""
        self.find(topic)[1].silent = silent

    def mishap(self, topic: str, kind: str, count: int) -> None:
        """Let something go wrong with a topic's next messages."""
        self.find(topic)[1].mishaps.extend([kind] * count)

    def overlap(self, topic: str, count: int) -> None:
        """Let a topic's next ranges begin too early."""
        stream = self.find(topic)[1]
        if stream.channel.prefix != EVENTS[stream.market, "book"]:
            raise ValueError(f"{topic!r} tells of no ranges")
        stream.overlaps += count

    def _each(self, line: int | None, act: Callable[[Wire], None]) -> int:
        wires = list(self.doors.wires.values())
        struck = wires if line is None else wires[line : line + 1]
        for wire in struck:
            act(wire)
        return len(struck)

    def _till(self, market: Market, run: Run) -> Till:
        dice = Random(f"{self.settings.seed} {market} account")  # noqa: S311
        return Till(self.tell, run, self.settings.now_ns, dice, partial(self.price, market))

    def _born(self, stream: Stream) -> None:
        self._pace.add(stream, time.monotonic())

    async def _serve(self, market: Market) -> web.AppRunner:
        settings = self.settings
        gateway = Gateway(market, self.doors, self._streams[market])
        accounts = Accounts(self.account, self.futures_account)
        desk = Desk(market, self._listings[market], self.doors, accounts, lambda: self.urls[market])
        app = application(market, self.doors, desk, self._quota, gateway)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await runner.setup()
        port = settings.port if market == "spot" else settings.futures_port
        site = web.TCPSite(runner, settings.host, port)
        await site.start()
        self.urls[market] = f"http://{settings.host}:{runner.addresses[0][1]}"
        return runner

    async def _pulse(self) -> None:
        """Let what is due happen, and look after every connection."""
        while True:
            now = time.monotonic()
            for stream in self._pace.due(now):
                told = self._streams[stream.market].tick(stream)
                self._pace.told(told - 1)
            for wire in tuple(self.doors.wires.values()):
                if not wire.ending:
                    self.doors.look_after(wire, now)
            await asyncio.sleep(BEAT)
