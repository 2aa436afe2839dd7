from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
import requests

from rx_kucoin.simulator import Simulator
from tests.simulator.raw import PATIENCE, Caller, dialled, private_token, signed

pytestmark = pytest.mark.socket

ALL, ONE = "/contractMarket/tradeOrders", "/contractMarket/tradeOrders:XBTUSDTM"
STOPS, WALLET = "/contractMarket/advancedOrders", "/contractAccount/wallet"
POSITIONS, POSITION = "/contract/positionAll", "/contract/position:XBTUSDTM"
MODE, LEVERAGE = "/contract/marginMode", "/contract/crossLeverage"


@pytest.fixture
def exchange() -> Iterator[Simulator]:
    with Simulator(rate=0) as exchange:
        exchange.futures_account.deposit("USDT", 1000)
        yield exchange


@pytest.fixture
def owner(exchange: Simulator) -> Iterator[Caller]:
    with dialled(exchange, "futures", bearer=private_token(exchange, "futures")) as caller:
        for topic in (ALL, ONE, STOPS, WALLET, POSITIONS, POSITION, MODE, LEVERAGE):
            assert caller.subscribe(topic, privateChannel=True)["type"] == "ack"
        yield caller


def rows(frames: list[dict[str, Any]], topic: str) -> list[dict[str, Any]]:
    return [frame["data"] for frame in frames if frame["topic"] == topic]


def test_an_order_is_told_on_both_topics_each_with_its_subject(exchange: Simulator, owner: Caller) -> None:
    account = exchange.futures_account
    order = account.place("XBTUSDTM", "buy", 12, "80000", client_oid="mine")
    account.fill(order, 5)
    account.update(order, 10)
    account.cancel(order)
    account.fill(account.place("ETHUSDTM", "sell", 1))
    frames = owner.meanwhile()
    everything, one = rows(frames, ALL), rows(frames, ONE)
    assert [(row["type"], row["status"], row["remainSize"]) for row in one] == [
        ("open", "open", "12"),
        ("match", "open", "7"),
        ("update", "open", "5"),
        ("canceled", "done", "0"),
    ]
    assert [(row["canceledSize"], row["allCanceledSize"]) for row in one[2:]] == [("2", "2"), ("5", "7")]
    assert everything[: len(one)] == one
    assert [(row["type"], row["status"]) for row in everything[len(one) :]] == [("match", "match"), ("filled", "done")]
    assert {frame["subject"] for frame in frames if frame["topic"] == ALL} == {"orderChange"}
    assert {frame["subject"] for frame in frames if frame["topic"] == ONE} == {"symbolOrderChange"}
    assert (one[0]["orderTime"] // 10**18, one[0]["ts"] % 10**6) == (1, 0)


def test_the_wallet_counts_its_versions_and_adds_up(exchange: Simulator, owner: Caller) -> None:
    account = exchange.futures_account
    account.fill(account.place("XBTUSDTM", "buy", 10, "80000", leverage=20), 4)
    account.mark("XBTUSDTM", "81000")
    account.settle("XBTUSDTM", "0.0001")
    wallets = rows(owner.meanwhile(), WALLET)
    assert [row["version"] for row in wallets] == ["2", "3", "4"]
    placed, filled, settled = ({key: Decimal(row[key]) for key in row if key != "currency"} for row in wallets)
    assert (placed["isolatedOrderMargin"], placed["availableBalance"]) == (Decimal(40), Decimal(960))
    assert (filled["isolatedOrderMargin"], filled["isolatedPosMargin"]) == (Decimal(24), Decimal("16.192"))
    assert filled["walletBalance"] == 1000 - Decimal("0.064")
    assert settled["walletBalance"] == filled["walletBalance"] - Decimal("0.0324")
    assert settled["isolatedUnPnl"] == 4
    for row in (placed, filled, settled):
        assert row["equity"] == row["walletBalance"] + row["isolatedUnPnl"] + row["crossUnPnl"]
        free = row["walletBalance"] + row["crossUnPnl"] - row["isolatedOrderMargin"] - row["isolatedPosMargin"]
        assert row["totalCrossMargin"] == free
        assert row["availableBalance"] == free - row["crossOrderMargin"] - row["crossPosMargin"]
    assert account.wallets["USDT"].balance == settled["walletBalance"]


def test_a_position_is_told_on_both_topics_whole_and_then_in_part(exchange: Simulator, owner: Caller) -> None:
    account = exchange.futures_account
    account.fill(account.place("XBTUSDTM", "sell", 2, "84000"))
    account.mark("XBTUSDTM", "83000")
    account.settle("XBTUSDTM", "-0.000023")
    account.adjust_risk_limit("XBTUSDTM", 4)
    account.adjust_risk_limit("XBTUSDTM", 9, refusal="Insufficient balance. Cannot increase margin.")
    frames = owner.meanwhile()
    own = [frame for frame in frames if frame["topic"] == POSITION]
    assert [frame["data"] for frame in own] == rows(frames, POSITIONS)
    assert [frame["subject"] for frame in own] == [
        *["position.change"] * 2,
        "position.settlement",
        *["position.adjustRiskLimit"] * 2,
    ]
    full, marked, settled, allowed, refused = (frame["data"] for frame in own)
    assert (full["changeReason"], full["currentQty"], full["avgEntryPrice"]) == ("positionChange", -2, 84000.0)
    assert (full["posCost"], full["posInit"], full["bankruptPrice"]) == (-168.0, 16.8, 92400.0)
    assert (full["crossMode"], full["riskLimit"], full["positionSide"]) == (False, 500000, "BOTH")
    assert marked["changeReason"] == "markPriceChange"
    assert set(marked) < set(full)
    assert (marked["markValue"], marked["unrealisedPnl"], marked["unrealisedRoePcnt"]) == (-166.0, 2.0, 0.119)
    assert (settled["qty"], settled["fundingFee"], settled["marginMode"]) == (-2, -0.003818, "ISOLATED")
    assert (settled["fundingTime"] % 28_800_000, settled["ts"] // 10**18) == (0, 1)
    assert (allowed, refused["success"], refused["riskLimitLevel"]) == (
        {"success": True, "riskLimitLevel": 4, "msg": ""},
        False,
        9,
    )


def test_what_a_position_wins_is_realised_as_it_closes(exchange: Simulator) -> None:
    account = exchange.futures_account
    account.fill(account.place("XBTUSDTM", "buy", 10, "80000"))
    account.fill(account.place("XBTUSDTM", "sell", 4, "81000"))
    half = account.positions["XBTUSDTM"]
    assert (half.quantity, half.gross, half.cost) == (6, Decimal(4), Decimal(480))
    account.fill(account.place("XBTUSDTM", "sell", 9, "79000"))
    turned = account.positions["XBTUSDTM"]
    assert (turned.quantity, turned.gross, turned.cost) == (-3, Decimal(-2), Decimal(-237))
    fees = (10 * 80 + 4 * 81 + 9 * 79) * Decimal("0.0002")
    assert account.wallets["USDT"].balance == 1000 - 2 - fees


def test_the_costs_of_a_position_add_up_after_it_closed_in_part(exchange: Simulator, owner: Caller) -> None:
    account = exchange.futures_account
    account.fill(account.place("XBTUSDTM", "buy", 10, "80000"))
    account.settle("XBTUSDTM", "0.0001")
    account.fill(account.place("XBTUSDTM", "sell", 4, "81000"))
    told = rows(owner.meanwhile(), POSITION)
    fee, row = -told[-2]["fundingFee"], told[-1]
    assert (row["realisedGrossPnl"], row["currentComm"], row["unrealisedCost"]) == (4.0, 0.2248, 480.0)
    assert row["currentCost"] == row["unrealisedCost"] + row["realisedGrossCost"] == 476.0
    assert row["realisedPnl"] == -row["realisedCost"] == pytest.approx(4 - 0.2248 - fee)
    assert fee > 0


def test_an_inverse_contract_is_settled_in_its_coin(exchange: Simulator, owner: Caller) -> None:
    account = exchange.futures_account
    account.deposit("XBT", 1)
    account.fill(account.place("XBTUSDM", "buy", 1000, "80000"))
    account.fill(account.place("XBTUSDM", "sell", 1000, "100000"))
    (opened, closed) = rows(owner.meanwhile(), POSITIONS)
    assert (opened["avgEntryPrice"], opened["settleCurrency"], opened["posCost"]) == (80000.0, "XBT", -0.0125)
    assert (closed["isOpen"], closed["realisedGrossPnl"]) == (False, 0.0025)
    assert account.wallets["XBT"].balance == Decimal("1.0024955")


def test_rest_tells_of_the_same_wallet_and_position(exchange: Simulator, owner: Caller) -> None:
    exchange.futures_account.fill(exchange.futures_account.place("XBTUSDTM", "buy", 5, "80000"))
    frames = owner.meanwhile()
    pushed, wallet = rows(frames, POSITION)[-1], rows(frames, WALLET)[-1]

    def ask(path: str) -> Any:
        url, headers = exchange.futures_rest_url + path, signed(exchange, f"GET{path}")
        return requests.get(url, headers=headers, timeout=PATIENCE).json()["data"]

    position = ask("/api/v1/position?symbol=XBTUSDTM")
    moving = {"currentTimestamp", "changeReason"}
    assert pushed.items() - {(key, pushed[key]) for key in moving} <= position.items()
    assert [row["id"] for row in ask("/api/v1/positions")] == [position["id"]]
    overview = ask("/api/v1/account-overview?currency=USDT")
    assert overview["availableBalance"] == float(wallet["availableBalance"])
    assert overview["accountEquity"] == float(wallet["equity"])
    assert ask("/api/v1/position?symbol=ETHUSDTM")["isOpen"] is False


def test_margin_mode_and_leverage_are_told_and_count(exchange: Simulator, owner: Caller) -> None:
    account = exchange.futures_account
    account.margin_mode("XBTUSDTM", "CROSS")
    account.cross_leverage("XBTUSDTM", 8)
    account.fill(account.place("XBTUSDTM", "buy", 1, "80000"))
    frames = owner.meanwhile()
    assert [(frame["topic"], frame["subject"], frame["data"]) for frame in frames[:2]] == [
        (MODE, "user.config", {"XBTUSDTM": "CROSS"}),
        (LEVERAGE, "user.config", {"XBTUSDTM": {"leverage": "8"}}),
    ]
    (position,) = rows(frames, POSITION)
    assert (position["marginMode"], position["crossMode"], position["posInit"]) == ("CROSS", True, 10.0)
    assert "maintMargin" not in position
    account.place("XBTUSDTM", "buy", 2, "80000")
    wallet = rows([*frames, *owner.meanwhile()], WALLET)[-1]
    assert (wallet["crossPosMargin"], wallet["crossOrderMargin"]) == ("10.048", "20")
    assert Decimal(wallet["availableBalance"]) == Decimal(wallet["totalCrossMargin"]) - Decimal("30.048")
    with pytest.raises(ValueError, match="has a position"):
        account.margin_mode("XBTUSDTM", "ISOLATED")


def test_a_stop_order_opens_and_is_triggered_or_cancelled(exchange: Simulator, owner: Caller) -> None:
    account = exchange.futures_account
    first = account.place_stop("XBTUSDTM", "sell", 4, stop_price="82500", price="82000", stop_price_type="MP")
    second = account.place_stop("XBTUSDTM", "buy", 1, stop_price="99000", stop="up")
    order = account.trigger(first)
    account.cancel_stop(second)
    stops = rows(owner.meanwhile(), STOPS)
    assert [(row["type"], row["stop"], row["size"]) for row in stops] == [
        ("open", "down", 4),
        ("open", "up", 1),
        ("triggered", "down", 4),
        ("cancel", "up", 1),
    ]
    assert (stops[0]["stopPriceType"], stops[0]["createdAt"] // 10**12, stops[0]["ts"] // 10**18) == ("MP", 1, 1)
    assert (order.price, order.is_done) == (Decimal(82000), False)


REFUSED: dict[str, Callable[[Simulator], object]] = {
    "too dear": lambda exchange: exchange.futures_account.place("XBTUSDTM", "buy", 1000, "80000"),
    "not listed": lambda exchange: exchange.futures_account.place("NOSUCH", "buy", 1, 1),
    "no position": lambda exchange: exchange.futures_account.mark("XBTUSDTM", 1),
    "too much": lambda exchange: exchange.futures_account.fill(exchange.futures_account.orders[0], 2),
    "negative": lambda exchange: exchange.futures_account.deposit("USDT", -1),
    "given away": lambda exchange: exchange.futures_account.fill(exchange.futures_account.orders[0], price=0),
    "no leverage": lambda exchange: exchange.futures_account.place("XBTUSDTM", "buy", 1, leverage=0),
    "no cross leverage": lambda exchange: exchange.futures_account.cross_leverage("XBTUSDTM", -1),
    "too dear with leverage": lambda exchange: exchange.futures_account.place("XBTUSDTM", "buy", 10**6, leverage=1),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_is_refused_and_nothing_is_told(exchange: Simulator, owner: Caller, what: str) -> None:
    exchange.futures_account.place("XBTUSDTM", "buy", 1, "80000")
    before = exchange.futures_account.wallets
    owner.meanwhile()
    with pytest.raises(ValueError, match=r"."):
        REFUSED[what](exchange)
    assert (owner.meanwhile(), exchange.futures_account.wallets) == ([], before)


def test_what_is_refused_changes_no_leverage_and_triggers_nothing(exchange: Simulator, owner: Caller) -> None:
    account = exchange.futures_account
    with pytest.raises(ValueError, match="not enough USDT"):
        account.place("XBTUSDTM", "buy", 10**6, "80000", leverage=20)
    stop = account.place_stop("XBTUSDTM", "buy", 1000, stop_price="70000", price="80000")
    owner.meanwhile()
    with pytest.raises(ValueError, match="not enough USDT: 8000 is needed"):
        account.trigger(stop)
    assert (owner.meanwhile(), stop.is_done) == ([], False)
