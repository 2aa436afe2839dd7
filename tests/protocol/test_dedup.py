"""What a message and its copies have in common."""

from decimal import Decimal
from typing import Any

import pytest

from rx_kucoin.messages import Balance, Order, Push
from rx_kucoin.protocol.dedup import mark


def push(data: Any, **envelope: Any) -> Push:
    return Push("/account/balance", "message", "account.balance", data, **envelope)


def test_a_copy_has_another_id_and_perhaps_another_order_of_fields() -> None:
    assert mark(push({"a": "1", "b": Decimal("1.50")}, id="x")) == mark(push({"b": Decimal("1.50"), "a": "1"}, id="y"))
    assert mark(Order(order_id="1", extra={"a": 1, "b": 2})) == mark(Order(order_id="1", extra={"b": 2, "a": 1}))


def test_another_message_has_another_mark() -> None:
    assert mark(push({"a": "1"})) != mark(push({"a": "2"}))
    assert mark(Order(order_id="1")) != mark(Order(order_id="2"))
    assert mark(Balance(currency="KCS")) != mark(Balance(currency="BTC"))


@pytest.mark.parametrize("odd", [1 << 200, Decimal("1e999"), Decimal("NaN"), "\ud800", [[[]]], {1: 2}])
def test_odd_values_have_a_mark_too(odd: Any) -> None:
    assert mark(push({"odd": odd})) == mark(push({"odd": odd}))
    assert mark(Order(extra={"odd": odd})) == mark(Order(extra={"odd": odd}))
