"""A server that failed is not the next choice, as long as another one is there."""

import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rx_kucoin.protocol.token import InstanceServer
from rx_kucoin.transport.server_history import ServerHistory

A, B, C = (InstanceServer(f"wss://{name}.example/") for name in "abc")


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def history(dice: Callable[[], float] = lambda: 0.0) -> tuple[ServerHistory, Clock]:
    clock = Clock()
    return ServerHistory(dice, monotonic=clock), clock


@pytest.mark.parametrize(("dice", "server"), [(0.0, A), (0.34, B), (0.999, C)])
def test_any_server_that_has_not_failed_is_chosen_at_random(dice: float, server: InstanceServer) -> None:
    known, _ = history(lambda: dice)
    assert known.choose([A, B, C]) == server


def test_a_server_that_failed_is_not_the_next_choice() -> None:
    for dice in (0.0, 0.5, 0.999):
        known, _ = history(lambda dice=dice: dice)  # type: ignore[misc]
        known.failed(A)
        assert known.choose([A, B]) == B
        assert known.choose([A]) == A


def test_where_all_have_failed_they_take_turns() -> None:
    known, clock = history()
    chosen = []
    for _ in range(6):
        clock.now += 1
        chosen.append(known.choose([A, B, C]))
        known.failed(chosen[-1])
    assert chosen == [A, B, C, A, B, C]


def test_a_failure_is_forgotten_after_an_hour() -> None:
    known, clock = history()
    known.failed(A)
    clock.now += 3_599
    assert known.choose([A, B]) == B
    clock.now += 1
    assert known.choose([A, B]) == A
    assert repr(known) == "<ServerHistory, 0 failed>"


def test_a_dead_server_is_not_tried_whenever_a_living_one_loses_a_connection() -> None:
    known, clock = history()
    tries = 0
    for _ in range(10):  # ten connections that live long on the one that works
        while (chosen := known.choose([A, B])) == A:
            known.failed(A)
            clock.now += 2
            tries += 1
        clock.now += 300
        known.failed(chosen, was_healthy=True)
    assert tries == 2


@given(st.lists(st.tuples(st.sampled_from([A, B, C]), st.booleans()), max_size=20), st.integers(0, 2**32))
def test_no_server_has_failed_less_often_than_the_one_that_is_chosen(
    failures: list[tuple[InstanceServer, bool]], seed: int
) -> None:
    known, clock = history(random.Random(seed).random)
    rows = dict.fromkeys((A, B, C), 0)
    for server, was_healthy in failures:
        clock.now += 1
        known.failed(server, was_healthy=was_healthy)
        rows[server] = 1 if was_healthy else rows[server] + 1
    assert rows[known.choose([A, B, C])] == min(rows.values())
