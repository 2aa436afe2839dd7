"""What every REST handler is given: instruments, accounts, tokens, the clock; and the table row of one call."""

import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from rx_kucoin.protocol.limits import Market
from rx_kucoin.simulator._futures_account import FuturesAccount
from rx_kucoin.simulator._gateway_state import GatewayState
from rx_kucoin.simulator._history import BookState
from rx_kucoin.simulator._instruments import Instrument, MarketInstruments
from rx_kucoin.simulator._spot_account import SpotAccount

__all__ = ["Accounts", "Endpoint", "Query", "RestContext", "RestError"]

Query = Mapping[str, str]


class RestError(Exception):
    """An error that the exchange answers a call with."""

    def __init__(self, code: str, text: str, status: int = 400) -> None:
        super().__init__(text)
        self.code, self.text, self.status = code, text, status


class Accounts(NamedTuple):
    """Both accounts of the API key's owner."""

    spot: SpotAccount
    futures: FuturesAccount


class RestContext:
    """What the handlers of one market answer from."""

    def __init__(
        self,
        market: Market,
        instruments: MarketInstruments,
        gateway: GatewayState,
        accounts: Accounts,
        url: Callable[[], str],
    ) -> None:
        self.market: Market = market
        self.instruments = instruments
        self.accounts = accounts
        self.settings = gateway.settings
        self._gateway = gateway
        self._url = url
        self._books: dict[str, tuple[float, BookState]] = {}

    def token(self, *, private: bool) -> dict[str, Any]:
        """Issue a token, with the address to dial."""
        server = {
            "endpoint": self._url().replace("http", "ws", 1) + "/",
            "encrypt": False,
            "protocol": "websocket",
            "pingInterval": int(self.settings.ping_interval * 1000),
            "pingTimeout": int(self.settings.ping_timeout * 1000),
        }
        token = self._gateway.tokens.issue(self.market, private=private, now=time.monotonic())
        return {"token": token, "instanceServers": [server]}

    def instrument(self, query: Query) -> Instrument:
        """Look up the symbol that a call names."""
        instrument = self.instruments.get(query.get("symbol", ""))
        if instrument is None and self.market == "futures":
            raise RestError("200003", "symbol is invalid", status=200)
        if instrument is None:
            raise RestError("400100", "symbol not exists")
        return instrument

    def book(self, instrument: Instrument) -> BookState:
        """Return a book: an older one if `lag_book` is set, or the same one for `rest_lag` seconds."""
        now_ns = self.settings.now_ns()
        lag = self._gateway.faults.take("lag_book", instrument.symbol)
        if lag is not None:
            since_ns = None if lag["seconds"] is None else now_ns - round(lag["seconds"] * 1_000_000_000)
            frozen: BookState | None = lag["book"]
            return frozen or instrument.history.before(now_ns, moves=lag["moves"], since_ns=since_ns)
        now = time.monotonic()
        cached = self._books.get(instrument.symbol)
        if cached is None or now - cached[0] >= self.settings.rest_lag:
            cached = self._books[instrument.symbol] = (now, instrument.history.now(now_ns))
        return cached[1]


class Endpoint(NamedTuple):
    """One REST call: its weight is taken from the public pool, or from the market's own where it is signed."""

    method: str
    path: str
    weight: int
    answer: Callable[[RestContext, Query], Any]
    signed: bool = False
    token: bool = False
    book: bool = False
