"""share_anew: one subscription for many, a new one after each end, and nobody hurts or starves another."""

import sys
import threading
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
import reactivex
from reactivex import Observable, Observer, abc
from reactivex import operators as ops
from reactivex.disposable import Disposable, SerialDisposable
from reactivex.scheduler import ImmediateScheduler, TimeoutScheduler, VirtualTimeScheduler

from rx_kucoin.operators._share_anew import _Latecomer, share_anew
from rx_kucoin.operators.internal.unguarded import Unguarded


class Source:
    """Counts how often it was subscribed to and let go."""

    def __init__(self, *at_once: object) -> None:
        self.opened = self.closed = 0
        self.observer: abc.ObserverBase[Any]

        def subscribe(observer: abc.ObserverBase[Any], _: abc.SchedulerBase | None = None) -> abc.DisposableBase:
            self.opened += 1
            self.observer = observer
            for value in at_once:
                observer.on_next(value)
            return Disposable(self.close)

        self.observable: Observable[Any] = Observable(subscribe)

    def close(self) -> None:
        self.closed += 1


class Seen:
    """What a subscriber was told."""

    def __init__(self, shared: Observable[Any]) -> None:
        self.all: list[Any] = []
        self.subscription = shared.subscribe(
            self.all.append, lambda error: self.all.append(repr(error)), lambda: self.all.append("|")
        )


@pytest.mark.parametrize("replay", [False, True])
def test_the_first_begins_and_the_last_ends(*, replay: bool) -> None:
    source = Source()
    shared = source.observable.pipe(share_anew(replay=replay))
    assert source.opened == 0
    first, second = Seen(shared), Seen(shared)
    assert source.opened == 1
    source.observer.on_next(1)
    first.subscription.dispose()
    source.observer.on_next(2)
    assert source.closed == 0
    second.subscription.dispose()
    assert (source.opened, source.closed) == (1, 1)
    assert (first.all, second.all) == ([1], [1, 2])


@pytest.mark.parametrize("replay", [False, True])
@pytest.mark.parametrize(
    ("end", "told"),
    [(lambda it: it.on_completed(), "|"), (lambda it: it.on_error(KeyError(1)), "KeyError(1)")],
)
def test_it_starts_anew_after_the_end(end: Callable[[Any], None], told: str, *, replay: bool) -> None:
    source = Source()
    shared = source.observable.pipe(share_anew(replay=replay))
    old = Seen(shared)
    source.observer.on_next(1)
    end(source.observer)
    new = Seen(shared)
    source.observer.on_next(2)
    assert (old.all, new.all) == ([1, told], [2])
    assert source.opened == 2
    old.subscription.dispose()
    assert source.closed == 1
    new.subscription.dispose()
    assert source.closed == 2


def test_whoever_subscribes_in_the_last_word_begins_a_new_life() -> None:
    source = Source()
    shared = source.observable.pipe(share_anew())
    late: list[Seen] = []
    shared.subscribe(on_completed=lambda: late.append(Seen(shared)))
    source.observer.on_completed()
    source.observer.on_next(1)
    assert late[0].all == [1]


def test_two_pipes_share_nothing() -> None:
    source = Source()
    share = share_anew()
    Seen(source.observable.pipe(share))
    Seen(source.observable.pipe(share))
    assert source.opened == 2


# Linger


def lingering(seconds: float = 5.0, **more: Any) -> tuple[Source, Observable[Any], VirtualTimeScheduler]:
    source, clock = Source(), VirtualTimeScheduler(0.0)
    return source, source.observable.pipe(share_anew(linger=seconds, scheduler=clock, **more)), clock


def pending(clock: VirtualTimeScheduler) -> int:
    return len([item for item, _ in clock._queue.items if not item.is_cancelled()])


def test_the_source_stays_for_the_linger() -> None:
    source, shared, clock = lingering()
    Seen(shared).subscription.dispose()
    clock.advance_to(4.9)
    assert source.closed == 0
    clock.advance_to(5.0)
    assert source.closed == 1
    Seen(shared)
    assert source.opened == 2


def test_flapping_costs_no_subscription_and_each_leaving_lingers_in_full() -> None:
    source, shared, clock = lingering()
    for second in range(0, 40, 4):
        clock.advance_to(float(second))
        Seen(shared).subscription.dispose()
    assert (source.opened, source.closed) == (1, 0)
    assert pending(clock) == 1
    clock.advance_to(40.9)
    assert source.closed == 0
    clock.advance_to(41.0)
    assert source.closed == 1


def test_a_newcomer_cancels_the_linger() -> None:
    source, shared, clock = lingering()
    Seen(shared).subscription.dispose()
    assert pending(clock) == 1
    Seen(shared)
    assert pending(clock) == 0
    clock.advance_to(100.0)
    assert source.closed == 0


def test_a_source_that_ends_while_it_lingers_leaves_no_timer() -> None:
    source, shared, clock = lingering()
    Seen(shared).subscription.dispose()
    source.observer.on_completed()
    assert pending(clock) == 0
    late = Seen(shared)
    clock.advance_to(100.0)
    source.observer.on_next(1)
    assert late.all == [1]


def test_the_linger_is_waited_out_on_the_subscribers_scheduler_if_there_is_no_other() -> None:
    source, clock = Source(), VirtualTimeScheduler(0.0)
    shared = source.observable.pipe(share_anew(linger=5.0))
    shared.subscribe(scheduler=clock).dispose()
    clock.advance_to(5.0)
    assert source.closed == 1


def test_a_linger_that_is_over_at_once() -> None:
    source = Source()
    shared = source.observable.pipe(share_anew(linger=1e-9, scheduler=ImmediateScheduler()))
    Seen(shared).subscription.dispose()
    assert source.closed == 1


def test_leavers_whose_timers_are_set_in_the_wrong_order_do_not_keep_the_source_for_ever() -> None:
    """One leaves, and before its timer is set another has come and gone and set one."""
    source, clock = Source(), VirtualTimeScheduler(0.0)

    class Slow(VirtualTimeScheduler):
        interlude: Callable[[], object] | None = None

        def schedule_relative(self, duetime: Any, action: Any, state: Any = None) -> abc.DisposableBase:
            interlude, self.interlude = self.interlude, None
            if interlude is not None:
                interlude()
            return clock.schedule_relative(duetime, action, state)

    slow = Slow()
    shared = source.observable.pipe(share_anew(linger=5.0, scheduler=slow))
    first = Seen(shared)

    def come_and_go() -> None:
        Seen(shared).subscription.dispose()

    slow.interlude = come_and_go
    first.subscription.dispose()
    clock.advance_to(10.0)
    assert source.closed == 1
    assert pending(clock) == 0


# Replay


def test_the_latest_value_is_given_to_whoever_comes_later() -> None:
    source = Source()
    shared = source.observable.pipe(share_anew(replay=True))
    assert Seen(shared).all == []
    for value in (1, 2):
        source.observer.on_next(value)
    late = Seen(shared)
    assert late.all == [2]
    source.observer.on_next(3)
    assert late.all == [2, 3]


def test_without_replay_it_is_not() -> None:
    source = Source(1)
    shared = source.observable.pipe(share_anew())
    assert (Seen(shared).all, Seen(shared).all) == ([1], [])


def test_whoever_comes_in_the_middle_of_a_value_has_it_once() -> None:
    source = Source()
    shared = source.observable.pipe(share_anew(replay=True))
    late: list[Seen] = []

    def come(value: int) -> None:
        if value == 2:
            late.append(Seen(shared))

    shared.subscribe(come)
    Seen(shared)
    for value in (1, 2, 2, 3):
        source.observer.on_next(value)
    assert [seen.all for seen in late] == [[2, 2, 3], [2, 3]]


def test_the_latest_that_is_still_on_its_way_to_the_others_is_had_once() -> None:
    seen: list[int] = []
    latest = [1]
    late = _Latecomer(Observer(seen.append), latest)
    late.on_next(latest)
    late.on_next([1])
    late.deliver()
    late.on_next([2])
    assert seen == [1, 1, 2]


def test_what_comes_during_the_replay_comes_after_it() -> None:
    source = Source(1)
    shared = source.observable.pipe(share_anew(replay=True))
    Seen(shared)
    seen: list[int] = []

    def take(value: int) -> None:
        if value == 1:
            source.observer.on_next(2)
            assert seen == []
        seen.append(value)

    shared.subscribe(take)
    assert seen == [1, 2]


def test_unsubscribing_during_the_replay() -> None:
    source = Source(1)
    shared = source.observable.pipe(share_anew(replay=True))
    stays = Seen(shared)
    taken: list[int] = []
    shared.pipe(ops.take(1)).subscribe(taken.append)
    source.observer.on_next(2)
    assert (taken, stays.all) == ([1], [1, 2])
    stays.subscription.dispose()
    assert source.closed == 1


def test_unsubscribing_within_a_value_forgoes_what_has_queued_meanwhile() -> None:
    source = Source()
    shared = source.observable.pipe(share_anew(replay=True))
    stays = Seen(shared)
    seen: list[int] = []

    def take(value: int) -> None:
        seen.append(value)
        source.observer.on_next(2)
        leaves.dispose()

    leaves = shared.subscribe(take)
    source.observer.on_next(1)
    assert (seen, sorted(stays.all)) == ([1], [1, 2])


def test_nobody_holds_a_lock_while_a_value_is_replayed() -> None:
    source = Source(1)
    shared = source.observable.pipe(share_anew(replay=True))
    early = Seen(shared)
    entered, go_on = threading.Event(), threading.Event()

    def wait(_: int) -> None:
        entered.set()
        assert go_on.wait(60)

    slow = threading.Thread(target=lambda: shared.subscribe(wait), daemon=True)
    slow.start()
    assert entered.wait(60)
    producer = threading.Thread(target=lambda: source.observer.on_next(2), daemon=True)
    producer.start()
    producer.join(60)
    assert not producer.is_alive()
    assert early.all == [1, 2]
    assert Seen(shared).all == [2]
    go_on.set()
    slow.join(60)


def test_nobody_waits_for_a_subscriber_that_takes_its_time() -> None:
    source = Source()
    shared = source.observable.pipe(share_anew(replay=True))
    entered, go_on = threading.Event(), threading.Event()

    def wait(_: int) -> None:
        entered.set()
        assert go_on.wait(60)

    shared.subscribe(wait)
    producer = threading.Thread(target=lambda: source.observer.on_next(1), daemon=True)
    producer.start()
    assert entered.wait(60)
    assert Seen(shared).all == [1]
    go_on.set()
    producer.join(60)


# Subscribers that raise


@pytest.mark.parametrize("replay", [False, True])
@pytest.mark.parametrize("handled", [False, True])
@pytest.mark.parametrize("raised", [KeyError(1), SystemExit(3)])
def test_one_who_raises_is_ended_alone(raised: BaseException, *, handled: bool, replay: bool) -> None:
    failures: list[BaseException] = []
    source = Source()
    shared = source.observable.pipe(share_anew(replay=replay, on_failure=failures.append))
    errors: list[Exception] = []
    given: list[int] = []

    def fail(value: int) -> None:
        given.append(value)
        raise raised

    before = Seen(shared)
    shared.subscribe(fail, errors.append if handled else None)
    after = Seen(shared)
    for value in (1, 2):
        source.observer.on_next(value)
    assert before.all == after.all == [1, 2]
    assert given == [1]
    assert raised in failures
    assert [type(error) for error in errors] == [KeyError if isinstance(raised, KeyError) else RuntimeError] * handled
    before.subscription.dispose()
    after.subscription.dispose()
    assert source.closed == 1


@pytest.mark.parametrize("raised", [KeyError(1), SystemExit(3)])
def test_one_who_raises_at_the_replay_is_ended_alone(raised: BaseException) -> None:
    failures: list[BaseException] = []
    source = Source(1)
    shared = source.observable.pipe(share_anew(replay=True, on_failure=failures.append))
    stays = Seen(shared)
    errors: list[Exception] = []

    def fail(_: int) -> None:
        raise raised

    shared.subscribe(fail, errors.append)
    source.observer.on_next(2)
    assert stays.all == [1, 2]
    assert (failures, len(errors)) == ([raised], 1)
    stays.subscription.dispose()
    assert source.closed == 1


def test_the_only_one_raises_and_the_source_is_let_go() -> None:
    failures: list[BaseException] = []
    source = Source()

    def fail(value: int) -> None:
        raise KeyError(value)

    source.observable.pipe(share_anew(on_failure=failures.append)).subscribe(fail)
    source.observer.on_next(1)
    assert (repr(failures), source.closed) == ("[KeyError(1)]", 1)


def test_a_source_that_fails_in_subscribe_ends_those_who_have_joined_meanwhile() -> None:
    others: list[Seen] = []

    def subscribe(_: object, __: object = None) -> abc.DisposableBase:
        if not others:
            others.append(Seen(shared))
            raise KeyboardInterrupt
        return reactivex.of(7).subscribe(_)  # type: ignore[arg-type]

    shared: Observable[Any] = Observable(subscribe).pipe(share_anew())  # type: ignore[arg-type]
    with pytest.raises(KeyboardInterrupt):
        shared.subscribe(on_error=lambda _: None)
    assert others[0].all == ["RuntimeError('KeyboardInterrupt()')"]
    assert Seen(shared).all == [7, "|"]


def test_a_source_of_ours_that_fails_in_subscribe_is_told_of_once() -> None:
    def fail(_: object, __: object) -> abc.DisposableBase:
        raise KeyError(1)

    assert Seen(Unguarded[Any](fail).pipe(share_anew())).all == ["KeyError(1)"]


# Re-entrancy and sources that speak at once


@pytest.mark.parametrize("replay", [False, True])
def test_a_subscriber_may_leave_and_come_again_in_the_middle_of_a_value(*, replay: bool) -> None:
    source = Source()
    shared = source.observable.pipe(share_anew(replay=replay))
    current = SerialDisposable()
    seen: list[int] = []

    def take(value: int) -> None:
        seen.append(value)
        if value == 1:
            current.disposable = Disposable()
            current.disposable = shared.subscribe(take)

    current.disposable = shared.subscribe(take)
    source.observer.on_next(1)
    assert (source.opened, source.closed) == (2, 1)
    source.observer.on_next(2)
    assert seen == [1, 2]
    current.dispose()
    assert source.closed == 2


@pytest.mark.parametrize("replay", [False, True])
def test_a_source_that_speaks_and_ends_at_once(*, replay: bool) -> None:
    shared = reactivex.of(1, 2).pipe(share_anew(replay=replay))
    assert Seen(shared).all == Seen(shared).all == [1, 2, "|"]


def test_taking_the_first_of_a_source_that_speaks_at_once_lets_it_go() -> None:
    source = Source(1, 2)
    taken: list[int] = []
    source.observable.pipe(share_anew(), ops.take(1)).subscribe(taken.append)
    assert (taken, source.opened, source.closed) == ([1], 1, 1)


# Threads


class Costly:
    """A source that costs something to open and to close, and speaks from a thread of its own as long as it is open."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.opened = self.closed = 0
        self.open: set[abc.ObserverBase[Any]] = set()
        self.stopped = threading.Event()
        self.observable: Observable[int] = Observable(self.subscribe)
        self.thread = threading.Thread(target=self.run, daemon=True)

    def subscribe(self, observer: abc.ObserverBase[int], _: abc.SchedulerBase | None = None) -> abc.DisposableBase:
        threading.Event().wait(0.0003)
        with self.lock:
            self.opened += 1
            self.open.add(observer)
        return Disposable(lambda: self.close(observer))

    def close(self, observer: abc.ObserverBase[int]) -> None:
        threading.Event().wait(0.0003)
        with self.lock:
            self.closed += 1
            self.open.discard(observer)

    def run(self) -> None:
        value = 0
        while not self.stopped.wait(0.0001):
            with self.lock:
                listeners = list(self.open)
            for observer in listeners:
                observer.on_next(value)
            value += 1


@pytest.mark.parametrize("replay", [False, True])
@pytest.mark.parametrize("linger", [0.0, 0.001])
def test_nobody_starves_and_nothing_stays_open(*, replay: bool, linger: float) -> None:
    threads, each = 6, 400
    source = Costly()
    shared = source.observable.pipe(
        share_anew(replay=replay, linger=linger, scheduler=TimeoutScheduler.singleton() if linger else None)
    )
    starved: list[int] = []
    disordered: list[list[int]] = []

    def visit(name: int) -> None:
        dice = Random(name)
        for _ in range(each):
            had = threading.Event()
            seen: list[int] = []
            place = SerialDisposable()
            inside = dice.random() < 0.5

            def take(
                value: int,
                seen: list[int] = seen,
                had: threading.Event = had,
                place: SerialDisposable = place,
                *,
                inside: bool = inside,
            ) -> None:
                seen.append(value)
                if inside:
                    place.dispose()
                had.set()

            place.disposable = shared.subscribe(take)
            if not had.wait(20):
                starved.append(name)
            place.dispose()
            if seen != sorted(set(seen)):
                disordered.append(seen)

    workers = [threading.Thread(target=visit, args=(name,), daemon=True) for name in range(threads)]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    source.thread.start()
    try:
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(100)
            assert not worker.is_alive()
    finally:
        sys.setswitchinterval(interval)
    assert starved == disordered == []
    for _ in range(2_000):
        if source.opened == source.closed:
            break
        threading.Event().wait(0.005)
    source.stopped.set()
    source.thread.join(60)
    assert source.opened == source.closed > 0
