"""How anything that streams bring becomes a row of a table."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from operator import attrgetter
from typing import Any, NamedTuple, cast

from rx_kucoin.protocol.raw import Push
from rx_kucoin.tables._choosing import Fields, chosen, named_fields
from rx_kucoin.tables._kinds import Kind
from rx_kucoin.tables._plans import column_name, distinct, plan_of, time_of

__all__ = ["Columns", "Reading", "Row", "Time"]

Time = str | Callable[[Any], int | None]


class Columns(NamedTuple):
    """The columns of a row."""

    names: tuple[str, ...]
    kinds: tuple[Kind | None, ...]
    """None: what the values say."""


Row = tuple[Columns, Any, Sequence[Any]]
"""Its columns, when it was (or so it says) if it tells, and its values."""


class Reading:
    """Reads rows. What is to be known of a type is found out once."""

    def __init__(self, fields: Fields | None, levels: int | None, time: Time | None) -> None:
        """Say what rows hold.

        Raises:
            ValueError: `fields` are no names, or `levels` is below 0.
        """
        if levels is not None and levels < 0:
            raise ValueError(f"levels must be 0 or more, not {levels}")
        self._levels, self._time = levels, time
        self._fields = None if fields is None else named_fields(fields)
        self.named = () if self._fields is None else (*self._fields,)
        """The columns that were asked for."""
        self._known: dict[type, Callable[[Any], Row]] = {}

    def row(self, message: Any) -> Row:
        """Read a row."""
        read = self._known.get(message.__class__)
        if read is None:
            kind: type[Any] = message.__class__
            read = self._known[kind] = self._by_type(kind) or self._by_names(kind)
        return read(message)

    def _by_type(self, kind: type[Any]) -> Callable[[Any], Row] | None:
        """Read what has the same fields every time."""
        of = time_of(kind) if self._time is None else self._time
        plan = None if issubclass(kind, Push) else plan_of(kind, self._levels, of if isinstance(of, str) else None)
        if plan is None:
            return None
        if self._fields is not None:
            plan = chosen(kind, plan, self._fields)
        time: Callable[[Any], int | None] = attrgetter(of) if isinstance(of, str) else of or _never
        columns, values = Columns(plan.names, plan.kinds), plan.values
        return lambda message: (columns, time(message), values(message))

    def _by_names(self, kind: type[Any]) -> Callable[[Any], Row]:
        """Read what may have other fields every time."""
        parts, time = self._parts(kind), self._time
        by_function = time if callable(time) else None
        name = time if isinstance(time, str) else "time_ns"
        fields = None if self._fields is None else (*self._fields.values(),)
        columns = Columns(self.named, (*map(_kind_by_name, fields or ()),))

        def read(message: Any) -> Row:
            found = parts(message)
            at = found.get(name) if by_function is None else by_function(message)
            if time is None and not hasattr(at, "__index__"):
                at = None  # something of that name, and not what we know by it
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
            return lambda items: dict(zip(names or _numbered(items), items, strict=False))
        return lambda value: {(names or ["value"])[0]: value}


def _never(_: object) -> None:
    """It tells no time."""


@lru_cache(1_000)
def _columns(names: tuple[str, ...]) -> Columns:
    return Columns(distinct(map(column_name, names)), (*map(_kind_by_name, names),))


def _kind_by_name(of: object) -> Kind | None:
    return "time" if isinstance(of, str) and of.endswith("_ns") else None


def _found(of: str, parts: Mapping[str, Any]) -> Any:
    """Look for what is nested by its path, too."""
    return parts[of] if of in parts else parts.get(of.replace(".", "_"))


def _numbered(items: Iterable[Any]) -> list[str]:
    return [f"value_{at}" for at, _ in enumerate(items)]


def _push(push: Push) -> dict[str, Any]:
    """Say what a payload holds, and where it belongs where it does not tell itself."""
    found: dict[str, Any] = {
        "topic": push.topic,
        "subject": push.subject,
        "symbol": push.symbol,
        "sequence": push.sequence,
    }
    data: object = push.data
    return found | (_flat(cast("Mapping[Any, object]", data)) if isinstance(data, Mapping) else {"data": data})


def _flat(data: Mapping[Any, object], prefix: str = "") -> dict[str, Any]:
    """Say what is nested by names of several words."""
    found: dict[str, Any] = {}
    for key, value in data.items():
        if isinstance(value, Mapping):
            found |= _flat(cast("Mapping[Any, object]", value), f"{prefix}{key}_")
        else:
            found[f"{prefix}{key}"] = value
    return found
