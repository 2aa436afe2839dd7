"""Whether a message has all that a payload brought: every value of it, times converted, numbers compared as numbers."""

import itertools
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

import msgspec

from rx_kucoin.protocol.frames import Frame, payload_of

__all__ = ["distinct", "lost"]

UNITS: Final = (1, 1_000_000, 1_000_000_000)
"""Nanoseconds in the wire's units of time."""
_NUMBER: Final = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?")
_CODE: Final = re.compile(r"\.?[A-Z0-9]+(-[A-Z0-9]+)?")
"""A key that is itself data: a symbol or a currency."""
_SIDES: Final = {"asks": "sell", "bids": "buy"}
"""A change of a book says its side, and a message has it there."""
_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def lost(frame: Frame, message: Any) -> list[str]:
    """Find the leaves of a payload that a message has lost, as paths.

    A leaf whose name the message has, too, must stand there; one that was renamed may stand anywhere in the message.
    What is null or empty says nothing, and cannot be lost.
    """
    has = _Contents()
    has.take(message)
    payload = payload_of(frame)
    return [
        ".".join(path)
        for path, leaf in (*_leaves(payload, ()), *_codes(payload, ()))
        if not has.leaf((path or ("",))[-1], leaf)
    ]


def distinct(payload: Any) -> Any:
    """Give every number of a payload a value of its own, so that none can stand in for another.

    Numbers stay of their kind: what was a string is one, and what was whole is whole. Times and sequences that were
    equal stay equal: some are sent twice.
    """
    count = itertools.count(1)
    known: dict[str, str] = {}

    def change(text: str) -> str:
        if not _NUMBER.fullmatch(text) or "e" in text.lower():
            return text
        if "." in text:
            return f"{text}{next(count):03}"
        if len(text) < len("1790984037"):
            return f"{int(text) + 1_000 * next(count)}"
        return known.setdefault(text, f"{int(text) + next(count)}")

    return _each(payload, change)


def _each(data: Any, change: Callable[[str], str]) -> Any:
    if isinstance(data, dict):
        return {key: _each(value, change) for key, value in data.items()}
    if isinstance(data, list):
        return [_each(value, change) for value in data]
    if isinstance(data, str):
        return ",".join(change(part) for part in data.split(","))
    if isinstance(data, bool) or data is None:
        return data
    return json.loads(change(str(data)), parse_float=Decimal)


def _leaves(data: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(data, dict):
        for key, value in data.items():
            yield from _leaves(value, (*path, key))
    elif isinstance(data, list):
        for index, value in enumerate(data):
            yield from _leaves(value, (*path, f"[{index}]"))
    elif data not in {None, ""}:
        yield path, data


def _codes(data: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Keys that are symbols or currencies, as are those of a payload that tells something of each."""
    if isinstance(data, dict):
        for key, value in data.items():
            if _CODE.fullmatch(key) and value not in (None, ""):
                yield (*path, f"{{{key}}}"), key
            yield from _codes(value, (*path, key))


@dataclass(slots=True)
class _Contents:
    """All values of a message."""

    named: dict[str, list[Any]] = field(default_factory=dict)
    """By the names that they stand under."""
    values: set[Any] = field(default_factory=set)
    times: set[int] = field(default_factory=set)

    def take(self, thing: Any, name: str = "") -> None:
        if isinstance(thing, msgspec.Struct):
            for each in thing.__struct_fields__:
                self.take(getattr(thing, each), each)
        elif isinstance(thing, dict):
            for key, value in thing.items():
                self.values.add(_comparable(key))
                self.take(value, key)
        elif isinstance(thing, list | tuple):
            if thing and name in _SIDES:
                self.values.add(_SIDES[name])
            for value in thing:
                self.take(value)
        elif thing is not None:
            if name.endswith("_ns"):
                self.times.add(thing)
            self.values.add(_comparable(thing))
            self.named.setdefault(name, []).append(_comparable(thing))

    def leaf(self, name: str, leaf: Any) -> bool:
        """Whether a leaf of this name is here."""
        plain = _HUMP.sub("_", name).lower()
        same = [found for each in {name, plain, f"outer_{plain}"} - {""} for found in self.named.get(each, ())]
        wanted = _comparable(leaf)
        if wanted in same or self._is_time(wanted):
            return True
        if same:
            return False
        if wanted in self.values:
            return True
        return isinstance(leaf, str) and "," in leaf and all(self.leaf("", part) for part in leaf.split(","))

    def _is_time(self, wanted: Any) -> bool:
        return isinstance(wanted, Decimal) and any(wanted * unit in self.times for unit in UNITS)


def _comparable(value: Any) -> Any:
    """Numbers as numbers, in strings, too; words whatever their capitals; and no boolean that equals a number."""
    if isinstance(value, bool):
        return ("bool", value)
    if isinstance(value, str):
        return Decimal(value) if _NUMBER.fullmatch(value) else str(value).lower()
    return Decimal(value) if isinstance(value, int | Decimal) else value
