"""switch_when_ready: the one before stays until the next is ready, whatever becomes of that one."""

import sys
import threading
from collections.abc import Callable
from typing import Any

import pytest
import reactivex
from reactivex import Observable, abc
from reactivex.disposable import Disposable
from reactivex.scheduler import VirtualTimeScheduler
from reactivex.subject import Subject

from rx_kucoin.operators._switch_when_ready import switch_when_ready


class Inner:
    """An inner source that is spoken for by the test. Each subscription has an observer of its own."""

    def __init__(self, at_once: Callable[[abc.ObserverBase[Any]], object] | None = None) -> None:
        self.opened = self.closed = 0
        self.observers: list[abc.ObserverBase[Any]] = []

        def subscribe(observer: abc.ObserverBase[Any], _: abc.SchedulerBase | None = None) -> abc.DisposableBase:
            self.opened += 1
            self.observers.append(observer)
            if at_once is not None:
                at_once(observer)
            return Disposable(self._close)

        self.observable: Observable[Any] = Observable(subscribe)

    def _close(self) -> None:
        self.closed += 1

    @property
    def live(self) -> int:
        return self.opened - self.closed

    def say(self, *values: Any) -> None:
        for value in values:
            self.observers[-1].on_next(value)

    def fail(self, why: str = "lost") -> None:
        self.observers[-1].on_error(RuntimeError(why))

    def complete(self) -> None:
        self.observers[-1].on_completed()


class Bench:
    """A switch in virtual time; unless told otherwise `ready` waits for the test to open a gate."""

    def __init__(self, *, gated: bool = True, **settings: Any) -> None:
        self.clock = VirtualTimeScheduler(0.0)
        self.outer: Subject[Observable[Any]] = Subject()
        self.gates: list[Subject[Any]] = []
        self.asked: list[Any] = []
        self.failures: list[tuple[str, float | None]] = []
        self.said: list[Any] = []
        self.inners: list[Inner] = []
        self.subscription = self.outer.pipe(
            switch_when_ready(
                self._ready if gated else None,
                on_failed=lambda error, wait: self.failures.append((str(error), wait)),
                scheduler=self.clock,
                **settings,
            )
        ).subscribe(self.said.append, lambda error: self.said.append(f"#{error}"), lambda: self.said.append("|"))

    def _ready(self, value: Any) -> Observable[Any]:
        self.asked.append(value)
        self.gates.append(Subject())
        return self.gates[-1]

    def inner(self, *first: Any, at_once: Callable[[abc.ObserverBase[Any]], object] | None = None) -> Inner:
        inner = Inner(at_once)
        self.inners.append(inner)
        self.outer.on_next(inner.observable)
        inner.say(*first)
        return inner

    def pending(self) -> int:
        return len([item for item, _ in self.clock._queue.items if not item.is_cancelled()])

    def assert_nothing_is_left(self) -> None:
        assert [inner.live for inner in self.inners] == [0] * len(self.inners)
        assert sum(len(gate.observers) for gate in self.gates) == 0
        assert len(self.outer.observers) == 0
        assert self.pending() == 0


def wait_longer(failures: int, _: Exception) -> float:
    return 10.0 * failures


def test_there_is_nothing_to_wait_for_at_the_start() -> None:
    bench = Bench()
    bench.inner("a1", "a2")
    assert (bench.said, bench.asked) == (["a1", "a2"], [])


@pytest.mark.parametrize("word", ["on_next", "on_completed"])
def test_a_candidate_takes_over_with_all_it_said_when_the_gate_opens(word: str) -> None:
    bench = Bench()
    old = bench.inner("a1")
    new = bench.inner("b1", "b2", "b3")
    old.say("a2")
    assert bench.said == ["a1", "a2"]
    assert bench.asked == ["b1"]
    getattr(bench.gates[0], word)(*([None] if word == "on_next" else []))
    assert bench.said == ["a1", "a2", "b1", "b2", "b3"]
    assert (old.live, new.live) == (0, 1)
    assert len(bench.gates[0].observers) == 0
    old.say("a3")
    new.say("b4")
    assert bench.said[5:] == ["b4"]


def test_without_a_gate_the_first_value_is_enough() -> None:
    bench = Bench(gated=False)
    old = bench.inner("a1")
    new = bench.inner()
    old.say("a2")
    new.say("b1")
    old.say("a3")
    assert bench.said == ["a1", "a2", "b1"]


def test_a_gate_that_is_open_at_once() -> None:
    outer: Subject[Any] = Subject()
    said: list[str] = []
    outer.pipe(switch_when_ready(lambda _: reactivex.empty())).subscribe(said.append)
    old, new = Inner(), Inner()
    outer.on_next(old.observable)
    old.say("a")
    outer.on_next(new.observable)
    new.say("b")
    assert said == ["a", "b"]
    assert old.live == 0


def test_what_the_gate_holds_is_let_go_after_the_values_were_said() -> None:
    bench = Bench()
    bench.inner("a1")
    held: list[int] = []
    bench.subscription.dispose()
    outer: Subject[Any] = Subject()
    gate: Subject[Any] = Subject()
    outer.pipe(switch_when_ready(lambda _: gate)).subscribe(lambda _: held.append(len(gate.observers)))
    first, second = Inner(), Inner()
    for inner in (first, second):
        outer.on_next(inner.observable)
        inner.say("x")
    gate.on_next(None)
    assert held == [0, 1]
    assert len(gate.observers) == 0


def test_the_one_before_lives_on_for_the_grace_but_says_nothing() -> None:
    bench = Bench(gated=False, grace=5.0)
    old = bench.inner("a")
    bench.inner("b")
    bench.clock.advance_to(4.9)
    old.say("late")
    assert old.live == 1
    bench.clock.advance_to(5.0)
    assert old.live == 0
    assert bench.said == ["a", "b"]
    assert bench.pending() == 0


@pytest.mark.parametrize("end", [Inner.fail, Inner.complete])
def test_one_that_dies_in_its_grace_is_not_missed(end: Callable[[Inner], None]) -> None:
    bench = Bench(gated=False, grace=5.0)
    old = bench.inner("a")
    new = bench.inner("b")
    end(old)
    assert bench.pending() == 0
    new.say("c")
    assert bench.said == ["a", "b", "c"]


def test_a_candidate_that_is_not_ready_in_time_has_failed() -> None:
    bench = Bench(ready_timeout=3.0)
    old = bench.inner("a")
    new = bench.inner("b")
    bench.clock.advance_to(3.0)
    assert bench.failures == [("the candidate was not ready within 3 s", None)]
    assert (old.live, new.live) == (1, 0)
    assert len(bench.gates[0].observers) == 0
    old.say("a2")
    assert bench.said == ["a", "a2"]


def test_the_timeout_holds_for_the_first_one_too_and_ends_the_whole() -> None:
    bench = Bench(ready_timeout=3.0)
    bench.inner()
    bench.clock.advance_to(3.0)
    assert bench.said == ["#the candidate was not ready within 3 s"]
    bench.assert_nothing_is_left()


def test_one_that_is_ready_in_time_has_no_timeout_any_more() -> None:
    bench = Bench(ready_timeout=3.0)
    inner = bench.inner("a")
    assert bench.pending() == 0
    bench.clock.advance_to(9.0)
    inner.say("b")
    assert bench.said == ["a", "b"]


def test_a_candidate_that_fails_is_tried_again_with_growing_waits() -> None:
    bench = Bench(try_again=wait_longer)
    old = bench.inner("a")
    new = bench.inner()
    new.fail("one")
    bench.clock.advance_to(9.9)
    assert new.opened == 1
    bench.clock.advance_to(10.0)
    assert new.opened == 2
    new.say("half")
    bench.gates[0].on_error(RuntimeError("two"))
    assert (new.live, old.live) == (0, 1)
    bench.clock.advance_to(30.0)
    assert new.opened == 3
    new.say("b")
    bench.gates[1].on_completed()
    assert bench.failures == [("one", 10.0), ("two", 20.0)]
    assert bench.said == ["a", "b"]
    assert bench.pending() == 0


def test_the_row_of_failures_is_the_candidates_own() -> None:
    bench = Bench(try_again=wait_longer)
    bench.inner("a")
    bench.inner().fail()
    bench.inner().fail()
    assert bench.failures == [("lost", 10.0), ("lost", 10.0)]


def test_a_candidate_that_fails_in_subscribe_does_no_harm() -> None:
    bench = Bench(try_again=wait_longer)
    old = bench.inner("a")
    fails = [True, True, False]
    new = bench.inner(at_once=lambda observer: observer.on_error(KeyError("no")) if fails.pop(0) else None)
    bench.clock.advance_to(30.0)
    assert new.opened == 3
    assert new.live == 1
    assert bench.failures == [("'no'", 10.0), ("'no'", 20.0)]
    old.say("a2")
    new.say("b")
    bench.gates[0].on_completed()
    assert bench.said == ["a", "a2", "b"]


def test_a_gate_that_cannot_be_made_is_a_failure_of_the_candidate() -> None:
    outer: Subject[Any] = Subject()
    failures: list[str] = []

    def ready(value: str) -> Observable[Any]:
        raise KeyError(value)

    said: list[str] = []
    outer.pipe(switch_when_ready(ready, on_failed=lambda error, _: failures.append(repr(error)))).subscribe(said.append)
    old, new = Inner(), Inner()
    outer.on_next(old.observable)
    old.say("a")
    outer.on_next(new.observable)
    new.say("b")
    old.say("c")
    assert (said, failures, new.live) == (["a", "c"], ["KeyError('b')"], 0)


def test_what_a_failed_try_still_says_is_not_taken_for_the_next_try() -> None:
    bench = Bench(try_again=wait_longer, ready_timeout=3.0)
    bench.inner("a")
    new = bench.inner()
    bench.clock.advance_to(13.0)
    dead, alive = new.observers
    dead.on_next("dead")
    dead.on_error(RuntimeError("dead"))
    alive.on_next("b")
    bench.gates[0].on_completed()
    assert bench.said == ["a", "b"]
    assert bench.asked == ["b"]


# The one that is relayed fails


def test_its_failure_ends_the_whole() -> None:
    bench = Bench()
    inner = bench.inner("a")
    inner.fail()
    assert bench.said == ["a", "#lost"]
    bench.assert_nothing_is_left()


def test_unless_a_candidate_is_dialling_which_then_needs_no_gate() -> None:
    bench = Bench()
    old, new = bench.inner("a"), bench.inner()
    old.fail()
    assert bench.said == ["a"]
    new.say("b")
    assert bench.said == ["a", "b"]
    assert bench.asked == []


def test_and_if_that_one_fails_as_well_it_ends() -> None:
    bench = Bench(try_again=wait_longer)
    old, new = bench.inner("a"), bench.inner()
    old.fail("first")
    new.fail("second")
    assert bench.said == ["a", "#second"]
    assert bench.failures == []
    bench.assert_nothing_is_left()


@pytest.mark.parametrize("end", [Inner.fail, Inner.complete])
def test_a_candidate_at_the_gate_takes_over_at_once(end: Callable[[Inner], None]) -> None:
    bench = Bench(grace=5.0)
    old, new = bench.inner("a"), bench.inner("b", "c")
    end(old)
    assert bench.said == ["a", "b", "c"]
    assert (old.live, new.live, len(bench.gates[0].observers), bench.pending()) == (0, 1, 0, 0)


def test_one_that_waits_to_be_tried_again_is_not_on_its_way() -> None:
    bench = Bench(try_again=wait_longer)
    old, new = bench.inner("a"), bench.inner()
    new.fail("first")
    old.fail("second")
    assert bench.said == ["a", "#second"]
    bench.assert_nothing_is_left()


def test_one_that_is_being_tried_again_is() -> None:
    bench = Bench(try_again=wait_longer)
    old, new = bench.inner("a"), bench.inner()
    new.fail()
    bench.clock.advance_to(10.0)
    old.fail()
    new.say("b")
    assert bench.said == ["a", "b"]


def test_one_that_was_given_up_is_not() -> None:
    bench = Bench()
    old, new = bench.inner("a"), bench.inner()
    new.fail("first")
    assert bench.failures == [("first", None)]
    old.fail("second")
    assert bench.said == ["a", "#second"]


def test_nor_is_it_waited_for() -> None:
    bench = Bench()
    old, new = bench.inner("a"), bench.inner()
    new.fail()
    bench.outer.on_completed()
    old.complete()
    assert bench.said == ["a", "|"]


# The next inner source


@pytest.mark.parametrize("state", ["dialling", "gated", "waiting"])
def test_a_candidate_is_given_up_for_the_next(state: str) -> None:
    bench = Bench(try_again=wait_longer, ready_timeout=50.0)
    old, new = bench.inner("a"), bench.inner()
    if state == "gated":
        new.say("b")
    if state == "waiting":
        new.fail()
    newest = bench.inner()
    assert (old.live, new.live, newest.live) == (1, 0, 1)
    newest.say("c")
    bench.gates[-1].on_completed()
    bench.clock.advance_to(100.0)
    assert bench.said == ["a", "c"]
    assert new.opened == 1
    assert sum(len(gate.observers) for gate in bench.gates) == bench.pending() == 0


# Completion


def test_it_completes_when_the_source_of_sources_and_the_relayed_one_have() -> None:
    bench = Bench()
    inner = bench.inner("a")
    bench.outer.on_completed()
    assert bench.said == ["a"]
    inner.complete()
    assert bench.said == ["a", "|"]
    bench.assert_nothing_is_left()


def test_the_relayed_one_may_complete_and_the_next_come_later() -> None:
    bench = Bench()
    bench.inner("a").complete()
    assert bench.said == ["a"]
    bench.inner("b")
    bench.outer.on_completed()
    assert bench.said == ["a", "b"]
    bench.inners[1].complete()
    assert bench.said == ["a", "b", "|"]


def test_without_any_inner_source_it_completes_at_once() -> None:
    bench = Bench()
    bench.outer.on_completed()
    assert bench.said == ["|"]


def test_a_candidate_is_waited_for() -> None:
    bench = Bench(try_again=wait_longer)
    old, new = bench.inner("a"), bench.inner()
    new.fail()
    bench.outer.on_completed()
    old.complete()
    assert bench.said == ["a"]
    bench.clock.advance_to(10.0)
    new.say("b")
    new.complete()
    assert bench.said == ["a", "b", "|"]


def test_a_candidate_that_completes_without_a_word_is_gone() -> None:
    bench = Bench(ready_timeout=3.0)
    old, new = bench.inner("a"), bench.inner()
    new.complete()
    assert bench.pending() == 0
    bench.outer.on_completed()
    old.complete()
    assert bench.said == ["a", "|"]
    assert bench.failures == []


def test_a_candidate_that_completes_at_the_gate_takes_over_and_leaves_its_place() -> None:
    bench = Bench()
    old, new = bench.inner("a"), bench.inner("b")
    new.complete()
    old.say("a2")
    bench.outer.on_completed()
    bench.gates[0].on_completed()
    assert bench.said == ["a", "a2", "b", "|"]
    bench.assert_nothing_is_left()


def test_the_failure_of_the_source_of_sources_ends_it() -> None:
    bench = Bench(try_again=wait_longer, grace=5.0)
    bench.inner("a")
    bench.inner("b")
    bench.outer.on_error(RuntimeError("outer"))
    assert bench.said == ["a", "#outer"]
    bench.assert_nothing_is_left()


# Disposing


def stages() -> dict[str, Callable[[Bench], object]]:
    return {
        "before anything": lambda _: None,
        "first dialling": lambda it: it.inner(),
        "relayed": lambda it: it.inner("a"),
        "candidate dialling": lambda it: (it.inner("a"), it.inner()),
        "candidate gated": lambda it: (it.inner("a"), it.inner("b")),
        "candidate waiting": lambda it: (it.inner("a"), it.inner().fail()),
        "candidate tried again": lambda it: (it.inner("a"), it.inner().fail(), it.clock.advance_to(10.0)),
        "grace": lambda it: (it.inner("a"), it.inner("b"), it.gates[0].on_completed()),
        "grace and candidate": lambda it: (it.inner("a"), it.inner("b"), it.gates[0].on_completed(), it.inner("c")),
    }


@pytest.mark.parametrize("stage", stages())
def test_disposing_at_any_moment_leaves_nothing(stage: str) -> None:
    bench = Bench(try_again=wait_longer, ready_timeout=30.0, grace=40.0)
    stages()[stage](bench)
    said = list(bench.said)
    bench.subscription.dispose()
    bench.assert_nothing_is_left()
    for inner in bench.inners:
        inner.say("late")
    assert bench.said == said


def test_disposing_in_the_middle_of_a_value() -> None:
    outer: Subject[Any] = Subject()
    said: list[str] = []
    gate: Subject[Any] = Subject()
    subscription: abc.DisposableBase

    def take(value: str) -> None:
        said.append(value)
        if value == "b":
            subscription.dispose()

    clock = VirtualTimeScheduler(0.0)
    subscription = outer.pipe(switch_when_ready(lambda _: gate, grace=5.0, scheduler=clock)).subscribe(take)
    old, new = Inner(), Inner()
    outer.on_next(old.observable)
    old.say("a")
    outer.on_next(new.observable)
    new.say("b", "c")
    gate.on_next(None)
    assert said == ["a", "b"]
    assert (old.live, new.live, len(gate.observers)) == (0, 0, 0)
    clock.advance_to(100.0)


# Threads


def test_threads_that_speak_and_switch_do_not_meet_at_the_observer() -> None:
    inside = threading.Lock()
    overlaps: list[Any] = []
    said: list[tuple[int, int]] = []

    def take(value: tuple[int, int]) -> None:
        if not inside.acquire(blocking=False):
            overlaps.append(value)
            return
        said.append(value)
        inside.release()

    rounds = 150
    outer: Subject[Any] = Subject()
    subscription = outer.pipe(switch_when_ready(lambda _: reactivex.of(1))).subscribe(take)

    def speak(name: int, source: Subject[Any], stop: threading.Event) -> None:
        at = 0
        while not stop.is_set():
            source.on_next((name, at))
            at += 1

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    speakers: list[tuple[threading.Thread, threading.Event]] = []
    try:
        for name in range(rounds):
            source: Subject[Any] = Subject()
            outer.on_next(source)
            stop = threading.Event()
            speaker = threading.Thread(target=speak, args=(name, source, stop), daemon=True)
            speaker.start()
            speakers.append((speaker, stop))
            for thread, ended in speakers[:-2]:
                ended.set()
                thread.join(60)
            del speakers[:-2]
    finally:
        sys.setswitchinterval(interval)
        for thread, ended in speakers:
            ended.set()
            thread.join(60)
    subscription.dispose()
    assert overlaps == []
    assert said == sorted(said)
    by_name: dict[int, list[int]] = {}
    for name, at in said:
        by_name.setdefault(name, []).append(at)
    assert all(numbers == list(range(len(numbers))) for numbers in by_name.values())
