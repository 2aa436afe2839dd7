"""How messages become rows: which columns a type has, and how their values are read."""

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
from rx_kucoin.tables._books import book_columns, book_reader
from rx_kucoin.tables._kinds import Kind, bare, kind_of_type

__all__ = ["LEVELS", "Plan", "column_name", "distinct", "fields_of", "getter", "plan_of", "time_of"]

LEVELS: Final = 5
"""How many levels of a side are shown where nobody says otherwise."""

Values = Callable[[Any], tuple[Any, ...]]


class Plan(NamedTuple):
    """The columns of a type."""

    names: tuple[str, ...]
    kinds: tuple[Kind | None, ...]
    """None: what the values say."""
    values: Values
    attributes: frozenset[str] = frozenset()
    """Those columns that are attributes, by the same name."""


def plan_of(kind: type[Any], levels: int | None, without: str | None = None) -> Plan | None:
    """Plan the columns of a type that has fields, without one of them; None: it has none."""
    if issubclass(kind, OrderBook):
        names, kinds = book_columns(levels or 0)
        return Plan(names, kinds, book_reader(levels or 0))
    unseen = {without, "extra"} if issubclass(kind, Open | Part) and not issubclass(kind, Unknown) else {without}
    found = {name: hint for name, hint in fields_of(kind).items() if name not in unseen}
    pieces = [_piece(name, hint, LEVELS if levels is None else levels) for name, hint in found.items()]
    if issubclass(kind, Event):
        pieces.insert(0, _Piece(("event",), ("word",), "__class__", _named))
    return _joined(pieces) if pieces else None


def time_of(kind: type[Any]) -> str | None:
    """Name the field that tells when a message of this type was; a bar that is over was when it began."""
    names = fields_of(kind)
    order = ("start_ns", "time_ns") if issubclass(kind, ClosedCandle) else ("time_ns", "start_ns")
    return next((name for name in order if name in names), None)


def column_name(name: str) -> str:
    """Name a column; `time` is the index."""
    short = name.removesuffix("_ns")
    return name if short == "time" and short != name else "time_" if name == "time" else short


def distinct(names: Iterable[str]) -> tuple[str, ...]:
    """Give each a name of its own, where `start` stands beside `start_ns`."""
    found: dict[str, None] = {}
    for name in names:
        free = name
        while free in found:
            free += "_"
        found[free] = None
    return (*found,)


def fields_of(kind: type[Any]) -> dict[str, Any]:
    """Name the fields of a type, with their types as far as these are known."""
    if issubclass(kind, msgspec.Struct):
        names = kind.__struct_fields__
    elif is_dataclass(kind):
        names = tuple(each.name for each in fields(kind))
    else:
        names = getattr(kind, "_fields", ())
    try:
        hints = get_type_hints(kind)
    except Exception:  # noqa: BLE001  a name that only its author knows: then the values tell
        hints = {}
    return {name: hints.get(name, Any) for name in names}


class _Piece(NamedTuple):
    """The columns of one field."""

    names: tuple[str, ...]
    kinds: tuple[Kind | None, ...]
    attribute: str
    read: Callable[[Any], tuple[Any, ...]] | None = None
    """What is made of the field; None: it is the column."""


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
    """Put fields together: all attributes are had in one go."""
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
    """Make what reads several attributes, or one, as a tuple."""
    get = attrgetter(*paths)
    return get if len(paths) > 1 else lambda message: (get(message),)


def _named(kind: type) -> tuple[str]:
    return (kind.__name__,)


def _alone(value: Any) -> tuple[Any, ...]:
    return (value,)


def _apply(read: Values, value: Any) -> tuple[Any, ...]:
    return read(value)
