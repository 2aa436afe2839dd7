"""What a message and its copies have in common."""

from decimal import Decimal
from typing import Any

import pytest

from rx_kucoin.messages import Balance, Order, Push
from rx_kucoin.protocol.raw import fingerprint


def push(data: Any, **envelope: Any) -> Push:
    return Push("/account/balance", "message", "account.balance", data, **envelope)


def test_a_copy_has_another_id_and_perhaps_another_order_of_fields() -> None:
    assert fingerprint(push({"a": "1", "b": Decimal("1.50")}, id="x")) == fingerprint(
        push({"b": Decimal("1.50"), "a": "1"}, id="y")
    )
    assert fingerprint(Order(order_id="1", extra={"a": 1, "b": 2})) == fingerprint(
        Order(order_id="1", extra={"b": 2, "a": 1})
    )


def test_another_message_has_another_mark() -> None:
    assert fingerprint(push({"a": "1"})) != fingerprint(push({"a": "2"}))
    assert fingerprint(Order(order_id="1")) != fingerprint(Order(order_id="2"))
    assert fingerprint(Balance(currency="KCS")) != fingerprint(Balance(currency="BTC"))


@pytest.mark.parametrize("odd", [1 << 200, Decimal("1e999"), Decimal("NaN"), "\ud800", [[[]]], {1: 2}])
def test_odd_values_have_a_mark_too(odd: Any) -> None:
    assert fingerprint(push({"odd": odd})) == fingerprint(push({"odd": odd}))
    assert fingerprint(Order(extra={"odd": odd})) == fingerprint(Order(extra={"odd": odd}))
