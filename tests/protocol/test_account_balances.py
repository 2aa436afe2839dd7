"""What accounts hold and owe, value for value."""

import pytest

from rx_kucoin.protocol.messages.balances import (
    Asset,
    AvailableBalance,
    Balance,
    DebtRatio,
    FuturesBalance,
    IsolatedMarginAsset,
    IsolatedMarginPosition,
    MarginStatus,
    OrderMargin,
    RelationContext,
    WithdrawHold,
)
from rx_kucoin.protocol.messages.words import IsolatedMarginCause, IsolatedMarginState, MarginEvent
from tests.protocol.account_frames import make, pick, read
from tests.protocol.reading import D

BALANCE, MARGIN, ISOLATED = "/account/balance", "/margin/position", "/margin/isolatedPosition:ETH-USDT"
WALLET = "/contractAccount/wallet"


def test_a_balance_after_a_trade() -> None:
    assert pick(BALANCE, "account.balance", relationEvent="trade_hf.setted") == Balance(
        symbol="KCS-USDT",
        account_id="748674591753",
        currency="USDT",
        total=D("2210.5"),
        available=D("2209.499"),
        hold=D(0),
        available_change=D(0),
        hold_change=D("-1.001"),
        relation_context=RelationContext(
            symbol="KCS-USDT", order_id="6a1f8101c3d2e10007a40002", trade_id="15900310447263745"
        ),
        relation_event="trade_hf.setted",
        relation_event_id="754689988084061",
        time_ns=1795352461892000000,
    )


@pytest.mark.parametrize(
    ("event", "symbol", "context"),
    [
        ("trade.hold", "BTC-USDT", RelationContext(symbol="BTC-USDT", order_id="6a1f8101c3d2e10007a40001")),
        ("main.deposit", "", RelationContext()),
        ("main.withdraw_hold", "", None),
        ("isolated_BTC-USDT.transfer", "BTC-USDT", RelationContext(symbol="BTC-USDT")),
        ("other", "", RelationContext(extra={"remark": "airdrop"})),
    ],
)
def test_a_balance_names_the_symbol_that_it_is_related_to(
    event: str, symbol: str, context: RelationContext | None
) -> None:
    balance = pick(BALANCE, "account.balance", relationEvent=event)
    assert (balance.symbol, balance.relation_context, balance.relation_event) == (symbol, context, event)


def test_the_same_change_that_is_pushed_twice_is_the_same_message_twice() -> None:
    first, second = (pick(BALANCE, "account.balance", relationEvent="trade.hold") for _ in range(2))
    assert first == second
    assert first is not second
    assert first.relation_event_id == "754689988084060"


def test_debt_and_assets_are_exact_however_they_are_written() -> None:
    assert pick(MARGIN, "debt.ratio") == DebtRatio(
        debt_ratio=D("0.7505"),
        total_asset=D("1.20450000000000000123"),
        margin_coefficient_total_asset=D("1.1825"),
        total_debt=D("0.90397725"),
        asset_list={
            "BTC": Asset(total=D("1.1"), available=D(1), hold=D("0.1")),
            "1INCH": Asset(total=D("20.25"), available=D("20.25"), hold=D(0)),
        },
        debt_list={"USDT": D("76412.5"), "KCS": D(0)},
        time_ns=1795352480657000000,
    )


def test_a_debt_of_former_years_has_no_assets() -> None:
    data = {"debtRatio": 0.7505, "totalDebt": "21.7505", "debtList": {"BTC": "1.21"}, "timestamp": 1553846081210}
    assert read(make(MARGIN, data, "debt.ratio")) == DebtRatio(
        debt_ratio=D("0.7505"), total_debt=D("21.7505"), debt_list={"BTC": D("1.21")}, time_ns=1553846081210000000
    )


@pytest.mark.parametrize("event", list(MarginEvent))
def test_a_margin_account_changes_its_status(event: MarginEvent) -> None:
    status = pick(MARGIN, "position.status", type=event.value)
    assert status == MarginStatus(type=event, time_ns=status.time_ns)
    assert status.time_ns // 10**6 - 1795352480700 == list(MarginEvent).index(event)


def test_an_isolated_margin_position() -> None:
    assert pick(ISOLATED, "positionChange", status="DEBT") == IsolatedMarginPosition(
        symbol="ETH-USDT",
        tag="ETH-USDT",
        status=IsolatedMarginState.DEBT,
        status_biz_type=IsolatedMarginCause.USER_BORROW,
        accumulated_principal=D("26.5"),
        change_assets={
            "ETH": IsolatedMarginAsset(
                total=D("0.43478"),
                available=D("0.4"),
                hold=D("0.03478"),
                liability_principal=D(0),
                liability_interest=D(0),
            ),
            "USDT": IsolatedMarginAsset(
                total=D("0.98092004"), hold=D(0), liability_principal=D(26), liability_interest=D("0.00025644")
            ),
        },
        time_ns=1795352482742000000,
    )
    assert read(make(ISOLATED, {"status": "CLEAR"})).symbol == "ETH-USDT"
    assert read(make("/margin/isolatedPosition", {"tag": "BTC-USDT"})).symbol == "BTC-USDT"


def test_a_futures_balance() -> None:
    assert pick(WALLET, "walletBalance.change") == FuturesBalance(
        currency="USDT",
        equity=D("5381.30493881"),
        wallet_balance=D("5371.394298816"),
        available_balance=D("3285.652001096"),
        hold_balance=D("12.5"),
        max_withdraw_amount=D("3285.645841096"),
        total_cross_margin=D("3310.370835226"),
        cross_pos_margin=D("17.551016"),
        cross_order_margin=D("10.06002012"),
        cross_un_pnl=D("-2.95996"),
        isolated_pos_margin=D("63.98342359"),
        isolated_order_margin=D("18.1188"),
        isolated_funding_fee_margin=D("2.89220199"),
        isolated_un_pnl=D("12.8706"),
        version=2118,
        time_ns=1795352503624000000,
    )


def test_the_three_kinds_of_accounts_that_never_had_cross_margin() -> None:
    assert pick(WALLET, "orderMargin.change") == OrderMargin(
        currency="USDT", order_margin=D("59.23"), time_ns=1795352504614000000
    )
    assert pick(WALLET, "availableBalance.change") == AvailableBalance(
        currency="XBT", available_balance=D("5923.0000001"), hold_balance=D(2312), time_ns=1795352505614000000
    )
    assert pick(WALLET, "withdrawHold.change") == WithdrawHold(
        currency="XBT", withdraw_hold=D("0.75"), time_ns=1795352506614000000
    )
