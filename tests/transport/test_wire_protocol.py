"""The WebSocket protocol as servers get it right and wrong, over TCP and over TLS."""

import socket
import struct
from collections.abc import Callable, Iterator
from ssl import SSLContext
from typing import Any

import pytest
from transport.lines import Line, dialled, gateway, silent, trusted
from transport.servers import BINARY, CLOSE, CONTINUED, PING, PONG, frame
from waiting import eventually, nothing_left

from rx_kucoin import KuCoin, Push, events
from rx_kucoin.errors import LineLost

pytestmark = pytest.mark.socket

MEBI = 1 << 20
Talk = Callable[[list[bytes]], Line]


@pytest.fixture(scope="module", params=["ws", "wss"])
def context(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SSLContext | None]:
    if request.param == "ws":
        yield None
        return
    with trusted(tmp_path_factory.mktemp("tls")) as context:
        yield context


@pytest.fixture
def heard() -> list[bytes]:
    return []


@pytest.fixture
def said(context: SSLContext | None, heard: list[bytes]) -> Iterator[Talk]:
    """Have a server say something, each piece with a call of its own: a segment, or a record."""
    lines: list[Line] = []
    pieces: list[bytes] = []

    def talk(connection: socket.socket) -> None:
        for piece in pieces:
            connection.sendall(piece)
        while more := connection.recv(65536):
            heard.append(more)

    with nothing_left(), gateway(talk, context=context) as port:

        def say(to_say: list[bytes]) -> Line:
            pieces[:] = to_say
            lines.append(dialled(port, secure=context is not None))
            return lines[-1]

        yield say
        for line in lines:
            line.subscription.dispose()


def unmasked(data: bytes) -> bytes:
    """Read the payload of a short frame of a client's."""
    assert data[1] & 0x80, "a client has to mask"
    return bytes(byte ^ data[2 + n % 4] for n, byte in enumerate(data[6 : 6 + (data[1] & 0x7F)]))


PASSED: dict[str, tuple[list[bytes], list[bytes]]] = {
    "empty texts": ([frame(b""), frame(b"") + frame(b"", BINARY)], [b"", b"", b""]),
    "a ping amid fragments": (
        [frame(b"in ", final=False) + frame(b"are you there?", PING), frame(b"two", CONTINUED), frame(b"next")],
        [b"in two", b"next"],
    ),
    "pongs that nobody asked for": ([frame(b"a") + frame(b"", PONG) + frame(b"b") + frame(b"?", PONG)], [b"a", b"b"]),
    "fragments with nothing in them": (
        [frame(b"", BINARY, final=False) + frame(b"", CONTINUED, final=False) * 9 + frame(b"", CONTINUED)],
        [b""],
    ),
    "lengths that are written longer than need be": (
        [frame(b"a", form=126) + frame(b"b", form=127) + frame(b"c" * 300, form=127) + frame(b"d")],
        [b"a", b"b", b"c" * 300, b"d"],
    ),
    "every byte by itself": (
        [bytes([byte]) for byte in frame(b"a" * 130) + frame(b"", PING) + frame(b"b", BINARY) + frame(b"c", form=127)],
        [b"a" * 130, b"b", b"c"],
    ),
    "a message in pieces of any size": (
        [frame(b"x" * 200_000)[at : at + 7919] for at in range(0, 200_010, 7919)] + [frame(b"y")],
        [b"x" * 200_000, b"y"],
    ),
    "many messages in one piece": ([frame(b"x" * 50) * 1000 + frame(b"y" * 70_000) + frame(b"z")], []),
    "a million bytes": ([frame(b"x" * MEBI) * 2], [b"x" * MEBI] * 2),
    "what is no utf-8": (
        [frame(b"\xff\xfe"), frame(b"\xc3", final=False) + frame(b"(", CONTINUED)],
        [b"\xff\xfe", b"\xc3("],
    ),
}
PASSED["many messages in one piece"][1].extend([*[b"x" * 50] * 1000, b"y" * 70_000, b"z"])


@pytest.mark.parametrize("case", PASSED)
def test_what_is_allowed_is_passed_on(said: Talk, case: str) -> None:
    pieces, texts = PASSED[case]
    line = said(pieces)
    line.open()
    assert eventually(lambda: len(line.texts) >= len(texts) or line.error), line.error
    assert line.texts == texts
    assert line.error is None
    assert all(type(text) is bytes for text in line.texts)


def test_a_ping_is_answered_with_what_it_said_wherever_it_stands(said: Talk, heard: list[bytes]) -> None:
    line = said(
        [frame(b"a") + frame(b"one", PING) + frame(b"b", final=False) + frame(b"two", PING), frame(b"c", CONTINUED)]
    )
    assert eventually(lambda: line.texts == [b"a", b"bc"])
    assert eventually(lambda: len(b"".join(heard)) == 18)
    answers = b"".join(heard)
    assert [answers[0], answers[9]] == [0x80 | PONG] * 2
    assert [unmasked(answers), unmasked(answers[9:])] == [b"one", b"two"]


BROKEN: dict[str, tuple[bytes, str]] = {
    "a continuation without a start": (frame(b"x", CONTINUED), "Illegal frame"),
    "a text amid fragments": (frame(b"x", final=False) + frame(b"y"), "Illegal frame"),
    "a binary amid fragments": (frame(b"x", final=False) + frame(b"y" * 300, BINARY), "Illegal frame"),
    "a text after a ping amid fragments": (frame(b"x", final=False) + frame(b"", PING) + frame(b"y"), "Illegal frame"),
    "a start amid fragments": (frame(b"x", final=False) * 2, "Illegal frame"),
    "reserved bits": (frame(b"x", reserved=4), "reserved bits"),
    "reserved bits of a ping": (frame(b"x", PING, reserved=1), "reserved bits"),
    "an unknown kind of data": (frame(b"x", 3), "the unknown kind 3"),
    "an unknown kind of control": (frame(b"x", 15), "the unknown kind 15"),
    "a ping in fragments": (frame(b"x", PING, final=False), "fragmented"),
    "a pong in fragments": (frame(b"x", PONG, final=False), "fragmented"),
    "a close in fragments": (frame(struct.pack("!H", 1000), CLOSE, final=False), "fragmented"),
    "a ping of 126 bytes": (frame(b"x" * 126, PING), "too long"),
    "a pong that will be long": (frame(b"", PONG, length=1000), "too long"),
    "a masked text": (frame(b"x", mask=b"abcd"), "masked"),
    "a masked ping": (frame(b"x", PING, mask=b"abcd"), "masked"),
    "a masked fragment": (frame(b"x", mask=b"abcd", final=False), "masked"),
    "a length beyond bounds": (frame(b"", length=(16 << 20) + 1), "is more than"),
    "a length of 64 bits": (frame(b"", BINARY, length=(1 << 64) - 1), "is more than"),
    "a fragment beyond bounds": (frame(b"", final=False, length=1 << 40), "is more than"),
    "fragments beyond bounds": (
        frame(b"", final=False) + frame(b"x" * MEBI, CONTINUED, final=False) * 16 + frame(b"x", CONTINUED, final=False),
        "is more than",
    ),
    "a close of one byte": (frame(b"x", CLOSE), "Invalid close frame"),
    "a close with a code that is none": (frame(struct.pack("!H", 999), CLOSE), "999"),
    "a close with a code that is not sent": (frame(struct.pack("!H", 1006), CLOSE), "1006"),
    "a web page": (b"HTTP/1.1 502 Bad Gateway\r\n\r\n", "reserved bits"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_what_is_not_allowed_ends_the_line_after_what_came_before(said: Talk, case: str) -> None:
    breach, tells = BROKEN[case]
    line = said([frame(b"before") + breach])
    error = line.ended_by()
    assert type(error) is LineLost
    assert str(error).startswith("the line broke: ")
    assert tells in str(error)
    assert line.texts == [b"before"]
    assert line.story == ["wire", "ended", "error"]


CLOSES: dict[bytes, str] = {
    b"": "without a reason",
    struct.pack("!H", 1000): "1000 ''",
    struct.pack("!H", 1001) + b"leaving": "1001 'leaving'",
    struct.pack("!H", 4999) + "gr\u00fc\u00dfe".encode(): "4999 'gr\u00fc\u00dfe'",
    struct.pack("!H", 3000) + b"\xff?": "3000 '\ufffd?'",
    struct.pack("!H", 1012) + b"x, " * 41: f"1012 '{'x, ' * 41}'",
    struct.pack("!H", 1012) + b"x" * 123: "1012 '\u2026'",  # it may be a token
}


@pytest.mark.parametrize("payload", CLOSES)
def test_a_close_is_answered_and_told_after_what_came_before(said: Talk, heard: list[bytes], payload: bytes) -> None:
    line = said([frame(b"one") + frame(b"two"), frame(b"three") + frame(payload, CLOSE) + frame(b"too late")])
    assert str(line.ended_by()) == f"the exchange closed the line: {CLOSES[payload]}"
    assert line.texts == [b"one", b"two", b"three"]
    assert eventually(lambda: heard)
    assert (heard[0][0], unmasked(heard[0])) == (0x80 | CLOSE, struct.pack("!H", 1000))


def test_messages_come_in_batches_in_their_order(context: SSLContext | None) -> None:
    batches: list[int] = []
    texts = [b"%d" % n for n in range(20_000)]

    def talk(connection: socket.socket) -> None:
        connection.sendall(b"".join(map(frame, texts)))
        silent(connection)

    with gateway(talk, context=context) as port:
        line = dialled(port, secure=context is not None)
        line._receive = lambda batch: batches.append(len(batch))
        assert eventually(lambda: len(line.texts) == len(texts)), line.error
        line.subscription.dispose()
        assert line.texts == texts
        assert len(batches) < 1000


WELCOME = frame(b'{"id":"1","type":"welcome"}')
NO_UTF8 = [
    b'{"type":"mess\xff","topic":"/market/ticker:BTC-USDT"}',
    b'{"type":"message","topic":"/market/ticker:BTC-USDT","subject":"trade.\xc3("}',
    b'{"type":"message","topic":"/market/ticker:BTC-USDT","subject":"trade.ticker","data":{"price":"1\xed\xa0\x80"}}',
]


def test_a_text_that_is_no_utf8_is_told_of_as_malformed_and_the_line_lives_on(context: SSLContext | None) -> None:
    told: list[Any] = []

    def talk(connection: socket.socket) -> None:
        connection.sendall(WELCOME)
        connection.recv(65536)
        connection.sendall(b"".join(map(frame, NO_UTF8)))
        silent(connection)

    with (
        nothing_left(),
        gateway(talk, context=context) as port,
        KuCoin(rest_url=f"http{'s' * bool(context)}://127.0.0.1:{port}", linger=0.0) as kucoin,
    ):
        kucoin.events.subscribe(told.append)
        kucoin.topic("/market/ticker:BTC-USDT").subscribe(told.append)
        assert eventually(lambda: [type(one) for one in told].count(events.Malformed) == len(NO_UTF8)), told
        assert not [one for one in told if isinstance(one, events.LineDown | Push)]
