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
from rx_kucoin.protocol.readers.leftovers import fitted, keep_rest, salvage, without_blanks
from rx_kucoin.protocol.topics import Topic

__all__ = ["MS", "Reader", "by_subject", "decoder_of", "dig", "fields_of", "keeping", "patient", "quick", "times_of"]

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
    emits: tuple[type[Message], ...] = ()
    """The types of its messages."""


MS: Final = 1_000_000
"""Nanoseconds in a millisecond. The wire has times in s, ms and ns; each row of the readers says which."""


_NOTHING: Final[Mapping[str, int]] = {}


class _Whole(Frame, Generic[T], frozen=True, gc=False, kw_only=True):
    """A frame whose payload is decoded; one that has none cannot be read so."""

    data: T  # type: ignore[assignment]  # pyright: ignore[reportIncompatibleVariableOverride, reportGeneralTypeIssues]


def quick(kind: type[T], finish: Callable[[T, Frame, str], MessageT], emits: type[MessageT]) -> Reader:
    """Read payloads of this kind, in one go with their frames where possible; then `finish` makes the message."""
    payload_of = decoder_of(kind)
    decode = msgspec.json.Decoder(_Whole[kind], strict=False).decode  # type: ignore[valid-type]

    def read(frame: Frame, argument: str) -> Any:
        return finish(payload_of(frame.data), frame, argument)

    return Reader(read, decode, finish, (emits,))


def keeping(
    kind: type[MessageT],
    *,
    times: Mapping[str, int | Callable[[int], int]] = _NOTHING,
    symbol: Callable[[Any, str], str | None] | None = None,
    salvaging: bool = False,
) -> Reader:
    """Read messages that stand in the payload as they are, and keep what they have no field for.

    Args:
        kind: The message; one that is `Open` keeps everything.
        times: How many nanoseconds a unit of these fields has, where it is not one, or what makes them nanoseconds.
        symbol: Finds the symbol in the message, or in the topic's argument, where the payload does not name it.
        salvaging: Whether a field of a wrong type stands in `extra` instead of spoiling the message, which is `Open`.
    """
    payload_of = decoder_of(kind)

    def read(frame: Frame, argument: str) -> MessageT:
        message = read_payload(frame)
        for name, unit in times.items():
            if (value := getattr(message, name)) is not None:
                force_setattr(message, name, unit(value) if callable(unit) else value * unit)
        if not message.symbol:
            named = argument or Topic.parse(frame.topic).argument  # some topics push under the name of a single symbol
            found = named if symbol is None else symbol(message, argument)
            force_setattr(message, "symbol", found or "")
        return message

    def read_payload(frame: Frame) -> MessageT:
        if not issubclass(kind, Open):
            return payload_of(frame.data)
        payload = fields_of(frame)
        try:
            message = payload_of(frame.data)
        except FrameError:
            if not salvaging:
                raise
            message = salvage(kind, payload)
        keep_rest(cast("Open", message), payload)
        return message

    return patient(read, kind)


def fields_of(frame: Frame) -> dict[str, Any]:
    """Give the payload of a frame, that has to be an object, as it came. Raises `FrameError`."""
    try:
        payload = frames.payload_of(frame)
    except UNREADABLE as error:
        raise FrameError(str(error)) from None
    if not isinstance(payload, dict):
        raise FrameError(f"Expected `object`, got `{type(payload).__name__}`")
    return cast("dict[str, Any]", payload)


def by_subject(readers: Mapping[str, Reader], otherwise: Reader) -> Reader:
    """Read a topic whose pushes are of several kinds, told apart by their subject."""

    def read(frame: Frame, argument: str) -> Any:
        return readers.get(frame.subject, otherwise).read(frame, argument)

    return patient(read, *(kind for reader in (*readers.values(), otherwise) for kind in reader.emits))


def patient(read: Callable[[Frame, str], Any], *emits: type[Message]) -> Reader:
    """Make a reader of frames whose payload is read apart; `emits`: the types of message that it makes."""

    def finish(_payload: Any, frame: Frame, argument: str) -> Any:
        return read(frame, argument)

    return Reader(read, frames.decode, finish, emits)


def dig(data: Any, path: tuple[str, ...]) -> Any:
    """Follow a path of keys into a payload; None where it leads nowhere."""
    for key in path:
        if not isinstance(data, dict):
            return None
        data = cast("dict[str, Any]", data).get(key)
    return data


_decode_anything: Final = msgspec.json.Decoder(float_hook=Decimal).decode
_encode: Final = msgspec.json.Encoder().encode


def decoder_of(kind: type[T]) -> Callable[[msgspec.Raw], T]:
    """Decode leniently.

    Numbers may come as strings, and strings as numbers; rows may have further columns; null and an empty string stand
    for what was left out.
    """
    decode = msgspec.json.Decoder(kind, strict=False).decode

    def lenient(raw: msgspec.Raw) -> T:
        try:
            return decode(raw)
        except UNREADABLE as error:
            try:
                return decode(_encode(fitted(without_blanks(_decode_anything(raw)), kind)))
            except UNREADABLE:
                raise FrameError(str(error)) from None

    return lenient


def times_of(value: int | None, unit: int) -> int | None:
    """Turn a time into nanoseconds."""
    return None if value is None else value * unit
