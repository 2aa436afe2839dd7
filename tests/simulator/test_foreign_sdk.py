"""KuCoin's own SDK: each of its WebSocket methods reads frames of the simulator."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from rx_kucoin.simulator import Simulator
from tests.simulator.foreign import MARKS, PATIENCE, foreign, official

pytestmark = MARKS

SPOT, AUCTION, CONTRACT = "BTC-USDT", "USDT-USDC", "XBTUSDTM"

ASKED: dict[str, dict[str, tuple[Any, ...]]] = {
    "spot_public": {
        "all_tickers": (),
        "call_auction_info": (AUCTION,),
        "call_auction_orderbook_level50": (AUCTION,),
        "klines": (SPOT, "1min"),
        "market_snapshot": ("USDS",),
        "orderbook_increment": ([SPOT],),
        "orderbook_level1": ([SPOT],),
        "orderbook_level50": ([SPOT],),
        "orderbook_level5": ([SPOT],),
        "symbol_snapshot": (SPOT,),
        "ticker": ([SPOT, "ETH-USDT"],),
        "trade": ([SPOT],),
    },
    "spot_private": {"account": (), "order_v1": (), "order_v2": (), "stop_order": ()},
    "margin_public": {"index_price": ([SPOT],), "mark_price": ([SPOT],)},
    "margin_private": {"cross_margin_position": (), "isolated_margin_position": (SPOT,)},
    "futures_public": {
        "announcement": (CONTRACT,),
        "execution": (CONTRACT,),
        "instrument": (CONTRACT,),
        "klines": (CONTRACT, "1min"),
        "orderbook_increment": (CONTRACT,),
        "orderbook_level50": (CONTRACT,),
        "orderbook_level5": (CONTRACT,),
        "symbol_snapshot": (CONTRACT,),
        "ticker_v1": (CONTRACT,),
        "ticker_v2": (CONTRACT,),
    },
    "futures_private": {
        "all_order": (),
        "all_position": (),
        "balance": (),
        "cross_leverage": (),
        "margin_mode": (),
        "order": (CONTRACT,),
        "position": (CONTRACT,),
        "stop_orders": (),
    },
}
METHODS = [(service, method) for service, methods in ASKED.items() for method in methods]


class Judge:
    """All six services of the SDK, and what each of their methods has read."""

    def __init__(self, exchange: Simulator) -> None:
        self.exchange = exchange
        self.read: dict[tuple[str, str], list[tuple[str, str, Any]]] = {name: [] for name in METHODS}
        self.troubles: list[str] = []
        self.client = official(exchange, self._hear)
        self.services = {name: getattr(self.client.ws_service(), f"new_{name}_ws")() for name in ASKED}
        self._news = threading.Condition()

    def subscribe(self) -> None:
        for service, method in METHODS:
            getattr(self.services[service], method)(*ASKED[service][method], self._into(service, method))

    def wait(self, enough: Callable[[], bool]) -> bool:
        with self._news:
            return self._news.wait_for(enough, PATIENCE)

    def _into(self, service: str, method: str) -> Callable[[str, str, Any], None]:
        def keep(topic: str, subject: str, event: Any) -> None:
            with self._news:
                self.read[service, method].append((topic, subject, event))
                self._news.notify_all()

        return keep

    def _hear(self, event: Any, _message: str, error: str) -> None:
        if "ERROR" in str(event) or error:
            self.troubles.append(error)


NUMBERED = "1 validation error for MarketSnapshotEvent\nsequence\n  Input should be a valid string"
"""The outer sequence of a market's snapshot: live frames have a number, and the SDK reads only its page's text."""


def live(exchange: Simulator) -> None:
    """Let everything happen to the owner of both accounts once."""
    spot, futures = exchange.account, exchange.futures_account
    spot.deposit("USDT", 10_000)
    order = spot.place(SPOT, "buy", "0.01", "80000")
    spot.fill(order, "0.004")
    spot.update(order, "0.008")
    spot.cancel(order)
    spot.fill(spot.place(SPOT, "sell", "0.004"))
    spot.cancel_stop(spot.place_stop(SPOT, "sell", "0.001", stop_price="70000"))
    spot.margin.debt({"USDT": "26"}, ratio=0.5, total_asset=1.25, total_debt="0.625")
    spot.margin.status("LIABILITY")
    spot.margin.isolated(SPOT, {"USDT": "26"})
    futures.deposit("USDT", 10_000)
    futures.margin_mode("ETHUSDTM", "CROSS")
    futures.cross_leverage("ETHUSDTM", 8)
    swing = futures.place(CONTRACT, "buy", 12, "80000")
    futures.fill(swing, 5)
    futures.update(swing, 10)
    futures.cancel(swing)
    futures.mark(CONTRACT, "81000")
    futures.settle(CONTRACT, "0.0001")
    futures.adjust_risk_limit(CONTRACT, 2)
    futures.fill(futures.place("ETHUSDTM", "sell", 3))
    futures.trigger(futures.place_stop(CONTRACT, "sell", 1, stop_price="70000", price="69000"))
    futures.cancel_stop(futures.place_stop(CONTRACT, "sell", 1, stop_price="70000"))
    as_documented = {"sequence": "5002635", "data": {"symbol": "KCS-USDT", "market": "USDS"}}
    exchange.push("/market/snapshot:USDS", "trade.snapshot", as_documented)


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    with Simulator(seed=11, rate_per_topic=20) as exchange, ThreadPoolExecutor() as pool:
        judge = Judge(exchange)
        list(pool.map(lambda service: service.start(), judge.services.values()))
        judge.subscribe()
        live(exchange)
        assert judge.wait(lambda: all(judge.read.values())), [name for name in METHODS if not judge.read[name]]
        yield judge
        list(pool.map(lambda service: service.stop(), judge.services.values()))  # each may wait for its own threads


def test_every_method_of_the_sdk_reads_frames_without_an_error(judge: Judge) -> None:
    offered = [
        (name, method)
        for name, service in judge.services.items()
        for method in vars(type(service))
        if not method.startswith("_") and method not in {"start", "stop", "unsubscribe"}
    ]
    for (service, method), frames in judge.read.items():
        print(f"{service:16} {method:31} {frames[0][0]:41} {len(frames):4} frames read")
    print(f"{len(judge.read)} methods")
    assert sorted(offered) == sorted(METHODS)
    assert len(offered) == 38
    assert all(judge.read.values())
    assert [trouble for trouble in judge.troubles if NUMBERED not in trouble] == []


def test_it_reads_tickers_trades_books_and_candles(judge: Judge) -> None:
    ticker = judge.read["spot_public", "ticker"][0][2]
    trade = judge.read["spot_public", "trade"][0][2]
    bar = judge.read["spot_public", "klines"][0][2]
    assert judge.wait(lambda: len(judge.read["spot_public", "orderbook_increment"]) > 1)
    first, second = (event for _, _, event in judge.read["spot_public", "orderbook_increment"][:2])
    assert float(ticker.best_bid) < float(ticker.best_ask)
    assert (trade.symbol, trade.trade_id, trade.side in {"buy", "sell"}) == (SPOT, trade.sequence, True)
    assert second.sequence_start == first.sequence_end + 1
    assert len(bar.candles) == 7


def test_it_reads_an_auction(judge: Judge) -> None:
    auction = judge.read["spot_public", "call_auction_info"][0][2]
    book = judge.read["spot_public", "call_auction_orderbook_level50"][0][2]
    assert (auction.symbol, float(auction.estimated_price) > 0) == (AUCTION, True)
    assert len(book.asks) == 50


def test_it_reads_futures(judge: Judge) -> None:
    ticker = judge.read["futures_public", "ticker_v2"][0][2]
    book = judge.read["futures_public", "orderbook_level5"][0][2]
    trade = judge.read["futures_public", "execution"][0][2]
    assert (ticker.symbol, float(ticker.best_bid_price) < float(ticker.best_ask_price)) == (CONTRACT, True)
    assert len(book.bids) == len(book.asks) == 5
    assert (trade.symbol, trade.size > 0) == (CONTRACT, True)


def test_it_follows_the_owner_s_orders_and_balances(judge: Judge) -> None:
    orders = judge.read["spot_private", "order_v2"]
    assert judge.wait(lambda: len(orders) >= 8)
    stages = [(event.type.value, event.status.value) for _, _, event in orders]
    assert stages == [
        ("received", "new"),
        ("open", "open"),
        ("match", "open"),
        ("update", "open"),
        ("canceled", "done"),
        ("received", "new"),
        ("match", "match"),
        ("filled", "done"),
    ]
    assert [event.relation_event for _, _, event in judge.read["spot_private", "account"][:4]] == [
        "main.deposit",
        "main.transfer",
        "trade.transfer",
        "trade.hold",
    ]


def test_it_follows_the_owner_s_positions_and_wallet(judge: Judge) -> None:
    positions = judge.read["futures_private", "position"]
    assert judge.wait(lambda: len(positions) >= 4)
    assert [subject for _, subject, _ in positions] == [
        "position.change",
        "position.change",
        "position.settlement",
        "position.adjustRiskLimit",
    ]
    change, marked, settled, _ = (event for _, _, event in positions)
    assert (change.current_qty, change.avg_entry_price, change.margin_mode.value) == (5, 80000, "ISOLATED")
    assert (marked.current_qty, marked.mark_price, marked.unrealised_pnl) == (None, 81000, 5)
    assert settled.funding_fee == -0.0405
    wallets = [event for _, _, event in judge.read["futures_private", "balance"]]
    assert [event.version for event in wallets] == [str(number) for number in range(1, len(wallets) + 1)]


def test_it_reads_every_ticker_and_unsubscribes(judge: Judge) -> None:
    assert judge.wait(lambda: len({subject for _, subject, _ in judge.read["spot_public", "all_tickers"]}) == 24)
    spot = judge.client.ws_service().new_spot_public_ws()
    spot.start()
    name = spot.ticker(["KCS-USDT"], lambda *_: None)
    assert judge.exchange.listeners("/market/ticker:KCS-USDT") == 1
    spot.unsubscribe(name)
    assert judge.exchange.listeners("/market/ticker:KCS-USDT") == 0
    judge.services["again"] = spot  # stopped with the others


def test_it_calls_rest(judge: Judge) -> None:
    market = judge.client.rest_service().get_spot_service().get_market_api()
    assert market.get_server_time().data > 1_700_000_000_000
    assert market.get_service_status().status.value == "open"
    asked = foreign("kucoin_universal_sdk.generate.spot.market")
    listed = market.get_all_symbols(asked.GetAllSymbolsReqBuilder().build()).data
    assert [row.symbol for row in listed] == judge.exchange.listed["spot"]
    rows = market.get_klines(
        asked.GetKlinesReqBuilder().set_symbol(SPOT).set_type("1min").set_start_at(1).set_end_at(2**32).build()
    ).data
    assert len(rows) == 1500


def test_it_calls_futures_rest(judge: Judge) -> None:
    market = judge.client.rest_service().get_futures_service().get_market_api()
    listed = market.get_all_symbols().data
    assert [row.symbol for row in listed] == judge.exchange.listed["futures"]
    asked = foreign("kucoin_universal_sdk.generate.futures.market").GetKlinesReqBuilder()
    rows = market.get_klines(asked.set_symbol(CONTRACT).set_granularity(5).build()).data
    assert len(rows) == 200
    first = rows[0]
    assert first[3] <= min(first[1], first[4]) <= max(first[1], first[4]) <= first[2]
