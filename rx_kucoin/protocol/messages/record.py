"""Mappings in messages, which are as immutable as these."""

from typing import Any, Final, NoReturn, TypeVar, cast

__all__ = ["EMPTY", "Record", "fixed"]

V = TypeVar("V")


class Record(dict[str, V]):
    """A dict that nobody changes, for all who listen have the same one. It can be hashed, pickled, written as JSON."""

    __slots__ = ()

    def _refuse(self, *_: object, **__: object) -> NoReturn:
        raise TypeError("messages are immutable; make a dict of it, and change that")

    __setitem__ = __delitem__ = __ior__ = clear = pop = popitem = setdefault = update = _refuse  # pyright: ignore[reportAssignmentType]

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(frozenset(self.items()))

    def __reduce__(self) -> tuple[type["Record[V]"], tuple[dict[str, V]]]:
        return Record, (dict(self),)


EMPTY: Final[Record[Any]] = Record()


def fixed(data: Any) -> Any:
    """Make a payload immutable, all the way down."""
    if isinstance(data, dict):
        return Record({key: fixed(value) for key, value in cast("dict[str, Any]", data).items()})
    if isinstance(data, list):
        return tuple(fixed(value) for value in cast("Any", data))
    return data
