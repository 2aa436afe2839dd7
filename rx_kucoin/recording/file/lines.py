"""The lines of a recording: what was pushed, word for word, and what happened beside it.

    {"time_ns":1790000000000000000,"kind":"push","connection":1,"topic":"/market/match:BTC-USDT","frame":{...}}

`time_ns` is when it was received, and never goes backwards; `frame` is the text of the exchange, or a JSON string of it
where it has line breaks or is no UTF-8. Any other kind has what it says in `data`: see `STATES`.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

__all__ = ["STATES", "Line", "decode", "fact", "is_path_like", "path_shape", "push_of", "raw", "text_of", "texts"]

STATES: Final = frozenset({"begin", "seat", "left", "closed", "lost"})
"""The kinds that decide which connection brings a topic:

`begin`: a recording was opened. `seat`: the topic is heard on the connection, of `line` to `host`; `left`: no more.
`closed`: the connection ended; `whole`: it had said all. `lost`: `frames` frames could not be kept.

The others. `failed`: the topic's stream ended with `error`. `asked`, `answered`: a REST `path` of a `market`, with the
`answer`'s data as it came, or an `error`; `offered`: an answer that no stream had asked for, so that a replay may begin
there. `proved`: all had come on the topic's connection. `event`: one of
`kucoin.events`. `note`: for people. `end`: the recording was closed, and is complete.
"""
_LONG: Final = re.compile(r"\d{10,}")
_SLACK: Final = 5
"""Seconds by which the times in two paths that ask for the same may differ."""


class Line(msgspec.Struct, gc=False):
    """One line. `frame` and `data` stay raw until they are wanted."""

    time_ns: int
    kind: str
    connection: int = 0
    topic: str = ""
    frame: msgspec.Raw = msgspec.Raw()
    data: msgspec.Raw = msgspec.Raw()


_decoder: Final = msgspec.json.Decoder(Line)


def decode(lines: bytes) -> tuple[list[Line], int]:
    """Read whole lines. Those that make no sense are left out, and counted."""
    try:
        return _decoder.decode_lines(lines), 0
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        found, spoilt = list[Line](), 0
        for line in lines.splitlines():
            try:
                found.append(_decoder.decode(line))
            except (msgspec.MsgspecError, UnicodeError, RecursionError):
                spoilt += 1
        return found, spoilt


def push_of(topic: str) -> bytes:
    """What stands in a line of pushes between the connection's number and the frame."""
    return b',"topic":%b,"frame":' % msgspec.json.encode(topic)


def texts(text: str | bytes) -> bytes:
    """Write a JSON text so that it stands on one line."""
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
    """Have a JSON text stand in a fact as it is."""
    return msgspec.Raw(texts(text))


def text_of(written: msgspec.Raw) -> bytes:
    """Read what `texts` wrote."""
    data = bytes(written)
    return msgspec.json.decode(data, type=str).encode() if data[:1] == b'"' else data


def fact(time_ns: int, kind: str, connection: int, topic: str, data: Mapping[str, Any]) -> bytes:
    """Write a line that is no push."""
    line: dict[str, Any] = {"time_ns": time_ns, "kind": kind}
    if connection:
        line["connection"] = connection
    if topic:
        line["topic"] = topic
    if data:
        line["data"] = data
    return msgspec.json.encode(line) + b"\n"


def path_shape(path: str) -> str:
    """Give a path without the times in it."""
    return _LONG.sub("*", path)


def is_path_like(path: str, other: str) -> bool:
    """Whether two paths ask for the same, at about the same time."""
    if path_shape(path) != path_shape(other):
        return False
    times = zip(_LONG.findall(path), _LONG.findall(other), strict=True)
    return all(len(a) == len(b) and abs(int(a) - int(b)) <= _SLACK * 10 ** max(0, len(a) - _SECONDS) for a, b in times)


_SECONDS: Final = 10
"""Digits of a time in seconds."""
