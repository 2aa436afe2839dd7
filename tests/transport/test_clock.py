import gc
import logging
import random
import threading
import time
import weakref
from datetime import UTC, datetime, timedelta

import pytest
import reactivex
from reactivex import abc, typing
from waiting import eventually

from rx_kucoin.transport.clock import Clock

HOURS_12 = 12 * 3600.0


def threads(name: str) -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == name]


def test_a_clock_that_was_built_has_no_thread() -> None:
    clock = Clock("idle")
    assert threads("idle") == []
    assert clock.join(0.0)
    assert repr(clock) == "<Clock 0 timers>"


def test_timers_fire_in_the_order_of_their_times_and_equals_in_the_order_of_their_setting() -> None:
    clock, fired, done = Clock("order"), list[str](), threading.Event()
    for name, seconds in {"third": 0.09, "first": 0.03, "second": 0.06}.items():
        clock.schedule_relative(seconds, lambda _, state: fired.append(state), name)
    clock.schedule_relative(timedelta(seconds=0.12), lambda *_: done.set())
    for name in "abc":
        clock.schedule(lambda _, state: fired.append(state), name)
    assert done.wait(10)
    assert fired == ["a", "b", "c", "first", "second", "third"]
    assert clock.join(10)


def test_an_action_is_given_the_clock_and_its_state_and_never_comes_early() -> None:
    clock, got, done = Clock(), list[object](), threading.Event()
    started = time.monotonic()

    def act(scheduler: abc.SchedulerBase, state: int | None) -> None:
        got.extend([scheduler, state, time.monotonic() - started >= 0.05])
        done.set()

    clock.schedule_relative(0.05, act, 7)
    assert done.wait(10)
    assert got == [clock, 7, True]


def test_the_thread_ends_when_nothing_waits_and_another_one_comes_when_something_does() -> None:
    clock, seen = Clock("again"), list[threading.Thread]()
    for _ in range(50):
        clock.schedule(lambda *_: seen.append(threading.current_thread()))
        assert clock.join(10)
        assert threads("again") == []
    assert len(seen) == 50
    assert len(set(seen)) == 50


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2), (1, 2, 0)])
def test_cancelling_the_last_timer_ends_the_thread_at_once_however_long_it_would_have_waited(
    order: tuple[int, ...],
) -> None:
    clock = Clock("cancelled")
    timers = [clock.schedule_relative(HOURS_12 + n, lambda *_: None) for n in range(3)]
    assert len(threads("cancelled")) == 1
    for n in order[:2]:
        timers[n].dispose()
        timers[n].dispose()
    assert repr(clock) == "<Clock 1 timers>"
    assert not clock.join(0.0)
    timers[order[2]].dispose()
    assert clock.join(10)
    assert threads("cancelled") == []


@pytest.mark.parametrize("cancelled", [0, 1, 2])
def test_a_cancelled_timer_does_not_fire_and_the_others_do(cancelled: int) -> None:
    clock, fired = Clock(), list[int | None]()
    timers = [clock.schedule_relative(0.03 + n * 0.03, lambda _, n: fired.append(n), n) for n in range(3)]
    timers[cancelled].dispose()
    assert clock.join(10)
    assert fired == [n for n in range(3) if n != cancelled]


def test_an_earlier_timer_is_not_kept_waiting_by_a_later_one() -> None:
    clock, fired = Clock(), threading.Event()
    long = clock.schedule_relative(HOURS_12, lambda *_: None)
    clock.schedule_relative(0.01, lambda *_: fired.set())
    assert fired.wait(10)
    long.dispose()
    assert clock.join(10)


@pytest.mark.parametrize("seconds", [float("inf"), 1e12, threading.TIMEOUT_MAX * 2])
def test_a_timer_that_never_comes_holds_up_no_other(seconds: float) -> None:
    clock, fired = Clock(), threading.Event()
    never = clock.schedule_relative(seconds, lambda *_: None)
    clock.schedule_relative(0.05, lambda *_: fired.set())
    assert fired.wait(10)
    assert repr(clock) == "<Clock 1 timers>"
    never.dispose()
    assert clock.join(10)


@pytest.mark.parametrize("seconds", [0.0, -1.0, -1e300, float("nan")])
def test_a_time_that_is_over_is_now(seconds: float) -> None:
    clock, fired = Clock(), threading.Event()
    clock.schedule_relative(seconds, lambda *_: fired.set())
    assert fired.wait(10)


@pytest.mark.parametrize("raised", [ValueError("bad action"), SystemExit(3), KeyboardInterrupt()])
def test_what_an_action_raises_is_logged_and_the_others_go_on(
    raised: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    clock, fired = Clock("raising"), list[str]()

    def bad(*_: object) -> None:
        fired.append(threading.current_thread().name)
        raise raised

    with caplog.at_level(logging.ERROR, "rx_kucoin.clock"):
        clock.schedule(bad)
        clock.schedule_relative(0.02, lambda *_: fired.append("next"))
        assert clock.join(10)
    assert fired == ["raising", "next"]
    assert [record.getMessage() for record in caplog.records] == ["an action of the clock raised"]


def test_an_action_may_set_cancel_and_join() -> None:
    clock, fired, done = Clock("inside"), list[str](), threading.Event()
    victim = clock.schedule_relative(HOURS_12, lambda *_: fired.append("victim"))

    def first(scheduler: abc.SchedulerBase, _: object) -> abc.DisposableBase:
        victim.dispose()
        assert clock.join(10)
        fired.append("first")
        return scheduler.schedule_relative(0.01, second)

    def second(*_: object) -> None:
        fired.append("second")
        done.set()

    clock.schedule(first)
    assert done.wait(10)
    assert fired == ["first", "second"]
    assert clock.join(10)


def test_disposing_of_a_timer_disposes_of_what_its_action_returned() -> None:
    clock, began, fired = Clock(), threading.Event(), list[str]()

    def first(scheduler: abc.SchedulerBase, _: object) -> abc.DisposableBase:
        later = scheduler.schedule_relative(HOURS_12, lambda *_: fired.append("later"))
        began.set()
        return later

    timer = clock.schedule(first)
    assert began.wait(10)
    timer.dispose()
    assert clock.join(10)
    assert fired == []


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


@pytest.mark.parametrize("as_float", [False, True])
def test_a_moment_is_one_of_this_clocks(as_float: bool) -> None:  # noqa: FBT001
    clock, fired = Clock(), list[datetime]()
    moment: typing.AbsoluteTime = clock.now + timedelta(seconds=0.05)
    due = moment.timestamp() if as_float and isinstance(moment, datetime) else moment
    clock.schedule_absolute(due, lambda *_: fired.append(clock.now))
    assert clock.join(10)
    assert fired[0] >= clock.to_datetime(moment) - timedelta(microseconds=10)


def test_a_wall_clock_that_was_set_wrong_when_the_clock_was_made_moves_no_timer() -> None:
    clock, fired = Clock(), threading.Event()
    clock._wall -= timedelta(days=400)  # as if the machine's clock had been put right since
    assert clock.now < datetime.now(UTC) - timedelta(days=399)
    clock.schedule_absolute(clock.now + timedelta(seconds=0.01), lambda *_: fired.set())
    assert fired.wait(10)
    earlier = clock.now
    assert clock.now >= earlier


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
    assert len(clock._timers) < 100
    assert sum(ref() is not None for ref in heavies) < 100
    keeper.dispose()
    assert clock.join(10)
    assert clock._timers == []


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
    assert clock._timers == []
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
