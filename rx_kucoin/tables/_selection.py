"""Selected columns: by name, by path, or by a function."""

from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import Any

from rx_kucoin.tables._kinds import Kind
from rx_kucoin.tables._plans import Plan, column_name, fields_of, getter

__all__ = ["Fields", "named_fields", "select"]

Fields = Sequence[str] | Mapping[str, str | Callable[[Any], Any]]


def named_fields(fields: Fields) -> dict[str, str | Callable[[Any], Any]]:
    """Return the source of each column.

    Raises:
        ValueError: These are no names, or a name occurs twice.
    """
    if isinstance(fields, str) or not fields:
        raise ValueError(f"fields must be some names, or names and what they stand for, not {fields!r}")
    if isinstance(fields, Mapping):
        return {"time_" if name == "time" else name: of for name, of in fields.items()}
    found: dict[str, str | Callable[[Any], Any]] = {column_name(each.replace(".", "_")): each for each in fields}
    if len(found) != len(fields):
        raise ValueError(f"two of these fields have one name: {', '.join(fields)}")
    return found


def select(kind: type[Any], plan: Plan, fields: dict[str, str | Callable[[Any], Any]]) -> Plan:
    """Return a plan with these columns of a type.

    Raises:
        ValueError: It has no such field.
    """
    kinds: list[Kind | None] = []
    reads: list[Callable[[Any, Sequence[Any]], Any]] = []
    for of in fields.values():
        if callable(of):
            kinds.append(None)
            reads.append(_computed(of))
        elif of in plan.names:
            at = plan.names.index(of)
            kinds.append(plan.kinds[at])
            reads.append(_found(at))
        elif (root := of.partition(".")[0]) in fields_of(kind) or hasattr(kind, root):
            kinds.append("time" if of.endswith("_ns") else None)
            reads.append(_computed(attrgetter(of)))
        else:
            raise ValueError(f"{kind.__name__} has no {of!r}; its columns are {', '.join(plan.names)}")
    simple = [of for of in fields.values() if isinstance(of, str) and of in plan.attributes]
    if len(simple) == len(fields):
        return Plan((*fields,), (*kinds,), getter(simple), plan.attributes)
    values = plan.values

    def read(message: Any) -> tuple[Any, ...]:
        row = values(message)
        return tuple([each(message, row) for each in reads])

    return Plan((*fields,), (*kinds,), read, plan.attributes)


def _computed(make: Callable[[Any], Any]) -> Callable[[Any, Sequence[Any]], Any]:
    return lambda message, _: make(message)


def _found(at: int) -> Callable[[Any, Sequence[Any]], Any]:
    return lambda _, row: row[at]
