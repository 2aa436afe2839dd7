"""The ticker frames that are sent: of KuCoin's shape, no two alike, encoded before anybody waits for them."""

import json
import time
from collections.abc import Sequence
from itertools import cycle, islice
from typing import Any, Final

__all__ = ["TEXT", "Feed", "control", "encode"]

TEXT: Final = 0x81
_SHORT: Final = 126
_FORM: Final = (
    b'{"topic":"%b","type":"message","subject":"trade.ticker","data":{"bestAsk":"%b","bestAskSize":"%d.%08d",'
    b'"bestBid":"%b","bestBidSize":"0.%08d","price":"%b","sequence":"%d","size":"0.%05d","time":%d}}'
)


def encode(payload: bytes, first: int = TEXT) -> bytes:
    """Frame what a server says: whole, and not masked."""
    size = len(payload)
    if size < _SHORT:
        return bytes((first, size)) + payload
    return bytes((first, _SHORT)) + size.to_bytes(2) + payload


def control(message: dict[str, Any]) -> bytes:
    """Frame a welcome, an ack or a pong."""
    return encode(json.dumps(message, separators=(",", ":")).encode())


class Feed:
    """Ticker frames whose sequence rises from each to the next, whatever the topic, for as long as the exchange lives.

    Prices and sizes change from message to message, so that no decoder gains from having seen a string before.
    """

    def __init__(self) -> None:
        self._sequence = 14_691_455_768

    def many(self, topics: Sequence[str], count: int) -> list[bytes]:
        """Encode so many, round robin over the topics."""
        return [self._next(topic) for topic in islice(cycle([topic.encode() for topic in topics]), count)]

    def one(self, topic: str, moment_ns: int) -> bytes:
        """Encode one whose prices are a moment, in seconds."""
        moment = b"%d.%09d" % divmod(moment_ns, 1_000_000_000)
        return self._next(topic.encode(), moment, moment, moment)

    def _next(self, topic: bytes, ask: bytes = b"", bid: bytes = b"", price: bytes = b"") -> bytes:
        self._sequence = number = self._sequence + 1
        dice = number * 2_654_435_761 % 4_294_967_291
        ask, bid, price = ask or _price(dice), bid or _price(dice >> 1), price or _price(dice >> 2)
        sizes = dice % 10, dice % 99_999_989, dice // 47, dice % 99_991
        now = time.time_ns() // 1_000_000
        return encode(_FORM % (topic, ask, sizes[0], sizes[1], bid, sizes[2], price, number, sizes[3], now))


def _price(dice: int) -> bytes:
    return b"%d.%d" % (60_000 + dice % 9_973, dice % 10)
