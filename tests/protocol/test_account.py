"""Every private channel: each of its pushes is read as the right type, and nothing of it is lost."""

import copy
import gc
import json
import pickle
from collections import Counter
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from rx_kucoin import messages as account
from rx_kucoin.protocol import frames
from rx_kucoin.protocol.channels import CHANNELS
from rx_kucoin.protocol.frames import Frame
from rx_kucoin.protocol.messages import words
from rx_kucoin.protocol.messages.base import Open, Unknown
from rx_kucoin.protocol.messages.words import Word
from rx_kucoin.protocol.topics import Topic
from tests.protocol.account_frames import make, official, ours, read
from tests.protocol.fields import distinct, lost
from tests.protocol.material import VECTORS, needs, pushes

PRIVATE = {prefix: channel for prefix, channel in CHANNELS.items() if channel.private}
KINDS = {
    "/account/balance": {"account.balance": account.Balance},
    "/spotMarket/tradeOrdersV2": {"orderChange": account.Order},
    "/spotMarket/tradeOrders": {"orderChange": account.Order},
    "/spotMarket/advancedOrders": {"stopOrder": account.StopOrder},
    "/margin/position": {"debt.ratio": account.DebtRatio, "position.status": account.MarginStatus},
    "/margin/isolatedPosition": {"positionChange": account.IsolatedMarginPosition},
    "/contractMarket/tradeOrders": {
        "orderChange": account.FuturesOrder,
        "symbolOrderChange": account.FuturesOrder,
    },
    "/contractMarket/advancedOrders": {"stopOrder": account.FuturesStopOrder},
    "/contractAccount/wallet": {
        "walletBalance.change": account.FuturesBalance,
        "orderMargin.change": account.OrderMargin,
        "availableBalance.change": account.AvailableBalance,
        "withdrawHold.change": account.WithdrawHold,
    },
    "/contract/marginMode": {"user.config": account.MarginModeChange},
    "/contract/crossLeverage": {"user.config": account.CrossLeverageChange},
    "/contract/positionAll": {
        "position.change": account.Position,
        "position.settlement": account.PositionSettlement,
        "position.adjustRiskLimit": account.RiskLimitChange,
    },
    "/contract/position": {
        "position.change": account.Position,
        "position.settlement": account.PositionSettlement,
        "position.adjustRiskLimit": account.RiskLimitChange,
    },
}
WRITTEN = msgspec.json.Encoder(decimal_format="number")
STEPS = {"open", "match", "update", "filled", "canceled"}


def id_of(frame: Frame) -> str:
    return f"{frame.topic} {frame.subject}"


def prefix_of(frame: Frame) -> str:
    return Topic.parse(frame.topic).prefix


def kind_of(frame: Frame) -> type:
    return KINDS[prefix_of(frame)].get(frame.subject, Unknown)


def theirs_too() -> list[Frame]:
    return [*ours(), *(official() if VECTORS.exists() else [])]


def test_every_private_channel_has_a_reader_and_no_order() -> None:
    assert PRIVATE.keys() == KINDS.keys()
    assert all(channel.reader is not None and channel.order is None for channel in PRIVATE.values())


def test_our_frames_have_every_kind_and_every_step() -> None:
    seen = {(prefix_of(frame), frame.subject) for frame in ours()}
    assert {(prefix, subject) for prefix, kinds in KINDS.items() for subject in kinds} <= seen
    steps = Counter[tuple[str, str]]()
    for frame in ours():
        data = json.loads(bytes(frame.data))
        steps[prefix_of(frame), str(data.get("type", data.get("changeReason"))).lower()] += 1
    for prefix in ("/spotMarket/tradeOrdersV2", "/spotMarket/tradeOrders", "/contractMarket/tradeOrders"):
        assert {step for topic, step in steps if topic == prefix} - {"received"} == STEPS
    assert steps["/spotMarket/tradeOrdersV2", "received"]
    for prefix in ("/spotMarket/advancedOrders", "/contractMarket/advancedOrders"):
        assert {step for topic, step in steps if topic == prefix} == {each.value for each in words.StopEvent}
    assert {each.value.lower() for each in words.ChangeReason} <= {step for _, step in steps}
    assert {each.value.lower() for each in words.MarginEvent} <= {step for _, step in steps}


@needs(VECTORS)
def test_every_private_push_is_read_whole() -> None:
    own = [frame for frame in pushes() if prefix_of(frame) in PRIVATE]
    theirs, mine, missing = Counter[tuple[str, str]](), Counter[tuple[str, str]](), list[str]()
    for frames_of, count in ((official(), theirs), ([*ours(), *own], mine)):
        for frame in frames_of:
            message = read(frame)
            assert type(message) is kind_of(frame), id_of(frame)
            count[prefix_of(frame), type(message).__name__] += 1
            missing += [f"{id_of(frame)}: {path}" for path in lost(frame, message)]
    print(f"\n{'channel':32} {'type':24} official  ours  lost")
    for row in sorted(theirs | mine):
        of_row = [path for path in missing if path.startswith(row[0])]
        print(f"{row[0]:32} {row[1]:24} {theirs[row]:8} {mine[row]:5} {len(of_row):5}")
    print(f"{theirs.total()} of the exchange's and {mine.total()} of ours read, {len(missing)} fields lost")
    assert theirs.total() == 14
    assert {prefix for prefix, _ in theirs} == PRIVATE.keys() - {"/spotMarket/tradeOrders", "/contract/positionAll"}
    assert missing == []


@pytest.mark.parametrize("frame", theirs_too(), ids=id_of)
def test_no_value_stands_in_for_another(frame: Frame) -> None:
    """Every number is made unlike the others, so a field that is read from a wrong place shows."""
    payload = json.loads(bytes(frame.data), parse_float=Decimal)
    changed = make(frame.topic, WRITTEN.encode(distinct(payload)).decode(), frame.subject)
    assert lost(changed, read(changed)) == []


@pytest.mark.parametrize("frame", ours(), ids=id_of)
def test_only_what_is_new_is_put_aside(frame: Frame) -> None:
    message = read(frame)
    if not isinstance(message, Unknown):
        assert message.extra == {}


@pytest.mark.parametrize("frame", ours(), ids=id_of)
def test_a_line_that_reads_nothing_else_makes_the_same_message(frame: Frame) -> None:
    prefix, argument = Topic.parse(frame.topic)
    reader = PRIVATE[prefix].reader
    assert reader is not None
    assert reader.finish is not None
    again = reader.decode(msgspec.json.encode(frame))
    assert reader.finish(again.data, again, argument or "") == read(frame)


@pytest.mark.parametrize("frame", ours(), ids=id_of)
def test_a_message_stays_as_it_is_and_can_be_sent_on(frame: Frame) -> None:
    message = read(frame)
    assert isinstance(message, Open)
    with pytest.raises(AttributeError):
        message.symbol = "X"  # type: ignore[misc]
    assert copy.deepcopy(message) == message == pickle.loads(pickle.dumps(message))  # noqa: S301
    assert not gc.is_tracked(message)


def test_every_time_is_in_nanoseconds_and_says_so() -> None:
    for frame in ours():
        message = read(frame)
        for name in message.__struct_fields__:
            value = getattr(message, name)
            if name.endswith("_ns"):
                assert value is None or 1_595_000_000 * 10**9 < value < 1_800_000_000 * 10**9, (id_of(frame), name)
            else:
                assert not isinstance(value, int) or isinstance(value, bool) or value < 10_000, (id_of(frame), name)


def test_the_words_of_our_frames_are_all_known() -> None:
    for frame in theirs_too():
        message = read(frame)
        for name in message.__struct_fields__:
            value: Any = getattr(message, name)
            if isinstance(value, Word):
                assert value in list(type(value)), (id_of(frame), name)


@pytest.mark.parametrize("subject", ["", "position.teleported"])
@pytest.mark.parametrize("prefix", [prefix for prefix, kinds in KINDS.items() if len(set(kinds.values())) > 1])
def test_a_push_of_an_unknown_kind_is_passed_on_whole(prefix: str, subject: str) -> None:
    payload = {"rank": 2, "symbol": "XBTUSDTM", "deep": {"er": [Decimal("1.10"), None]}}
    text = '{"rank":2,"symbol":"XBTUSDTM","deep":{"er":[1.10,null]}}'
    assert read(make(prefix, text, subject)) == Unknown("XBTUSDTM", payload, subject)
    assert read(make(prefix, "[1,2]", subject)) == Unknown("", {"data": [1, 2]}, subject)
    assert read(make(prefix, "null", subject)) == Unknown("", {}, subject)
    assert read(make(f"{prefix}:XBTUSDTM", '{"rank":2}', subject), prefix) == Unknown("XBTUSDTM", {"rank": 2}, subject)


def test_an_unknown_push_without_a_payload_is_a_message() -> None:
    frame = frames.decode('{"topic":"/contract/positionAll","type":"message","subject":"ping"}')
    assert read(frame) == Unknown("", {}, "ping")
