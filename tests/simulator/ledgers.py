"""Books kept by hand for these tests: what the wire says, row by row, compared with what the exchange says."""

from decimal import Decimal
from typing import Any

import requests

from rx_kucoin.simulator import BookSnapshot, Simulator
from tests.simulator.raw import PATIENCE, Caller, signed

SPOT, FUTURES = "BTC-USDT", "XBTUSDTM"
TOPICS = {SPOT: f"/market/level2:{SPOT}", FUTURES: f"/contractMarket/level2:{FUTURES}"}
FULL = {SPOT: "/api/v3/market/orderbook/level2", FUTURES: "/api/v1/level2/snapshot"}
MARKETS = {SPOT: "spot", FUTURES: "futures"}

Row = tuple[int, str, Decimal, Decimal]


def fetch(exchange: Simulator, symbol: str, path: str = "", timeout: float = PATIENCE) -> requests.Response:
    """One book by REST, signed, for that does no harm where it need not be."""
    path = f"{path or FULL[symbol]}?symbol={symbol}"
    url = exchange.rest_url if MARKETS[symbol] == "spot" else exchange.futures_rest_url
    return requests.get(url + path, headers=signed(exchange, f"GET{path}"), timeout=timeout)


def standing(answer: requests.Response) -> BookSnapshot:
    """What a REST answer says, as exact as it is written."""
    data = answer.json(parse_float=Decimal)["data"]
    bids, asks = (tuple((Decimal(price), Decimal(size)) for price, size in data[side]) for side in ("bids", "asks"))
    return BookSnapshot(int(data["sequence"]), bids, asks)


def changes(caller: Caller) -> list[dict[str, Any]]:
    """The data of every change that has been pushed by now."""
    return [frame["data"] for frame in caller.meanwhile() if frame.get("type") == "message"]


def span(change: dict[str, Any]) -> tuple[int, int]:
    """First and last number of a change."""
    if "change" in change:
        return change["sequence"], change["sequence"]
    return change["sequenceStart"], change["sequenceEnd"]


def rows(change: dict[str, Any]) -> list[Row]:
    """Sequence, side, price, size: as the rows stand."""
    if "change" in change:
        price, side, size = change["change"].split(",")
        return [(change["sequence"], {"buy": "bids", "sell": "asks"}[side], Decimal(price), Decimal(size))]
    told = change["changes"]
    return [(int(number), side, Decimal(p), Decimal(s)) for side in ("asks", "bids") for p, s, number in told[side]]


def follow(start: BookSnapshot, told: list[dict[str, Any]]) -> BookSnapshot:
    """A book kept from a snapshot on; a gap raises."""
    sides, last = {"bids": dict(start.bids), "asks": dict(start.asks)}, start.sequence
    for change in told:
        first, end = span(change)
        if end <= last:
            continue
        if first > last + 1:
            raise LookupError(f"{first} after {last}")
        for number, side, price, size in sorted(rows(change)):
            if number > last and price and size:
                sides[side][price] = size
            elif number > last and price:
                sides[side].pop(price, None)
        last = end
    bids, asks = sorted(sides["bids"].items(), reverse=True), sorted(sides["asks"].items())
    return BookSnapshot(last, tuple(bids), tuple(asks))
