"""Many messages come with one system call, and where none come nobody wakes."""

import sys
from collections.abc import Iterator

import pytest

from benchmarks.market import Market, market
from benchmarks.plan import SCHEMES
from benchmarks.syscalls import blast, can_trace, idle

pytestmark = [
    pytest.mark.ci,
    pytest.mark.socket,
    pytest.mark.skipif(sys.platform != "linux", reason="what Linux tells of a process"),
]


@pytest.fixture(scope="module")
def there() -> Iterator[Market]:
    with market() as there:
        yield there


@pytest.mark.parametrize("scheme", SCHEMES)
def test_one_system_call_brings_many_messages(there: Market, scheme: str) -> None:
    if not can_trace():
        pytest.skip("strace is not installed or not allowed, which counts the system calls")
    messages = 10_000
    calls = blast(there, scheme, messages)
    assert calls["rx_kucoin line 1", "recvfrom"] > messages / 1_000  # it counts indeed
    assert calls.total() / messages < 0.05, calls


def test_an_idle_line_wakes_nobody(there: Market) -> None:
    waits = idle(there, 3.0, traced=False)
    assert not [thread for thread, _ in waits if "line" in thread], waits
    assert waits.total() <= 3, waits  # a time limit of the dial's may run out unheard


def test_a_wait_of_any_thread_is_counted(there: Market) -> None:
    blasts = (blast(there, "ws", 1_000, traced=False) for _ in range(10))  # a busy machine may have no need to wait
    assert any(calls["rx_kucoin line 1", "voluntary switch"] for calls in blasts)
