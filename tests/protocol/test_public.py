"""Every public channel is read, with nothing of a payload lost: what the exchange documents, what it sent, and ours."""

import json
from collections import Counter
from collections.abc import Iterable

import msgspec
import pytest

from rx_kucoin.protocol.channels import CHANNELS
from rx_kucoin.protocol.frames import Frame, FrameError, payload_of
from rx_kucoin.protocol.topics import Topic
from tests.protocol.fields import distinct, lost
from tests.protocol.material import CAPTURE, VECTORS, captured, documented, needs, pushes
from tests.protocol.reading import message_in_one_go, message_of

PUBLIC = [frame for frame in pushes() if not CHANNELS[Topic.parse(frame.topic).prefix].private]
HEAD = f"\n{'channel':32} {'type':20} {'read':>6} {'unread':>6} {'lost':>6}"


def table(frames: Iterable[Frame]) -> Counter[str]:
    """Print what is read as what, and count the lines' last three columns."""
    rows: dict[tuple[str, str], Counter[str]] = {}
    for frame in frames:
        prefix = Topic.parse(frame.topic).prefix
        try:
            message = message_of(frame)
        except FrameError:
            rows.setdefault((prefix, "-"), Counter())["unread"] += 1
            continue
        row = rows.setdefault((prefix, type(message).__name__), Counter())
        row.update(read=1, lost=len(lost(frame, message)))
    print(HEAD)
    for (prefix, kind), row in rows.items():
        print(f"{prefix:32} {kind:20} {row['read']:6} {row['unread']:6} {row['lost']:6}")
    return sum(rows.values(), Counter())


@needs(VECTORS)
def test_of_every_documented_public_channel_all_fields_are_read() -> None:
    sums = table(documented("public"))
    assert (sums["read"], sums["unread"], sums["lost"]) == (24, 0, 0)


@needs(CAPTURE)
def test_of_every_captured_push_all_fields_are_read() -> None:
    sums = table(captured())
    assert (sums["read"], sums["unread"], sums["lost"]) == (4_707, 0, 0)


def test_of_every_push_of_ours_all_fields_are_read() -> None:
    sums = table(PUBLIC)
    assert (sums["read"], sums["unread"], sums["lost"]) == (len(PUBLIC), 0, 0)


@pytest.mark.parametrize("frame", PUBLIC, ids=lambda frame: f"{frame.topic} {frame.subject}")
def test_no_field_stands_in_for_another(frame: Frame) -> None:
    payload = distinct(payload_of(frame))
    other = msgspec.structs.replace(frame, data=msgspec.Raw(json.dumps(payload, default=float).encode()))
    assert not lost(other, message_of(other))


@pytest.mark.parametrize("frame", PUBLIC, ids=lambda frame: f"{frame.topic} {frame.subject}")
def test_a_message_is_the_same_whichever_way_it_is_read(frame: Frame) -> None:
    assert message_in_one_go(frame) == message_of(frame)


@pytest.mark.parametrize("frame", PUBLIC, ids=lambda frame: f"{frame.topic} {frame.subject}")
def test_a_message_names_its_symbol(frame: Frame) -> None:
    message = message_of(frame)
    argument = Topic.parse(frame.topic).argument or ""
    named = {"all": frame.subject, "KCS": "EWT-KCS", "": "XBTUSDTM"}.get(argument, argument)
    assert message.symbol in {named.rpartition("_")[0] or named, "ETHUSDTM"}
