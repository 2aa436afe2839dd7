"""What the tests of the private channels share: our frames, the exchange's, and reading one."""

import json
from typing import Any

from rx_kucoin.protocol import frames
from rx_kucoin.protocol.channels import CHANNELS
from rx_kucoin.protocol.frames import Frame
from rx_kucoin.protocol.topics import Topic
from tests.protocol.material import DATA, VECTORS

__all__ = ["make", "official", "ours", "pick", "read"]


def ours() -> list[Frame]:
    return [frames.decode(line) for line in (DATA / "account.jsonl").read_bytes().splitlines()]


def official() -> list[Frame]:
    rows = [json.loads(line) for line in VECTORS.read_text().splitlines()]
    return [frames.decode(json.dumps(row["message"])) for row in rows if row["access"] == "private"]


def make(topic: str, data: Any, subject: str = "") -> Frame:
    """A frame of this payload; one that is written out already stays as it is."""
    text = data if isinstance(data, str) else json.dumps(data)
    return frames.decode(f'{{"topic":"{topic}","type":"message","subject":"{subject}","data":{text}}}')


def read(frame: Frame, asked_for: str | None = None) -> Any:
    """The message of a frame, as whoever asked for its topic receives it, or for another topic."""
    prefix, argument = Topic.parse(asked_for or frame.topic)
    reader = CHANNELS[prefix].reader
    assert reader is not None
    return reader.read(frame, argument or "")


def pick(topic: str, subject: str, **fields: Any) -> Any:
    """The message of the first frame of ours with this topic, subject and fields."""
    for frame in ours():
        data = json.loads(bytes(frame.data))
        if (frame.topic, frame.subject) == (topic, subject) and fields.items() <= data.items():
            return read(frame)
    raise LookupError(f"no such frame: {topic} {subject} {fields}")
