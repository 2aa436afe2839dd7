"""What messages have in common."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec

from rx_kucoin.protocol.messages.record import EMPTY

__all__ = ["Change", "Level", "Message", "Open", "Part", "Unknown"]


class Message(msgspec.Struct, frozen=True, gc=False):
    """What every message has. `gc=False`: messages hold no cycles, and the collector need not walk them."""

    symbol: str = ""


class Open(Message, frozen=True, gc=False, repr_omit_defaults=True):
    """A message that keeps what it has no field for, so that nothing new of the exchange's is lost.

    The kinds that come many times a second have no such place: what is new there shows in `KuCoin.topic`.
    """

    extra: Mapping[str, Any] = msgspec.field(default=EMPTY, name="*extra")  # no payload has such a name
    """Fields of the payload beyond this message's own, by their wire names; what is a list there is a tuple here."""


class Part(msgspec.Struct, frozen=True, gc=False, repr_omit_defaults=True):
    """A record inside a message, that keeps what it has no field for."""

    extra: Mapping[str, Any] = msgspec.field(default=EMPTY, name="*extra")


class Unknown(Open, frozen=True, gc=False):
    """A push of a kind that this library does not know, on a topic of several kinds: `extra` is its whole payload.

    A payload that is no object stands there under "data".
    """

    subject: str = ""


class Level(NamedTuple):
    """One price of a book and the size that stands there."""

    price: Decimal
    size: Decimal


class Change(NamedTuple):
    """One change of a book: the new size at a price (0: none stands there any more)."""

    price: Decimal
    size: Decimal
    sequence: int
