import socket
import threading
from collections.abc import Iterator

import pytest
from waiting import eventually

from rx_kucoin.transport.duplex import Duplex

pytestmark = pytest.mark.socket


@pytest.fixture
def ends() -> Iterator[tuple[Duplex, socket.socket]]:
    here, there = socket.socketpair()
    with here, there:
        yield Duplex(here), there


def test_what_came_at_once_is_read_in_the_pieces_asked_for(ends: tuple[Duplex, socket.socket]) -> None:
    duplex, there = ends
    there.sendall(b"abcdef")
    assert [duplex.recv(size) for size in (2, 3, 9)] == [b"ab", b"cde", b"f"]
    there.close()
    assert duplex.recv(2) == b""
    assert duplex.recv(2) == b""


def test_it_is_quiet_while_the_reader_waits_and_nothing_has_come(ends: tuple[Duplex, socket.socket]) -> None:
    duplex, there = ends
    assert not duplex.is_quiet()
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.append(duplex.recv(2)))
    reader.start()
    assert eventually(duplex.is_quiet)
    there.sendall(b"abcd")
    reader.join(10)
    assert got == [b"ab"]
    assert not duplex.is_quiet()
    duplex._is_waiting = True  # woken up in a moment
    assert duplex.is_quiet()
    there.sendall(b"e")
    assert not duplex.is_quiet()
    duplex.close()
    assert not duplex.is_quiet()


def test_a_full_send_buffer_is_an_error(ends: tuple[Duplex, socket.socket]) -> None:
    duplex, _ = ends
    while duplex.send(b"x" * 65536) == 65536:
        pass
    with pytest.raises(OSError, match="full"):
        duplex.send(b"x" * 65536)


def test_no_more_is_read_than_is_allowed(ends: tuple[Duplex, socket.socket]) -> None:
    duplex, there = ends
    there.sendall(b"abcdef")
    duplex.allowance = 3
    assert duplex.recv(3) == b"abc"
    with pytest.raises(OSError, match="too much"):
        duplex.recv(1)
    duplex.allowance = None
    assert duplex.recv(9) == b"ef"


def test_it_waits_for_ever_unless_its_socket_is_shut() -> None:
    here, there = socket.socketpair()
    with here, there:
        duplex = Duplex(here)
        duplex.settimeout(0.0)
        assert duplex.gettimeout() is None
        got: list[bytes] = []
        reader = threading.Thread(target=lambda: got.append(duplex.recv(2)))
        reader.start()
        assert eventually(duplex.is_quiet)
        here.shutdown(socket.SHUT_RDWR)
        reader.join(10)
        assert got == [b""]
