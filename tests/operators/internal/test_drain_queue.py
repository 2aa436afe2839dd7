"""DrainQueue: calls in their order, one at a time, and nobody waits."""

import sys
import threading
from functools import partial

import pytest

from rx_kucoin.operators.internal.drain_queue import DrainQueue


def test_calls_are_made_in_order_when_they_are_delivered() -> None:
    made: list[int] = []
    queue = DrainQueue()
    for number in range(3):
        queue.put(partial(made.append, number))
    assert (made, len(queue)) == ([], 3)
    queue.deliver()
    assert (made, len(queue)) == ([0, 1, 2], 0)


def test_a_call_from_within_a_call_is_made_after_it() -> None:
    made: list[str] = []
    queue = DrainQueue()

    def outer() -> None:
        queue.put(lambda: made.append("inner"))
        queue.deliver()
        made.append("outer")

    queue.put(outer)
    queue.deliver()
    assert made == ["outer", "inner"]


def test_who_finds_another_at_it_leaves_his_call_to_that_one() -> None:
    made: list[str] = []
    queue = DrainQueue()
    turn = queue.turn.pop()
    queue.put(lambda: made.append("left"))
    queue.deliver()
    assert made == []
    queue.turn.append(turn)
    queue.deliver()
    assert made == ["left"]


def test_what_a_call_raises_is_raised_when_the_others_are_made() -> None:
    made: list[int] = []
    queue = DrainQueue()
    queue.put([].pop)
    queue.put(lambda: made.append(1))
    with pytest.raises(IndexError):
        queue.deliver()
    assert made == [1]
    queue.put(lambda: made.append(2))
    queue.deliver()
    assert made == [1, 2]


def test_what_several_raise_is_raised_together() -> None:
    queue = DrainQueue()
    queue.put([].pop)
    queue.put(lambda: int("x"))
    with pytest.raises(ExceptionGroup) as caught:
        queue.deliver()
    assert [type(error) for error in caught.value.exceptions] == [IndexError, ValueError]


def test_an_interrupt_leaves_the_turn_to_others() -> None:
    made: list[int] = []
    queue = DrainQueue()
    queue.put(sys.exit)
    queue.put(lambda: made.append(1))
    with pytest.raises(SystemExit):
        queue.deliver()
    queue.deliver()
    assert made == [1]


def test_closed_it_makes_no_further_call_and_keeps_none() -> None:
    made: list[int] = []
    queue = DrainQueue()
    queue.put(queue.close)
    queue.put(lambda: made.append(1))
    queue.deliver()
    queue.put(lambda: made.append(2))
    assert (made, len(queue)) == ([], 0)


def test_threads_lose_nothing_and_do_not_meet() -> None:
    threads, each = 4, 3_000
    queue = DrainQueue()
    inside = threading.Lock()
    made: list[tuple[int, int]] = []
    overlaps: list[int] = []

    def note(name: int, number: int) -> None:
        if inside.acquire(blocking=False):
            made.append((name, number))
            inside.release()
        else:
            overlaps.append(number)

    def work(name: int) -> None:
        for number in range(each):
            queue.put(partial(note, name, number))
            queue.deliver()

    workers = [threading.Thread(target=work, args=(name,), daemon=True) for name in range(threads)]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(60)
    finally:
        sys.setswitchinterval(interval)
    assert overlaps == []
    assert sorted(made) == [(name, number) for name in range(threads) for number in range(each)]
    assert all([at for of, at in made if of == name] == list(range(each)) for name in range(threads))
