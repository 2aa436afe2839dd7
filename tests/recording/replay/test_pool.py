import sys
import threading
from collections.abc import Iterator

import pytest
import reactivex
from reactivex import abc

from rx_kucoin.recording.file.block import mark
from rx_kucoin.recording.replay.pool import Seats

STAY = [f"/market/match:C{number}-USDT" for number in range(100)]


@pytest.fixture
def hasty() -> Iterator[None]:
    """Threads take turns as often as they can."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


@pytest.mark.usefixtures("hasty")
def test_subscribers_come_and_go_on_any_thread_while_another_one_plays() -> None:
    seats, failed = Seats(None, bool), list[BaseException]()

    def listen(topic: str) -> abc.DisposableBase:
        return seats.topic(topic, lambda _: reactivex.never()).subscribe(on_error=failed.append)

    def come_and_go(name: int) -> None:
        try:
            for turn in range(200):
                listen(f"/market/match:T{name}{turn}-USDT").dispose()
        except RuntimeError as error:
            failed.append(error)

    for topic in STAY:
        listen(topic)
    threads = [threading.Thread(target=come_and_go, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        assert all(seats.wants(topic) for topic in STAY[::10])
        assert not seats.wants("/market/match:T1")
    assert failed == []
    assert seats.marks == frozenset(map(mark, STAY))


def test_who_comes_while_a_connection_does_sits_on_it_once() -> None:
    seats, sat = Seats(None, bool), list[object]()
    seats.seat(1, "a", 1, "")
    seats.topic("a", lambda _: reactivex.never()).subscribe(sat.append)
    seats.seat(1, "a", 1, "")
    assert len(sat) == 1
    seats.seat(2, "a", 1, "")
    assert len(sat) == 2
