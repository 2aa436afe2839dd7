"""How a message is known again that came over two connections."""

from collections.abc import Hashable
from typing import Any, Final

import msgspec

from rx_kucoin.protocol.raw import Push

__all__ = ["mark"]

_encode: Final = msgspec.msgpack.Encoder(order="deterministic").encode


def mark(message: Any) -> Hashable:
    """Give what a message and its copies have in common: all but the id of the sending, in any order of the fields."""
    said = (message.topic, message.subject, message.data) if isinstance(message, Push) else message
    try:
        return hash(_encode(said))
    except (ArithmeticError, RecursionError, TypeError, ValueError):  # a number out of this world
        return hash(repr(said))
