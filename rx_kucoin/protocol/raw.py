"""Pushes as the exchange sent them, of any topic: their symbol, their sequence, and a fingerprint of copies."""

from collections.abc import Callable, Hashable
from dataclasses import replace
from decimal import Decimal
from functools import cache
from operator import attrgetter
from typing import Any, Final

import msgspec

from rx_kucoin.protocol.channels import CHANNELS, Channel, Ordering
from rx_kucoin.protocol.frames import UNREADABLE, Frame, FrameError, payload_of
from rx_kucoin.protocol.readers.base import Reader, dig
from rx_kucoin.protocol.topics import Topic

__all__ = ["READER", "Push", "decode", "fingerprint", "raw_order"]


class Push(Frame, frozen=True, gc=False, eq=False, repr_omit_defaults=True):
    """Any push with its payload as the exchange sent it; JSON numbers with a fraction are exact `Decimal`s.

    Two are equal if topic, subject and payload are; the `id` is not compared, as each connection has another.
    """

    data: Any = None

    __hash__ = None  # type: ignore[assignment]  # its payload may be mutable

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Push):
            return NotImplemented
        return (self.data, self.topic, self.subject) == (other.data, other.topic, other.subject)

    @property
    def symbol(self) -> str:
        """The symbol, wherever the exchange puts it; empty if there is none."""
        prefix, argument = Topic.parse(self.topic)
        channel = CHANNELS.get(prefix)
        if channel is not None and channel.symbol:
            symbol = dig(self.data, channel.symbol)
            return symbol if isinstance(symbol, str) else ""
        if argument == "all":
            return self.subject
        if channel is not None and channel.takes == "candles":
            return (argument or "").rpartition("_")[0]
        return argument or ""

    @property
    def sequence(self) -> int | None:
        """Its position in the stream: the last number of its sequence, or the exchange's time; or None."""
        return _ends(Topic.parse(self.topic).prefix)(self)

    @property
    def first_sequence(self) -> int | None:
        """The first number of its range, on topics with ranges; otherwise the same as `sequence`."""
        return _begins(Topic.parse(self.topic).prefix)(self)


decode: Final = msgspec.json.Decoder(Push, float_hook=Decimal).decode
"""Decode a frame with its payload. Raises one of `UNREADABLE`."""


def raw_order(channel: Channel, argument: str) -> Ordering | None:
    """Return the ordering of a topic's pushes."""
    found, key = _order(channel), _key(channel, argument)
    return found if found is None or key is None else replace(found, key=key)


def _read(frame: Frame, _: str) -> Push:
    """Decode the payload of a frame that was left encoded for another subscriber."""
    try:
        data = payload_of(frame)
    except UNREADABLE as error:
        raise FrameError(str(error)) from None
    return Push(frame.topic, frame.type, frame.subject, data, frame.id, frame.code)


READER: Final = Reader(_read, decode, None)
"""The reader of raw pushes, of any topic."""


@cache
def _order(channel: Channel) -> Ordering | None:
    """Return the ordering of a channel's pushes: that of its messages, by the numbers in the payloads."""
    if channel.order is None:
        return None
    return replace(channel.order, first=_begins(channel.prefix), last=_ends(channel.prefix))


def _key(channel: Channel, argument: str) -> Callable[[Push], Hashable] | None:
    if not channel.is_about_many(argument):
        return None
    return attrgetter("symbol") if channel.symbol else attrgetter("subject")


@cache
def _ends(prefix: str) -> Callable[[Push], int | None]:
    return _number_at(CHANNELS[prefix].last if prefix in CHANNELS else ())


@cache
def _begins(prefix: str) -> Callable[[Push], int | None]:
    first = CHANNELS[prefix].first if prefix in CHANNELS else ()
    return _number_at(first) if first else _ends(prefix)


def _number_at(path: tuple[str, ...]) -> Callable[[Push], int | None]:
    """Return a function that reads an integer of a payload, be it a number or a string."""
    if len(path) != 1:
        return lambda push: _number(dig(push.data, path)) if path else None
    name = path[0]

    def find(push: Push) -> int | None:
        try:
            found = push.data[name]
            return _whole(found) if type(found) is str else _number(found)
        except (LookupError, TypeError, ValueError):  # no such field, no object, or no number
            return None

    return find


_whole: Final = msgspec.json.Decoder(int).decode
"""Parse an integer in a string, in a quarter of the time of `int`."""


def _number(found: Any) -> int | None:
    if type(found) is int:
        return found
    try:
        return _whole(found) if isinstance(found, str) else None
    except ValueError:
        return None


_encode: Final = msgspec.msgpack.Encoder(order="deterministic").encode


def fingerprint(message: Any) -> Hashable:
    """Return a value that is equal for copies of a message: the id and the order of fields are ignored."""
    content = (message.topic, message.subject, message.data) if isinstance(message, Push) else message
    try:
        return hash(_encode(content))
    except (ArithmeticError, RecursionError, TypeError, ValueError):  # a number that msgpack cannot encode
        return hash(repr(content))
