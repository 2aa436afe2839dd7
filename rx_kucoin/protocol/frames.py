"""Every JSON shape on the wire: read one, write one."""

import re
from decimal import Decimal
from typing import Any, Final

import msgspec

__all__ = [
    "UNREADABLE",
    "Frame",
    "FrameError",
    "decode",
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
"""Whatever JSON of any making may raise: the last two are brackets in great depth, and exponents out of this world."""


class FrameError(ValueError):
    """A frame, or the payload of a push, that could not be read."""


class Frame(msgspec.Struct, frozen=True, gc=False):
    """One text of the exchange. The payload stays raw until somebody knows what it is.

    The fields stand as they come in most frames: so the decoder finds each at the first try.
    """

    topic: str = ""
    type: str = ""
    subject: str = ""
    data: msgspec.Raw = msgspec.Raw()
    id: str | int | None = None
    code: int = 0

    @property
    def is_push(self) -> bool:
        """Whether this is market data. Some frames of the documentation have a topic and no type."""
        return self.type == "message" or (not self.type and bool(self.topic))


# Why msgspec: a ticker of 261 bytes costs it 0.60 us as a dict, where orjson takes 0.72 and json 3.1; and 2.5 us as a
# typed message with six exact decimals, where orjson takes 3.5 and json 8.8 with the message made by hand (the best of
# 25 rounds in one run of `tests/benchmarks/decoders.py`). Four fifths of the typed one are the decimals.
decode: Final = msgspec.json.Decoder(Frame).decode
"""Read one frame and leave its payload raw. Raises one of `UNREADABLE`."""
_decode_any: Final = msgspec.json.Decoder(float_hook=Decimal).decode
_encode: Final = msgspec.json.Encoder().encode
_PER_SESSION: Final = re.compile(r"limitation of (\d+) per session")
_SECRET: Final = re.compile(r"""token=[^&\s"]+|"token"\s*:\s*"[^"]*"?|[\w~+/.=%-]{40,}""")
_SAID: Final = 400
"""Letters of an error, at most."""
_CUT: Final = re.compile(r"[\w~+/.=%-]+\Z")


def payload_of(frame: Frame) -> Any:
    """Give the payload of a frame as it came, or None if it has none. Raises one of `UNREADABLE`."""
    data: Any = frame.data
    if not isinstance(data, msgspec.Raw):
        return data
    return _decode_any(data) if data else None


def text_of(frame: Frame) -> str:
    """What an error frame says, as far as it may be told."""
    try:
        said = payload_of(frame)
    except UNREADABLE:
        return ""
    return "" if said is None else excerpt(str(said), most=_SAID)


def session_limit(text: str) -> int | None:
    """How many topics a connection takes, as the text of an error 509 has it; None when it is about another limit."""
    found = _PER_SESSION.search(text)
    return int(found[1]) if found else None


def excerpt(text: str | bytes, most: int = 120) -> str:
    """How a text began, fit for an event: short, printable, and without anything as long as a token."""
    start = text[: 4 * most]
    if isinstance(start, bytes):
        start = start.decode("utf-8", "replace")
    if len(text) > 4 * most:  # the cut may have left too little of a token to know it by
        start = _CUT.sub("…", start)
    said = _SECRET.sub("…", start)
    return "".join(letter if letter.isprintable() else " " for letter in said)[:most]


def has_secret(text: bytes) -> bool:
    """Whether anything in a text is as long as a token or a signature, or is called so."""
    return _SECRET.search(text.decode("latin-1")) is not None


def ping(id_: str) -> str:
    """Write a ping. The exchange wants JSON; a ping of the WebSocket protocol does not count."""
    return _encode({"id": id_, "type": "ping"}).decode()


def subscribe(id_: str, topic: str, *, private: bool) -> str:
    """Ask for a topic, or a comma list of topics of one channel."""
    return _ask(id_, "subscribe", topic, private=private)


def unsubscribe(id_: str, topic: str, *, private: bool) -> str:
    """Ask for no more of a topic, or a comma list of topics of one channel."""
    return _ask(id_, "unsubscribe", topic, private=private)


def _ask(id_: str, kind: str, topic: str, *, private: bool) -> str:
    return _encode({"id": id_, "type": kind, "topic": topic, "privateChannel": private, "response": True}).decode()
