"""Packed columns: what becomes of missing values and of enums when columns are packed and joined."""

from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from typing import Any

import pytest
import reactivex as rx

from rx_kucoin.tables import to_frame
from rx_kucoin.tables._columns import Column, join, pack


class Side(StrEnum):
    BUY = "buy"


class Kind(Enum):
    LIMIT = "limit"


class Code(IntEnum):
    FIVE = 5


@pytest.mark.parametrize(
    "numbers",
    [pack("int", [1, None]), pack("time", [1, None]), pack("float", [1.0, None])],
    ids=["int", "time", "float"],
)
@pytest.mark.parametrize(
    "other",
    [pack("bool", [True]), pack("object", [[1]]), pack("text", ["x"]), pack("word", ["x"])],
    ids=["bool", "object", "text", "word"],
)
def test_a_missing_number_stays_missing_in_a_column_of_objects(numbers: Column, other: Column) -> None:
    joined = join([(numbers, 2), (other, 1), (None, 1)])
    assert joined == Column("object", [1, None, other.data[0], None])


def test_a_missing_integer_stays_missing_in_a_column_of_floats_and_of_decimals() -> None:
    integers = pack("int", [1, None])
    first, missing, last = join([(integers, 2), (pack("float", [2.5]), 1)]).data
    assert (first, missing != missing, last) == (1.0, True, 2.5)  # noqa: PLR0124  true for NaN
    decimals = join([(integers, 2), (pack("decimal", [Decimal("2.5")]), 1)])
    assert decimals == Column("decimal", [Decimal(1), None, Decimal("2.5")])


def test_a_missing_number_is_none_in_a_frame_whose_column_became_one_of_objects() -> None:
    rows: list[dict[str, Any]] = [{"a": 1}, *[{"a": None}] * 600, {"a": "x"}]
    column = to_frame(rx.of(*rows)).pandas()["a"]
    assert (column.iloc[0], column.iloc[-1]) == (1, "x")
    assert [*column.iloc[1:601]] == [None] * 600


def test_enums_become_plain_strings_in_a_column_of_words() -> None:
    words = pack("word", [Side.BUY, Kind.LIMIT, Code.FIVE, "buy", None])
    assert words == Column("word", ["buy", "limit", "5", "buy", None])
    assert {*map(type, words.data)} == {str, type(None)}


def test_enums_become_plain_categories_in_a_frame() -> None:
    frame = to_frame(rx.of({"side": Side.BUY, "kind": Kind.LIMIT})).pandas()
    assert {type(frame[name].iloc[0]) for name in ("side", "kind")} == {str}
