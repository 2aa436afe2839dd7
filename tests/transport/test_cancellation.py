import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from transport.servers import black_hole, certificate, descriptors, serving, tls
from waiting import eventually, nothing_left

from rx_kucoin.transport.cancellation import Cancelled, CancelScope
from rx_kucoin.transport.clock import Clock

pytestmark = pytest.mark.socket


@pytest.fixture(autouse=True)
def nothing_stays_open() -> Iterator[None]:
    before = descriptors()
    with nothing_left():
        yield
    assert eventually(lambda: descriptors() <= before), (before, descriptors())


def silent(connection: socket.socket) -> None:
    while connection.recv(1000):
        pass


class Doing:
    """Something that another thread does, and how it came out."""

    def __init__(self, act: Callable[[], object]) -> None:
        self.outcome: object = None
        self._thread = threading.Thread(target=self._run, args=(act,), daemon=True)
        self._thread.start()

    def _run(self, act: Callable[[], object]) -> None:
        try:
            self.outcome = act()
        except (OSError, Cancelled) as error:
            self.outcome = error

    def ended(self, within: float = 10.0) -> object:
        self._thread.join(within)
        assert not self._thread.is_alive(), "it still waits"
        return self.outcome


def test_an_open_socket_is_connected_and_released() -> None:
    with serving(silent) as port:
        line = CancelScope()
        with line.open(("127.0.0.1", port), 5) as opened:
            assert opened.getpeername() == ("127.0.0.1", port)
            assert opened.gettimeout() is not None
            assert opened.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        line.release()
        line.release()


def test_a_connect_into_a_black_hole_is_cut_at_once() -> None:
    with black_hole() as port:
        line = CancelScope()
        dialling = Doing(lambda: line.open(("127.0.0.1", port), 60))
        assert eventually(lambda: line._held)
        started = time.monotonic()
        line.cancel()
        assert isinstance(dialling.ended(), Cancelled)
        assert time.monotonic() - started < 5
        line.release()


def test_a_connect_into_a_black_hole_ends_by_its_timeout() -> None:
    with black_hole() as port:
        line = CancelScope()
        with pytest.raises(TimeoutError):
            line.open(("127.0.0.1", port), 0.05)
        line.release()


def test_a_line_cut_before_it_opens_never_opens() -> None:
    with serving(silent) as port:
        line = CancelScope()
        line.cancel()
        with pytest.raises(Cancelled):
            line.open(("127.0.0.1", port), 5)
        line.release()


def test_at_whatever_moment_it_is_cut_a_dial_ends() -> None:
    with black_hole() as port:
        for _ in range(200):
            line = CancelScope()
            dialling = Doing(lambda line=line: line.open(("127.0.0.1", port), 60))  # type: ignore[misc]
            line.cancel()
            assert isinstance(dialling.ended(), Cancelled)
            line.release()


def test_a_blocking_read_is_cut() -> None:
    with serving(silent) as port:
        line = CancelScope()
        with line.open(("127.0.0.1", port), 60) as opened:
            reading = Doing(lambda: opened.recv(1))
            line.cancel()
            line.cancel()
            assert reading.ended() == b""
        line.release()


def test_a_read_over_tls_is_cut_although_tls_took_the_socket_over(tmp_path: Path) -> None:
    pem = certificate(tmp_path)
    with serving(silent, tls(pem)) as port:
        line = CancelScope()
        context = ssl.create_default_context(cafile=str(pem))
        with context.wrap_socket(line.open(("127.0.0.1", port), 60), server_hostname="127.0.0.1") as secured:
            reading = Doing(lambda: secured.recv(1))
            line.cancel()
            assert reading.ended() == b"" or isinstance(reading.outcome, OSError)
        line.release()


def test_a_tls_handshake_that_nobody_answers_is_cut() -> None:
    greeted = threading.Event()

    def listen(connection: socket.socket) -> None:
        while connection.recv(1000):
            greeted.set()

    with serving(listen) as port:
        line = CancelScope()
        opened = line.open(("127.0.0.1", port), 60)
        context = ssl.create_default_context()
        shaking = Doing(lambda: context.wrap_socket(opened, server_hostname="127.0.0.1"))
        assert greeted.wait(10)
        line.cancel()
        assert isinstance(shaking.ended(), OSError)
        opened.close()
        line.release()


def test_a_name_with_several_addresses_is_tried_through() -> None:
    found = {where[4][0] for where in socket.getaddrinfo("localhost", 80, type=socket.SOCK_STREAM)}
    for host in ("127.0.0.1", "::1"):
        if host not in found:  # the machine knows but one of them
            continue
        with serving(silent, host=host) as port:
            line = CancelScope()
            with line.open(("localhost", port), 5) as opened:
                assert opened.getpeername()[0] == host
            line.release()


def test_a_refused_port_and_an_unknown_name_are_os_errors() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    line = CancelScope()
    with pytest.raises(ConnectionRefusedError):
        line.open(("127.0.0.1", port), 5)
    for name in ("no-such-host.invalid", "two..dots", "x" * 70 + ".invalid"):
        with pytest.raises(OSError, match=r"[Nn]ame|resolution"):
            line.open((name, 443), 5)
    line.release()


@pytest.mark.parametrize("end", ["an error", "no error"])
def test_a_wait_that_the_other_side_keeps_busy_ends_in_time_whatever_the_reader_makes_of_it(end: str) -> None:
    def drip(connection: socket.socket) -> None:
        while True:
            connection.send(b".")
            time.sleep(0.005)

    def read_on(opened: socket.socket) -> None:
        while opened.recv(1):
            pass
        if end == "an error":
            raise OSError("the connection ended")

    with serving(drip) as port:
        line = CancelScope()
        opened = line.open(("127.0.0.1", port), 60)
        with opened, pytest.raises(TimeoutError, match=r"within 0\.1 s"), line.within(0.1):
            read_on(opened)
        assert not line.is_cancelled
        line.release()


def test_a_wait_that_was_cut_says_so() -> None:
    with serving(silent) as port:
        line = CancelScope()
        opened = line.open(("127.0.0.1", port), 60)

        def read() -> None:
            with line.within(60):
                opened.recv(1)
                raise OSError("the connection ended")

        reading = Doing(read)
        line.cancel()
        assert isinstance(reading.ended(), Cancelled)
        opened.close()
        line.release()


def test_an_error_inside_a_wait_stays_what_it_is() -> None:
    line = CancelScope()
    with pytest.raises(ValueError, match="mine"), line.within(60):
        raise ValueError("mine")


def test_the_time_of_one_wait_is_not_that_of_the_next() -> None:
    clock = Clock("rx_kucoin deadlines")

    def open_late(line: CancelScope, port: int) -> None:
        with line.within(0.02):
            assert eventually(lambda: line._late)
            line.open(("127.0.0.1", port), 5)

    with serving(silent) as port:
        line = CancelScope(clock)
        with pytest.raises(TimeoutError):
            open_late(line, port)
        with line.within(60), line.open(("127.0.0.1", port), 5) as opened:
            assert opened.fileno() >= 0
        assert clock.join(10)
        line.release()


@pytest.mark.parametrize(("outer", "inner"), [(60.0, 0.02), (0.02, 60.0)])
def test_a_wait_in_another_ends_when_the_shorter_of_them_is_over(outer: float, inner: float) -> None:
    with serving(silent) as port:
        line = CancelScope()

        def wait() -> bytes:
            with line.within(outer):
                try:
                    with line.within(inner), line.open(("127.0.0.1", port), 5) as opened:
                        opened.recv(1)
                        raise OSError("the connection ended")
                except TimeoutError:  # of the inner one: there is time left
                    line.open(("127.0.0.1", port), 5).close()
                    return b"again"

        came = Doing(wait).ended()
        assert came == b"again" if outer > inner else isinstance(came, TimeoutError)
        line.release()
