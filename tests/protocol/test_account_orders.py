"""What becomes of orders, value for value."""

import pytest

from rx_kucoin.protocol.messages.orders import FuturesOrder, FuturesStopOrder, Order, StopOrder
from rx_kucoin.protocol.messages.words import (
    FeeType,
    FuturesTradeType,
    Liquidity,
    MarginMode,
    OrderEvent,
    OrderStatus,
    OrderType,
    PositionSide,
    Side,
    Stop,
    StopDirection,
    StopEvent,
    StopPriceType,
    TradeType,
)
from tests.protocol.account_frames import make, pick, read
from tests.protocol.reading import D

V2, V1 = "/spotMarket/tradeOrdersV2", "/spotMarket/tradeOrders"
STOPS = "/spotMarket/advancedOrders"
FUTURES, FUTURES_STOPS = "/contractMarket/tradeOrders", "/contractMarket/advancedOrders"


def test_an_order_that_was_received() -> None:
    assert pick(V2, "orderChange", type="received") == Order(
        symbol="KCS-USDT",
        type=OrderEvent.RECEIVED,
        status=OrderStatus.NEW,
        order_id="6a1f8101c3d2e10007a40001",
        client_oid="grid-1",
        side=Side.BUY,
        order_type=OrderType.LIMIT,
        price=D("11.204"),
        origin_size=D("0.25"),
        order_time_ns=1795352410011000000,
        time_ns=1795352410034000512,
    )


def test_an_order_that_traded_as_maker() -> None:
    assert pick(V2, "orderChange", type="match", status="open") == Order(
        symbol="KCS-USDT",
        type=OrderEvent.MATCH,
        status=OrderStatus.OPEN,
        order_id="6a1f8101c3d2e10007a40001",
        client_oid="grid-1",
        side=Side.BUY,
        order_type=OrderType.LIMIT,
        price=D("11.204"),
        size=D("0.25"),
        origin_size=D("0.25"),
        filled_size=D("0.1"),
        canceled_size=D(0),
        remain_size=D("0.15"),
        match_price=D("11.204"),
        match_size=D("0.1"),
        trade_id="15900310447263745",
        liquidity=Liquidity.MAKER,
        fee_type=FeeType.MAKER,
        order_time_ns=1795352412011000000,
        time_ns=1795352412034000512,
    )


def test_an_order_that_was_made_smaller_and_one_that_was_canceled() -> None:
    update = pick(V2, "orderChange", type="update")
    assert (update.type, update.status) == (OrderEvent.UPDATE, OrderStatus.OPEN)
    assert (update.old_size, update.size, update.canceled_size) == (D("0.25"), D("0.2"), D("0.05"))
    canceled = pick(V2, "orderChange", type="canceled")
    assert (canceled.type, canceled.status) == (OrderEvent.CANCELED, OrderStatus.DONE)
    assert (canceled.canceled_size, canceled.remain_size, canceled.remain_funds) == (D("0.15"), D(0), D("1.1204"))


def test_a_market_order_by_funds() -> None:
    order = pick(V2, "orderChange", funds="250.5")
    assert (order.order_type, order.price) == (OrderType.MARKET, None)
    assert (order.funds, order.origin_funds, order.remain_funds) == (D("250.5"), D("250.5"), D("0.31"))
    assert (order.liquidity, order.fee_type) == (Liquidity.TAKER, FeeType.TAKER)


def test_the_time_of_an_order_is_understood_in_ms_and_in_ns() -> None:
    assert pick(V1, "orderChange", type="canceled").order_time_ns == 1795352444011000000
    assert pick(V1, "orderChange", type="filled").order_time_ns == 1595244000123456789
    for topic in (V2, V1, FUTURES):
        for written, expected in [
            (1730206271588, 1730206271588000000),
            ("1730206271588", 1730206271588000000),
            (1545914149935808589, 1545914149935808589),
            (0, 0),
            (None, None),
        ]:
            assert read(make(topic, {"orderTime": written})).order_time_ns == expected


@pytest.mark.parametrize("topic", [STOPS, FUTURES_STOPS])
def test_the_time_of_a_stop_order_is_understood_in_ms_and_in_ns(topic: str) -> None:
    assert read(make(topic, {"createdAt": 1742305928064})).created_at_ns == 1742305928064000000
    assert read(make(topic, {"createdAt": 1742305928064000001})).created_at_ns == 1742305928064000001


def test_a_stop_order() -> None:
    assert pick(STOPS, "stopOrder", type="open") == StopOrder(
        symbol="BTC-USDT",
        type=StopEvent.OPEN,
        order_id="vs9k3gt1q4a48anof000050",
        side=Side.SELL,
        order_type=OrderType.STOP,
        order_price=D(78000),
        size=D("0.0042"),
        stop=Stop.LOSS,
        stop_price=D(78500),
        trade_type=TradeType.SPOT,
        created_at_ns=1795352450000000000,
        time_ns=1795352450027268493,
    )


def test_a_stop_order_that_shouts_says_the_same() -> None:
    triggered = pick(STOPS, "stopOrder", type="TRIGGERED")
    assert (triggered.type, triggered.stop, triggered.trade_type) == (StopEvent.TRIGGERED, Stop.ENTRY, TradeType.MARGIN)
    assert read(make(STOPS, {"side": "SELL", "type": "CANCEL"})).side is Side.SELL


def test_a_stop_order_that_could_not_be_placed() -> None:
    failed = pick(STOPS, "stopOrder", triggerSuccess=False)
    assert (failed.trigger_success, failed.error) == (False, "Balance insufficient")
    assert (failed.size, failed.order_price, failed.funds, failed.stop) == (None, None, D(100), Stop.TRAILING)


@pytest.mark.parametrize("stop", ["l_l_o", "l_s_o", "e_l_o", "e_s_o", "tso", "loss", "entry"])
def test_every_kind_of_stop_is_known(stop: str) -> None:
    assert read(make(STOPS, {"stop": stop})).stop in list(Stop)


def test_an_order_of_a_contract() -> None:
    assert pick(FUTURES, "orderChange", type="update") == FuturesOrder(
        symbol="XBTUSDTM",
        type=OrderEvent.UPDATE,
        status=OrderStatus.OPEN,
        order_id="635278894182900009",
        client_oid="swing-9",
        side=Side.BUY,
        position_side=PositionSide.BOTH,
        margin_mode=MarginMode.CROSS,
        order_type=OrderType.LIMIT,
        trade_type=FuturesTradeType.TRADE,
        price=D("84210.5"),
        size=D(10),
        old_size=D(12),
        filled_size=D(5),
        canceled_size=D(2),
        all_canceled_size=D(2),
        remain_size=D(5),
        order_time_ns=1795352492464496313,
        time_ns=1795352492474000000,
    )


def test_an_order_that_the_exchange_made_for_a_liquidation() -> None:
    order = pick(FUTURES, "orderChange", type="match", status="match")
    assert (order.trade_type, order.position_side) == (FuturesTradeType.LIQUIDATION, PositionSide.LONG)
    assert (order.margin_mode, order.price) == (MarginMode.ISOLATED, None)
    assert (order.match_price, order.match_size, order.trade_id) == (D("83999.9"), D(12), "1904427153399")
    assert (order.liquidity, order.fee_type) == (Liquidity.TAKER, FeeType.TAKER)


def test_an_order_of_a_contract_has_its_symbol_from_the_payload_or_the_topic() -> None:
    topic = f"{FUTURES}:XBTUSDTM"
    assert pick(topic, "symbolOrderChange", tradeType="adl").symbol == "XBTUSDTM"
    assert read(make(topic, {"type": "open"})).symbol == "XBTUSDTM"
    assert read(make(FUTURES, {"type": "open"})).symbol == ""
    assert read(make(FUTURES, {"symbol": "ETHUSDTM"})).symbol == "ETHUSDTM"


def test_a_stop_order_of_a_contract() -> None:
    assert pick(FUTURES_STOPS, "stopOrder", type="triggered") == FuturesStopOrder(
        symbol="XBTUSDTM",
        type=StopEvent.TRIGGERED,
        order_id="640673378116080101",
        client_oid="stop-2",
        side=Side.SELL,
        position_side=PositionSide.LONG,
        margin_mode=MarginMode.ISOLATED,
        order_type=OrderType.STOP,
        order_price=D(82000),
        size=D(4),
        stop=StopDirection.UP,
        stop_price=D(82500),
        stop_price_type=StopPriceType.TRADE,
        created_at_ns=1795352501837000000,
        time_ns=1795352501843133000,
    )
    canceled = pick(FUTURES_STOPS, "stopOrder", type="cancel")
    assert (canceled.stop_price_type, canceled.trigger_success, canceled.error) == (StopPriceType.INDEX, None, None)
