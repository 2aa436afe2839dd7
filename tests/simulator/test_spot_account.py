from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
import requests

from rx_kucoin.simulator import Simulator
from tests.simulator.raw import PATIENCE, Caller, dialled, private_token, signed

pytestmark = pytest.mark.socket

OWN = (
    "/spotMarket/tradeOrdersV2",
    "/spotMarket/tradeOrders",
    "/spotMarket/advancedOrders",
    "/account/balance",
    "/margin/position",
    "/margin/isolatedPosition:BTC-USDT",
)


@pytest.fixture
def exchange() -> Iterator[Simulator]:
    with Simulator(rate=0) as exchange:
        exchange.account.deposit("USDT", 1000)
        exchange.account.deposit("BTC", "0.5")
        yield exchange


@pytest.fixture
def owner(exchange: Simulator) -> Iterator[Caller]:
    with dialled(exchange, bearer=private_token(exchange)) as caller:
        for topic in OWN:
            assert caller.subscribe(topic, privateChannel=True)["type"] == "ack"
        yield caller


def told(owner: Caller, topic: str) -> list[dict[str, Any]]:
    return [frame["data"] for frame in owner.meanwhile() if frame["topic"] == topic]


def stages(frames: list[dict[str, Any]], topic: str) -> list[tuple[str, str]]:
    return [(frame["data"]["type"], frame["data"]["status"]) for frame in frames if frame["topic"] == topic]


def test_an_order_goes_through_its_stages_and_only_v2_tells_that_it_was_received(
    exchange: Simulator, owner: Caller
) -> None:
    order = exchange.account.place("BTC-USDT", "buy", "0.01", "80000", client_oid="mine")
    exchange.account.fill(order, "0.004")
    exchange.account.update(order, "0.009")
    exchange.account.fill(order, "0.002")
    exchange.account.update(order, "0.008")
    exchange.account.cancel(order)
    frames = owner.meanwhile()
    after = [
        ("open", "open"),
        ("match", "open"),
        ("update", "open"),
        ("match", "open"),
        ("update", "open"),
        ("canceled", "done"),
    ]
    assert stages(frames, OWN[0]) == [("received", "new"), *after]
    assert stages(frames, OWN[1]) == after
    last = [frame for frame in frames if frame["topic"] == OWN[0]][-1]
    assert (last["subject"], last["channelType"], last["userId"]) == ("orderChange", "private", exchange.user_id)
    sizes = {name: last["data"][name] for name in ("originSize", "size", "filledSize", "canceledSize", "remainSize")}
    assert sizes == {
        "originSize": "0.01",
        "size": "0.008",
        "filledSize": "0.006",
        "canceledSize": "0.004",
        "remainSize": "0",
    }
    assert (last["data"]["clientOid"], last["data"]["remainFunds"]) == ("mine", "160")


def test_an_order_that_takes_is_never_open(exchange: Simulator, owner: Caller) -> None:
    order = exchange.account.place("BTC-USDT", "sell", "0.02")
    exchange.account.fill(order, "0.015", price="84000")
    exchange.account.fill(order)
    data = told(owner, OWN[0])
    assert [(row["type"], row["status"]) for row in data] == [
        ("received", "new"),
        ("match", "match"),
        ("match", "match"),
        ("filled", "done"),
    ]
    assert (data[1]["orderType"], data[1]["liquidity"], data[1]["matchSize"]) == ("market", "taker", "0.015")
    assert (data[1]["remainSize"], data[2]["remainSize"]) == ("0.005", "0")
    assert "price" not in data[0]


def test_times_are_in_the_units_of_the_wire(exchange: Simulator, owner: Caller) -> None:
    exchange.account.place("BTC-USDT", "buy", "0.001", "80000")
    exchange.account.place_stop("BTC-USDT", "sell", "0.001", stop_price="79000")
    frames = {frame["topic"]: frame["data"] for frame in owner.meanwhile()}
    order, stop, balance = frames[OWN[0]], frames[OWN[2]], frames[OWN[3]]
    now = exchange.now_ns()
    assert [
        now // row for row in (order["orderTime"], order["ts"], stop["createdAt"], stop["ts"], int(balance["time"]))
    ] == [10**6, 1, 10**6, 1, 10**6]
    assert isinstance(balance["time"], str)


def test_balances_are_exact_and_each_frame_adds_up(exchange: Simulator, owner: Caller) -> None:
    order = exchange.account.place("BTC-USDT", "buy", "0.01", "80000.3")
    exchange.account.fill(order, "0.00333333", price="79999.9")
    exchange.account.update(order, "0.007")
    exchange.account.fill(order)
    selling = exchange.account.place("BTC-USDT", "sell", "0.1", "90000.1")
    exchange.account.fill(selling, "0.05")
    exchange.account.cancel(selling)
    rows = told(owner, OWN[3])
    held: dict[str, tuple[Decimal, Decimal]] = {
        "USDT": (Decimal(1000), Decimal(0)),
        "BTC": (Decimal("0.5"), Decimal(0)),
    }
    for row in rows:
        available, hold = held[row["currency"]]
        available, hold = available + Decimal(row["availableChange"]), hold + Decimal(row["holdChange"])
        assert (Decimal(row["available"]), Decimal(row["hold"])) == (available, hold)
        assert Decimal(row["total"]) == available + hold
        held[row["currency"]] = available, hold
    spent = (Decimal("0.00333333") * Decimal("79999.9") + Decimal("0.00366667") * Decimal("80000.3")) * Decimal("1.001")
    earned = Decimal("0.05") * Decimal("90000.1") * Decimal("0.999")
    assert held == {"USDT": (1000 - spent + earned, Decimal(0)), "BTC": (Decimal("0.457"), Decimal(0))}
    assert exchange.account.balances == held
    assert {row["relationEvent"] for row in rows} == {"trade.hold", "trade.setted"}
    assert len({row["relationEventId"] for row in rows}) == len(rows)
    assert rows[0]["relationContext"] == {"symbol": "BTC-USDT", "orderId": order.order_id}


def test_a_deposit_comes_to_the_main_account_and_goes_on(exchange: Simulator, owner: Caller) -> None:
    exchange.account.deposit("KCS", "12.5")
    rows = told(owner, OWN[3])
    assert [(row["relationEvent"], row["total"]) for row in rows] == [
        ("main.deposit", "12.5"),
        ("main.transfer", "0"),
        ("trade.transfer", "12.5"),
    ]
    assert len({row["accountId"] for row in rows}) == 2


def test_rest_tells_of_the_same_balances(exchange: Simulator) -> None:
    exchange.account.place("BTC-USDT", "buy", "0.01", "80000")
    path = "/api/v1/accounts"
    answer = requests.get(exchange.rest_url + path, headers=signed(exchange, f"GET{path}"), timeout=PATIENCE).json()
    held = {row["currency"]: (row["balance"], row["available"], row["holds"]) for row in answer["data"]}
    assert held == {"USDT": ("1000", "199.2", "800.8"), "BTC": ("0.5", "0.5", "0")}


def test_a_stop_order_opens_and_is_triggered_or_cancelled(exchange: Simulator, owner: Caller) -> None:
    first = exchange.account.place_stop("BTC-USDT", "sell", "0.1", stop_price="79000", price="78900")
    second = exchange.account.place_stop("BTC-USDT", "sell", "0.1", stop_price="99000", stop="entry")
    order = exchange.account.trigger(first)
    exchange.account.cancel_stop(second)
    frames = owner.meanwhile()
    stops = [frame["data"] for frame in frames if frame["topic"] == OWN[2]]
    assert [row["type"] for row in stops] == ["open", "open", "triggered", "cancel"]
    assert (stops[0]["orderPrice"], stops[1]["orderPrice"]) == ("78900", None)
    assert (order.price, stages(frames, OWN[1])) == (Decimal(78900), [("open", "open")])


def test_margin_tells_of_debts_and_positions(exchange: Simulator, owner: Caller) -> None:
    exchange.account.margin.debt({"USDT": "26.5"}, ratio=0.75, total_asset=1.5, total_debt="1.125")
    exchange.account.margin.status("FROZEN_FL")
    exchange.account.margin.isolated("BTC-USDT", {"USDT": "26"}, principal="5.01")
    debt, status, isolated = owner.meanwhile()
    assert (debt["subject"], status["subject"], isolated["subject"]) == (
        "debt.ratio",
        "position.status",
        "positionChange",
    )
    assert debt["data"]["assetList"]["BTC"] == {"total": "0.5", "available": "0.5", "hold": "0"}
    assert debt["data"]["debtList"] == {"USDT": "26.5"}
    assert isolated["data"]["changeAssets"]["USDT"]["liabilityPrincipal"] == "26"


REFUSED: dict[str, Callable[[Simulator], object]] = {
    "too dear": lambda exchange: exchange.account.place("BTC-USDT", "buy", 1, "80000"),
    "not there": lambda exchange: exchange.account.place("BTC-USDT", "sell", "0.6", "80000"),
    "not listed": lambda exchange: exchange.account.place("NO-SUCH", "buy", 1, 1),
    "nothing": lambda exchange: exchange.account.place("BTC-USDT", "buy", 0, 1),
    "too much": lambda exchange: exchange.account.fill(exchange.account.orders[0], "0.02"),
    "growing": lambda exchange: exchange.account.update(exchange.account.orders[0], "0.02"),
    "unaffordable": lambda exchange: exchange.account.fill(exchange.account.orders[0], price="200000"),
    "negative": lambda exchange: exchange.account.deposit("USDT", -1),
    "no number": lambda exchange: exchange.account.deposit("USDT", "NaN"),
    "no amount": lambda exchange: exchange.account.place("BTC-USDT", "sell", "much"),
    "capitals": lambda exchange: exchange.account.place("BTC-USDT", "BUY", "0.01"),  # type: ignore[arg-type]
    "given away": lambda exchange: exchange.account.fill(exchange.account.orders[0], price=0),
    "never reached": lambda exchange: exchange.account.place_stop("BTC-USDT", "sell", 1, stop_price=-1),
    "no such coin": lambda exchange: exchange.account.place("ETH-USDT", "sell", 1),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_is_refused_and_nothing_is_told(exchange: Simulator, owner: Caller, what: str) -> None:
    exchange.account.place("BTC-USDT", "buy", "0.01", "80000")
    before = exchange.account.balances
    owner.meanwhile()
    with pytest.raises(ValueError, match=r"."):
        REFUSED[what](exchange)
    assert (owner.meanwhile(), exchange.account.balances) == ([], before)
    assert exchange.account.orders[0].filled == 0


def test_a_stop_order_that_cannot_be_paid_for_is_not_triggered_and_goes_on_waiting(
    exchange: Simulator, owner: Caller
) -> None:
    stop = exchange.account.place_stop("BTC-USDT", "sell", "0.6", stop_price="79000")
    owner.meanwhile()
    with pytest.raises(ValueError, match="not enough BTC"):
        exchange.account.trigger(stop)
    assert (owner.meanwhile(), stop.is_done) == ([], False)


def test_amounts_of_any_length_are_exact(exchange: Simulator, owner: Caller) -> None:
    exchange.account.deposit("ETH", "123456789012345678901.123456789012345678")
    exchange.account.deposit("ETH", "0.000000000000000001")
    whole = "123456789012345678901.123456789012345679"
    assert exchange.account.balances["ETH"].total == Decimal(whole)
    assert told(owner, "/account/balance")[-1]["total"] == whole


def test_what_has_ended_does_not_end_again(exchange: Simulator) -> None:
    order = exchange.account.place("BTC-USDT", "sell", "0.01", "80000")
    exchange.account.fill(order)
    stop = exchange.account.place_stop("BTC-USDT", "sell", "0.1", stop_price="79000")
    exchange.account.cancel_stop(stop)
    for again in (
        lambda: exchange.account.fill(order),
        lambda: exchange.account.cancel(order),
        lambda: exchange.account.trigger(stop),
    ):
        with pytest.raises(ValueError, match=r"done|left"):
            again()
