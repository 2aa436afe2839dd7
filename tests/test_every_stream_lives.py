"""Whatever the exchange may make of its payloads one day, no stream dies of it."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from reactivex import Observable
from reactivex.scheduler import VirtualTimeScheduler

from rx_kucoin import Credentials, KuCoin, events
from rx_kucoin.events import Event
from rx_kucoin.protocol.topics import Topic
from rx_kucoin.testing import VirtualTransport
from tests.protocol.account_frames import ours
from tests.protocol.material import pushes
from tests.protocol.test_readers_mutations import add, blank, change, drop, fields, places, rename
from tests.test_every_channel import ONE_FOR_ALL, ROWS, Row

Way = Callable[[Any, Callable[[Any], Any]], None]
EXAMPLES = {Topic.parse(frame.topic).prefix: frame for frame in [*ours(), *pushes()]}


@pytest.fixture(scope="module")
def seen() -> Iterator[Counter[str]]:
    """Counts what came of all pushes; the figures are printed at the end."""
    counts = Counter[str]()
    yield counts
    print(f"{len(ROWS)} channels: {dict(counts)}; dead streams: 0")


class Stream:
    """A method's stream, fed by hand."""

    def __init__(self, row: Row, *, raw: bool = False) -> None:
        self.row, self.clock = row, VirtualTimeScheduler(0.0)
        self.exchange = VirtualTransport(self.clock)
        self.received, self.told, self.ends = list[Any](), list[Event](), list[object]()
        self.kucoin = KuCoin(
            scheduler=self.clock,
            transport=lambda market, private: self.exchange,
            credentials=Credentials("key", "secret", "phrase"),
            silent_after=None,
            linger=0.0,
        )
        self.kucoin.events.subscribe(self.told.append)
        stream: Observable[Any] = self.kucoin.topic(row.subscribed) if raw else row.ask(self.kucoin)
        stream.subscribe(self.received.append, self.ends.append, lambda: self.ends.append("completed"))
        self.clock.advance_to(1.0)

    def push(self, subject: str, payload: Any) -> int:
        """Push a payload; return how many messages and events came of it."""
        before = len(self.received) + len(self.told)
        frame = {"type": "message", "topic": self.row.subscribed, "subject": subject, "data": payload}
        self.exchange.push(self.row.subscribed, json.dumps(frame))
        self.clock.advance_to(self.exchange.time + 1)
        return len(self.received) + len(self.told) - before


def example(row: Row) -> tuple[str, Any]:
    frame = EXAMPLES[Topic.parse(row.subscribed).prefix]
    payload = json.loads(bytes(frame.data))
    if row.documented in ONE_FOR_ALL:  # the method lets through what it was asked for
        payload["symbol"] = row.arguments[0]
    return frame.subject, payload


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.documented)
@settings(max_examples=8, deadline=None, phases=[Phase.generate])
@given(data=st.data())
def test_payloads_that_were_changed_in_any_way_end_no_stream(row: Row, seen: Counter[str], data: st.DataObject) -> None:
    stream = Stream(row)
    subject, good = example(row)
    for ways in data.draw(st.lists(st.lists(st.sampled_from([drop, blank, rename, change, add])), max_size=8)):
        payload = json.loads(json.dumps(good))
        for way in ways:
            if places(payload) and (way is add or fields(payload)):
                way(payload, data.draw)
        stream.push(subject, payload)
    assert sum(stream.push(subject, good) for _ in range(4))  # a sequence that begins anew is believed after three
    assert stream.received
    assert not stream.ends
    assert not [event for event in stream.told if isinstance(event, events.LineDown | events.SubscriberFailed)]
    seen.update([type(event).__name__ for event in stream.told] + ["message"] * len(stream.received))
    stream.kucoin.close()
