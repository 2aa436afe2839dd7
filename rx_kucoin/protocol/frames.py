"""The JSON frames on the wire: decoding and encoding."""

import re
from decimal import Decimal
from typing import Any, Final

import msgspec

__all__ = [
    "UNREADABLE",
    "Frame",
    "FrameError",
    "decode",
    "decode_leniently",
    "excerpt",
    "has_secret",
    "payload_of",
    "ping",
    "session_limit",
    "subscribe",
    "text_of",
    "unsubscribe",
]

UNREADABLE: Final = (msgspec.MsgspecError, UnicodeError, RecursionError, ArithmeticError)
"""All errors that decoding any JSON may raise; the last two by deep nesting, and by huge exponents."""


class FrameError(ValueError):
    """A frame, or the payload of a push, that could not be read."""


class Frame(msgspec.Struct, frozen=True, gc=False):
    """One frame of the exchange. The payload stays encoded until its reader is known.

    The fields are in the order of most frames, so that the decoder finds each at the first try.
    """

    topic: str = ""
    type: str = ""
    subject: str = ""
    data: msgspec.Raw = msgspec.Raw()
    id: str | int | None = None
    code: int = 0

    @property
    def is_push(self) -> bool:
        """Whether this is a push. Some frames in the documentation have a topic and no type."""
        return self.type == "message" or (not self.type and bool(self.topic))


# Why msgspec: a ticker of 261 bytes costs it 0.60 us as a dict, where orjson takes 0.72 and json 3.1; and 2.5 us as a
# typed message with six exact decimals, where orjson takes 3.5 and json 8.8 with the message made by hand (the best of
# 25 rounds in one run of `tests/benchmarks/decoders.py`). Four fifths of the typed one are the decimals.
decode: Final = msgspec.json.Decoder(Frame).decode
"""Decode one frame, but not its payload. Raises one of `UNREADABLE`."""
_decode_members: Final = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_decode_word: Final = msgspec.json.Decoder(str | None).decode
_decode_any: Final = msgspec.json.Decoder(float_hook=Decimal).decode
_encode: Final = msgspec.json.Encoder().encode
_PER_SESSION: Final = re.compile(r"limitation of (\d+) per session")
_WHOLE: Final = re.compile(r"-?\d{1,18}")
_SECRET: Final = re.compile(r"""token=[^&\s"]+|"token"\s*:\s*"[^"]*"?|[\w~+/.=%-]{40,}""")
_LONGEST: Final = 400
"""Longest text of an error."""
_CUT: Final = re.compile(r"[\w~+/.=%-]+\Z")


def decode_leniently(text: str | bytes) -> Frame:
    """Decode one frame whose `id`, `code` and `subject` may be of another type: text for a number, a number for text.

    Any member may be null. Raises one of `UNREADABLE`.
    """
    try:
        return decode(text)
    except UNREADABLE:
        members = _decode_members(text)
    topic, type_ = (_decode_word(members.get(name, b"null")) or "" for name in ("topic", "type"))
    id_, code, subject = (_text(members.get(name)) for name in ("id", "code", "subject"))
    number = int(code) if _WHOLE.fullmatch(code) else 0
    return Frame(topic, type_, subject, members.get("data", msgspec.Raw()), id_, number)


def _text(member: msgspec.Raw | None) -> str:
    """Return a member as text; empty where it is missing, null, or has members of its own."""
    value = None if member is None else _decode_any(member)
    if isinstance(value, Decimal) and value == value.to_integral_value():
        value = int(value)
    return str(value) if isinstance(value, str | int | Decimal) and not isinstance(value, bool) else ""


def payload_of(frame: Frame) -> Any:
    """Return the payload of a frame, or None. Raises one of `UNREADABLE`."""
    data: Any = frame.data
    if not isinstance(data, msgspec.Raw):
        return data
    return _decode_any(data) if data else None


def text_of(frame: Frame) -> str:
    """Return the text of an error frame, without secrets."""
    try:
        said = payload_of(frame)
    except UNREADABLE:
        return ""
    return "" if said is None else excerpt(str(said), most=_LONGEST)


def session_limit(text: str) -> int | None:
    """Return the topics that a connection takes, from the text of an error 509; None if it is about another limit."""
    found = _PER_SESSION.search(text)
    return int(found[1]) if found else None


def excerpt(text: str | bytes, most: int = 120) -> str:
    """Return the beginning of a text, fit for an event: short, printable, and without anything as long as a token."""
    start = text[: 4 * most]
    if isinstance(start, bytes):
        start = start.decode("utf-8", "replace")
    if len(text) > 4 * most:  # the cut may have left too little of a token to recognise it
        start = _CUT.sub("…", start)
    said = _SECRET.sub("…", start)
    return "".join(letter if letter.isprintable() else " " for letter in said)[:most]


def has_secret(text: bytes) -> bool:
    """Return whether a text has anything as long as a token or a signature, or named so."""
    return _SECRET.search(text.decode("latin-1")) is not None


def ping(id_: str) -> str:
    """Encode a ping. The exchange expects JSON; a ping of the WebSocket protocol does not count."""
    return _encode({"id": id_, "type": "ping"}).decode()


def subscribe(id_: str, topic: str, *, private: bool) -> str:
    """Encode a subscribe request for a topic, or a comma-separated list of topics of one channel."""
    return _request(id_, "subscribe", topic, private=private)


def unsubscribe(id_: str, topic: str, *, private: bool) -> str:
    """Encode an unsubscribe request for a topic, or a comma-separated list of topics of one channel."""
    return _request(id_, "unsubscribe", topic, private=private)


def _request(id_: str, kind: str, topic: str, *, private: bool) -> str:
    return _encode({"id": id_, "type": kind, "topic": topic, "privateChannel": private, "response": True}).decode()
