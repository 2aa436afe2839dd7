"""What a message has no field for, and what its fields cannot hold: kept, so that nothing of the exchange's is lost."""

from decimal import Decimal
from itertools import takewhile
from typing import Any, Final, TypeVar, cast

import msgspec
from msgspec import inspect
from msgspec.structs import force_setattr

from rx_kucoin.protocol.frames import UNREADABLE
from rx_kucoin.protocol.messages.base import Open, Part
from rx_kucoin.protocol.messages.record import Record, fixed

__all__ = ["fitted", "keep_rest", "salvage", "without_blanks"]

OpenT = TypeVar("OpenT", bound=Open)

_EXTRA: Final = "extra"


def keep_rest(message: Open | Part, payload: dict[str, Any]) -> None:
    """Put what a message and the records in it have no field for into their `extra`; empty strings are None."""
    names = dict(zip(message.__struct_encode_fields__, message.__struct_fields__, strict=True))
    extra = dict(message.extra)
    for wire, value in payload.items():
        name = names.get(wire, _EXTRA)
        if name == _EXTRA:
            extra[wire] = value
            continue
        found = getattr(message, name)
        if isinstance(found, str) and not found:
            force_setattr(message, name, None)
        elif isinstance(found, Part) and isinstance(value, dict):
            keep_rest(found, cast("dict[str, Any]", value))
        elif isinstance(found, dict) and isinstance(value, dict):
            _keep_inner(cast("dict[str, Any]", found), cast("dict[str, Any]", value))
            force_setattr(message, name, Record(cast("dict[str, Any]", found)))
    if extra:
        force_setattr(message, _EXTRA, fixed(extra))


def _keep_inner(found: dict[str, Any], payload: dict[str, Any]) -> None:
    for key, record in found.items():
        if isinstance(record, Part):
            keep_rest(record, payload[key])


def salvage(kind: type[OpenT], payload: dict[str, Any]) -> OpenT:
    """Make a message of the fields that can be read; what stands in the others is its `extra`."""
    fields, extra = dict[str, Any](), dict[str, Any]()
    for field in msgspec.structs.fields(kind):
        value = payload.get(field.encode_name)
        if value is None or value == "" or field.name == _EXTRA:
            continue
        try:
            fields[field.name] = _convert(without_blanks(value), field.type)
        except UNREADABLE:
            extra[field.encode_name] = value
    return kind(**fields, extra=extra)


def _convert(value: Any, kind: Any) -> Any:
    """Read a value; a number may stand for a name."""
    try:
        return msgspec.convert(value, kind, strict=False)
    except UNREADABLE:
        if isinstance(value, int | Decimal) and not isinstance(value, bool):
            return msgspec.convert(str(value), kind, strict=False)
        raise


def fitted(data: Any, kind: Any) -> Any:
    """Cut rows to the columns that are known, and make text of numbers where text is expected."""
    return _fit(data, inspect.type_info(kind))


def _fit(data: Any, kind: inspect.Type) -> Any:
    if isinstance(kind, inspect.UnionType):
        takes_numbers = any(isinstance(each, inspect.IntType | inspect.DecimalType) for each in kind.types)
        for each in kind.types:
            data = data if takes_numbers and isinstance(each, inspect.StrType) else _fit(data, each)
    elif isinstance(kind, inspect.StrType) and isinstance(data, int | Decimal) and not isinstance(data, bool):
        data = str(data)
    elif isinstance(kind, inspect.StructType) and isinstance(data, dict):
        kinds = {field.encode_name: field.type for field in kind.fields}
        fields = cast("dict[str, Any]", data)
        data = {name: _fit(value, kinds[name]) if name in kinds else value for name, value in fields.items()}
    elif isinstance(data, list):
        row = cast("Any", data)
        data = _fit_row(row, kind)
    return data


def _fit_row(row: list[Any], kind: inspect.Type) -> list[Any]:
    match kind:
        case inspect.NamedTupleType():
            return [_fit(value, field.type) for value, field in zip(row, kind.fields, strict=False)]
        case inspect.TupleType(item_types):
            return [_fit(value, each) for value, each in zip(row, item_types, strict=False)]
        case inspect.VarTupleType(inspect.DecimalType()):  # a price and a size, and what may follow
            return [*row[:2], *takewhile(_is_number, row[2:])]
        case inspect.VarTupleType(item_type) | inspect.ListType(item_type):
            return [_fit(value, item_type) for value in row]
        case _:
            return row


def _is_number(value: Any) -> bool:
    try:
        return Decimal(value).is_finite()
    except (TypeError, ValueError, ArithmeticError):
        return False


def without_blanks(data: Any) -> Any:
    """Leave out what is null or an empty string, in records within records, too."""
    if not isinstance(data, dict):
        return data
    fields = cast("dict[str, Any]", data)
    return {key: without_blanks(value) for key, value in fields.items() if value not in (None, "")}
