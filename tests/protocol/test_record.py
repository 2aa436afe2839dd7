"""Mappings in messages."""

import copy
import pickle
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from rx_kucoin.messages import Order
from rx_kucoin.protocol.messages.record import EMPTY, Record, fixed

DATA = {"a": Decimal("1.50"), "b": {"c": [1, {"d": None}]}}
CHANGES: list[Callable[[Any], object]] = [
    lambda it: it.__setitem__("a", 1),
    lambda it: it.__delitem__("a"),
    lambda it: it.__ior__({"a": 1}),
    lambda it: it.update(a=1),
    lambda it: it.setdefault("z", 1),
    lambda it: it.pop("a"),
    lambda it: it.popitem(),
    lambda it: it.clear(),
]


@pytest.mark.parametrize("change", CHANGES)
def test_nobody_changes_it(change: Callable[[Any], object]) -> None:
    record = fixed(DATA)
    for each in (record, record["b"], record["b"]["c"][1], EMPTY):
        with pytest.raises(TypeError, match="immutable"):
            change(each)
    assert record == {"a": Decimal("1.50"), "b": {"c": (1, {"d": None})}}


def test_it_can_be_hashed_copied_pickled_shown_and_written() -> None:
    record = fixed(DATA)
    assert hash(record) == hash(fixed(dict(reversed(DATA.items()))))
    for again in (copy.copy(record), copy.deepcopy(record), pickle.loads(pickle.dumps(record))):  # noqa: S301  its own
        assert again == record
        assert type(again) is Record
    assert repr(fixed({"a": 1})) == "{'a': 1}"
    assert msgspec.json.decode(msgspec.json.encode(record)) == {"a": "1.50", "b": {"c": [1, {"d": None}]}}


def test_a_message_with_it_can_be_hashed() -> None:
    assert hash(Order(order_id="1", extra=fixed(DATA))) == hash(Order(order_id="1", extra=fixed(DATA)))
    assert hash(Order()) == hash(Order())
