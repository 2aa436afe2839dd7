"""REST answers as Observables."""

import re
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from transport.asking import KEYS, Asked, Told, good
from transport.lines import silent
from transport.servers import answer, black_hole, descriptors, everything_in, request, serving
from waiting import eventually, nothing_left, our_threads

from rx_kucoin.errors import ApiError, RateLimited, RestUnavailable, UnexpectedAnswer
from rx_kucoin.transport.network import Network
from rx_kucoin.transport.rest_call import NAME
from rx_kucoin.transport.sockets import Sockets

pytestmark = pytest.mark.socket

Handler = Callable[[socket.socket], None]


@pytest.fixture(autouse=True)
def nothing_stays_open() -> Iterator[None]:
    before = descriptors()
    with nothing_left():
        yield
    assert eventually(lambda: descriptors() <= before), (before, descriptors())


def at(port: int) -> str:
    return f"http://127.0.0.1:{port}"


def saying(said: bytes, heard: list[str] | None = None, connected: threading.Event | None = None) -> Handler:
    def handle(connection: socket.socket) -> None:
        asked = request(connection)
        if heard is not None:
            heard.append(asked)
        if connected is not None:
            connected.set()
        connection.sendall(said)
        if not said:
            silent(connection)

    return handle


def test_the_data_of_an_answer_is_emitted_as_the_json_that_it_is_on_a_thread_of_its_own() -> None:
    heard: list[str] = []
    said = answer("200 OK", b'{"code":"200000","data": {"price" : "1.10", "s":[ 1 ]} }')
    with serving(saying(said, heard)) as port:
        answers = Sockets(at(port)).fetch("/api/v2/symbols?market=USDS")
        assert heard == []  # cold
        told = Told(answers)
        assert told.whole() == [b'{"price" : "1.10", "s":[ 1 ]}', "completed"]
        assert told.threads == {NAME}
        Told(answers).whole()
    assert [line.split("\r\n")[0] for line in heard] == ["GET /api/v2/symbols?market=USDS HTTP/1.1"] * 2
    assert "KC-API" not in heard[0]


def test_an_answer_as_long_as_the_list_of_symbols_is_taken_whole() -> None:
    symbols = [{"symbol": f"{n:06}-USDT", "name": "x" * 600} for n in range(2_000)]
    with serving(saying(good(symbols))) as port:
        data, _ = Told(Sockets(at(port)).fetch("/api/v2/symbols")).whole()
        assert isinstance(data, bytes)
        assert len(data) > 1_200_000
        assert data.endswith(b'"}]')


def test_an_answer_without_end_is_given_up() -> None:
    def flood(connection: socket.socket) -> None:
        request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n")
        while True:
            connection.sendall(b" " * (1 << 20))

    with serving(flood) as port:
        error = Told(Sockets(at(port), network=Network(timeout=60)).fetch("/x")).error()
        assert type(error) is RestUnavailable
        assert "more than 67108864 bytes" in str(error)


@pytest.mark.parametrize(
    ("said", "kind", "text"),
    [
        (answer("429 Too Many Requests", "x", gw_ratelimit_reset="2500"), RateLimited, "wait 2.5 s"),
        (answer("503 Service Unavailable", "x"), RestUnavailable, "HTTP 503"),
        (answer("200 OK", '{"code":"503000","msg":"busy"}'), RestUnavailable, "503000 'busy'"),
        (answer("200 OK", '{"code":"200003","msg":"no symbol"}'), ApiError, "200003 'no symbol'"),
        (answer("403 Forbidden", "<html>no</html>"), UnexpectedAnswer, "<html>no"),
        (answer("200 OK", '{"code":"200000"}'), UnexpectedAnswer, "no data"),
        (
            answer("302 Found", "", Location="http://127.0.0.1:1/"),
            UnexpectedAnswer,
            "HTTP 302, a redirect to http://127.0.0.1:1/",
        ),
        (b"nonsense\r\n\r\n", RestUnavailable, "nonsense"),
    ],
)
def test_what_is_wrong_with_an_answer_ends_it_with_the_path_and_the_reason(said: bytes, kind: type, text: str) -> None:
    with serving(saying(said)) as port:
        error = Told(Sockets(at(port)).fetch("/api/v1/x?y=z")).error()
    assert type(error) is kind
    assert str(error).startswith("GET /api/v1/x?y=z: ")
    assert text in str(error)
    assert error.__traceback__ is None


@pytest.mark.parametrize("end", ["dispose", "close"])
@pytest.mark.parametrize("where", ["in TCP", "in the answer"])
def test_one_that_hangs_is_cut_short_at_once_and_tells_nothing(where: str, end: str) -> None:
    connected = threading.Event()
    with black_hole() as hole, serving(saying(b"", connected=connected)) as mute:
        sockets = Sockets(at(hole if where == "in TCP" else mute), KEYS, network=Network(timeout=60))
        told = Told(sockets.fetch("/x"))
        assert eventually(lambda: our_threads() if where == "in TCP" else connected.is_set())
        assert repr(sockets).endswith("1 threads>")
        started = time.monotonic()
        if end == "dispose":
            told.subscription.dispose()
        else:
            assert sockets.close(10) is True
            assert our_threads() == []
        assert eventually(lambda: not our_threads())
        assert time.monotonic() - started < 5
        assert told.story == []


def test_one_cut_short_at_any_moment_tells_nothing_and_leaves_nothing() -> None:
    with serving(Asked()) as port:
        sockets = Sockets(at(port), KEYS)
        for round_ in range(60):
            told = Told(sockets.fetch("/x"))
            time.sleep(round_ / 8000)
            told.subscription.dispose()
            assert not any(isinstance(what, Exception) for what in told.story)
        assert sockets.close(10) is True
        assert our_threads() == []


def test_nothing_is_asked_after_the_end() -> None:
    with serving(exchange := Asked()) as port:
        sockets = Sockets(at(port))
        assert sockets.close(1) is True
        assert Told(sockets.fetch("/x")).story == []
        assert our_threads() == []
    assert exchange.requests == []


def test_one_that_takes_too_long_ends_by_the_timeout() -> None:
    with serving(saying(b"")) as port:
        error = Told(Sockets(at(port), network=Network(timeout=0.2)).fetch("/x")).error()
    assert type(error) is RestUnavailable
    assert re.search(r"not done within 0\.2 s|timed out", str(error))  # the whole's time is up, or the socket's is


@pytest.mark.parametrize("raised", [ValueError("a bad subscriber"), SystemExit(1)])
def test_a_subscriber_that_raises_hurts_itself_alone(raised: BaseException, caplog: pytest.LogCaptureFixture) -> None:
    def bad(_: bytes) -> None:
        raise raised

    with serving(Asked()) as port:
        sockets = Sockets(at(port))
        sockets.fetch("/x").subscribe(bad)
        assert eventually(lambda: "a subscriber of a REST answer raised" in caplog.text)
        assert Told(sockets.fetch("/x")).whole()[1] == "completed"


def test_a_machine_without_threads_fails_it() -> None:
    sockets = Sockets("http://127.0.0.1:1")
    before = threading.stack_size(1 << 46)
    try:
        told = Told(sockets.fetch("/x"))
    finally:
        threading.stack_size(before)
    assert type(told.error()) is RestUnavailable
    assert sockets.close(1) is True


@pytest.mark.parametrize("path", ["/api/v1/x", "/api/v1/x?a=1&b=%41 c|d", "/api/v1/x?currency=\u20ac", "/x?y=%2f#z"])
def test_with_a_key_it_is_signed_exactly_as_it_is_sent(path: str) -> None:
    with serving(Asked()) as port:
        assert Told(Sockets(at(port), KEYS).fetch(path)).whole() == [b'{"signed": true}', "completed"]


def test_nobody_is_told_the_key() -> None:
    def echo(connection: socket.socket) -> None:
        asked = request(connection).encode()
        connection.sendall(asked if b"/x" in asked else good(int(1000 * time.time())))

    with serving(echo) as port:
        error = Told(Sockets(at(port), KEYS).fetch("/x")).error()
    assert type(error) is RestUnavailable
    told = everything_in(error)
    assert "canary" not in told
    assert "KC-API" not in told


def test_the_headers_of_the_network_are_sent_with_every_request() -> None:
    heard: list[str] = []
    with serving(saying(good(7), heard)) as port:
        sockets = Sockets(at(port), KEYS, network=Network(headers={"X-SITE-TYPE": "australia"}))
        Told(sockets.fetch("/x")).whole()
    assert len(heard) == 2
    assert all("\r\nX-SITE-TYPE: australia\r\n" in asked for asked in heard)
