"""What the simulator pushes comes out of `KuCoin`'s methods whole, and agrees with what its accounts hold at last."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
import pytest
from waiting import eventually, nothing_left

from rx_kucoin import Credentials, KuCoin
from rx_kucoin.events import Event, Malformed, OutOfTurn, TopicLive
from rx_kucoin.messages import MarginModeChange, Push
from rx_kucoin.protocol.channels import CHANNELS
from rx_kucoin.protocol.frames import Frame
from rx_kucoin.protocol.topics import Topic
from rx_kucoin.simulator import Simulator
from tests.protocol.fields import lost
from tests.test_every_channel import ROWS, Row

pytestmark = pytest.mark.socket

TICKS, MS = 25, 1_000_000


class Life:
    """Every channel of one kind, heard by its method and as it was pushed."""

    def __init__(self, exchange: Simulator, rows: list[Row]) -> None:
        self.exchange, self.rows = exchange, rows
        self.messages = {row.subscribed: list[Any]() for row in rows}
        self.pushes = {row.subscribed: list[Push]() for row in rows}
        self.events: list[Event] = []

    @contextmanager
    def heard(self) -> Iterator[None]:
        keys = Credentials(self.exchange.api_key, self.exchange.api_secret, self.exchange.api_passphrase)
        urls = {"rest_url": self.exchange.rest_url, "futures_rest_url": self.exchange.futures_rest_url}
        with nothing_left(), KuCoin(**urls, credentials=keys) as kucoin:  # type: ignore[arg-type]
            kucoin.events.subscribe(self.events.append)
            for row in self.rows:
                row.ask(kucoin).subscribe(self.messages[row.subscribed].append, pytest.fail)
                kucoin.topic(row.subscribed).subscribe(self.pushes[row.subscribed].append, pytest.fail)
            assert eventually(lambda: sum(isinstance(event, TopicLive) for event in self.events) == len(self.rows))
            yield
            assert eventually(self._is_over), {topic: len(said) for topic, said in self.messages.items()}
        assert not [event for event in self.events if isinstance(event, Malformed)]

    def agrees(self) -> None:
        """Nothing of any push is missing in its message."""
        for topic, messages in self.messages.items():
            assert messages, topic
            for push, message in zip(self.pushes[topic], messages, strict=True):
                frame = Frame(topic=push.topic, data=msgspec.Raw(msgspec.json.encode(push.data)))
                assert lost(frame, message) == []

    def _is_over(self) -> bool:
        """Whether all has come, but for what came again: some tell the same twice in a millisecond."""
        again = Counter(event.topic for event in self.events if isinstance(event, OutOfTurn))  # told by both streams
        return all(
            len(self.messages[topic]) == len(self.pushes[topic]) == self.exchange.sent(topic).total - again[topic] // 2
            for topic in self.messages
        )


def chosen(*, private: bool) -> list[Row]:
    return [row for row in ROWS if CHANNELS[Topic.parse(row.subscribed).prefix].private == private]


def test_every_public_push_comes_out_of_its_method_whole() -> None:
    symbols = {"symbols": ["BTC-USDT", "USDT-BTC", "ETH-BTC"], "futures_symbols": ["XBTUSDTM"]}
    with Simulator(rate=0, auctions=["BTC-USDT"], **symbols) as exchange:  # type: ignore[arg-type]
        # the exchange does not count the burst that all tickers begin with
        life = Life(exchange, [row for row in chosen(private=False) if row.method != "tickers"])
        with life.heard():
            for row in life.rows:
                assert exchange.tick(row.subscribed, TICKS) == 1, row.documented
        life.agrees()


def test_all_that_befalls_an_account_is_told_and_adds_up_to_what_it_holds() -> None:
    with Simulator(rate=0) as exchange:
        life = Life(exchange, chosen(private=True))
        with life.heard():
            spot(exchange)
            futures(exchange)
        life.agrees()
        messages = life.messages
    for topic in ("/spotMarket/tradeOrders", "/spotMarket/tradeOrdersV2"):
        agree_on_orders(exchange.account.orders, messages[topic])
    agree_on_orders(exchange.futures_account.orders, messages["/contractMarket/tradeOrders"])
    agree_on_balances(exchange, messages["/account/balance"])
    agree_on_wallets(exchange, messages["/contractAccount/wallet"])
    agree_on_position(exchange, messages["/contract/positionAll"])
    agree_on_position(exchange, messages["/contract/position:XBTUSDTM"])
    assert all(message.symbol for topic in messages for message in messages[topic] if "rder" in topic)
    modes = messages["/contract/marginMode"]
    assert modes == [MarginModeChange("ETHUSDTM", modes={"ETHUSDTM": "CROSS"})]


def agree_on_orders(orders: list[Any], told: list[Any]) -> None:
    last = {message.order_id: message for message in told}
    assert list(last) == [order.order_id for order in orders]
    for order in orders:
        message = last[order.order_id]
        held = (message.symbol, message.side, message.client_oid, message.size, message.filled_size)
        assert held == (order.symbol, order.side, order.client_oid, order.size, order.filled)
        assert (message.price, message.remain_size) == (order.price, order.remain)
        assert message.status == ("done" if order.is_done else "open")
        traded = [each for each in told if each.order_id == order.order_id and each.type == "match"]
        assert sum(each.match_size for each in traded) == order.filled
        assert message.order_time_ns // MS == order.placed_ns // MS


def agree_on_balances(exchange: Simulator, told: list[Any]) -> None:
    for currency, balance in exchange.account.balances.items():
        trade = [each for each in told if each.currency == currency and each.relation_event.startswith("trade.")]
        assert (trade[-1].available, trade[-1].hold, trade[-1].total) == (*balance, balance.total)
        assert sum(each.available_change for each in trade) == balance.available
        assert sum(each.hold_change for each in trade) == balance.hold


def agree_on_wallets(exchange: Simulator, told: list[Any]) -> None:
    for currency, wallet in exchange.futures_account.wallets.items():
        mine = [each for each in told if each.currency == currency]
        assert [each.version for each in mine] == list(range(1, len(mine) + 1))
        assert (mine[-1].wallet_balance, mine[-1].available_balance) == (wallet.balance, wallet.available)


def agree_on_position(exchange: Simulator, told: list[Any]) -> None:
    position = exchange.futures_account.positions["XBTUSDTM"]
    whole = [each for each in told if getattr(each, "is_open", None) is not None and each.symbol == position.symbol][-1]
    assert (whole.current_qty, whole.margin_mode, whole.leverage) == (
        position.quantity,
        position.mode,
        position.leverage,
    )
    assert (whole.realised_gross_pnl, whole.current_comm) == (position.gross, position.fees)


def spot(exchange: Simulator) -> None:
    account = exchange.account
    account.deposit("USDT", "100000.12345678901234567")
    account.deposit("BTC", "1e-8")
    account.deposit("BTC", 2)
    bought = account.place("BTC-USDT", "buy", "0.5", "80000.1")
    account.fill(bought, "0.123456789012")
    account.update(bought, "0.4")
    account.fill(bought, price="79999.9")
    account.cancel(account.place("BTC-USDT", "sell", "0.00000001", "1e5"))
    account.fill(account.place("BTC-USDT", "sell", "0.3"))
    account.place("KCS-BTC", "buy", "0.1", "0.00013527")
    waits = account.place_stop("BTC-USDT", "buy", "0.01", stop_price="70000", price="71000", trade_type="MARGIN_TRADE")
    account.trigger(waits)
    account.cancel_stop(account.place_stop("BTC-USDT", "sell", "0.01", stop_price="90000", stop="entry"))
    account.margin.debt({"USDT": "1e-10"}, ratio=1e-7, total_asset=0.0005243177228408, total_debt="0.0000000001")
    account.margin.status("FROZEN_FL")
    account.margin.isolated("BTC-USDT", {"BTC": "0.5"}, principal="5.01")


def futures(exchange: Simulator) -> None:
    account = exchange.futures_account
    account.deposit("USDT", "5000.5")
    account.deposit("XBT", "0.12345678")
    long = account.place("XBTUSDTM", "buy", 10, "80000", leverage=5)
    account.fill(long, 4)
    account.update(long, 8)
    account.fill(long)
    account.mark("XBTUSDTM", "81000.5")
    account.settle("XBTUSDTM", "0.0001")
    account.adjust_risk_limit("XBTUSDTM", 3)
    account.adjust_risk_limit("XBTUSDTM", 9, refusal="Insufficient balance.")
    account.fill(account.place("XBTUSDTM", "sell", 3))
    account.cancel(account.place("XBTUSDTM", "buy", 1, "70000"))
    account.fill(account.place("XBTUSDM", "sell", 100, "84526.2"))
    account.margin_mode("ETHUSDTM", "CROSS")
    account.cross_leverage("ETHUSDTM", "8.5")
    account.fill(account.place("ETHUSDTM", "sell", 7))
    account.trigger(account.place_stop("XBTUSDTM", "buy", 1, stop_price="70000", price="70001"))
    account.cancel_stop(account.place_stop("XBTUSDTM", "sell", 1, stop_price="1e5", stop="up", stop_price_type="MP"))
