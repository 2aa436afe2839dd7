"""The simulator's judges: two clients that others wrote, unmodified but for their base address."""

import asyncio
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from queue import Queue
from typing import Any

import pytest

from rx_kucoin.simulator import Simulator

with warnings.catch_warnings():  # both warn about themselves while they are imported
    warnings.simplefilter("ignore")
    import ccxt.pro
    from kucoin_universal_sdk.api.client import DefaultClient
    from kucoin_universal_sdk.model.client_option import ClientOptionBuilder
    from kucoin_universal_sdk.model.transport_option import TransportOptionBuilder
    from kucoin_universal_sdk.model.websocket_option import WebSocketClientOptionBuilder

pytestmark = [
    pytest.mark.socket,
    # Their loops and sessions are left for the garbage collector; nothing of ours is.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

PATIENCE = 15


@pytest.fixture(scope="module")
def exchange() -> Iterator[Simulator]:
    with Simulator(seed=11, rate_per_topic=20) as exchange:
        yield exchange


# KuCoin's own SDK


def official(exchange: Simulator) -> Any:
    options = (
        ClientOptionBuilder()
        .set_key(exchange.api_key)
        .set_secret(exchange.api_secret)
        .set_passphrase(exchange.api_passphrase)
        .set_spot_endpoint(exchange.rest_url)
        .set_futures_endpoint(exchange.futures_rest_url)
        .set_transport_option(TransportOptionBuilder().build())
        .set_websocket_client_option(WebSocketClientOptionBuilder().build())
        .build()
    )
    return DefaultClient(options)


@pytest.fixture(scope="module")
def started(exchange: Simulator) -> Iterator[Callable[[Any], Any]]:
    """Start the SDK's services, and stop them all at once in the end: each may wait ten seconds for its own thread."""
    services = list[Any]()
    assert exchange.rest_url, "it outlives them"

    def start(service: Any) -> Any:
        service.start()
        services.append(service)
        return service

    yield start
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda service: service.stop(), services))


def into(queue: "Queue[tuple[str, str, Any]]") -> Callable[[str, str, Any], None]:
    return lambda topic, subject, event: queue.put((topic, subject, event))


def test_the_official_sdk_reads_tickers_trades_books_and_candles(
    exchange: Simulator, started: Callable[[Any], Any]
) -> None:
    tickers, trades, changes, bars = Queue[Any](), Queue[Any](), Queue[Any](), Queue[Any]()
    spot = started(official(exchange).ws_service().new_spot_public_ws())
    spot.ticker(["BTC-USDT", "ETH-USDT"], into(tickers))
    spot.trade(["BTC-USDT"], into(trades))
    spot.orderbook_increment(["BTC-USDT"], into(changes))
    spot.klines("BTC-USDT", "1min", into(bars))
    ticker = tickers.get(timeout=PATIENCE)[2]
    trade = trades.get(timeout=PATIENCE)[2]
    first, second = changes.get(timeout=PATIENCE)[2], changes.get(timeout=PATIENCE)[2]
    bar = bars.get(timeout=PATIENCE)[2]
    assert float(ticker.best_bid) < float(ticker.best_ask)
    assert int(ticker.sequence) > 0
    assert (trade.symbol, trade.trade_id) == ("BTC-USDT", trade.sequence)
    assert trade.side in {"buy", "sell"}
    assert second.sequence_start == first.sequence_end + 1
    assert len(bar.candles) == 7


def test_the_official_sdk_reads_every_ticker_and_unsubscribes(
    exchange: Simulator, started: Callable[[Any], Any]
) -> None:
    everything = Queue[Any]()
    spot = started(official(exchange).ws_service().new_spot_public_ws())
    subscription = spot.all_tickers(into(everything))
    heard = {everything.get(timeout=PATIENCE)[1] for _ in range(24)}
    spot.unsubscribe(subscription)
    assert {"BTC-USDT", "KCS-USDT"} <= heard
    assert len(heard) == 24


def test_the_official_sdk_reads_futures(exchange: Simulator, started: Callable[[Any], Any]) -> None:
    tickers, books, trades = Queue[Any](), Queue[Any](), Queue[Any]()
    futures = started(official(exchange).ws_service().new_futures_public_ws())
    futures.ticker_v2("XBTUSDTM", into(tickers))
    futures.orderbook_level5("XBTUSDTM", into(books))
    futures.execution("XBTUSDTM", into(trades))
    ticker = tickers.get(timeout=PATIENCE)[2]
    book = books.get(timeout=PATIENCE)[2]
    trade = trades.get(timeout=PATIENCE)[2]
    assert ticker.symbol == "XBTUSDTM"
    assert float(ticker.best_bid_price) < float(ticker.best_ask_price)
    assert len(book.bids) == len(book.asks) == 5
    assert (trade.symbol, trade.size > 0) == ("XBTUSDTM", True)


def test_the_official_sdk_hears_its_own_balance_and_orders(exchange: Simulator, started: Callable[[Any], Any]) -> None:
    balances, orders = Queue[Any](), Queue[Any]()
    private = started(official(exchange).ws_service().new_spot_private_ws())
    private.account(into(balances))
    private.order_v2(into(orders))
    assert exchange.push("/account/balance", "account.balance", BALANCE) == 1
    assert exchange.push("/spotMarket/tradeOrdersV2", "orderChange", ORDER) == 1
    balance = balances.get(timeout=PATIENCE)[2]
    order = orders.get(timeout=PATIENCE)[2]
    assert (balance.currency, balance.available) == ("USDT", "20.132773386762")
    assert (order.symbol, order.type.value, order.match_price) == ("BTC-USDT", "match", "71171.9")


def test_the_official_sdk_calls_rest(exchange: Simulator) -> None:
    market = official(exchange).rest_service().get_spot_service().get_market_api()
    assert market.get_server_time().data > 1_700_000_000_000
    assert market.get_service_status().status.value == "open"


# ccxt


@contextmanager
def unified(exchange: Simulator, loop: asyncio.AbstractEventLoop) -> Iterator[Any]:
    client = ccxt.pro.kucoin(
        {"apiKey": exchange.api_key, "secret": exchange.api_secret, "password": exchange.api_passphrase}
    )
    for name in client.urls["api"]:
        client.urls["api"][name] = exchange.futures_rest_url if "futures" in name else exchange.rest_url
    try:
        yield client
    finally:
        loop.run_until_complete(client.close())


def ask(exchange: Simulator, conversation: Callable[[Any], Any]) -> Any:
    with asyncio.Runner() as runner, unified(exchange, runner.get_loop()) as client:
        return runner.run(asyncio.wait_for(conversation(client), PATIENCE))


def test_ccxt_watches_a_ticker_trades_and_a_book(exchange: Simulator) -> None:
    async def conversation(client: Any) -> Any:
        return await asyncio.gather(
            client.watch_ticker("BTC/USDT"), client.watch_trades("ETH/USDT"), client.watch_order_book("BTC/USDT")
        )

    ticker, trades, book = ask(exchange, conversation)
    assert ticker["symbol"] == "BTC/USDT"
    assert 0 < ticker["bid"] < ticker["ask"]
    assert (trades[0]["symbol"], trades[0]["side"] in {"buy", "sell"}) == ("ETH/USDT", True)
    assert book["bids"][0][0] < book["asks"][0][0]
    assert len(book["bids"]) > 20


def test_ccxt_keeps_a_book_that_is_the_exchange_s_own(exchange: Simulator) -> None:
    async def conversation(client: Any) -> Any:
        for _ in range(20):
            book = await client.watch_order_book("SOL/USDT")
        return book["nonce"], book["bids"][0][0], book["asks"][0][0]

    nonce, bid, ask_price = ask(exchange, conversation)
    assert nonce in exchange.sent("/market/level2:SOL-USDT").sequences
    assert bid < ask_price


def test_ccxt_watches_futures(exchange: Simulator) -> None:
    async def conversation(client: Any) -> Any:
        return await asyncio.gather(
            client.watch_ticker("BTC/USDT:USDT"),
            client.watch_order_book("ETH/USDT:USDT"),
            client.watch_trades("BTC/USDT:USDT"),
        )

    ticker, book, trades = ask(exchange, conversation)
    assert (ticker["symbol"], ticker["bid"] < ticker["ask"]) == ("BTC/USDT:USDT", True)
    assert book["bids"][0][0] < book["asks"][0][0]
    assert trades[0]["price"] > 0


def test_ccxt_watches_its_orders(exchange: Simulator) -> None:
    async def conversation(client: Any) -> Any:
        await client.load_markets()
        watching = asyncio.ensure_future(client.watch_orders("BTC/USDT"))
        while not watching.done():
            exchange.push("/spotMarket/tradeOrders", "orderChange", ORDER)
            await asyncio.wait([watching], timeout=0.05)
        return await watching

    orders = ask(exchange, conversation)
    assert (orders[0]["symbol"], orders[0]["id"]) == ("BTC/USDT", ORDER["orderId"])


ORDER: dict[str, Any] = {
    "canceledSize": "0",
    "clientOid": "5c52e11203aa677f33e493fc",
    "feeType": "takerFee",
    "filledSize": "0.00001",
    "liquidity": "taker",
    "matchPrice": "71171.9",
    "matchSize": "0.00001",
    "orderId": "6720da3fa30a360007f5f832",
    "orderTime": 1730206271588,
    "orderType": "market",
    "originSize": "0.00001",
    "remainSize": "0",
    "side": "buy",
    "size": "0.00001",
    "status": "match",
    "symbol": "BTC-USDT",
    "tradeId": "11116472408358913",
    "ts": 1730206271616000000,
    "type": "match",
}

BALANCE: dict[str, Any] = {
    "accountId": "548674591753",
    "currency": "USDT",
    "total": "21.133773386762",
    "available": "20.132773386762",
    "hold": "1.001",
    "availableChange": "-0.5005",
    "holdChange": "0.5005",
    "relationContext": {"symbol": "BTC-USDT", "orderId": "6721d0632db25b0007071fdc"},
    "relationEvent": "trade.hold",
    "relationEventId": "354689988084000",
    "time": "1730269283892",
}
