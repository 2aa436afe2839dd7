"""Tuples and lists, such as `combine_latest` makes: their columns, and paths that begin with a place."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

__all__ = ["at_place", "begins_with_a_place", "flat_items"]


def begins_with_a_place(path: str) -> bool:
    """Whether a path begins with a place of a tuple, as `0.price` does."""
    return path.partition(".")[0].isdecimal()


def at_place(path: str, items: Sequence[Any]) -> Any:
    """Return what a path leads to: places of tuples, keys of mappings, and attributes.

    None on the way is a missing value.

    Raises:
        ValueError: The path leads nowhere.
    """
    found: Any = items
    for step in path.split("."):
        if found is None:
            return None
        try:
            if isinstance(found, Mapping):
                found = cast("Mapping[Any, object]", found)[step]
            elif isinstance(found, tuple | list) and step.isdecimal():
                found = cast("Sequence[object]", found)[int(step)]
            else:
                found = getattr(cast("object", found), step)
        except (LookupError, AttributeError):
            raise ValueError(f"{path!r} leads nowhere in {len(items)} items: there is no {step!r}") from None
    return found


def flat_items(items: Sequence[Any], parts: Callable[[Any], Mapping[str, Any] | None]) -> dict[str, Any]:
    """Flatten the items of a tuple: `value_0` for what has no fields, else `value_0_price` and so on.

    Args:
        items: A tuple or a list, possibly with others in it.
        parts: Returns the fields of an item; None if it has none.
    """
    found: dict[str, Any] = {}
    _flatten(items, "value", parts, found)
    return found


def _flatten(
    items: Sequence[Any], prefix: str, parts: Callable[[Any], Mapping[str, Any] | None], found: dict[str, Any]
) -> None:
    for at, item in enumerate(items):
        name = f"{prefix}_{at}"
        if type(item) in {tuple, list}:
            _flatten(item, name, parts, found)
        elif (fields := parts(item)) is None:
            found[name] = item
        else:
            for field, value in fields.items():
                found[f"{name}_{field}"] = value
