"""Every JSON shape on the wire."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rx_kucoin.protocol import frames
from rx_kucoin.protocol import raw as pushes
from rx_kucoin.protocol.frames import Frame
from tests.protocol.material import CAPTURE, DATA, needs

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
)
FIELDS = st.sampled_from(["id", "type", "topic", "subject", "code", "data", "sn", "userId"])
TOKEN = json.loads((DATA / "bullet.json").read_bytes())["data"]["token"]


@pytest.mark.parametrize("line", (DATA / "answers.jsonl").read_text().splitlines())
def test_an_answer_is_read(line: str) -> None:
    frame, sent = frames.decode(line), json.loads(line)
    assert (frame.type, frame.id, frame.code) == (sent["type"], sent.get("id"), sent.get("code", 0))
    assert frames.text_of(frame) == sent.get("data", "")
    assert not frame.is_push


@pytest.mark.parametrize("line", (DATA / "pushes.jsonl").read_text().splitlines())
def test_a_push_is_read_and_its_payload_stays_raw(line: str) -> None:
    frame, sent = frames.decode(line), json.loads(line)
    assert frame.is_push
    assert (frame.topic, frame.subject) == (sent["topic"], sent["subject"])
    assert json.loads(bytes(frame.data)) == sent["data"]


@needs(CAPTURE)
def test_every_captured_frame_is_read() -> None:
    for line in CAPTURE.read_bytes().splitlines():
        sent = json.loads(line)["message"]
        assert frames.decode(json.dumps(sent)).type == sent["type"]


def test_text_and_bytes_are_read_alike() -> None:
    assert frames.decode('{"type":"ack","id":7}') == frames.decode(b'{"type":"ack","id":7}') == Frame(type="ack", id=7)


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"code": "404"}, Frame(type="error", id="7", code=404)),
        ({"code": 404.0}, Frame(type="error", id="7", code=404)),
        ({"code": None}, Frame(type="error", id="7")),
        ({"code": "none"}, Frame(type="error", id="7")),
        ({"code": {"n": 1}}, Frame(type="error", id="7")),
        ({"code": "404", "id": 7}, Frame(type="error", id="7", code=404)),
        ({"code": "404", "id": 7.0, "more": [{}]}, Frame(type="error", id="7", code=404)),
        ({"code": "404", "id": None, "subject": None, "topic": None}, Frame(type="error", id="", code=404)),
        ({"code": "404", "id": [7], "subject": 5}, Frame(type="error", id="", subject="5", code=404)),
        ({"code": "404", "data": {"text": ["x"]}}, Frame(type="error", id="7", code=404)),
    ],
)
def test_a_control_frame_may_have_members_of_another_type(members: dict[str, Any], expected: Frame) -> None:
    frame = frames.decode_leniently(json.dumps({"type": "error", "id": "7", **members}))
    expected = msgspec.structs.replace(expected, data=frame.data)
    assert frame == expected
    assert frames.payload_of(frame) == members.get("data")


@pytest.mark.parametrize("text", ['{"type":7}', '{"type":"message","topic":7}', "[]", "{", '{"code":"\\ud800x'])
def test_a_frame_without_a_readable_type_or_topic_is_unreadable(text: str) -> None:
    with pytest.raises(frames.UNREADABLE):
        frames.decode_leniently(text)


def test_an_unknown_field_is_no_fault() -> None:
    assert frames.decode(b'{"type":"ack","id":"1","tunnelId":"bt1","sn":[{}]}').id == "1"


DEEP = 1_000_000
"""Deeper than any stack. Up to Python 3.13 the limit is 1,000; from 3.14 on it is what the stack has room for."""


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"null",
        b"[]",
        b'"welcome"',
        b"not JSON",
        b'{"type":1}',
        b'{"type":null}',
        b'{"topic":[]}',
        b'{"code":"404"}',
        b'{"code":NaN}',
        b'{"code":1e400}',
        b'{"id":{}}',
        b'{"type":"\xff"}',
        b'\xff\xfe{"type":"ack"}',
        "\ud800",
        b'{"id":' + b"9" * 5000 + b"}",
        b"[" * 200_000,
        b'{"data":' + b"[" * 200_000,
        b'{"data":' + b'{"a":' * DEEP + b"1" + b"}" * (DEEP + 1),
    ],
    ids=range(19),
)
def test_what_cannot_be_read_is_a_frame_error(text: str | bytes) -> None:
    for decode in (frames.decode, pushes.decode):
        with pytest.raises(frames.UNREADABLE):
            decode(text)


@given(st.binary() | st.text())
def test_any_text_is_a_frame_or_a_frame_error(text: str | bytes) -> None:
    try:
        frame = frames.decode(text)
    except frames.UNREADABLE:
        return
    assert isinstance(frame, Frame)


@given(st.dictionaries(FIELDS, JSON))
def test_any_object_is_a_frame_or_a_frame_error(sent: object) -> None:
    try:
        frame = frames.decode(json.dumps(sent))
    except frames.UNREADABLE:
        return
    assert isinstance(frames.text_of(frame), str)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b'"topic is invalid"', "topic is invalid"),
        (b"null", ""),
        (b'{"why":"so"}', "{'why': 'so'}"),
        (b"12", "12"),
        (b'"\xff"', ""),
        (b"9" * 5000, ""),
    ],
)
def test_what_an_error_says_is_always_text(data: bytes, text: str) -> None:
    assert frames.text_of(frames.decode(b'{"type":"error","data":' + data + b"}")) == text


def test_an_error_without_data_says_nothing() -> None:
    assert frames.text_of(Frame(type="error")) == ""


@pytest.mark.parametrize(
    ("frame", "is_push"),
    [
        (Frame(type="message", topic="/market/ticker:all"), True),
        (Frame(topic="/contract/announcement"), True),
        (Frame(type="ack", topic="/market/ticker:all"), False),
        (Frame(), False),
    ],
)
def test_a_push_is_known_by_its_type_or_its_topic(frame: Frame, is_push: bool) -> None:  # noqa: FBT001
    assert frame.is_push is is_push


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("exceed max subscription count limitation of 400 per session", 400),
        ("exceed max subscription count limitation of 0 per session", 0),
        ("exceed max subscription count limitation of 100 per time", None),
        ("exceed max session count limitation of 50", None),
        ("exceed max permits per second", None),
        ("", None),
    ],
)
def test_the_limit_of_a_session_stands_in_its_text(text: str, limit: int | None) -> None:
    assert frames.session_limit(text) == limit


def test_a_ping_is_json() -> None:
    assert json.loads(frames.ping("7")) == {"id": "7", "type": "ping"}


def test_asking_names_everything_that_the_exchange_wants_to_know() -> None:
    common = {"id": "7", "topic": "/account/balance", "privateChannel": True, "response": True}
    assert json.loads(frames.subscribe("7", "/account/balance", private=True)) == common | {"type": "subscribe"}
    assert json.loads(frames.unsubscribe("7", "/account/balance", private=True)) == common | {"type": "unsubscribe"}


@pytest.mark.parametrize(
    "text",
    [
        f"wss://ws-api-spot.kucoin.com/?token={TOKEN}&connectId=1",
        f'{{"token":"{TOKEN}"}}',
        '{"token" : "short one"}',
        "?token=short%2Bone",
        "x" * 460 + " " + TOKEN,
        "y" * 200 + " " + "z" * 200 + " " + "w" * 60 + " " + TOKEN,
        TOKEN * 9,
        (" " * 400 + '"token":"' + TOKEN),
    ],
    ids=range(8),
)
def test_an_excerpt_never_shows_a_token(text: str) -> None:
    for said in (frames.excerpt(text), frames.excerpt(text.encode()), frames.excerpt(text, most=480)):
        assert not any(part in said for part in (TOKEN[:8], TOKEN[8:24], TOKEN[-16:], "short"))


@given(st.text() | st.binary())
def test_an_excerpt_is_short_and_printable(text: str | bytes) -> None:
    said = frames.excerpt(text)
    assert len(said) <= 120
    assert said.isprintable()


def test_an_excerpt_shows_how_a_text_began() -> None:
    assert frames.excerpt("<html><head>\n403") == "<html><head> 403"
    assert frames.excerpt(b"caf\xc3\xa9 \xff") == "café �"
