"""The columns of a type of message, and how their values are read."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields, is_dataclass
from itertools import chain
from operator import attrgetter
from typing import Any, Final, NamedTuple, get_args, get_origin, get_type_hints

import msgspec

from rx_kucoin.events import Event
from rx_kucoin.orderbook.book import OrderBook
from rx_kucoin.protocol.messages.base import Open, Part, Unknown
from rx_kucoin.protocol.messages.closed import ClosedCandle
from rx_kucoin.tables._kinds import Kind, bare, kind_of_type

__all__ = ["LEVELS", "Plan", "column_name", "distinct", "fields_of", "getter", "plan_of", "time_of"]

LEVELS: Final = 5
"""Levels of a side that have columns by default."""

Values = Callable[[Any], tuple[Any, ...]]


class Plan(NamedTuple):
    """The columns of a type, and the function that reads their values."""

    names: tuple[str, ...]
    kinds: tuple[Kind | None, ...]
    """`None`: determined by the values."""
    values: Values
    attributes: frozenset[str] = frozenset()
    """The columns that are attributes of the same name."""


def plan_of(kind: type[Any], levels: int | None, without: str | None = None) -> Plan | None:
    """Return the plan of a type with fields, without one of them; None if it has no fields."""
    if issubclass(kind, OrderBook):
        names, kinds = _book_columns(levels or 0)
        return Plan(names, kinds, _book_reader(levels or 0))
    unseen = {without, "extra"} if issubclass(kind, Open | Part) and not issubclass(kind, Unknown) else {without}
    found = {name: hint for name, hint in fields_of(kind).items() if name not in unseen}
    pieces = [_piece(name, hint, LEVELS if levels is None else levels) for name, hint in found.items()]
    if issubclass(kind, Event):
        pieces.insert(0, _Piece(("event",), ("word",), "__class__", _event_name))
    return _joined(pieces) if pieces else None


def time_of(kind: type[Any]) -> str | None:
    """Return the field with the time of a message of this type; of a closed bar, its start."""
    names = fields_of(kind)
    order = ("start_ns", "time_ns") if issubclass(kind, ClosedCandle) else ("time_ns", "start_ns")
    return next((name for name in order if name in names), None)


def column_name(name: str) -> str:
    """Return the column's name of a field; `time` is reserved for the index."""
    short = name.removesuffix("_ns")
    return name if short == "time" and short != name else "time_" if name == "time" else short


def distinct(names: Iterable[str]) -> tuple[str, ...]:
    """Make names unique, such as of `start` and `start_ns`."""
    found: dict[str, None] = {}
    for name in names:
        free = name
        while free in found:
            free += "_"
        found[free] = None
    return (*found,)


def fields_of(kind: type[Any]) -> dict[str, Any]:
    """Return the fields of a type with their types, as far as known."""
    if issubclass(kind, msgspec.Struct):
        names = kind.__struct_fields__
    elif is_dataclass(kind):
        names = tuple(each.name for each in fields(kind))
    else:
        names = getattr(kind, "_fields", ())
    try:
        hints = get_type_hints(kind)
    except Exception:  # noqa: BLE001  an unresolvable name: the values decide
        hints = {}
    return {name: hints.get(name, Any) for name in names}


class _Piece(NamedTuple):
    """The columns of one field."""

    names: tuple[str, ...]
    kinds: tuple[Kind | None, ...]
    attribute: str
    read: Callable[[Any], tuple[Any, ...]] | None = None
    """Converts the field to columns; `None`: it is the column."""


def _piece(name: str, hint: Any, levels: int) -> _Piece:
    hint = bare(hint)
    if isinstance(hint, type) and (inner := plan_of(hint, levels)) is not None:
        read = _nested(inner)
        return _Piece(tuple(f"{name}_{each}" for each in inner.names), inner.kinds, name, read)
    if get_origin(hint) is tuple and get_args(hint)[1:] == (...,):
        of = bare(get_args(hint)[0])
        if isinstance(of, type) and (inner := plan_of(of, levels)) is not None:
            names = tuple(f"{name}_{at}_{each}" for at in range(levels) for each in inner.names)
            return _Piece(names, inner.kinds * levels, name, _listed(inner, levels))
    return _Piece((column_name(name),), (kind_of_type(name, hint),), name)


def _nested(inner: Plan) -> Values:
    nothing, values = (None,) * len(inner.names), inner.values
    return lambda part: nothing if part is None else values(part)


def _listed(inner: Plan, levels: int) -> Values:
    width, values = len(inner.names) * levels, inner.values
    nothing = (None,) * width

    def read(parts: Sequence[Any]) -> tuple[Any, ...]:
        found = (*chain.from_iterable(map(values, parts[:levels])),)
        return found if len(found) == width else found + nothing[len(found) :]

    return read


def _joined(pieces: list[_Piece]) -> Plan:
    """Join the columns of all fields, with one `attrgetter` for all attributes."""
    names = distinct(chain.from_iterable(piece.names for piece in pieces))
    kinds: tuple[Kind | None, ...] = (*chain.from_iterable(piece.kinds for piece in pieces),)
    get = getter([piece.attribute for piece in pieces])
    attributes = frozenset(piece.attribute for piece in pieces if piece.names == (piece.attribute,))
    reads = [piece.read or _alone for piece in pieces]
    if all(piece.read is None for piece in pieces):
        return Plan(names, kinds, get, attributes)

    def read(message: Any) -> tuple[Any, ...]:
        return (*chain.from_iterable(map(_apply, reads, get(message))),)

    return Plan(names, kinds, read, attributes)


def getter(paths: Sequence[str]) -> Values:
    """Return a function that reads attributes as a tuple, also a single one."""
    get = attrgetter(*paths)
    return get if len(paths) > 1 else lambda message: (get(message),)


def _event_name(kind: type) -> tuple[str]:
    return (kind.__name__,)


def _alone(value: Any) -> tuple[Any, ...]:
    return (value,)


def _apply(read: Values, value: Any) -> tuple[Any, ...]:
    return read(value)


def _book_columns(levels: int) -> tuple[tuple[str, ...], tuple[Kind | None, ...]]:
    """Return the columns of a book and their kinds."""
    best = ("best_bid_price", "best_bid_size", "best_ask_price", "best_ask_size", "mid", "spread")
    deep = tuple(f"{side}_{at}_{what}" for side in _SIDES for at in range(levels) for what in ("price", "size"))
    numbers: list[Kind | None] = ["decimal" for _ in best + deep]
    return ("symbol", "sequence", *best, *deep, "stale"), ("word", "int", *numbers, "bool")


def _book_reader(levels: int) -> Callable[[OrderBook], tuple[Any, ...]]:
    """Return a function that reads a book's columns."""

    def read(book: OrderBook) -> tuple[Any, ...]:
        bid, ask = book.bids.best, book.asks.best
        both = (None, None)
        mid, spread = both if bid is None or ask is None else ((bid.price + ask.price) / 2, ask.price - bid.price)
        deep: list[Any] = []
        for side in (book.bids, book.asks) if levels else ():
            found = side[:levels]
            for level in found:
                deep += level
            deep += both * (levels - len(found))
        return (book.symbol, book.sequence, *(bid or both), *(ask or both), mid, spread, *deep, book.stale)

    return read


_SIDES: Final = ("bids", "asks")
