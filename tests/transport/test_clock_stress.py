import gc
import random
import threading
import time
import weakref

import pytest
import reactivex
from reactivex import abc
from waiting import eventually

from rx_kucoin.transport.clock import Clock

HOURS_12 = 12 * 3600.0


def threads(name: str) -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == name]


def test_an_interval_runs_on_it_until_disposed_of() -> None:
    clock, got = Clock("interval"), list[int]()
    subscription = reactivex.interval(0.005, scheduler=clock).subscribe(got.append)
    assert eventually(lambda: len(got) >= 20)
    subscription.dispose()
    assert clock.join(10)
    assert got == list(range(len(got)))


def test_an_interval_that_raises_ends_alone(caplog: pytest.LogCaptureFixture) -> None:
    clock, ticks, others = Clock(), list[int | None](), list[int]()

    def tick(count: int | None) -> int:
        ticks.append(count)
        raise ValueError("bad tick")

    steady = reactivex.interval(0.005, scheduler=clock).subscribe(others.append)
    clock.schedule_periodic(0.005, tick, 1)
    assert eventually(lambda: len(others) > 5 and ticks)
    steady.dispose()
    assert clock.join(10)
    assert ticks == [1]
    assert "bad tick" in caplog.text


def test_cancelled_timers_are_forgotten() -> None:
    class Heavy: ...

    clock = Clock()
    keeper = clock.schedule_relative(HOURS_12, lambda *_: None)
    heavies = list[weakref.ref[Heavy]]()
    for _ in range(2000):
        heavy = Heavy()
        heavies.append(weakref.ref(heavy))
        clock.schedule_relative(HOURS_12, lambda *_: None, heavy).dispose()
    del heavy
    gc.collect()
    assert clock._timers.size < 100
    assert sum(ref() is not None for ref in heavies) < 100
    keeper.dispose()
    assert clock.join(10)
    assert clock._timers.size == 0


def test_a_finaliser_may_set_and_cancel_timers_at_any_moment() -> None:
    """The garbage collector may run it inside the clock, on the thread that holds the clock's lock."""
    clock, finalised = Clock("finalised"), list[int]()

    class Cycle:
        def __init__(self) -> None:
            self.me = self

        def __del__(self) -> None:
            clock.schedule(lambda *_: finalised.append(1))
            clock.schedule_relative(HOURS_12, lambda *_: None).dispose()

    def work() -> None:
        for number in range(1_000):
            gc.set_threshold(1 + number % 50)  # so that it runs at every place where anything is made
            Cycle()
            clock.schedule_relative(HOURS_12, lambda *_: None).dispose()
            clock.join(0.01)  # so that the next timer needs a thread

    worker, before = threading.Thread(target=work, daemon=True), gc.get_threshold()
    try:
        worker.start()
        worker.join(60)
    finally:
        gc.set_threshold(*before)
    assert not worker.is_alive()
    gc.collect()
    assert clock.join(10)
    assert len(finalised) == 1_000


def test_a_thread_that_cannot_be_had_leaves_the_clock_as_it_was() -> None:
    clock, fired = Clock(), list[str]()
    before = threading.stack_size(1 << 46)
    try:
        with pytest.raises(RuntimeError):
            clock.schedule(lambda *_: fired.append("lost"))
    finally:
        threading.stack_size(before)
    assert repr(clock) == "<Clock 0 timers>"
    clock.schedule(lambda *_: fired.append("next"))
    assert clock.join(10)
    assert fired == ["next"]


def test_twenty_thousand_timers_of_eight_threads() -> None:
    clock, name = Clock("stressed"), "stressed"
    fired: dict[int, list[float]] = {}
    dues: dict[int, float] = {}
    cancelled: dict[int, float] = {}
    most = [0]

    def act(_: abc.SchedulerBase, number: int | None) -> None:
        assert number is not None
        fired.setdefault(number, []).append(time.monotonic())

    def work(worker: int) -> None:
        dice = random.Random(worker)
        waiting: list[tuple[int, abc.DisposableBase]] = []
        for n in range(2500):
            number = worker * 10_000 + n
            wait = dice.choice([0.0, dice.random() * 0.02, dice.random() * 0.2, HOURS_12])
            dues[number] = time.monotonic() + wait
            timer = clock.schedule_relative(wait, act, number)
            if wait == HOURS_12 or dice.random() < 0.4:
                waiting.append((number, timer))
            if len(waiting) > 50:
                number, timer = waiting.pop(dice.randrange(50))
                timer.dispose()
                cancelled[number] = time.monotonic()
            if n % 100 == 0:
                most[0] = max(most[0], len(threads(name)))
        for number, timer in waiting:
            timer.dispose()
            cancelled[number] = time.monotonic()

    workers = [threading.Thread(target=work, args=(worker,)) for worker in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert clock.join(30)
    assert most[0] <= 2  # one, and one that has done its work and is about to leave
    assert len(dues) == 20_000
    assert {number for number in dues if number not in fired} <= set(cancelled)
    assert all(len(times) == 1 for times in fired.values())
    assert all(times[0] >= dues[number] for number, times in fired.items())
    late = [number for number, at in cancelled.items() if number in fired and fired[number][0] > at + 1.0]
    assert late == []
    assert clock._timers.size == 0
    assert threads(name) == []


def test_two_actions_never_run_at_a_time() -> None:
    clock, inside, most = Clock(), list[int](), [0]

    def act(*_: object) -> None:
        inside.append(1)
        most[0] = max(most[0], len(inside))
        inside.pop()

    def work() -> None:
        for _ in range(500):
            clock.schedule(act)

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert clock.join(30)
    assert most == [1]
