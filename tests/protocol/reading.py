"""What the tests of the readers share: every typed reader, odd payloads, and reading one."""

import json
from decimal import Decimal
from typing import Any

import msgspec
from hypothesis import strategies as st

from rx_kucoin.protocol.channels import CHANNELS
from rx_kucoin.protocol.frames import UNREADABLE, Frame
from rx_kucoin.protocol.readers import spot as readers
from rx_kucoin.protocol.readers.base import Reader
from rx_kucoin.protocol.topics import Topic
from tests.protocol.material import push_of

__all__ = [
    "EXTREMES",
    "JSON",
    "NAMES",
    "PAYLOADS",
    "TYPED",
    "D",
    "message_in_one_go",
    "message_of",
    "read",
    "read_typed",
]

D = Decimal
TYPED: dict[str, Reader] = {
    "ticker": readers.ticker,
    "match": readers.match,
    "snapshot": readers.snapshot,
    "level1": readers.level1,
    "depth": readers.depth,
    "level2": readers.level2,
    "candle": readers.candle,
}
NAMES = [
    "sequence",
    "price",
    "size",
    "bestAsk",
    "bestAskSize",
    "bestBid",
    "time",
    "timestamp",
    "asks",
    "bids",
    "changes",
    "sequenceStart",
    "sequenceEnd",
    "symbol",
    "candles",
    "data",
    "markets",
    "datetime",
    "marginTrade",
    "board",
    "vol",
    "side",
    "tradeId",
]
EXTREMES = st.sampled_from(
    ["", "NaN", "sNaN", "Infinity", "1e400", "1e999999999", "1e99999999999999999999", "9" * 5000]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5) | EXTREMES,
    lambda inner: st.lists(inner, max_size=7) | st.dictionaries(st.sampled_from(NAMES) | st.text(), inner, max_size=4),
)
PAYLOADS = JSON | st.dictionaries(st.sampled_from(NAMES), JSON)


def read(reader: Reader, argument: str, payload: Any, **envelope: str) -> Any:
    text = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return reader.read(Frame(type="message", data=msgspec.Raw(text), **envelope), argument)


def read_typed(topic: str, subject: str = "") -> Any:
    return message_of(push_of(topic, subject))


def message_of(frame: Frame) -> Any:
    """What somebody gets who listens to the topic that a frame names."""
    prefix, argument = Topic.parse(frame.topic)
    reader = CHANNELS[prefix].reader
    assert reader is not None
    return reader.read(frame, argument or "")


def message_in_one_go(frame: Frame) -> Any:
    """The same, decoded as a line does on which nobody reads anything else. None: it has to be read the other way."""
    prefix, argument = Topic.parse(frame.topic)
    reader = CHANNELS[prefix].reader
    assert reader is not None
    try:
        whole = reader.decode(msgspec.json.encode(frame))
    except UNREADABLE:
        return None
    return whole if reader.finish is None else reader.finish(whole.data, whole, argument or "")
