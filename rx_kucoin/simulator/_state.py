"""The state of the exchange: both markets, their hosts and streams, and the task that makes streams publish."""

import asyncio
import time
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from random import Random
from typing import Any, Final

from aiohttp import web

from rx_kucoin.protocol.limits import Market
from rx_kucoin.simulator._account import AccountContext
from rx_kucoin.simulator._channels import EVENTS
from rx_kucoin.simulator._fault_table import RunOnLoop
from rx_kucoin.simulator._faults import Faults
from rx_kucoin.simulator._futures_account import FuturesAccount
from rx_kucoin.simulator._gateway import Gateway
from rx_kucoin.simulator._gateway_state import GatewayState
from rx_kucoin.simulator._instruments import MarketInstruments
from rx_kucoin.simulator._rest import Quota, application
from rx_kucoin.simulator._rest_handlers import Accounts, RestContext
from rx_kucoin.simulator._schedule import ScriptedSchedule, schedule_for
from rx_kucoin.simulator._scripted_books import ScriptedBooks
from rx_kucoin.simulator._settings import SimulatorSettings
from rx_kucoin.simulator._socket_writer import SocketWriter
from rx_kucoin.simulator._spot_account import SpotAccount
from rx_kucoin.simulator._streams import Stream, Streams
from rx_kucoin.simulator._symbols import contracts, pairs

__all__ = ["ExchangeState"]

TICK: Final = 0.01
"""Seconds between two looks at the schedule."""
MARKETS: Final[tuple[Market, ...]] = ("spot", "futures")


class ExchangeState:
    """All of an exchange. Once its event loop runs, only that thread uses it."""

    def __init__(self, settings: SimulatorSettings, run: RunOnLoop) -> None:
        self.settings = settings
        self.faults = Faults(self, run, seed=settings.seed)
        self.gateway = GatewayState(settings, self.faults)
        self.urls: dict[Market, str] = {}
        self._schedule = schedule_for(settings.rate, settings.rate_per_topic)
        self._quota = Quota(settings.quotas, settings.quota_window)
        ages = not isinstance(self._schedule, ScriptedSchedule)
        self.prices: dict[Market, dict[str, str]] = {
            "spot": pairs(settings.symbols),
            "futures": contracts(settings.futures_symbols),
        }
        self._instruments: dict[Market, MarketInstruments] = {
            market: MarketInstruments(
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
        self.account = SpotAccount(self._context("spot", run))
        self.futures_account = FuturesAccount(self._context("futures", run))
        self._streams: dict[Market, Streams] = {
            market: Streams(self._instruments[market], self.gateway.rng, self._on_start, self.faults)
            for market in MARKETS
        }
        self.books = ScriptedBooks(self._instruments, self._streams)

    async def serve_until(self, over: asyncio.Event, ready: Callable[[], None]) -> None:
        """Serve until `over` is set; call `ready` when both hosts accept connections."""
        runners = [await self._serve(market) for market in MARKETS]
        ticking = asyncio.create_task(self._run_schedule())
        ready()
        try:
            await over.wait()
        finally:
            ticking.cancel()
            await asyncio.gather(ticking, return_exceptions=True)
            for writer in tuple(self.gateway.writers.values()):
                writer.reset("the exchange stopped")
            for runner in runners:
                await runner.cleanup()

    def find(self, topic: str) -> tuple[Streams, Stream]:
        """Look up a topic in either market."""
        for streams in self._streams.values():
            stream = streams.get(topic)
            if stream is not None:
                return streams, stream
        raise ValueError(f"{topic!r} is on no channel of this exchange")

    def publish(self, topic: str, subject: str, data: Any, /, **envelope: Any) -> int:
        """Push on a topic; private messages name the account's user."""
        streams, stream = self.find(topic)
        owner = {"userId": self.settings.user_id, "channelType": "private"} if stream.channel.private else {}
        return streams.push(stream, {"subject": subject, **owner, **envelope, "data": data})

    def price(self, market: Market, symbol: str) -> Decimal:
        """Return the last price of a symbol."""
        instrument = self._instruments[market].get(symbol)
        if instrument is None:
            raise ValueError(f"{symbol!r} is not listed on this exchange")
        return Decimal(instrument.price(instrument.trade.price))

    def drop(self, connection: int | None, *, abrupt: bool) -> int:
        """Cut one connection, or all."""
        return self._each(connection, lambda writer: writer.reset("dropped") if abrupt else writer.close("dropped"))

    def mute(self, connection: int | None, *, muted: bool) -> int:
        """Silence one connection, or all."""
        return self._each(connection, lambda writer: setattr(writer, "muted", muted))

    def send_raw(self, connection: int | None, frame: str | bytes) -> int:
        """Send a frame as it is on one connection, or all."""
        return self._each(connection, lambda writer: writer.send(frame))

    def silence_topic(self, topic: str, *, silent: bool) -> None:
        """Silence one topic."""
        self.find(topic)[1].silent = silent

    def add_fault(self, topic: str, kind: str, count: int) -> None:
        """Apply a fault to each of a topic's next messages."""
        self.find(topic)[1].next_faults.extend([kind] * count)

    def overlap(self, topic: str, count: int) -> None:
        """Begin each of a topic's next ranges too early."""
        stream = self.find(topic)[1]
        if stream.channel.prefix != EVENTS[stream.market, "book"]:
            raise ValueError(f"{topic!r} has no ranges")
        stream.overlaps += count

    def _each(self, connection: int | None, act: Callable[[SocketWriter], None]) -> int:
        writers = list(self.gateway.writers.values())
        chosen = writers if connection is None else writers[connection : connection + 1]
        for writer in chosen:
            act(writer)
        return len(chosen)

    def _context(self, market: Market, run: RunOnLoop) -> AccountContext:
        rng = Random(f"{self.settings.seed} {market} account")  # noqa: S311
        return AccountContext(self.publish, run, self.settings.now_ns, rng, partial(self.price, market))

    def _on_start(self, stream: Stream) -> None:
        self._schedule.add(stream, time.monotonic())

    async def _serve(self, market: Market) -> web.AppRunner:
        settings = self.settings
        gateway = Gateway(market, self.gateway, self._streams[market])
        accounts = Accounts(self.account, self.futures_account)
        context = RestContext(market, self._instruments[market], self.gateway, accounts, lambda: self.urls[market])
        app = application(market, self.gateway, context, self._quota, gateway)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await runner.setup()
        port = settings.port if market == "spot" else settings.futures_port
        site = web.TCPSite(runner, settings.host, port)
        await site.start()
        self.urls[market] = f"http://{settings.host}:{runner.addresses[0][1]}"
        return runner

    async def _run_schedule(self) -> None:
        """Publish what is due and enforce the limits of every connection, until cancelled."""
        while True:
            now = time.monotonic()
            for stream in self._schedule.due(now):
                published = self._streams[stream.market].tick(stream)
                self._schedule.published(published - 1)
            for writer in tuple(self.gateway.writers.values()):
                if not writer.ending:
                    self.gateway.enforce_limits(writer, now)
            await asyncio.sleep(TICK)
