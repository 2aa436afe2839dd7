"""A worker: one thread, from the first task until it is disposed of."""

import threading

from rx_kucoin.operators.internal.worker import Worker


def gone(thread: threading.Thread) -> bool:
    thread.join(20)
    return not thread.is_alive()


def test_tasks_are_done_in_order_on_one_daemon_thread() -> None:
    worker = Worker("it")
    done: list[tuple[int, threading.Thread]] = []
    finished = threading.Event()
    for number in range(100):
        worker.give(lambda number=number: done.append((number, threading.current_thread())))  # type: ignore[misc]
    worker.give(finished.set)
    assert finished.wait(20)
    assert [number for number, _ in done] == list(range(100))
    (thread,) = {thread for _, thread in done}
    assert thread.daemon
    assert thread.name == "it"
    worker.dispose()
    assert gone(thread)


def test_a_worker_that_is_given_nothing_has_no_thread() -> None:
    before = threading.active_count()
    Worker("idle").dispose()
    assert threading.active_count() == before


def test_a_worker_may_be_disposed_of_by_its_own_task_and_drops_the_rest() -> None:
    worker = Worker("it")
    done: list[int] = []
    threads: list[threading.Thread] = []
    ready, finished = threading.Event(), threading.Event()

    def leave() -> None:
        threads.append(threading.current_thread())
        ready.wait(20)
        worker.dispose()
        finished.set()

    worker.give(leave)
    worker.give(lambda: done.append(1))
    ready.set()
    assert finished.wait(20)
    assert gone(threads[0])
    worker.give(lambda: done.append(2))
    assert not done


def test_dispose_drops_what_was_given_and_lets_the_running_task_finish() -> None:
    worker = Worker("it")
    done: list[int] = []
    inside, go_on, finished = threading.Event(), threading.Event(), threading.Event()
    threads: list[threading.Thread] = []

    def slow() -> None:
        threads.append(threading.current_thread())
        inside.set()
        go_on.wait(20)
        finished.set()

    worker.give(slow)
    worker.give(lambda: done.append(1))
    assert inside.wait(20)
    worker.dispose()
    go_on.set()
    assert finished.wait(20)
    assert gone(threads[0])
    assert not done
