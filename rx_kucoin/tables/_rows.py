"""Converts any message or value to a row of a table."""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from operator import attrgetter
from typing import Any, NamedTuple, cast

from rx_kucoin.protocol.raw import Push
from rx_kucoin.tables._kinds import Kind
from rx_kucoin.tables._plans import Plan, column_name, distinct, plan_of, time_of
from rx_kucoin.tables._selection import Fields, named_fields, select
from rx_kucoin.tables._tuples import at_place, begins_with_a_place, flat_items

__all__ = ["Columns", "Row", "RowReader", "Time"]

Time = str | Callable[[Any], int | None]


class Columns(NamedTuple):
    """Names and kinds of a row's columns."""

    names: tuple[str, ...]
    kinds: tuple[Kind | None, ...]
    """`None`: determined by the values."""


Row = tuple[Columns, Any, Sequence[Any]]
"""Columns, time if the message has one, and values."""


class RowReader:
    """Reads rows. The columns of a type are determined once."""

    def __init__(self, fields: Fields | None, levels: int | None, time: Time | None) -> None:
        """Choose the columns.

        Raises:
            ValueError: `fields` are no names, or `levels` is below 0.
        """
        if levels is not None and levels < 0:
            raise ValueError(f"levels must be 0 or more, not {levels}")
        self._levels, self._time = levels, time
        self._fields = None if fields is None else named_fields(fields)
        self.named = () if self._fields is None else (*self._fields,)
        """The selected columns, if any."""
        self._known: dict[type, Callable[[Any], Row]] = {}
        self._plans: dict[type, Plan | None] = {}
        """Of the items of tuples."""

    def row(self, message: Any) -> Row:
        """Convert a message."""
        read = self._known.get(message.__class__)
        if read is None:
            kind: type[Any] = message.__class__
            read = self._known[kind] = self._by_type(kind) or self._by_names(kind)
        return read(message)

    def _by_type(self, kind: type[Any]) -> Callable[[Any], Row] | None:
        """Return a reader of a type whose fields are fixed."""
        of = time_of(kind) if self._time is None else self._time
        plan = None if issubclass(kind, Push) else plan_of(kind, self._levels, of if isinstance(of, str) else None)
        if plan is None:
            return None
        if self._fields is not None:
            plan = select(kind, plan, self._fields)
        time: Callable[[Any], int | None] = attrgetter(of) if isinstance(of, str) else of or _never
        columns, values = Columns(plan.names, plan.kinds), plan.values
        return lambda message: (columns, time(message), values(message))

    def _by_names(self, kind: type[Any]) -> Callable[[Any], Row]:
        """Return a reader of a type whose fields may differ from value to value."""
        parts, time = self._parts(kind), self._time
        by_function = time if callable(time) else None
        name = time if isinstance(time, str) else "time_ns"
        fields = None if self._fields is None else (*self._fields.values(),)
        columns = Columns(self.named, (*map(_kind_by_name, fields or ()),))

        def read(message: Any) -> Row:
            found = parts(message)
            at = found.get(name) if by_function is None else by_function(message)
            if time is None and not hasattr(at, "__index__"):
                at = None  # a field of that name that is no time
            if fields is not None:
                return columns, at, [of(message) if callable(of) else _found(of, found) for of in fields]
            if by_function is None and (time is not None or at is not None):
                found.pop(name, None)
            return _columns((*found,)), at, (*found.values(),)

        return read

    def _parts(self, kind: type[Any]) -> Callable[[Any], dict[str, Any]]:
        if issubclass(kind, Mapping):
            return _flat
        if issubclass(kind, Push):
            return _push
        names = [of for of in self._fields.values() if isinstance(of, str)] if self._fields else []
        if issubclass(kind, tuple | list):
            if any(map(begins_with_a_place, names)):
                return lambda items: {path: at_place(path, items) for path in names}
            if path := next((each for each in names if "." in each), None):
                raise ValueError(f"a path in a {kind.__name__} begins with a place, as '0.price' does, not {path!r}")
            if names:
                return lambda items: dict(zip(names, items, strict=False))
            return lambda items: flat_items(items, self._fields_of_item)
        return lambda value: {(names or ["value"])[0]: value}

    def _fields_of_item(self, item: Any) -> Mapping[str, Any] | None:
        """Return the columns of an item of a tuple by name; None if it is a value."""
        if isinstance(item, Mapping):
            return _flat(cast("Mapping[Any, object]", item))
        if isinstance(item, Push):
            return _push(item)
        kind: type[Any] = item.__class__
        if kind not in self._plans:
            self._plans[kind] = plan_of(kind, self._levels)
        plan = self._plans[kind]
        if plan is None:
            return None
        names = [  # the end of a name says that it is a time: see `_columns`
            f"{name.removesuffix('_ns')}_ns" if kind == "time" else name
            for name, kind in zip(plan.names, plan.kinds, strict=True)
        ]
        return dict(zip(names, plan.values(item), strict=True))


def _never(_: object) -> None:
    """Return no time."""


@lru_cache(1_000)
def _columns(names: tuple[str, ...]) -> Columns:
    return Columns(distinct(map(column_name, names)), (*map(_kind_by_name, names),))


def _kind_by_name(of: object) -> Kind | None:
    return "time" if isinstance(of, str) and of.endswith("_ns") else None


def _found(of: str, parts: Mapping[str, Any]) -> Any:
    """Look up a name, or a nested field by its path."""
    return parts[of] if of in parts else parts.get(of.replace(".", "_"))


def _push(push: Push) -> dict[str, Any]:
    """Return the fields of a payload, with topic, subject, symbol and sequence of its push."""
    found: dict[str, Any] = {
        "topic": push.topic,
        "subject": push.subject,
        "symbol": push.symbol,
        "sequence": push.sequence,
    }
    data: object = push.data
    return found | (_flat(cast("Mapping[Any, object]", data)) if isinstance(data, Mapping) else {"data": data})


def _flat(data: Mapping[Any, object], prefix: str = "") -> dict[str, Any]:
    """Flatten nested mappings; names are joined by underscores."""
    found: dict[str, Any] = {}
    for key, value in data.items():
        if isinstance(value, Mapping):
            found |= _flat(cast("Mapping[Any, object]", value), f"{prefix}{key}_")
        else:
            found[f"{prefix}{key}"] = value
    return found
