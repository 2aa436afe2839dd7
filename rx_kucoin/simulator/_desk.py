"""What a REST answer is made from: the listing, the tokens, the clock."""

import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from rx_kucoin.protocol.limits import Market
from rx_kucoin.simulator._doors import Doors
from rx_kucoin.simulator._futures_account import FuturesAccount
from rx_kucoin.simulator._market import Instrument, Listing
from rx_kucoin.simulator._past import Stood
from rx_kucoin.simulator._spot_account import SpotAccount

__all__ = ["Accounts", "Desk", "Endpoint", "Query", "Wrong"]

Query = Mapping[str, str]


class Wrong(Exception):  # an answer, not an accident
    """A call that the exchange answers with an error."""

    def __init__(self, code: str, text: str, status: int = 400) -> None:
        super().__init__(text)
        self.code, self.text, self.status = code, text, status


class Accounts(NamedTuple):
    """The owner's."""

    spot: SpotAccount
    futures: FuturesAccount


class Desk:
    """Where the calls of one market are answered."""

    def __init__(
        self, market: Market, listing: Listing, doors: Doors, accounts: Accounts, url: Callable[[], str]
    ) -> None:
        self.market: Market = market
        self.listing = listing
        self.accounts = accounts
        self.settings = doors.settings
        self._doors = doors
        self._url = url
        self._books: dict[str, tuple[float, Stood]] = {}

    def token(self, *, private: bool) -> dict[str, Any]:
        """Hand out a token, and say where to dial."""
        server = {
            "endpoint": self._url().replace("http", "ws", 1) + "/",
            "encrypt": False,
            "protocol": "websocket",
            "pingInterval": int(self.settings.ping_interval * 1000),
            "pingTimeout": int(self.settings.ping_timeout * 1000),
        }
        token = self._doors.tokens.issue(self.market, private=private, now=time.monotonic())
        return {"token": token, "instanceServers": [server]}

    def instrument(self, query: Query) -> Instrument:
        """Look the symbol of a call up."""
        instrument = self.listing.get(query.get("symbol", ""))
        if instrument is None and self.market == "futures":
            raise Wrong("200003", "symbol is invalid", status=200)
        if instrument is None:
            raise Wrong("400100", "symbol not exists")
        return instrument

    def book(self, instrument: Instrument) -> Stood:
        """Both sides, best first; older ones, if a script says so; for a while the same ones, if the settings do."""
        now_ns = self.settings.now_ns()
        lag = self._doors.faults.take("lag_book", instrument.symbol)
        if lag is not None:
            since_ns = None if lag["seconds"] is None else now_ns - round(lag["seconds"] * 1_000_000_000)
            stood: Stood | None = lag["stood"]
            return stood or instrument.past.stood(now_ns, moves=lag["moves"], since_ns=since_ns)
        now = time.monotonic()
        kept = self._books.get(instrument.symbol)
        if kept is None or now - kept[0] >= self.settings.rest_lag:
            kept = self._books[instrument.symbol] = (now, instrument.past.now(now_ns))
        return kept[1]


class Endpoint(NamedTuple):
    """One REST call: its weight is taken from the public pool, or from the market's own where it is signed."""

    method: str
    path: str
    weight: int
    answer: Callable[[Desk, Query], Any]
    signed: bool = False
    token: bool = False
    book: bool = False
