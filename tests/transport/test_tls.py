"""TLS as it comes: records and messages that end in different places, new keys, and every kind of end."""

import re
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from transport.lines import PING, dialled, gateway, silent, trusted
from transport.servers import accepted, bullet, certificate, frame, request, serving, tls
from waiting import eventually, nothing_left

from rx_kucoin.errors import DialFailed, LineLost
from rx_kucoin.transport.certificates import trust
from rx_kucoin.transport.tls import SecureDuplex

pytestmark = pytest.mark.socket


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ssl.SSLContext]:
    with trusted(tmp_path_factory.mktemp("tls")) as context:
        yield context


@pytest.fixture(autouse=True)
def no_thread_stays() -> Iterator[None]:
    with nothing_left():
        yield


def said(context: ssl.SSLContext, talk: Callable[[socket.socket], None]) -> tuple[list[bytes], Exception]:
    """Let a server talk, and tell what came and how it ended."""
    with gateway(talk, context=context) as port:
        line = dialled(port, secure=True)
        return line.texts, line.ended_by()


def raw(connection: socket.socket) -> socket.socket:
    """The socket below TLS."""
    return socket.socket(fileno=connection.detach())


def test_an_end_with_a_word_of_tls_ends_the_line_after_what_came_before(context: ssl.SSLContext) -> None:
    def talk(connection: socket.socket) -> None:
        connection.sendall(frame(b"one") + frame(b"two"))
        with suppress(OSError):  # the other side hangs up rather than to answer
            connection.unwrap()  # type: ignore[attr-defined]

    texts, error = said(context, talk)
    assert texts == [b"one", b"two"]
    assert type(error) is LineLost


@pytest.mark.parametrize("rest", [b"", b"\x17\x03\x03\x01\x00half a record"])
def test_an_end_without_a_word_of_tls_ends_the_line_after_what_came_before(
    context: ssl.SSLContext, rest: bytes
) -> None:
    def talk(connection: socket.socket) -> None:
        connection.sendall(frame(b"one") + frame(b"two"))
        with raw(connection) as below:
            below.sendall(rest)

    texts, error = said(context, talk)
    assert texts == [b"one", b"two"]
    assert type(error) is LineLost
    assert "lost" in str(error)


@pytest.mark.parametrize("forged", [b"\x17\x03\x03\x00\x20" + b"?" * 32, b"HTTP/1.1 502 Bad Gateway\r\n\r\n"])
def test_what_is_not_from_the_other_side_ends_the_line_after_what_is(context: ssl.SSLContext, forged: bytes) -> None:
    heard: list[bytes] = []

    def talk(connection: socket.socket) -> None:
        connection.sendall(frame(b"one"))
        with raw(connection) as below:
            below.sendall(forged)
            heard.append(below.recv(100))

    texts, error = said(context, talk)
    assert texts == [b"one"]
    assert type(error) is LineLost
    assert "SSL" in str(error)
    assert heard[0][:1] in {b"\x15", b"\x17"}  # an alert, under TLS 1.3 in the guise of data


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_records_and_messages_may_end_in_different_places(tmp_path: Path, version: ssl.TLSVersion) -> None:
    texts = [b"x" * (n * 37 % 40_000) for n in range(60)]
    stream = b"".join(map(frame, texts))

    def talk(connection: socket.socket) -> None:
        at = 0
        for n in range(len(stream)):
            size = (1, 3, 16_384, 9, 100_000, 255, 4096)[n % 7]
            if not (piece := stream[at : at + size]):
                break
            connection.sendall(piece)
            at += size
        silent(connection)

    with trusted(tmp_path) as context:
        context.minimum_version = context.maximum_version = version
        with gateway(talk, context=context) as port:
            line = dialled(port, secure=True)
            assert eventually(lambda: len(line.texts) == len(texts)), line.error
            assert line.texts == texts
            line.subscription.dispose()


def test_a_certificate_for_another_host_is_refused(tmp_path: Path) -> None:
    heard: list[Exception] = []
    theirs = certificate(tmp_path, "DNS:api.example.com")

    def handle(connection: socket.socket) -> None:
        try:
            tls(theirs).wrap_socket(connection, server_side=True)
        except OSError as error:
            heard.append(error)

    with trusted(tmp_path), serving(handle) as port:
        trust().load_verify_locations(theirs)
        with serving(behind_tls(port)) as rest:
            error = dialled(rest).ended_by()
            assert type(error) is DialFailed
            assert "certificate verify failed: IP address mismatch" in str(error)
            assert eventually(lambda: heard)
            assert "alert" in str(heard[0])  # the server was told


def behind_tls(endpoint: int) -> Callable[[socket.socket], None]:
    def handle(connection: socket.socket) -> None:
        if request(connection):
            connection.sendall(bullet(f"wss://127.0.0.1:{endpoint}/"))

    return handle


def test_hands_that_are_not_taken_fail_the_dial_in_time() -> None:
    with serving(silent) as mute, serving(behind_tls(mute)) as rest:
        error = dialled(rest, timeout=0.3).ended_by()
        assert type(error) is DialFailed
        assert "not done within 0.3 s" in str(error)


def test_a_dial_that_waits_for_hands_is_disposed_of_at_once() -> None:
    shaken = threading.Event()

    def mute(connection: socket.socket) -> None:
        assert connection.recv(65536)[0] == 0x16
        shaken.set()
        silent(connection)

    with serving(mute) as port, serving(behind_tls(port)) as rest:
        line = dialled(rest, timeout=60)
        assert shaken.wait(10)
        with nothing_left(5):
            line.subscription.dispose()
        assert line.story == []


def test_a_server_that_hangs_up_instead_of_shaking_hands_fails_the_dial() -> None:
    with serving(lambda connection: None) as port, serving(behind_tls(port)) as rest:
        assert type(dialled(rest).ended_by()) is DialFailed


def test_nothing_is_sent_after_a_record_that_was_sent_in_part(context: ssl.SSLContext) -> None:
    heard: list[bytes] = []
    torn = threading.Event()

    def handle(connection: socket.socket) -> None:
        torn.wait(10)
        with suppress(OSError):
            while more := connection.recv(65536):
                heard.append(more)

    with serving(handle, context) as port, socket.create_connection(("127.0.0.1", port)) as connected:
        duplex = SecureDuplex(connected, trust(), "127.0.0.1")
        duplex.handshake()
        sent = 0

        def fill() -> None:
            nonlocal sent
            while True:
                sent += duplex.send(b"x" * 16_000)

        with pytest.raises(OSError, match="buffer is full"):
            fill()
        torn.set()
        assert eventually(lambda: sum(map(len, heard)) == sent)
        with pytest.raises(OSError, match="before this one"):
            duplex.send(b"too late")
        duplex.close()
    assert set(b"".join(heard)) == set(b"x")


HEADER = bytes([0x81, 0x80 | len(PING)])
"""How a ping of ours begins."""


@contextmanager
def openssl(context: Path, *options: str) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """A server that is told what to do through its standard input, and prints what it hears."""
    command = [
        "openssl",
        "s_server",
        "-accept",
        "127.0.0.1:0",
        "-naccept",
        "1",
        "-cert",
        str(context),
        "-msg",
        *options,
    ]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as server:
        assert server.stdout
        while not (line := server.stdout.readline()).startswith(b"ACCEPT"):
            assert line, "it has ended"
        try:
            yield int(line.rsplit(b":", 1)[1]), server
        finally:
            server.kill()


@pytest.mark.parametrize(
    ("command", "protocol", "told", "answered"),
    [
        (b"K", "-tls1_3", rb">>> .*KeyUpdate", rb"<<< .*KeyUpdate"),
        (b"k", "-tls1_3", rb">>> .*KeyUpdate", rb""),
        (b"r", "-tls1_2", rb">>> .*HelloRequest", rb"(?s)HelloRequest.*?<<< .*?Finished"),
    ],
    ids=["new keys for both", "new keys", "all agreed on anew"],
)
def test_new_keys_amid_the_messages_are_taken_in_and_answered(
    tmp_path: Path, command: bytes, protocol: str, told: bytes, answered: bytes
) -> None:
    pem = certificate(tmp_path)
    with trusted(tmp_path), openssl(pem, protocol) as (port, server), serving(behind_tls(port)) as rest:
        assert server.stdin
        assert server.stdout
        printed = bytearray()

        def note() -> None:
            while more := server.stdout.read1():  # type: ignore[union-attr]
                printed.extend(more)

        reader = threading.Thread(target=note)
        reader.start()

        def tell(data: bytes) -> None:
            server.stdin.write(data)  # type: ignore[union-attr]
            server.stdin.flush()  # type: ignore[union-attr]

        line = dialled(rest)
        assert eventually(lambda: b"\r\n\r\n" in printed)
        tell(accepted(printed[printed.index(b"GET") :].decode()))
        wire = line.open()
        for n in range(3):
            tell(frame(b"before %d" % n))
            assert eventually(lambda n=n: len(line.texts) == 2 * n + 1), line.error  # type: ignore[misc]
            tell(command + b"\n")
            assert eventually(lambda n=n: len(re.findall(told, printed)) == n + 1), printed  # type: ignore[misc]
            tell(frame(b"after %d" % n))
            assert eventually(lambda n=n: len(line.texts) == 2 * n + 2), line.error  # type: ignore[misc]
            wire.send(PING)
            assert eventually(lambda n=n: printed.count(HEADER) > n), printed  # type: ignore[misc]
            assert eventually(lambda n=n: len(re.findall(answered, printed)) >= n + 1), printed  # type: ignore[misc]
        line.subscription.dispose()
        assert line.error is None
        server.kill()
        reader.join(10)
