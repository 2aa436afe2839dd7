"""From a push to a message: what readers have in common, and the ways of making one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, Generic, TypeVar, cast

import msgspec
from msgspec.structs import force_setattr

from rx_kucoin.protocol import frames
from rx_kucoin.protocol.frames import UNREADABLE, Frame, FrameError
from rx_kucoin.protocol.messages.base import Message, Open

__all__ = ["MS", "Reader", "by_subject", "dig", "keeping", "quick", "times_of"]

T = TypeVar("T")
MessageT = TypeVar("MessageT", bound=Message)


@dataclass(frozen=True, slots=True, eq=False)
class Reader:
    """Turns pushes of a topic into messages, given the topic's argument."""

    read: Callable[[Frame, str], Any]
    """Makes the message of a frame whose payload is raw. Raises `FrameError`."""
    decode: Callable[[str | bytes], Frame]
    """Reads a frame and its payload in one go, as a line may on which nobody reads otherwise. Raises `UNREADABLE`."""
    finish: Callable[[Any, Frame, str], Any] | None
    """Makes the message of what `decode` gave: its payload, itself, the argument. None: it is the message."""


MS: Final = 1_000_000
"""Nanoseconds in a millisecond. The wire has times in s, ms and ns; each row of the readers says which."""


_NOTHING: Final[Mapping[str, int]] = {}


class _Whole(Frame, Generic[T], frozen=True, gc=False, kw_only=True):
    """A frame whose payload is decoded; one that has none cannot be read so."""

    data: T  # type: ignore[assignment]  # pyright: ignore[reportIncompatibleVariableOverride, reportGeneralTypeIssues]


def quick(kind: type[T], finish: Callable[[T, Frame, str], Any]) -> Reader:
    """Read payloads of this kind, in one go with their frames where possible; then `finish` makes the message."""
    payload_of = _decoder(kind)
    decode = msgspec.json.Decoder(_Whole[kind], strict=False).decode  # type: ignore[valid-type]

    def read(frame: Frame, argument: str) -> Any:
        return finish(payload_of(frame.data), frame, argument)

    return Reader(read, decode, finish)


def keeping(
    kind: type[MessageT],
    *,
    times: Mapping[str, int] = _NOTHING,
    symbol: Callable[[Any, str], str | None] | None = None,
) -> Reader:
    """Read messages that stand in the payload as they are, and keep what they have no field for.

    Args:
        kind: The message; one that is `Open` keeps everything.
        times: How many nanoseconds a unit of these fields has, where it is not one.
        symbol: Finds the symbol in the message, or in the topic's argument, where the payload does not name it.
    """
    payload_of = _decoder(kind)
    known = frozenset(kind.__struct_encode_fields__)

    def read(frame: Frame, argument: str) -> MessageT:
        message = payload_of(frame.data)
        for name, unit in times.items():
            if (value := getattr(message, name)) is not None:
                force_setattr(message, name, value * unit)
        if not message.symbol:
            found = argument if symbol is None else symbol(message, argument)
            force_setattr(message, "symbol", found or "")
        if isinstance(message, Open):
            payload = cast("dict[str, Any]", _decode_anything(frame.data))
            extra = {name: value for name, value in payload.items() if name not in known}
            if extra:
                force_setattr(message, "extra", extra)
        return message

    return _patient(read)


def by_subject(readers: Mapping[str, Reader], otherwise: Reader) -> Reader:
    """Read a topic whose pushes are of several kinds, told apart by their subject."""

    def read(frame: Frame, argument: str) -> Any:
        return readers.get(frame.subject, otherwise).read(frame, argument)

    return _patient(read)


def _patient(read: Callable[[Frame, str], Any]) -> Reader:
    """Make a reader of frames whose payload is read apart."""

    def finish(_payload: Any, frame: Frame, argument: str) -> Any:
        return read(frame, argument)

    return Reader(read, frames.decode, finish)


def dig(data: Any, path: tuple[str, ...]) -> Any:
    """Follow a path of keys into a payload; None where it leads nowhere."""
    for key in path:
        if not isinstance(data, dict):
            return None
        data = cast("dict[str, Any]", data).get(key)
    return data


_decode_anything: Final = msgspec.json.Decoder(float_hook=Decimal).decode
_encode: Final = msgspec.json.Encoder().encode


def _decoder(kind: type[T]) -> Callable[[msgspec.Raw], T]:
    """Decode leniently: numbers may come as strings; null and an empty string stand for what was left out."""
    decode = msgspec.json.Decoder(kind, strict=False).decode

    def lenient(raw: msgspec.Raw) -> T:
        try:
            return decode(raw)
        except UNREADABLE as error:
            try:
                return decode(_encode(_without_blanks(_decode_anything(raw))))
            except UNREADABLE:
                raise FrameError(str(error)) from None

    return lenient


def _without_blanks(data: Any) -> Any:
    if not isinstance(data, dict):
        return data
    fields = cast("dict[str, Any]", data)
    return {key: _without_blanks(value) for key, value in fields.items() if value not in (None, "")}


def times_of(value: int | None, unit: int) -> int | None:
    """Turn a time into nanoseconds."""
    return None if value is None else value * unit
