"""Kinds of columns, by the type of a field or by its values."""

import types
from collections.abc import Iterable
from decimal import Decimal
from enum import Enum
from numbers import Integral, Real
from typing import Any, Final, Literal, Union, get_args, get_origin

__all__ = ["Kind", "bare", "common", "kind_of_type", "kind_of_values"]

Kind = Literal["float", "decimal", "int", "bool", "word", "text", "time", "object", "null"]
"""`word`: one of a few strings; `null`: no value yet."""

_FEW: Final = frozenset(
    {"symbol", "interval", "topic", "subject", "market", "side", "type", "kind", "tag"}
    | {"currency", "base_currency", "quote_currency", "settle_currency"}
)
"""Fields whose strings repeat, and become categories."""

_PLAIN: Final[dict[type, Kind]] = {
    Decimal: "decimal",
    float: "float",
    int: "int",
    bool: "bool",
    str: "text",
    type(None): "null",
}


def bare(hint: Any) -> Any:
    """Remove None from an optional type."""
    if get_origin(hint) in {Union, types.UnionType}:
        others = [each for each in get_args(hint) if each is not type(None)]
        return others[0] if len(others) == 1 else Any
    return hint


def kind_of_type(name: str, hint: Any) -> Kind | None:
    """Return the kind of a field; None if its type does not determine it, or has fields itself."""
    kind = _kind(bare(hint))
    if kind is None:
        return None
    if kind == "int" and name.endswith("_ns"):
        return "time"
    return "word" if kind == "text" and name in _FEW else kind


def kind_of_values(name: str, values: Iterable[Any]) -> Kind:
    """Return the kind of a column by its values."""
    found: Kind = "null"
    for each in {*map(type, values)}:
        found = common(found, kind_of_type(name, each) or "object")
    return found


def common(one: Kind, other: Kind) -> Kind:
    """Return the kind of a column with values of both kinds."""
    if other in {one, "null"}:
        return one
    if one == "null":
        return other
    return _MIXED.get(frozenset({one, other}), "object")


def _kind(hint: Any) -> Kind | None:
    if not isinstance(hint, type):
        return None
    if hint in _PLAIN:
        return _PLAIN[hint]
    return next((kind for base, kind in _KINDS.items() if issubclass(hint, base)), None)


_KINDS: Final[dict[type, Kind]] = {Enum: "word", str: "text", Decimal: "decimal", Integral: "int", Real: "float"}
_MIXED: Final[dict[frozenset[Kind], Kind]] = {
    frozenset({"int", "float"}): "float",
    frozenset({"int", "decimal"}): "decimal",
    frozenset({"float", "decimal"}): "float",
    frozenset({"word", "text"}): "text",
}
