"""Names with several addresses: attempts are staggered, the first to succeed wins, and the others are closed."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest
from transport.lines import TOKEN, Line, silent
from transport.servers import accepted, addresses_of, black_hole, bullet, descriptors, request, serving
from transport.test_cancellation import Doing
from waiting import eventually, nothing_left

from rx_kucoin.transport.cancellation import Cancelled, CancelScope
from rx_kucoin.transport.happy_eyeballs import resolve
from rx_kucoin.transport.sockets import Sockets

pytestmark = pytest.mark.socket

NAME = "several.example"
DEAD = ("127.0.0.2", "127.0.0.3", "127.0.0.4")
ALIVE = "127.0.0.1"


@pytest.fixture(autouse=True)
def nothing_stays_open() -> Iterator[None]:
    before = descriptors()
    with nothing_left():
        yield
    assert eventually(lambda: descriptors() <= before), (before, descriptors())


@contextmanager
def dead(*hosts: str, port: int) -> Iterator[None]:
    with ExitStack() as stack:
        for host in hosts:
            stack.enter_context(black_hole(host, port))
        yield


def connect(port: int, timeout: float = 10.0) -> tuple[str, float]:
    """Connect to the name. Returns the address that won, and how long it took."""
    scope, began = CancelScope(), time.monotonic()
    with scope.open((NAME, port), timeout) as opened:
        took = time.monotonic() - began
        host = opened.getpeername()[0]
        assert len(scope._held) == 1
        assert opened.gettimeout() == timeout
    scope.release()
    return host, took


@pytest.mark.parametrize("count", [1, 2, 3])
def test_addresses_that_do_not_answer_cost_a_quarter_of_a_second_each(count: int) -> None:
    with serving(silent) as port, dead(*DEAD[:count], port=port), addresses_of(NAME, *DEAD[:count], ALIVE):
        host, took = connect(port)
    assert host == ALIVE
    assert 0.25 * count <= took < 0.25 * count + 0.2


def test_an_address_that_refuses_costs_nothing() -> None:
    with serving(silent) as port, addresses_of(NAME, *DEAD, ALIVE):
        host, took = connect(port)
    assert host == ALIVE
    assert took < 0.2


def test_the_preferred_address_wins_if_it_answers_and_no_other_is_tried() -> None:
    met: list[socket.socket] = []
    with serving(silent) as port, serving(met.append, host=DEAD[0], port=port), addresses_of(NAME, ALIVE, DEAD[0]):
        assert connect(port)[0] == ALIVE
    assert met == []


def test_a_refusal_is_the_error_where_no_address_accepts() -> None:
    with socket.create_server((ALIVE, 0)) as listener:
        port = listener.getsockname()[1]
    with addresses_of(NAME, ALIVE, *DEAD), pytest.raises(ConnectionRefusedError):
        connect(port)


def test_all_addresses_together_have_the_timeout_and_not_each() -> None:
    with black_hole() as port, dead(*DEAD, port=port), addresses_of(NAME, ALIVE, *DEAD):
        began = time.monotonic()
        with pytest.raises(TimeoutError, match=r"within 0\.6 s"):
            connect(port, 0.6)
        assert 0.55 < time.monotonic() - began < 1.2


def test_a_dial_of_several_addresses_ends_at_whatever_moment_it_is_cancelled() -> None:
    with black_hole() as port, dead(*DEAD, port=port), addresses_of(NAME, ALIVE, *DEAD):
        for moment in range(25):
            scope = CancelScope()
            dialling = Doing(lambda scope=scope: scope.open((NAME, port), 60))  # type: ignore[misc]
            time.sleep(0.001 * moment**2)
            began = time.monotonic()
            scope.cancel()
            assert isinstance(dialling.ended(), Cancelled)
            assert time.monotonic() - began < 1.0
            assert scope._held == {}


def test_families_take_turns_in_the_order_of_preference() -> None:
    found = ["::1", "::2", "::3", "127.0.0.1", "127.0.0.2", "::1"]
    with addresses_of(NAME, *found):
        assert [address.target[0] for address in resolve(NAME, 80)] == ["::1", "127.0.0.1", "::2", "127.0.0.2", "::3"]
    with addresses_of(NAME, "127.0.0.1", "::1"):
        assert [address.target[0] for address in resolve(NAME, 80)] == ["127.0.0.1", "::1"]


def test_a_wire_opens_where_token_and_socket_have_a_dead_address_each() -> None:
    def handle(connection: socket.socket) -> None:
        asked = request(connection)
        if asked.startswith("POST"):
            connection.sendall(bullet(f"ws://{NAME}:{connection.getsockname()[1]}/endpoint", TOKEN))
        elif asked:
            connection.sendall(accepted(asked))
            silent(connection)

    with serving(handle) as port, dead(DEAD[0], port=port), addresses_of(NAME, DEAD[0], ALIVE):
        began = time.monotonic()
        line = Line(Sockets(f"http://{NAME}:{port}"))
        line.open()
        assert time.monotonic() - began < 2.0
        line.subscription.dispose()


def test_a_name_that_fails_to_resolve_for_a_moment_is_looked_up_again() -> None:
    """See `tests/connections/test_outages.py`, which has the retries."""
    failing = threading.Event()
    genuine = socket.getaddrinfo

    def look_up(host: str, *arguments: object, **settings: object) -> object:
        if failing.is_set():
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        return genuine(host, *arguments, **settings)  # type: ignore[arg-type]

    with serving(silent) as port, pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", look_up)
        failing.set()
        scope = CancelScope()
        with pytest.raises(OSError, match="localhost cannot be resolved: Temporary failure in name resolution"):
            scope.open(("localhost", port), 5)
        failing.clear()
        scope.open(("localhost", port), 5).close()
        scope.release()
