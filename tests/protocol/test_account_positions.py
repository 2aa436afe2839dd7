"""Positions in contracts and their settings, value for value."""

from typing import Any

import pytest

from rx_kucoin.protocol import channels
from rx_kucoin.protocol.messages.positions import (
    CrossLeverageChange,
    MarginModeChange,
    Position,
    PositionSettlement,
    RiskLimitChange,
)
from rx_kucoin.protocol.messages.words import ChangeReason, MarginMode, PositionSide
from tests.protocol.account_frames import make, pick, read
from tests.protocol.reading import D

ALL, ONE = "/contract/positionAll", "/contract/position:XBTUSDTM"
MODE, LEVERAGE = "/contract/marginMode", "/contract/crossLeverage"


def test_a_position_in_cross_margin() -> None:
    assert pick(ONE, "position.change") == Position(
        symbol="XBTUSDTM",
        change_reason=ChangeReason.POSITION,
        position_side=PositionSide.SHORT,
        margin_mode=MarginMode.CROSS,
        cross_mode=True,
        is_open=True,
        current_qty=D(-2),
        current_cost=D("-168.002"),
        current_comm=D("0.08739824"),
        unrealised_cost=D("-168.002"),
        realised_cost=D("0.06739824"),
        realised_gross_cost=D(0),
        realised_gross_pnl=D("0.00000012"),
        realised_pnl=D("-0.09580416"),
        unrealised_pnl=D("-1.11008"),
        unrealised_pnl_pcnt=D("-0.0066"),
        unrealised_roe_pcnt=D("-0.2036"),
        avg_entry_price=D(84001),
        mark_price=D("84556.04"),
        mark_value=D("-169.11208"),
        liquidation_price=D("90700.49720065"),
        bankrupt_price=D("91152.42267235"),
        leverage=D("24.95"),
        pos_cost=D("-168.0021"),
        pos_init=D("5.4509819612"),
        pos_margin=D("5.6735903779"),
        delev_percentage=D("0.06"),
        settle_currency="USDT",
        opening_timestamp_ns=1795352398983000000,
        time_ns=1795352486618000000,
    )


def test_a_position_in_isolated_margin_has_more_to_tell() -> None:
    position = pick(ALL, "position.change", changeReason="marginChange")
    assert (position.symbol, position.change_reason) == ("ETHUSDTM", ChangeReason.MARGIN)
    assert (position.margin_mode, position.cross_mode) == (MarginMode.ISOLATED, False)
    told = {
        "real_leverage": D("4.9685590767"),
        "auto_deposit": True,
        "risk_limit": D(500000),
        "risk_limit_level": 2,
        "maint_margin_req": D("0.005"),
        "maint_margin": D("80.55021004"),
        "pos_cross": D("1.5"),
        "pos_comm": D("0.26602004"),
        "pos_loss": D("0.01"),
        "pos_funding": D("0.02"),
        "pos_maint": D("2.4634627025"),
    }
    assert {name: getattr(position, name) for name in told} == told


def test_a_change_of_the_mark_price_is_a_position_with_what_changed() -> None:
    assert pick(ALL, "position.change", changeReason="markPriceChange") == Position(
        symbol="ETHUSDTM",
        change_reason=ChangeReason.MARK_PRICE,
        mark_price=D("2672.01"),
        mark_value=D("400.8015"),
        maint_margin=D("80.6112"),
        real_leverage=D("4.972"),
        unrealised_pnl=D("0.1069"),
        unrealised_pnl_pcnt=D("0.0003"),
        unrealised_roe_pcnt=D("0.0013"),
        delev_percentage=D("0.1"),
        settle_currency="USDT",
        time_ns=1795352562514000000,
    )


def test_what_a_position_does_not_tell_does_not_show() -> None:
    assert repr(Position("XBTUSDTM", is_open=True)) == "Position(symbol='XBTUSDTM', is_open=True)"


def test_a_settlement_of_funding() -> None:
    assert pick(ONE, "position.settlement") == PositionSettlement(
        symbol="XBTUSDTM",
        qty=D(3),
        position_side=PositionSide.BOTH,
        margin_mode=MarginMode.CROSS,
        mark_price=D("84199.1"),
        funding_rate=D("-0.0000226667"),
        funding_fee=D("0.0057255388"),
        settle_currency="USDT",
        funding_time_ns=1795392000000000000,
        time_ns=1795392018495030899,
    )
    of_all = pick(ALL, "position.settlement")
    assert (of_all.symbol, of_all.funding_rate, of_all.qty) == ("", D("-0.000023"), D(-2))


def test_a_change_of_the_risk_limit_that_worked_and_one_that_did_not() -> None:
    assert pick(ALL, "position.adjustRiskLimit") == RiskLimitChange(success=True, risk_limit_level=4)
    assert pick(ONE, "position.adjustRiskLimit") == RiskLimitChange(
        symbol="XBTUSDTM", success=False, risk_limit_level=9, msg="Insufficient balance. Cannot increase margin."
    )


def test_what_is_pushed_under_a_symbols_name_tells_the_symbol_to_who_asked_for_all() -> None:
    assert channels.elsewhere(ONE) == ALL
    frame = make(ONE, {"qty": 3, "ts": 5}, "position.settlement")
    assert read(frame, ALL) == PositionSettlement("XBTUSDTM", qty=D(3), time_ns=5)


def test_margin_modes() -> None:
    assert read(make(MODE, {"XBTUSDTM": "CROSS"})) == MarginModeChange("XBTUSDTM", modes={"XBTUSDTM": MarginMode.CROSS})
    assert read(make(MODE, {"XBTUSDTM": "ISOLATED", "ETHUSDTM": "CROSS"})) == MarginModeChange(
        modes={"XBTUSDTM": MarginMode.ISOLATED, "ETHUSDTM": MarginMode.CROSS}
    )
    assert read(make(MODE, {})) == MarginModeChange()


def test_leverages() -> None:
    assert read(make(LEVERAGE, {"XBTUSDTM": {"leverage": "12.5"}})) == CrossLeverageChange(
        "XBTUSDTM", leverages={"XBTUSDTM": D("12.5")}
    )
    assert read(make(LEVERAGE, '{"A":{"leverage":0.30000000000000000001},"B":{"leverage":"8"}}')) == (
        CrossLeverageChange(leverages={"A": D("0.30000000000000000001"), "B": D(8)})
    )
    assert read(make(LEVERAGE, {"XBTUSDTM": "8"})).leverages == {"XBTUSDTM": D(8)}


@pytest.mark.parametrize(
    ("topic", "data", "read_", "extra"),
    [
        (MODE, {"A": "CROSS", "B": None, "C": 5}, {"A": MarginMode.CROSS}, {"B": None, "C": 5}),
        (MODE, {"A": "PORTFOLIO"}, {"A": MarginMode("PORTFOLIO")}, {}),
        (LEVERAGE, {"A": {"leverage": 8, "since": 1}}, {"A": D(8)}, {"A": {"since": 1}}),
        (LEVERAGE, {"A": {"leverage": 8}, "B": {}, "C": [1]}, {"A": D(8)}, {"B": {}, "C": [1]}),
    ],
)
def test_a_setting_that_cannot_be_read_is_put_aside(topic: str, data: Any, read_: Any, extra: Any) -> None:
    change = read(make(topic, data))
    assert (change.modes if topic == MODE else change.leverages) == read_
    assert change.extra == extra
    assert change.symbol == ("A" if len(data) == 1 else "")
