"""ccxt.pro: what it watches, public and private, on both markets."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest

from rx_kucoin.simulator import Simulator
from tests.simulator.foreign import MARKS, ask

pytestmark = MARKS


@pytest.fixture(scope="module")
def exchange() -> Iterator[Simulator]:
    with Simulator(seed=11, rate_per_topic=20) as exchange:
        exchange.account.deposit("USDT", 10**6)
        exchange.futures_account.deposit("USDT", 10**6)
        yield exchange


def test_it_watches_spot(exchange: Simulator) -> None:
    async def conversation(client: Any) -> Any:
        await client.load_markets()
        return await asyncio.gather(
            client.watch_ticker("BTC/USDT"),
            client.watch_trades("ETH/USDT"),
            client.watch_order_book("BTC/USDT"),
            client.watch_ohlcv("BTC/USDT", "1m"),
            client.watch_bids_asks(["BTC/USDT"]),
        )

    ticker, trades, book, bars, best = ask(exchange, conversation)
    assert ticker["symbol"] == "BTC/USDT"
    assert 0 < ticker["bid"] < ticker["ask"]
    assert (trades[0]["symbol"], trades[0]["side"] in {"buy", "sell"}) == ("ETH/USDT", True)
    assert book["bids"][0][0] < book["asks"][0][0]
    assert len(book["bids"]) > 20
    fits(bars[-1])
    assert best["BTC/USDT"]["bid"] < best["BTC/USDT"]["ask"]


def test_it_watches_futures(exchange: Simulator) -> None:
    async def conversation(client: Any) -> Any:
        await client.load_markets()
        return await asyncio.gather(
            client.watch_ticker("BTC/USDT:USDT"),
            client.watch_order_book("ETH/USDT:USDT"),
            client.watch_trades("BTC/USDT:USDT"),
            client.watch_ohlcv("BTC/USDT:USDT", "1m"),
        )

    ticker, book, trades, bars = ask(exchange, conversation)
    assert (ticker["symbol"], ticker["bid"] < ticker["ask"]) == ("BTC/USDT:USDT", True)
    assert book["bids"][0][0] < book["asks"][0][0]
    assert trades[0]["price"] > 0
    fits(bars[-1])


def test_it_fetches_the_bars_of_both_markets(exchange: Simulator) -> None:
    async def conversation(client: Any) -> Any:
        await client.load_markets()
        return [await client.fetch_ohlcv(symbol, "1h", limit=50) for symbol in ("BTC/USDT", "BTC/USDT:USDT")]

    for bars in ask(exchange, conversation):
        starts = [bar[0] for bar in bars]
        assert (len(starts), starts) == (50, sorted(set(starts)))
        for bar in bars:
            fits(bar)


def test_it_keeps_a_book_that_is_the_exchange_s_own(exchange: Simulator) -> None:
    async def conversation(client: Any) -> Any:
        for _ in range(20):
            book = await client.watch_order_book("SOL/USDT")
        return book["nonce"], book["bids"][0][0], book["asks"][0][0]

    nonce, bid, ask_price = ask(exchange, conversation)
    assert nonce in exchange.sent("/market/level2:SOL-USDT").sequences
    assert bid < ask_price


def test_it_watches_the_owner_s_spot_orders_trades_and_balance(exchange: Simulator) -> None:
    placed = list[Any]()

    def happen() -> None:
        order = exchange.account.place("BTC-USDT", "buy", "0.001", "80000")
        exchange.account.fill(order, "0.0004")
        placed.append(order)

    async def conversation(client: Any) -> Any:
        await client.load_markets()
        return await meanwhile(
            happen, client.watch_orders("BTC/USDT"), client.watch_my_trades("BTC/USDT"), client.watch_balance()
        )

    orders, trades, balance = ask(exchange, conversation)
    names = {order.order_id for order in placed}
    assert (orders[0]["symbol"], orders[0]["side"], orders[0]["price"]) == ("BTC/USDT", "buy", 80000)
    assert {orders[0]["id"], trades[0]["order"]} <= names
    assert (trades[0]["amount"], trades[0]["price"], trades[0]["takerOrMaker"]) == (0.0004, 80000, "maker")
    usdt = balance["USDT"]
    assert usdt["total"] == pytest.approx(usdt["free"] + usdt["used"])
    assert usdt["used"] > 0


def test_it_watches_the_owner_s_stop_orders(exchange: Simulator) -> None:
    async def conversation(client: Any) -> Any:
        await client.load_markets()
        return await meanwhile(
            lambda: exchange.account.place_stop("BTC-USDT", "sell", "0.1", stop_price="70000"),
            client.watch_orders("BTC/USDT", params={"trigger": True}),
        )

    ((stops,),) = (ask(exchange, conversation),)
    assert (stops[0]["symbol"], stops[0]["triggerPrice"]) == ("BTC/USDT", 70000)


def test_it_watches_the_owner_s_futures_orders_trades_and_wallet(exchange: Simulator) -> None:
    def happen() -> None:
        order = exchange.futures_account.place("XBTUSDTM", "buy", 12, "80000")
        exchange.futures_account.fill(order, 5)

    async def conversation(client: Any) -> Any:
        await client.load_markets()
        return await meanwhile(
            happen,
            client.watch_orders("BTC/USDT:USDT"),
            client.watch_my_trades("BTC/USDT:USDT"),
            client.watch_balance({"type": "swap"}),
        )

    orders, trades, balance = ask(exchange, conversation)
    assert (orders[0]["symbol"], orders[0]["amount"], orders[0]["price"]) == ("BTC/USDT:USDT", 12, 80000)
    assert (trades[0]["amount"], trades[0]["price"]) == (5, 80000)
    assert 0 < balance["USDT"]["free"] < 10**6


def test_it_watches_the_owner_s_position(exchange: Simulator) -> None:
    """It dials the spot host for a futures topic, so the futures host takes that host's place."""

    def happen() -> None:
        exchange.futures_account.fill(exchange.futures_account.place("SOLUSDTM", "sell", 7, "140"))

    async def conversation(client: Any) -> Any:
        await client.load_markets()
        client.urls["api"]["private"] = exchange.futures_rest_url
        happen()
        (at_first,) = await client.watch_position("SOL/USDT:USDT")  # its cache, filled by REST
        return dict(at_first), *await meanwhile(happen, client.watch_position("SOL/USDT:USDT"))

    at_first, position = ask(exchange, conversation)
    assert (at_first["contracts"], at_first["side"], at_first["entryPrice"]) == (7, "short", 140)
    assert (position["symbol"], position["side"], position["marginMode"]) == ("SOL/USDT:USDT", "short", "isolated")
    assert position["contracts"] >= 14
    assert position["entryPrice"] == 140


async def meanwhile(happen: Callable[[], object], *watched: Awaitable[Any]) -> list[Any]:
    """Let something happen until each of the watched has heard of it."""
    watching = [asyncio.ensure_future(each) for each in watched]
    while not all(each.done() for each in watching):
        happen()
        await asyncio.wait(watching, timeout=0.05, return_when=asyncio.ALL_COMPLETED)
    return [each.result() for each in watching]


def fits(bar: list[float]) -> None:
    _, first, high, low, last, volume = bar
    assert low <= min(first, last) <= max(first, last) <= high
    assert volume > 0
