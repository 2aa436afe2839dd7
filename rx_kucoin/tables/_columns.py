"""Packed columns: eight bytes for a number, a reference for anything else."""

from array import array
from collections.abc import Iterable, Sequence
from decimal import Decimal
from math import nan
from typing import Any, Final, NamedTuple

from rx_kucoin.tables._kinds import Kind, common

__all__ = ["MISSING", "Column", "join", "pack"]

MISSING: Final = -(2**63)
"""A missing value in a column of integers; as a time it is numpy's NaT."""


class Column(NamedTuple):
    """Values of one kind."""

    kind: Kind
    data: Sequence[Any]
    """An array of doubles or 64-bit integers, or a list."""


def pack(kind: Kind, values: Sequence[Any]) -> Column:
    """Make a column; if a value is not of the kind, the column is one of objects."""
    types = {*map(type, values)}
    try:
        if kind == "float":
            return Column(kind, _doubles(values))
        if kind in {"int", "time"}:
            return Column(kind, _whole(values))
        if kind == "decimal" and not types <= {Decimal, type(None)}:
            return Column(kind, [None if each is None else Decimal(each) for each in values])
    except (TypeError, ValueError, ArithmeticError):
        return Column("object", list(values))
    if kind == "word" and not types <= {str, type(None)}:
        return Column(kind, [_word(each) for each in values])
    return Column(kind if types <= _OTHERS.get(kind, types) else "object", list(values))


_OTHERS: Final[dict[Kind, set[type]]] = {"text": {str, type(None)}, "bool": {bool, type(None)}}
"""The only types allowed in columns whose type a library checks."""


def join(parts: Iterable[tuple[Column | None, int]]) -> Column:
    """Concatenate columns; None with a length stands for missing values."""
    known = [(part or Column("null", [None] * length)) for part, length in parts]
    kind: Kind = "null"
    for part in known:
        kind = common(kind, part.kind)
    if kind in {"float", "int", "time"}:
        numbers: array[Any] = array("d" if kind == "float" else "q")
        for part in known:
            numbers.extend(part.data if part.kind == kind else pack(kind, _values(part)).data)
        return Column(kind, numbers)
    values: list[Any] = []
    for part in known:
        values += part.data if part.kind == kind else pack(kind, _values(part)).data
    return Column(kind, values)


def _doubles(values: Sequence[Any]) -> "array[float]":
    try:
        return array("d", values)
    except TypeError:
        return array("d", [nan if each is None else each for each in values])


def _whole(values: Sequence[Any]) -> "array[int]":
    try:
        return array("q", values)
    except TypeError:
        return array("q", [MISSING if each is None else each for each in values])


def _word(value: Any) -> str | None:
    if isinstance(value, str):
        return str.__str__(value)
    return None if value is None else str(getattr(value, "value", value))


def _values(column: Column) -> list[Any]:
    """Return the values as Python objects, with None for missing ones."""
    if column.kind == "float":
        return [None if each != each else each for each in column.data]  # noqa: PLR0124  true for NaN
    if column.kind in {"int", "time"}:
        return [None if each == MISSING else each for each in column.data]
    return list(column.data)
