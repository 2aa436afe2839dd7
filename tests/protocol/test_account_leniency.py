"""What the readers of private channels forgive: a fill must not be lost for an odd field beside it."""

import json
import re
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rx_kucoin.protocol.channels import CHANNELS
from rx_kucoin.protocol.frames import Frame, FrameError
from rx_kucoin.protocol.messages.balances import Asset, Balance, DebtRatio, RelationContext
from rx_kucoin.protocol.messages.base import Open, Unknown
from rx_kucoin.protocol.messages.orders import Order
from rx_kucoin.protocol.messages.positions import Position
from rx_kucoin.protocol.messages.words import MarginMode, OrderEvent, OrderStatus, Side
from tests.protocol.account_frames import make, ours, read
from tests.protocol.fields import lost
from tests.protocol.reading import D

V2, BALANCE = "/spotMarket/tradeOrdersV2", "/account/balance"
KEYS = st.text("xyz", min_size=1, max_size=4)
NUMBERS = st.integers(-(10**20), 10**20) | st.decimals(-(10**9), 10**9, places=9).map(float)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | NUMBERS.map(str) | st.text("xyzé€ ,", max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=5,
)
TIMES = re.compile(r"(time|timestamp|At|ts)$", re.IGNORECASE)


@pytest.mark.parametrize("nothing", [None, ""])
@pytest.mark.parametrize("frame", ours(), ids=lambda frame: f"{frame.topic} {frame.subject}")
def test_what_is_null_or_empty_is_none(frame: Frame, nothing: str | None) -> None:
    message = read(make(frame.topic, dict.fromkeys(json.loads(bytes(frame.data)), nothing), frame.subject))
    for name in message.__struct_fields__:
        if name not in {"symbol", "extra", "subject"}:
            assert not getattr(message, name), name
            assert getattr(message, name) != "", name


@pytest.mark.parametrize("frame", ours(), ids=lambda frame: f"{frame.topic} {frame.subject}")
def test_what_is_left_out_is_none(frame: Frame) -> None:
    message = read(make(frame.topic, {}, frame.subject))
    assert message.symbol in frame.topic
    assert message.extra == {}


def test_what_is_new_is_kept_and_disturbs_nothing() -> None:
    news = {"feeCurrency": "USDT", "rank": 1, "deep": {"er": (D("1.10"),)}, "no": None}
    text = '{"side":"buy","feeCurrency":"USDT","rank":1,"deep":{"er":[1.10]},"no":null}'
    assert read(make(V2, text)) == Order(side=Side.BUY, extra=news)


def test_what_is_new_in_a_record_is_kept_there() -> None:
    balance = read(make(BALANCE, {"relationContext": {"symbol": "A-B", "loanId": 7}, "tag": "x"}))
    context = RelationContext(symbol="A-B", extra={"loanId": 7})
    assert balance == Balance("A-B", relation_context=context, extra={"tag": "x"})
    debt = read(make("/margin/position", {"assetList": {"BTC": {"total": 1, "lent": "2"}}}, "debt.ratio"))
    assert debt == DebtRatio(asset_list={"BTC": Asset(total=D(1), extra={"lent": "2"})})


def test_a_new_word_passes_through() -> None:
    order = read(make(V2, {"type": "reincarnated", "status": "undead", "side": "Buy"}))
    assert (order.type, order.status, order.side) == ("reincarnated", "undead", Side.BUY)
    assert (type(order.type), type(order.status)) == (OrderEvent, OrderStatus)


def test_numbers_for_names_and_names_for_numbers() -> None:
    order = read(make(V2, {"orderId": 12345, "tradeId": 15900310447263745, "size": 1, "price": "1e-8", "ts": "7"}))
    assert (order.order_id, order.trade_id, order.size, order.price) == ("12345", "15900310447263745", D(1), D("1e-8"))
    assert order.time_ns == 7
    assert order.extra == {}
    position = read(make("/contract/positionAll", {"isOpen": "true", "riskLimitLevel": "3"}, "position.change"))
    assert (position.is_open, position.risk_limit_level) == (True, 3)


@pytest.mark.parametrize(
    ("name", "odd"),
    [("matchSize", (1,)), ("orderTime", "yesterday"), ("side", {"buy": 1}), ("liquidity", True), ("symbol", ("A-B",))],
)
def test_one_odd_field_is_put_aside_and_the_rest_is_read(name: str, odd: Any) -> None:
    good = {"symbol": "KCS-USDT", "matchPrice": "11.2", "ts": 5, "remainSize": "", "feeType": None, "new": 1}
    order = read(make(V2, good | {name: odd}))
    assert (order.match_price, order.time_ns, order.remain_size, order.fee_type) == (D("11.2"), 5, None, None)
    assert order.symbol == ("" if name == "symbol" else "KCS-USDT")
    assert order.extra == {name: odd, "new": 1}


def test_an_odd_record_is_put_aside_whole() -> None:
    assets = {"BTC": {"total": "much"}}
    debt = read(
        make("/margin/position", {"assetList": assets, "debtList": {"BTC": None}, "totalDebt": 1}, "debt.ratio")
    )
    assert debt == DebtRatio(total_debt=D(1), extra={"assetList": assets})


@pytest.mark.parametrize("payload", ["[]", "null", "7", '"text"', '{"side":1e99999999999999999999}', "[" * 100_000])
@pytest.mark.parametrize("topic", sorted(prefix for prefix, channel in CHANNELS.items() if channel.private))
def test_what_is_no_record_is_a_frame_error(topic: str, payload: str) -> None:
    reader = CHANNELS[topic].reader
    assert reader is not None
    frame = Frame(type="message", topic=topic, subject="position.change", data=msgspec.Raw(payload.encode()))
    if topic in {"/margin/position", "/contractAccount/wallet"} and "9999" not in payload and "[[" not in payload:
        assert isinstance(reader.read(frame, ""), Unknown)
        return
    with pytest.raises(FrameError):
        reader.read(frame, "")


@given(data=st.data())
def test_nothing_that_a_field_may_hold_spoils_a_message_or_gets_lost(data: st.DataObject) -> None:
    frame = data.draw(st.sampled_from(ours()))
    payload = json.loads(bytes(frame.data))
    for name in data.draw(st.lists(st.sampled_from(sorted(payload)), max_size=3)):
        if not isinstance(payload[name], bool) and not TIMES.search(name):  # 0 may be false, and times have units
            payload[name] = data.draw(JSON)
    payload |= data.draw(st.dictionaries(KEYS, JSON, max_size=2))
    changed = make(frame.topic, payload, frame.subject)
    message = read(changed)
    assert isinstance(message, Open)
    assert isinstance(message.symbol, str)
    assert lost(changed, message) == []


def test_a_partial_position_with_an_odd_mode_is_a_position() -> None:
    position = read(make("/contract/positionAll", {"marginMode": "PORTFOLIO", "leverage": "?"}, "position.change"))
    assert position == Position(margin_mode=MarginMode("PORTFOLIO"), extra={"leverage": "?"})
