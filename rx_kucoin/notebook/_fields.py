"""Reads the values, labels and units of an item's fields."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any, Final, cast

__all__ = ["Field", "fields_of", "label_of", "number", "reader", "unit_of"]

Field = str | int | Callable[[Any], Any]
"""A name ("price", "bid.price"), an index into a tuple, or a function."""


def reader(field: Field) -> Callable[[Any], Any]:
    """Return a function that reads a field of an item."""
    if callable(field):
        return field
    if isinstance(field, int):
        return partial(_at, place=field)
    return partial(_named, path=tuple(field.split(".")))


def label_of(field: Field) -> str:
    """Return the label of a field."""
    if callable(field):
        name = getattr(field, "__name__", "")
        return "" if name in {"", "<lambda>"} else name.replace("_", " ").strip()
    if isinstance(field, int):
        return f"[{field}]"
    return str(field).replace("_", " ").replace(".", " ")


def number(value: Any) -> float | None:
    """Convert a value to a float, a date to its seconds since 1970; None stays None."""
    if value is None:
        return None
    return value.timestamp() if isinstance(value, datetime) else float(value)


def unit_of(item: Any, field: object) -> str:
    """Return the unit of a field of a spot message, or "" if unknown."""
    base, dash, quote = str(getattr(item, "symbol", "")).partition("-")
    last = str(field).replace(".", "_").rsplit("_", 1)[-1]
    if not dash or callable(field):
        return ""
    return quote if last in _IN_QUOTE or field in _PRICES else base if last in _IN_BASE else ""


def fields_of(item: Any) -> list[str]:
    """Return the names of an item's fields."""
    if isinstance(item, Mapping):
        return [str(key) for key in cast("Any", item)]
    known: Any = getattr(item, "__struct_fields__", None) or getattr(item, "_fields", None)
    return [name for name in known or getattr(item, "__dict__", ()) if name[:1] != "_"]


def _at(item: Any, place: int) -> Any:
    try:
        return item[place]
    except (IndexError, KeyError, TypeError):
        many = getattr(item, "__len__", None)
        known = ", ".join(fields_of(item)) or (f"{many()} places" if many else "no places")
        raise ValueError(f"{type(item).__name__} has no place {place}; it has {known}") from None


def _named(item: Any, path: tuple[str, ...]) -> Any:
    value = item
    for name in path:
        if value is None:
            return None
        try:
            value = value[name] if hasattr(value, "keys") else getattr(value, name)
        except (KeyError, AttributeError):
            known = ", ".join(fields_of(value)) or "no fields"
            raise ValueError(f"{type(value).__name__} has no {name!r}; it has {known}") from None
    return value


_IN_QUOTE: Final = {"price", "bid", "ask", "open", "high", "low", "close", "turnover", "mid", "spread", "microprice"}
_IN_BASE: Final = {"size", "volume"}
_PRICES: Final = {"best_bid", "best_ask"}
