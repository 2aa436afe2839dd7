import sys
import threading
from collections.abc import Iterator

import pytest
from reactivex import abc

from rx_kucoin.recording.file.block import mark
from rx_kucoin.recording.replay.pool import ReplayPool

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
    pool, failed = ReplayPool(None, bool), list[BaseException]()

    def listen(topic: str) -> abc.DisposableBase:
        return pool.leases(topic).subscribe(on_error=failed.append)

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
        assert all(pool.wants(topic) for topic in STAY[::10])
        assert not pool.wants("/market/match:T1")
    assert failed == []
    assert pool.marks == frozenset(map(mark, STAY))


def test_who_comes_while_a_connection_does_sits_on_it_once() -> None:
    pool, sat = ReplayPool(None, bool), list[object]()
    pool.seat(1, "a", 1, "")
    pool.leases("a").subscribe(sat.append)
    pool.seat(1, "a", 1, "")
    assert len(sat) == 1
    pool.seat(2, "a", 1, "")
    assert len(sat) == 2


def test_a_topic_that_was_recorded_on_a_connection_after_its_end_is_not_put_on_it() -> None:
    pool, leases = ReplayPool(None, bool), list[object]()
    pool.leases("a").subscribe(leases.append)
    pool.seat(1, "b", 1, "")
    pool.closed(1, whole=False)
    pool.seat(1, "a", 1, "")
    assert not leases
    assert not pool.open_connections
    pool.clear()  # the next client in the same file counts its connections from 1 again
    pool.seat(1, "a", 1, "")
    assert len(leases) == 1
