"""Cutting messages from a stream: the same as websocket-client's own way, whatever pieces the stream comes in."""

import time
from collections.abc import Callable, Iterator
from itertools import cycle
from typing import Any

import pytest
import websocket
from hypothesis import given, settings
from hypothesis import strategies as st
from transport.servers import BINARY, CLOSE, CONTINUED, PING, PONG, TEXT, frame

from rx_kucoin.transport.frame_parser import MOST, ReceiveBuffer, parse_frames
from rx_kucoin.transport.websocket import ClosedByPeer, WebSocket

Story = list[tuple[str, Any]]


class Tape:
    """A connection that says what is written on it, in pieces of these sizes, and notes what is said to it."""

    def __init__(self, said: bytes, pieces: list[int]) -> None:
        self._said, self._sizes, self._at = said, cycle(pieces), 0
        self._buffer = bytearray(1 << 16)
        self.heard: list[bytes] = []
        self.reads = 0

    def more(self) -> memoryview:
        """Overwrite what was given before: nobody may keep it."""
        piece = self._said[self._at : self._at + next(self._sizes)]
        self._at += len(piece)
        self.reads += 1
        self._buffer[: len(piece)] = piece
        return memoryview(self._buffer)[: len(piece)]

    def recv(self, size: int) -> bytes:
        piece = self._said[self._at : self._at + size]
        self._at += len(piece)
        return piece

    def send(self, data: bytes) -> int:
        self.heard.append(bytes(data))
        return len(data)

    def gettimeout(self) -> None:
        pass

    def close(self) -> None:
        pass


def told(opened: Any, tape: Tape, receive: Callable[[], Iterator[Any]]) -> Story:
    """Tell what was received, how it ended, and what was answered."""
    opened.sock = tape
    opened.set_mask_key(bytes)
    story: Story = []
    try:
        while True:
            story += [("message", message) for message in receive()]
    except ClosedByPeer as closed:
        story.append(("close", closed.payload))
    except websocket.WebSocketException as error:
        story.append(("error", type(error)))
    return [*story, ("answers", tape.heard)]


def stock(said: bytes) -> Story:
    opened: Any = websocket.WebSocket(skip_utf8_validation=True)

    def receive() -> Iterator[Any]:
        opcode, data = opened.recv_data()
        if opcode == CLOSE:
            raise ClosedByPeer(data)
        yield data

    return told(opened, Tape(said, [1]), receive)


def ours(said: bytes, pieces: list[int]) -> Story:
    tape = Tape(said, pieces)
    opened = WebSocket(ReceiveBuffer(tape.more))
    return told(opened, tape, lambda: iter(opened.receive()))


payloads = st.one_of(st.binary(max_size=20), st.sampled_from([125, 126, 127, 65535, 65536]).map(lambda n: b"x" * n))
sizes = st.lists(st.integers(1, 300), max_size=8).map(lambda few: [*few, 9000])
"""Of the pieces in which it comes: not all of them small, or a long message takes long."""
forms = st.sampled_from([0, 0, 0, 126, 127])
"""How a length is written: as it should be, or longer."""


@st.composite
def messages(draw: st.DrawFn) -> bytes:
    """A message in one frame or in many, with a ping or a pong wherever one may stand."""
    kind, parts = draw(st.sampled_from([TEXT, BINARY])), draw(st.lists(payloads, min_size=1, max_size=3))
    said = b""
    for n, part in enumerate(parts):
        form = draw(forms) if len(part) < 1 << 16 else 0
        said += frame(part, CONTINUED if n else kind, final=n == len(parts) - 1, form=form)
        if draw(st.booleans()):
            said += frame(draw(st.binary(max_size=125)), draw(st.sampled_from([PING, PONG])))
    return said


def code(number: int, reason: bytes = b"") -> bytes:
    return number.to_bytes(2) + reason


BREACHES = [
    frame(b"no start", CONTINUED),
    frame(b"no start", CONTINUED, final=False),
    frame(b"one", final=False) + frame(b"another"),
    frame(b"one", final=False) + frame(b"?", PING) + frame(b"another"),
    frame(b"one", BINARY, final=False) + frame(b"x" * 200, BINARY),
    frame(b"one", final=False) + frame(b"another", BINARY, final=False),
    frame(b"reserved", reserved=1),
    frame(b"reserved", reserved=4, final=False),
    frame(b"unknown", 3),
    frame(b"unknown", 11),
    frame(b"in two", PING, final=False),
    frame(b"x", CLOSE),
    frame(code(999), CLOSE),
    frame(code(1005), CLOSE),
    frame(code(1000, b"x" * 124), CLOSE),
    frame(b"x" * 126, PING),
]
ENDS = [b"", frame(b"", CLOSE), frame(code(1001, b"leaving"), CLOSE), frame(code(4000), CLOSE), *BREACHES]


@settings(deadline=None)
@given(st.lists(messages(), max_size=6), st.sampled_from(ENDS), sizes)
def test_a_stream_is_read_as_websocket_client_reads_it_whatever_pieces_it_comes_in(
    whole: list[bytes], end: bytes, pieces: list[int]
) -> None:
    said = b"".join(whole) + end + frame(b"too late")
    assert ours(said, pieces) == stock(said)


@settings(deadline=None)
@given(st.lists(messages(), min_size=1, max_size=4), st.integers(0, 1 << 18), sizes)
def test_a_stream_that_breaks_off_anywhere_is_read_as_far_as_it_goes(
    whole: list[bytes], length: int, pieces: list[int]
) -> None:
    said = b"".join(whole)
    said = said[: length % (len(said) + 1)]
    assert ours(said, pieces) == stock(said)


@pytest.mark.parametrize("breach", BREACHES)
def test_what_breaks_the_protocol_ends_the_stream_after_what_came_before(breach: bytes) -> None:
    for size in (1, 3, 1 << 16):
        story = ours(frame(b"before") + breach, [size])
        assert story[:2] == [("message", b"before"), ("error", websocket.WebSocketProtocolException)]


@pytest.mark.parametrize(
    "breach",
    [
        frame(b"masked", mask=b"abcd"),
        frame(b"x" * 300, mask=b"abcd"),
        frame(b"", mask=b"abcd"),
        frame(b"masked", PING, mask=b"abcd"),
        frame(b"in two", PONG, final=False),
        frame(code(1000), CLOSE, final=False),
        frame(b"x" * 126, PONG),
    ],
)
def test_what_websocket_client_lets_pass_and_the_protocol_does_not_ends_the_stream(breach: bytes) -> None:
    assert stock(breach + frame(b""))[0] != ("error", websocket.WebSocketProtocolException)
    assert ours(frame(b"before") + breach, [1 << 16])[:2] == [
        ("message", b"before"),
        ("error", websocket.WebSocketProtocolException),
    ]


@pytest.mark.parametrize(
    "header",
    [
        frame(b"", reserved=2, length=1000),
        frame(b"", 5, length=1000),
        frame(b"", PING, length=1000),
        frame(b"", mask=b"abcd", length=1000),
        frame(b"", length=MOST + 1),
        frame(b"", length=1 << 63),
        frame(b"", BINARY, final=False, length=MOST + 1),
    ],
)
def test_a_frame_is_refused_by_its_header_before_its_payload_is_waited_for(header: bytes) -> None:
    [*_, (ending, error), _] = ours(header, [1])
    assert ending == "error"
    assert error is not websocket.WebSocketConnectionClosedException


def test_all_that_one_read_brought_is_one_batch() -> None:
    texts = [b"%d" % n * (n % 200) for n in range(100)]
    tape = Tape(b"".join(map(frame, texts)), [1 << 16])
    assert WebSocket(ReceiveBuffer(tape.more)).receive() == texts
    assert tape.reads == 1


def test_a_message_is_handed_over_before_the_next_one_is_waited_for() -> None:
    tape = Tape(frame(b"one") + frame(b"two") + frame(b"three")[:3] + frame(b"three")[3:], [13, 1 << 16])
    opened = WebSocket(ReceiveBuffer(tape.more))
    assert (opened.receive(), tape.reads) == ([b"one", b"two"], 1)
    assert (opened.receive(), tape.reads) == ([b"three"], 2)


def test_a_message_of_the_most_bytes_passes_and_one_more_does_not() -> None:
    assert ours(frame(b"x" * MOST), [1 << 16])[0] == ("message", b"x" * MOST)
    halves = [frame(b"x" * (MOST // 2), final=False), frame(b"x" * (MOST // 2), CONTINUED, final=False)]
    assert ours(b"".join(halves) + frame(b"", CONTINUED), [1 << 16])[0] == ("message", b"x" * MOST)
    too_long = b"".join(halves) + frame(b"x", CONTINUED)
    assert ours(too_long, [1 << 16])[0] == ("error", websocket.WebSocketPayloadException)


def test_a_frame_of_the_most_bytes_is_parsed_as_a_plain_one_and_one_more_is_not() -> None:
    messages: list[bytes] = []
    longest = frame(b"x" * MOST)
    assert parse_frames(longest, 0, messages) == (len(longest), 2)
    assert [*map(len, messages)] == [MOST]
    assert parse_frames(frame(b"", length=MOST + 1), 0, []) == (0, 0)


def test_a_long_message_in_small_pieces_costs_time_in_proportion() -> None:
    """With a copy of all that came before at each piece, this would copy a terabyte."""
    started = time.process_time()
    assert ours(frame(b"x" * MOST), [128])[0] == ("message", b"x" * MOST)
    fragments = frame(b"", final=False) + frame(b"x" * 512, CONTINUED, final=False) * 30_000 + frame(b"", CONTINUED)
    assert ours(fragments, [1 << 16])[0] == ("message", b"x" * 512 * 30_000)
    assert time.process_time() - started < 5


def test_what_was_cut_is_not_kept_while_nothing_comes() -> None:
    held: list[int] = []
    inbox = ReceiveBuffer(lambda: held.append(len(inbox._held)) or (frame(b"x" * 1000) if len(held) == 1 else b""))  # type: ignore[func-returns-value]
    assert inbox.messages() == [b"x" * 1000]
    with pytest.raises(websocket.WebSocketConnectionClosedException):
        inbox.messages()
    assert held == [0, 0]


def test_bytes_are_taken_in_the_pieces_asked_for() -> None:
    inbox = ReceiveBuffer(Tape(b"abcdefghij", [4]).more)
    assert [inbox.some(3), inbox.some(3), inbox.exactly(4), inbox.exactly(0), inbox.some(9)] == [
        b"abc",
        b"d",
        b"efgh",
        b"",
        b"ij",
    ]
    assert inbox.some(1) == b""


def test_cutting_says_where_it_stopped_and_how_much_is_missing() -> None:
    messages: list[bytes] = []
    said = b"??" + frame(b"one") + frame(b"x" * 200, BINARY)
    assert parse_frames(said[:-7], 2, messages) == (7, 7)
    assert parse_frames(said, 7, messages) == (len(said), 2)
    assert messages == [b"one", b"x" * 200]
    assert parse_frames(said + b"\x81", len(said), []) == (len(said), 1)
    assert parse_frames(said + b"\x81\x7f123", len(said), []) == (len(said), 5)
    assert parse_frames(said + frame(b"", PING), 2, []) == (len(said), 0)
