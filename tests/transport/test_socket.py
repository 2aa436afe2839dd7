import ctypes
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from transport.servers import frame
from waiting import eventually

from rx_kucoin.transport import socket as module
from rx_kucoin.transport.socket import Duplex

pytestmark = pytest.mark.socket

Ends = tuple[Duplex, socket.socket]


class Counted(socket.socket):
    """A socket that counts how often it is read."""

    reads = 0

    def recv_into(self, *args: Any) -> int:
        self.reads += 1
        return super().recv_into(*args)


@pytest.fixture(params=["wait in the call", "wait apart"])
def ends(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ends]:
    if request.param == "wait apart":  # as where there is no MSG_DONTWAIT
        monkeypatch.setattr(module, "_DONT_WAIT", 0)
    here, there = socket.socketpair()
    with here, there:
        yield Duplex(here), there


def test_what_came_at_once_is_read_in_the_pieces_asked_for(ends: Ends) -> None:
    duplex, there = ends
    there.sendall(b"abcdef")
    assert [duplex.recv(size) for size in (2, 3, 9)] == [b"ab", b"cde", b"f"]
    there.close()
    assert duplex.recv(2) == b""
    assert duplex.recv(2) == b""


def test_what_was_not_used_of_the_upgrade_is_the_beginning_of_the_messages(ends: Ends) -> None:
    duplex, there = ends
    there.sendall(b"\r\n" + frame(b"one") + frame(b"two"))
    assert [duplex.recv(1), duplex.recv(1)] == [b"\r", b"\n"]
    assert duplex.buffer.messages() == [b"one", b"two"]


def test_it_is_quiet_while_the_reader_waits_and_nothing_has_come(ends: Ends) -> None:
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
    reader = threading.Thread(target=lambda: [got.append(duplex.recv(2)) for _ in range(2)])
    reader.start()
    assert eventually(duplex.is_quiet)
    assert got == [b"ab", b"cd"]
    there.sendall(b"e")
    reader.join(10)
    assert got == [b"ab", b"cd", b"e"]
    assert not duplex.is_quiet()
    duplex.close()
    assert not duplex.is_quiet()


def test_what_came_is_not_silence_even_if_the_reader_has_not_had_its_turn(ends: Ends) -> None:
    """The reader was given the bytes, and waits for a thread that computes and lets no other thread run."""
    duplex, there = ends
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.append(duplex.recv(9)))
    reader.start()
    assert eventually(duplex.is_quiet)
    before = sys.getswitchinterval()
    with subprocess.Popen(["sh", "-c", "sleep 0.05; printf late"], stdout=there) as other:  # noqa: S607
        sys.setswitchinterval(60)
        try:
            ctypes.PyDLL(None).usleep(300_000)  # holds the lock of the interpreter
            quiet = duplex.is_quiet()
        finally:
            sys.setswitchinterval(before)
        other.wait(10)
    reader.join(10)
    assert got == [b"late"]
    assert not quiet


def test_a_full_send_buffer_is_an_error(ends: Ends) -> None:
    duplex, _ = ends
    while duplex.send(b"x" * 65536) == 65536:
        pass
    with pytest.raises(OSError, match="full"):
        duplex.send(b"x" * 65536)


def test_no_more_is_read_than_is_allowed(ends: Ends) -> None:
    duplex, there = ends
    there.sendall(b"abcdef")
    duplex._allowance = 3
    assert duplex.recv(3) == b"abc"
    with pytest.raises(OSError, match="too much"):
        duplex.recv(1)


def test_there_is_no_bound_to_what_is_read_after_the_upgrade(ends: Ends) -> None:
    duplex, there = ends
    duplex._allowance = 3
    there.sendall(b"up\n" + frame(b"one"))
    assert duplex.recv(3) == b"up\n"
    assert duplex.buffer.messages() == [b"one"]


def test_it_waits_for_ever_unless_its_socket_is_shut(ends: Ends) -> None:
    duplex, _ = ends
    duplex.settimeout(0.0)
    assert duplex.gettimeout() is None
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.append(duplex.recv(2)))
    reader.start()
    assert eventually(duplex.is_quiet)
    with duplex._socket.dup() as same:
        same.shutdown(socket.SHUT_RDWR)
    reader.join(10)
    assert got == [b""]


def test_all_that_has_come_takes_one_system_call() -> None:
    here, there = socket.socketpair()
    with there, Counted(fileno=here.detach()) as counted:
        duplex = Duplex(counted)
        for n in range(3):
            there.sendall(frame(b"x" * 250) * 100)
            assert duplex.buffer.messages() == [b"x" * 250] * 100
            assert counted.reads == n + 1


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="only Linux counts how often a thread was woken")
def test_a_reader_that_waits_is_never_woken(ends: Ends) -> None:
    duplex, there = ends
    reader = threading.Thread(target=lambda: duplex.recv(1))
    reader.start()
    assert eventually(duplex.is_quiet)

    def wakings() -> list[str]:
        status = Path(f"/proc/self/task/{reader.native_id}/status").read_text().splitlines()
        return [line for line in status if "ctxt_switches" in line]

    time.sleep(0.1)  # it says that it waits just before it does
    before = wakings()
    time.sleep(0.3)
    assert wakings() == before
    there.sendall(b"x")
    reader.join(10)
