"""The records of a recording: pushes, word for word, and everything else that happened.

    {"time_ns":1790000000000000000,"kind":"push","connection":1,"topic":"/market/match:BTC-USDT","frame":{...}}

`time_ns` is the time of receipt, and never decreases; `frame` is the text of the exchange, or a JSON string of it if it
has line breaks or is no UTF-8. Records of other kinds have `data`: see `STATES`.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

__all__ = [
    "STATES",
    "FileRecord",
    "decode",
    "encode_record",
    "is_path_like",
    "path_shape",
    "push_prefix",
    "raw",
    "text_of",
    "to_one_line",
]

STATES: Final = frozenset({"begin", "seat", "left", "closed", "lost"})
"""The kinds that assign topics to connections:

`begin`: a recording was opened. `seat`: the topic is on the connection, of `line` to `host`; `left`: not any more.
`closed`: the connection ended; `whole`: after its last message. `lost`: `frames` frames were not recorded.

The other kinds. `failed`: the topic's stream ended with `error`. `asked`, `answered`: a REST `path` of a `market`, and
the data of the `answer` or an `error`; `offered`: an answer that no stream had requested, for replays that begin there.
`proved`: all messages on the topic's connection had arrived. `event`: one of `kucoin.events`. `note`: a comment. `end`:
the recording was closed, and is complete.
"""
_LONG: Final = re.compile(r"\d{10,}")
_SLACK: Final = 5
"""Seconds by which the times in two equivalent paths may differ."""


class FileRecord(msgspec.Struct, gc=False):
    """One record. `frame` and `data` stay encoded until they are needed."""

    time_ns: int
    kind: str
    connection: int = 0
    topic: str = ""
    frame: msgspec.Raw = msgspec.Raw()
    data: msgspec.Raw = msgspec.Raw()


_decoder: Final = msgspec.json.Decoder(FileRecord)


def decode(lines: bytes) -> tuple[list[FileRecord], int]:
    """Decode records. Return them, and the number of those that could not be decoded."""
    try:
        return _decoder.decode_lines(lines), 0
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        found, unreadable = list[FileRecord](), 0
        for line in lines.splitlines():
            try:
                found.append(_decoder.decode(line))
            except (msgspec.MsgspecError, UnicodeError, RecursionError):
                unreadable += 1
        return found, unreadable


def push_prefix(topic: str) -> bytes:
    """Return the part of a push record between the connection's number and the frame."""
    return b',"topic":%b,"frame":' % msgspec.json.encode(topic)


def to_one_line(text: str | bytes) -> bytes:
    """Convert a JSON text so that it has no line break."""
    data = text.encode() if isinstance(text, str) else text
    if b"\n" in data or b"\r" in data or data[:1] == b'"' or not (data.isascii() or _is_utf8(data)):
        return msgspec.json.encode(data.decode("utf-8", "replace"))
    return data


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def raw(text: str | bytes) -> msgspec.Raw:
    """Wrap a JSON text to be part of a record's data as it is."""
    return msgspec.Raw(to_one_line(text))


def text_of(written: msgspec.Raw) -> bytes:
    """Restore a text converted by `to_one_line`."""
    data = bytes(written)
    return msgspec.json.decode(data, type=str).encode() if data[:1] == b'"' else data


def encode_record(time_ns: int, kind: str, connection: int, topic: str, data: Mapping[str, Any]) -> bytes:
    """Encode a record that is no push."""
    line: dict[str, Any] = {"time_ns": time_ns, "kind": kind}
    if connection:
        line["connection"] = connection
    if topic:
        line["topic"] = topic
    if data:
        line["data"] = data
    return msgspec.json.encode(line) + b"\n"


def path_shape(path: str) -> str:
    """Return a path without the times in it."""
    return _LONG.sub("*", path)


def is_path_like(path: str, other: str) -> bool:
    """Return whether two paths are equal but for the times in them, which differ by little."""
    if path_shape(path) != path_shape(other):
        return False
    times = zip(_LONG.findall(path), _LONG.findall(other), strict=True)
    return all(len(a) == len(b) and abs(int(a) - int(b)) <= _SLACK * 10 ** max(0, len(a) - _SECONDS) for a, b in times)


_SECONDS: Final = 10
"""Digits of a time in seconds."""
