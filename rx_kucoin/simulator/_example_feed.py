"""A plain feed for channels that nothing livelier is written for: the example of the channel's row, going on."""

import json
from typing import Any, cast

from rx_kucoin.protocol.channels import TIME, Channel
from rx_kucoin.protocol.readers.base import dig
from rx_kucoin.protocol.topics import Topic
from rx_kucoin.simulator._instruments import Instrument

__all__ = ["ExampleFeed"]


class ExampleFeed:
    """Makes messages of the example of a row, as the exchange's documentation prints it.

    The symbol is replaced by that of the instrument. Where messages are ordered by the exchange's time, the time is
    that of the simulator, in the unit of the example; where they are numbered, the numbers go on by one.
    """

    def __init__(self, row: Channel) -> None:
        example: dict[str, Any] = json.loads(row.example or "")
        prefix, argument = Topic.parse(example["topic"])
        if prefix != row.prefix:
            raise ValueError(f"the example of {row.prefix} is a push of {prefix}")
        self._row, self._body = row, {name: example[name] for name in ("subject", "data") if name in example}
        self._symbol, self._interval = argument or dig(example["data"], row.symbol), ""
        if row.takes == "candles" and argument is not None:
            self._symbol, _, self._interval = argument.rpartition("_")

    def __call__(self, instrument: Instrument, interval: str) -> dict[str, Any]:
        """Make the next message about an instrument."""
        body: dict[str, Any] = _replaced(self._body, {self._symbol: instrument.symbol, self._interval: interval})
        number = instrument.next_example(self._row.prefix)
        for path in filter(None, (self._row.first, self._row.last)):
            record, name = dig(body["data"], path[:-1]), path[-1]
            last = int(dig(self._body["data"], self._row.last))
            now = _in_unit_of(last, instrument.now_ns()) if self._row.order is TIME else last + number
            record[name] = str(now) if isinstance(record[name], str) else now
        return body


def _replaced(data: Any, words: dict[str, str]) -> Any:
    """Copy a payload; strings that are one of these words become others."""
    if isinstance(data, dict):
        return {name: _replaced(value, words) for name, value in cast("dict[str, Any]", data).items()}
    if isinstance(data, list):
        return [_replaced(value, words) for value in cast("Any", data)]
    return words.get(data, data) if isinstance(data, str) else data


def _in_unit_of(example: int, time_ns: int) -> int:
    """Give a time in seconds, milliseconds, microseconds or nanoseconds, whichever the example is in."""
    unit = 10**9
    while unit > 1 and example * unit > 10 * time_ns:
        unit //= 1_000
    return time_ns // unit
