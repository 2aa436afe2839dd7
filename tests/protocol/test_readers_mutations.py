"""Whatever the exchange may make of its payloads one day: a message, or a `FrameError`, and nothing else."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rx_kucoin.protocol.channels import CHANNELS
from rx_kucoin.protocol.frames import Frame, FrameError
from rx_kucoin.protocol.messages.base import Message, Open
from rx_kucoin.protocol.topics import Topic
from tests.protocol.fields import lost
from tests.protocol.material import pushes
from tests.protocol.reading import JSON, message_in_one_go, message_of

EXAMPLES = [frame for frame in pushes() if CHANNELS[Topic.parse(frame.topic).prefix].reader is not None]
PLAIN = ["symbol", "fee", "brandNew", "BTC", "0"]


def records(data: Any) -> Iterator[Any]:
    """Every object and every array in a payload, itself included."""
    if isinstance(data, dict | list):
        yield data
        for inner in data.values() if isinstance(data, dict) else data:
            yield from records(inner)


def places(data: Any) -> list[tuple[Any, Any]]:
    return [(each, key) for each in records(data) for key in (each if isinstance(each, dict) else range(len(each)))]


def fields(data: Any) -> list[tuple[dict[str, Any], str]]:
    return [(record, key) for record, key in places(data) if isinstance(record, dict)]


def drop(data: Any, draw: Callable[[Any], Any]) -> None:
    record, key = draw(st.sampled_from(fields(data)))
    del record[key]


def blank(data: Any, draw: Callable[[Any], Any]) -> None:
    record, key = draw(st.sampled_from(fields(data)))
    record[key] = draw(st.sampled_from([None, ""]))


def rename(data: Any, draw: Callable[[Any], Any]) -> None:
    record, key = draw(st.sampled_from(fields(data)))
    record[draw(st.sampled_from([key.lower(), key.upper(), f"{key}New"]) | st.text(max_size=3))] = record.pop(key)


def change(data: Any, draw: Callable[[Any], Any]) -> None:
    record, key = draw(st.sampled_from(places(data)))
    record[key] = draw(JSON)


def add(data: Any, draw: Callable[[Any], Any]) -> None:
    record = draw(st.sampled_from(list(records(data))))
    if isinstance(record, list):
        record.append(draw(JSON))
    else:
        record[draw(st.sampled_from(PLAIN) | st.text())] = draw(JSON)


def pushed(frame: Frame, payload: Any) -> Frame:
    return msgspec.structs.replace(frame, data=msgspec.Raw(json.dumps(payload).encode()))


@settings(deadline=None)
@given(
    data=st.data(), frame=st.sampled_from(EXAMPLES), ways=st.lists(st.sampled_from([drop, blank, rename, change, add]))
)
def test_a_payload_that_was_changed_in_any_way_is_a_message_or_a_frame_error(
    data: st.DataObject, frame: Frame, ways: list[Callable[[Any, Callable[[Any], Any]], None]]
) -> None:
    payload = json.loads(bytes(frame.data))
    for way in ways:
        if places(payload) and (way is add or fields(payload)):
            way(payload, data.draw)
    other = pushed(frame, payload)
    for read in (message_of, message_in_one_go):
        try:
            message = read(other)
        except FrameError:
            continue
        assert isinstance(message, Message | None)
        assert message is None or isinstance(message.symbol, str)


@settings(deadline=None)
@given(data=st.data(), frame=st.sampled_from(EXAMPLES), ways=st.lists(st.sampled_from([drop, blank]), min_size=1))
def test_what_is_left_out_takes_nothing_else_with_it(
    data: st.DataObject, frame: Frame, ways: list[Callable[[Any, Callable[[Any], Any]], None]]
) -> None:
    payload = json.loads(bytes(frame.data))
    for way in ways:
        if fields(payload):
            way(payload, data.draw)
    other = pushed(frame, payload)
    try:
        message = message_of(other)
    except FrameError:
        return
    assert lost(other, message) == []


@pytest.mark.parametrize("frame", EXAMPLES, ids=lambda frame: f"{frame.topic} {frame.subject}")
def test_new_fields_are_kept_where_there_is_a_place_for_them_and_no_fault_elsewhere(frame: Frame) -> None:
    payload = json.loads(bytes(frame.data))
    message = message_of(frame)
    for each in list(records(payload)):
        if isinstance(each, dict):
            each["brandNew"] = {"deep": [1.5, "x"]}
    other = pushed(frame, payload)
    assert not isinstance(message, Open) or lost(other, message_of(other)) == []
    assert type(message_of(other)) is type(message)


@pytest.mark.parametrize("frame", EXAMPLES, ids=lambda frame: f"{frame.topic} {frame.subject}")
def test_a_new_number_out_of_this_world_spoils_only_what_would_have_to_keep_it(frame: Frame) -> None:
    text = json.dumps({**json.loads(bytes(frame.data)), "brandNew": 0}).replace(
        '"brandNew": 0', '"brandNew": 1e9' + 20 * "9"
    )
    other, message = msgspec.structs.replace(frame, data=msgspec.Raw(text.encode())), message_of(frame)
    if isinstance(message, Open):
        with pytest.raises(FrameError):
            message_of(other)
    else:
        assert message_of(other) == message
