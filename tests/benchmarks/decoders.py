"""What a ticker costs to decode, by decoder: `python tests/benchmarks/decoders.py`. The choice that it led to stands in
`rx_kucoin/protocol/frames.py`.
"""

import json
from collections.abc import Callable
from decimal import Decimal
from operator import itemgetter
from timeit import repeat
from typing import Any, Final

import orjson

from rx_kucoin.protocol import frames
from rx_kucoin.protocol import raw as pushes
from rx_kucoin.protocol.messages.spot import Ticker
from rx_kucoin.protocol.readers import spot as readers
from rx_kucoin.protocol.readers.base import MS

_ROUNDS: Final = 25
_NUMBER: Final = 4_000
_FRAME: Final = (
    b'{"topic":"/market/ticker:BTC-USDT","type":"message","subject":"trade.ticker","data":{"bestAsk":"67218.7",'
    b'"bestAskSize":"1.92318539","bestBid":"67218.6","bestBidSize":"0.01045638","price":"67218.7",'
    b'"sequence":"14691455768","size":"0.00001","time":1729757723612}}'
)
_fields: Final = itemgetter("price", "size", "bestAsk", "bestAskSize", "bestBid", "bestBidSize")


def main() -> None:
    """Print the table: microseconds, the best of many rounds."""
    print(f"A ticker of {len(_FRAME)} bytes, us, best of {_ROUNDS} rounds\n")
    for label, decode in _WAYS.items():
        print(f"{label:<44}{_microseconds(decode):6.2f}")


def _microseconds(decode: Callable[[bytes], Any]) -> float:
    return min(repeat(lambda: decode(_FRAME), number=_NUMBER, repeat=_ROUNDS)) / _NUMBER * 1e6


def _by_hand(loads: Callable[[bytes], Any]) -> Callable[[bytes], Ticker]:
    """Make the message that a subscriber gets, out of a dict."""

    def decode(text: bytes) -> Ticker:
        frame = loads(text)
        data = frame["data"]
        symbol = frame["topic"].partition(":")[2]
        price, size, ask, ask_size, bid, bid_size = map(Decimal, _fields(data))
        time_ns = data["time"] * MS
        return Ticker(symbol, int(data["sequence"]), price, size, ask, ask_size, bid, bid_size, time_ns)

    return decode


def _typed(text: bytes) -> Ticker:
    frame = frames.decode(text)
    message: Ticker = readers.ticker.read(frame, "BTC-USDT")
    return message


_WAYS: Final[dict[str, Callable[[bytes], Any]]] = {
    "payload as it came: json": json.loads,
    "payload as it came: orjson": orjson.loads,
    "payload as it came: msgspec, envelope typed": pushes.decode,
    "typed, exact decimals: json, by hand": _by_hand(json.loads),
    "typed, exact decimals: orjson, by hand": _by_hand(orjson.loads),
    "typed, exact decimals: msgspec, two passes": _typed,
}

if __name__ == "__main__":
    main()
