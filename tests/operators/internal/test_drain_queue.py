"""DrainQueue: calls are made in order, by one thread at a time, and no thread waits."""

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


def test_a_call_put_while_another_thread_delivers_is_made_by_that_thread() -> None:
    made: list[tuple[str, threading.Thread]] = []
    queue = DrainQueue()
    inside, go_on = threading.Event(), threading.Event()

    def slow() -> None:
        inside.set()
        assert go_on.wait(60)

    queue.put(slow)
    other = threading.Thread(target=queue.deliver, daemon=True)
    other.start()
    assert inside.wait(60)
    queue.put(lambda: made.append(("put", threading.current_thread())))
    queue.deliver()
    assert not queue.try_direct(lambda value: made.append((value, threading.current_thread())), "direct")
    assert made == []
    go_on.set()
    other.join(60)
    assert made == [("put", other)]


def test_a_direct_call_is_made_at_once_and_leaves_the_queue_empty() -> None:
    made: list[int] = []
    queue = DrainQueue()
    assert queue.try_direct(made.append, 1)
    assert queue.try_direct(made.append, 2)
    assert (made, len(queue)) == ([1, 2], 0)


def test_a_direct_call_does_not_overtake_a_call_that_is_due() -> None:
    made: list[int] = []
    queue = DrainQueue()
    queue.put(lambda: made.append(1))
    assert not queue.try_direct(made.append, 2)
    queue.deliver()
    assert made == [1]


def test_a_call_from_within_a_direct_call_is_made_after_it() -> None:
    made: list[str] = []
    queue = DrainQueue()

    def outer(value: str) -> None:
        assert not queue.try_direct(made.append, "nested")
        queue.put(lambda: made.append("inner"))
        queue.deliver()
        made.append(value)

    assert queue.try_direct(outer, "outer")
    assert made == ["outer", "inner"]


def test_an_exception_of_a_direct_call_is_raised_after_the_calls_put_meanwhile() -> None:
    made: list[int] = []
    queue = DrainQueue()

    def fail(value: int) -> None:
        queue.put(lambda: made.append(value))
        raise KeyError(value)

    with pytest.raises(KeyError):
        queue.try_direct(fail, 1)
    assert made == [1]
    assert queue.try_direct(made.append, 2)
    assert made == [1, 2]


def test_an_exception_is_raised_after_the_calls_behind_it() -> None:
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


def test_several_exceptions_are_raised_as_a_group() -> None:
    queue = DrainQueue()
    queue.put([].pop)
    queue.put(lambda: int("x"))
    with pytest.raises(ExceptionGroup) as caught:
        queue.deliver()
    assert [type(error) for error in caught.value.exceptions] == [IndexError, ValueError]


def test_system_exit_is_raised_at_once_and_gives_the_turn_back() -> None:
    made: list[int] = []
    queue = DrainQueue()
    queue.put(sys.exit)
    queue.put(lambda: made.append(1))
    with pytest.raises(SystemExit):
        queue.deliver()
    queue.deliver()
    assert made == [1]


def test_a_closed_queue_makes_no_call_and_keeps_none() -> None:
    made: list[int] = []
    queue = DrainQueue()
    queue.put(queue.close)
    queue.put(lambda: made.append(1))
    queue.deliver()
    queue.put(lambda: made.append(2))
    assert not queue.try_direct(made.append, 3)
    assert (made, len(queue), queue.is_closed) == ([], 0, True)


def test_no_call_is_lost_or_overlaps_another_whatever_the_threads() -> None:
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
            if name % 2 or not queue.try_direct(partial(note, name), number):  # half of the threads only put
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
