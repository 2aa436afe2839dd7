"""rate_limit: lossless, in order, never more than so many in any window, and never later than that takes."""

import threading
import time
from itertools import pairwise

import pytest
import reactivex
from hypothesis import given, settings
from hypothesis import strategies as st
from reactivex import Observable, abc
from reactivex.disposable import Disposable
from reactivex.scheduler import EventLoopScheduler, VirtualTimeScheduler
from reactivex.subject import Subject
from reactivex.testing import TestScheduler

from rx_kucoin.operators._rate_limit import QueueOverflow, rate_limit

MICROSECOND = 1e-6


class Counting(VirtualTimeScheduler):
    """Virtual time that counts the timers that are waited for."""

    def __init__(self) -> None:
        super().__init__(0.0)
        self.waiting = self.most = self.set = 0

    def schedule_relative(self, duetime, action, state=None):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
        self.waiting += 1
        self.set += 1
        self.most = max(self.most, self.waiting)

        def counted(scheduler: abc.SchedulerBase, state: object = None) -> abc.DisposableBase | None:
            self.waiting -= 1
            return action(scheduler, state)

        return super().schedule_relative(duetime, counted, state)


def played(arrivals: list[float], count: int, per: float, *, until: float = 10_000.0) -> list[tuple[float, int]]:
    """When which item left, if item k arrives at arrivals[k]."""
    scheduler = VirtualTimeScheduler(0.0)
    source: Subject[int] = Subject()
    left: list[tuple[float, int]] = []

    def note(item: int) -> None:
        left.append((scheduler.to_seconds(scheduler.clock), item))

    source.pipe(rate_limit(count, per)).subscribe(note, scheduler=scheduler)
    for number, at in enumerate(arrivals):
        scheduler.schedule_absolute(at, lambda *_, number=number: source.on_next(number))  # type: ignore[misc]
    scheduler.advance_to(until)
    return left


def most_in_a_window(times: list[float], per: float) -> int:
    """The definition: a closed window of this length, wherever it begins. Only the items' own times matter for that."""
    ticks = [round(at * 1_000_000) for at in times]
    return max((sum(start <= at <= start + round(per * 1_000_000) for at in ticks) for start in ticks), default=0)


arrivals_in_ticks = st.lists(st.integers(1, 60_000), max_size=60).map(sorted)


@given(arrivals_in_ticks, st.integers(1, 8), st.integers(1, 20_000))
@settings(max_examples=300, deadline=None)
def test_it_is_what_it_says_for_any_arrivals(ticks: list[int], count: int, per_ticks: int) -> None:
    arrivals, per = [tick / 1_000 for tick in ticks], per_ticks / 1_000
    left = played(arrivals, count, per)
    times = [at for at, _ in left]
    assert [item for _, item in left] == list(range(len(arrivals)))  # none lost, in order
    assert most_in_a_window(times, per) <= count
    for number, at in enumerate(times):  # none later than necessary
        after_the_one_before = times[number - 1] if number else 0.0
        in_the_next_window = times[number - count] + per + MICROSECOND if number >= count else 0.0
        assert at == pytest.approx(max(arrivals[number], after_the_one_before, in_the_next_window), abs=1e-9)


@pytest.mark.parametrize(
    ("arrivals", "last", "delayed"),
    [
        pytest.param([1.0] * 1_000, 91.0, True, id="a burst of a thousand"),
        pytest.param([1.0] * 100 + [10.99] * 100 + [11.0] * 300, 41.0, True, id="bursts around the edge of a window"),
        pytest.param([number / 9 for number in range(1, 500)], 499 / 9, False, id="a steady stream below the limit"),
        pytest.param([50.0] * 300, 70.0, True, id="a burst after a long silence"),
        pytest.param([1.0 + number / 50 for number in range(2_000)], 191.0, True, id="five times the limit for long"),
    ],
)
def test_a_hundred_in_ten_seconds(arrivals: list[float], last: float, *, delayed: bool) -> None:
    left = played(arrivals, 100, 10.0)
    times = [at for at, _ in left]
    assert [item for _, item in left] == list(range(len(arrivals)))
    assert most_in_a_window(times, 10.0) <= 100
    assert times[-1] == pytest.approx(last, abs=1e-3 if not delayed else 2.0)
    assert any(at > arrival + MICROSECOND for at, arrival in zip(times, arrivals, strict=True)) == delayed


def test_both_ends_belong_to_a_window() -> None:
    times = [at for at, _ in played([1.0, 2.0, 6.0, 6.5], count=2, per=5.0)]
    assert times == pytest.approx([1.0, 2.0, 6.0 + MICROSECOND, 7.0 + MICROSECOND], abs=1e-9)
    assert times[2] > 6.0


def test_a_window_shorter_than_a_tick_of_the_clock_still_separates() -> None:
    assert [at for at, _ in played([1.0] * 3, count=1, per=1e-9)] == pytest.approx(
        [1.0, 1.0 + MICROSECOND, 1.0 + 2 * MICROSECOND], abs=1e-9
    )


def test_there_is_never_more_than_one_timer() -> None:
    scheduler = Counting()
    source: Subject[int] = Subject()
    left: list[int] = []
    source.pipe(rate_limit(3, 1.0)).subscribe(left.append, scheduler=scheduler)
    for number in range(300):
        source.on_next(number)
    scheduler.advance_to(1_000.0)
    assert left == list(range(300))
    assert scheduler.most == 1
    assert scheduler.set <= 100


def test_below_the_limit_there_is_no_timer() -> None:
    scheduler = Counting()
    source: Subject[int] = Subject()
    source.pipe(rate_limit(3, 1.0)).subscribe(scheduler=scheduler)
    for _ in range(3):
        source.on_next(1)
    assert scheduler.set == 0


def test_completion_waits_for_the_queue_and_an_error_does_not() -> None:
    for end, expected in (("complete", [1, 2, 3, "|"]), ("fail", [1, "#"])):
        scheduler = VirtualTimeScheduler(0.0)
        source: Subject[int] = Subject()
        seen: list[object] = []
        source.pipe(rate_limit(1, 1.0, scheduler=scheduler)).subscribe(
            seen.append, lambda _, seen=seen: seen.append("#"), lambda seen=seen: seen.append("|")
        )
        for number in (1, 2, 3):
            source.on_next(number)
        if end == "complete":
            source.on_completed()
            assert seen == [1]
        else:
            source.on_error(OSError())
            assert seen == [1, "#"]
        scheduler.advance_to(10.0)
        assert seen == expected


def test_a_completion_without_a_queue_passes_at_once() -> None:
    seen: list[str] = []
    reactivex.empty().pipe(rate_limit(1, 1.0)).subscribe(on_completed=lambda: seen.append("|"))
    assert seen == ["|"]


def test_an_overfull_queue_ends_the_stream_and_lets_go_of_the_source() -> None:
    scheduler = VirtualTimeScheduler(0.0)
    source: Subject[int] = Subject()
    seen: list[int] = []
    errors: list[Exception] = []
    source.pipe(rate_limit(1, 1.0, max_queue=2)).subscribe(seen.append, errors.append, scheduler=scheduler)
    for number in range(3):
        source.on_next(number)
    assert not errors
    source.on_next(3)
    assert [type(error) for error in errors] == [QueueOverflow]
    assert not source.observers
    scheduler.advance_to(10.0)
    assert seen == [0]


def test_what_waits_is_dropped_by_dispose() -> None:
    scheduler = Counting()
    source: Subject[int] = Subject()
    seen: list[int] = []
    subscription = source.pipe(rate_limit(2, 1.0)).subscribe(seen.append, scheduler=scheduler)
    for number in range(10):
        source.on_next(number)
    subscription.dispose()
    assert not source.observers
    scheduler.advance_to(100.0)
    assert seen == [0, 1]
    assert scheduler.waiting == 1  # the one that was cancelled; it never came to run


def test_dispose_from_within_on_next_is_the_end() -> None:
    seen: list[int] = []
    reactivex.from_iterable(range(10)).pipe(rate_limit(5, 1.0, scheduler=VirtualTimeScheduler(0.0))).take(2).subscribe(
        seen.append
    )
    assert seen == [0, 1]


def test_an_item_emitted_from_within_on_next_comes_behind_those_that_wait() -> None:
    scheduler = VirtualTimeScheduler(0.0)
    source: Subject[int] = Subject()
    seen: list[int] = []

    def feed(item: int) -> None:
        if item < 10:
            source.on_next(item + 10)
        seen.append(item)

    source.pipe(rate_limit(3, 1.0)).subscribe(feed, scheduler=scheduler)
    for number in (1, 2, 3):
        source.on_next(number)
    scheduler.advance_to(10.0)
    assert seen == [1, 11, 2, 12, 3, 13]


def test_an_exception_of_the_subscriber_goes_to_the_producer_and_the_rest_still_comes() -> None:
    scheduler = VirtualTimeScheduler(0.0)
    source: Subject[int] = Subject()
    seen: list[int] = []

    def refuse_even(item: int) -> None:
        if item % 2 == 0:
            raise KeyError(item)
        seen.append(item)

    source.pipe(rate_limit(2, 1.0)).subscribe(refuse_even, scheduler=scheduler)
    source.on_next(1)
    with pytest.raises(KeyError):
        source.on_next(2)
    for number in (3, 4, 5):
        source.on_next(number)
    with pytest.raises(KeyError):
        scheduler.advance_to(3.0)  # 3, then 4 on the timer
    scheduler.stop()
    scheduler.advance_to(9.0)
    assert seen == [1, 3, 5]


def test_each_subscription_has_a_limit_of_its_own() -> None:
    scheduler = VirtualTimeScheduler(0.0)
    limited = reactivex.of(1, 2, 3).pipe(rate_limit(1, 5.0))
    both: list[list[int]] = [[], []]
    for seen in both:
        limited.subscribe(seen.append, scheduler=scheduler)
    scheduler.advance_to(6.0)
    assert both == [[1, 2], [1, 2]]


def test_ten_thousand_at_once_do_not_deepen_the_stack() -> None:
    assert len(played([1.0] * 10_000, count=1, per=0.001)) == 10_000


@pytest.mark.parametrize(
    ("count", "per", "max_queue"), [(0, 1.0, None), (-1, 1.0, None), (1, 0.0, None), (1, -1.0, None), (1, 1.0, 0)]
)
def test_a_limit_that_makes_no_sense_is_refused(count: int, per: float, max_queue: int | None) -> None:
    with pytest.raises(ValueError, match="rate_limit"):
        rate_limit(count, per, max_queue=max_queue)


def test_its_own_scheduler_comes_before_the_subscribers() -> None:
    mine, theirs = Counting(), Counting()
    source: Subject[int] = Subject()
    source.pipe(rate_limit(1, 1.0, scheduler=mine)).subscribe(scheduler=theirs)
    source.on_next(1)
    source.on_next(2)
    assert (mine.set, theirs.set) == (1, 0)


class Leaping(EventLoopScheduler):
    """A real scheduler that rings far too early, as a wall clock does that is put forward."""

    def schedule_relative(self, duetime, action, state=None):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
        return super().schedule_relative(self.to_seconds(duetime) / 3, action, state)


@pytest.mark.parametrize("kind", ["the default", "early timers"])
def test_many_threads_on_a_real_clock(kind: str) -> None:
    count, per, threads, each = 50, 0.1, 4, 75
    loop = Leaping() if kind == "early timers" else None
    source: Subject[tuple[int, int]] = Subject()
    left: list[tuple[float, tuple[int, int]]] = []
    inside = overlaps = 0
    done = threading.Event()

    def note(item: tuple[int, int]) -> None:
        nonlocal inside, overlaps
        inside += 1
        overlaps += inside > 1
        left.append((time.monotonic(), item))
        inside -= 1

    subscription = source.pipe(rate_limit(count, per, scheduler=loop)).subscribe(note, on_completed=done.set)
    start = threading.Barrier(threads)

    def produce(name: int) -> None:
        start.wait()
        for number in range(each):
            source.on_next((name, number))

    workers = [threading.Thread(target=produce, args=(name,)) for name in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    source.on_completed()
    assert done.wait(60)
    subscription.dispose()
    if loop is not None:
        loop.dispose()
    assert overlaps == 0
    assert len(left) == threads * each
    for name in range(threads):
        assert [number for _, (of, number) in left if of == name] == list(range(each))
    times = [at for at, _ in left]
    assert all(later - earlier > per for earlier, later in zip(times, times[count:], strict=False))
    assert all(later >= earlier for earlier, later in pairwise(times))


def test_an_item_counts_when_the_subscriber_is_done_with_it() -> None:
    scheduler = VirtualTimeScheduler(0.0)
    source: Subject[int] = Subject()
    begun: list[float] = []

    def slow(_: int) -> None:
        begun.append(scheduler.to_seconds(scheduler.clock))
        scheduler.sleep(3.0)

    source.pipe(rate_limit(1, 1.0)).subscribe(slow, scheduler=scheduler)
    source.on_next(1)
    source.on_next(2)
    scheduler.advance_to(20.0)
    assert begun == pytest.approx([0.0, 4.0 + MICROSECOND], abs=1e-9)


def test_an_error_from_another_thread_waits_for_the_item_that_is_being_delivered() -> None:
    source: Subject[int] = Subject()
    order: list[str] = []
    inside, go_on = threading.Event(), threading.Event()

    def slow(_: int) -> None:
        inside.set()
        go_on.wait(30)
        order.append("item")

    source.pipe(rate_limit(1, 1.0)).subscribe(slow, lambda _: order.append("error"))
    worker = threading.Thread(target=source.on_next, args=(1,))
    worker.start()
    assert inside.wait(30)
    source.on_error(OSError())
    go_on.set()
    worker.join()
    assert order == ["item", "error"]


def test_a_source_that_is_slow_to_subscribe_to_may_emit_meanwhile() -> None:
    def subscribe(observer: abc.ObserverBase[int], _: abc.SchedulerBase | None = None) -> abc.DisposableBase:
        observer.on_next(1)
        observer.on_next(2)
        return Disposable()

    scheduler = TestScheduler()
    seen: list[int] = []
    Observable(subscribe).pipe(rate_limit(1, 1.0)).subscribe(seen.append, scheduler=scheduler)
    scheduler.advance_to(5.0)
    assert seen == [1, 2]


def test_drop_oldest_keeps_the_newest_items_in_order_and_the_limit() -> None:
    scheduler = VirtualTimeScheduler(0.0)
    source: Subject[int] = Subject()
    left: list[tuple[float, int]] = []
    source.pipe(rate_limit(1, 1.0, max_queue=2, overflow="drop_oldest")).subscribe(
        lambda item: left.append((round(scheduler.to_seconds(scheduler.clock), 3), item)), scheduler=scheduler
    )
    for number in range(10):
        source.on_next(number)
    source.on_completed()
    scheduler.advance_to(10.0)
    assert left == [(0.0, 0), (1.0, 8), (2.0, 9)]


def test_an_item_that_arrives_while_one_is_emitted_is_kept_though_only_one_may_wait() -> None:
    scheduler = VirtualTimeScheduler(0.0)
    source: Subject[int] = Subject()
    seen: list[int] = []

    def feed(item: int) -> None:
        seen.append(item)
        if item < 3:
            source.on_next(item + 1)

    source.pipe(rate_limit(2, 1.0, max_queue=1, overflow="drop_oldest")).subscribe(feed, scheduler=scheduler)
    source.on_next(0)
    assert seen == [0, 1]
    scheduler.advance_to(10.0)
    assert seen == [0, 1, 2, 3]


def test_an_unknown_overflow_is_refused() -> None:
    with pytest.raises(ValueError, match="drop_newest"):
        rate_limit(1, 1.0, overflow="drop_newest")  # type: ignore[arg-type]


def test_what_waits_goes_on_by_the_timer_after_an_exception_that_is_none_of_the_subscribers_errors() -> None:
    scheduler = VirtualTimeScheduler(0.0)
    source: Subject[int] = Subject()
    seen: list[int] = []

    def leave_at_1(item: int) -> None:
        seen.append(item)
        if item == 1:
            source.on_next(2)
            raise SystemExit

    source.pipe(rate_limit(5, 1.0)).subscribe(leave_at_1, scheduler=scheduler)
    with pytest.raises(SystemExit):
        source.on_next(1)
    scheduler.advance_to(1.0)
    assert seen == [1, 2]
