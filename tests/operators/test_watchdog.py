"""watchdog: silence is an error, and one timer is enough to notice it."""

import threading

import pytest
import reactivex
from reactivex import abc
from reactivex.scheduler import VirtualTimeScheduler
from reactivex.subject import Subject

from rx_kucoin.operators._watchdog import watchdog


class Counting(VirtualTimeScheduler):
    def __init__(self) -> None:
        super().__init__(0.0)
        self.set = self.waiting = self.most = 0

    def schedule_relative(self, duetime, action, state=None):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
        self.set += 1
        self.waiting += 1
        self.most = max(self.most, self.waiting)

        def counted(scheduler: abc.SchedulerBase, state: object = None) -> abc.DisposableBase | None:
            self.waiting -= 1
            return action(scheduler, state)

        return super().schedule_relative(duetime, counted, state)


def watched(timeout: float) -> tuple[Counting, Subject[int], list[object], abc.DisposableBase]:
    scheduler = Counting()
    source: Subject[int] = Subject()
    seen: list[object] = []

    def fail(error: Exception) -> None:
        seen.append((type(error), scheduler.to_seconds(scheduler.clock)))

    subscription = source.pipe(watchdog(timeout)).subscribe(
        seen.append, fail, lambda: seen.append("|"), scheduler=scheduler
    )
    return scheduler, source, seen, subscription


@pytest.mark.parametrize(
    ("items", "fails_at"), [([], 10.0), ([1.0], 11.0), ([9.0, 18.0, 27.0], 37.0), ([9.999, 19.998], 29.998)]
)
def test_it_fails_when_nothing_has_come_for_so_long(items: list[float], fails_at: float) -> None:
    scheduler, source, seen, _ = watched(10.0)
    for at in items:
        scheduler.schedule_absolute(at, lambda *_: source.on_next(1))
    scheduler.advance_to(100.0)
    assert seen == [*[1] * len(items), (TimeoutError, pytest.approx(fails_at))]
    assert not source.observers


def test_there_is_one_timer_however_many_items_come() -> None:
    scheduler, source, _, _ = watched(10.0)
    for number in range(1, 10_000):
        scheduler.schedule_absolute(number / 100, lambda *_: source.on_next(1))
    scheduler.advance_to(100.0)
    assert scheduler.most == 1
    assert scheduler.set <= 12


@pytest.mark.parametrize("end", ["complete", "dispose"])
def test_after_the_end_it_watches_no_more(end: str) -> None:
    scheduler, source, seen, subscription = watched(10.0)
    if end == "complete":
        source.on_completed()
    else:
        subscription.dispose()
    scheduler.advance_to(100.0)
    assert seen == (["|"] if end == "complete" else [])
    assert (scheduler.set, scheduler.waiting) == (1, 1)  # set once, and cancelled before it rang


def test_a_subscriber_that_takes_its_time_is_no_silence() -> None:
    scheduler = Counting()
    source: Subject[int] = Subject()
    errors: list[float] = []

    def slow(_: int) -> None:
        scheduler.sleep(50.0)

    source.pipe(watchdog(10.0)).subscribe(
        slow, lambda _: errors.append(scheduler.to_seconds(scheduler.clock)), scheduler=scheduler
    )
    scheduler.schedule_absolute(5.0, lambda *_: source.on_next(1))
    scheduler.advance_to(58.0)
    assert not errors
    scheduler.advance_to(100.0)
    assert errors == [65.0]


def test_while_an_item_is_being_delivered_the_timer_finds_no_silence() -> None:
    scheduler = Counting()
    source: Subject[int] = Subject()
    errors: list[Exception] = []
    inside, go_on = threading.Event(), threading.Event()

    def slow(_: int) -> None:
        inside.set()
        go_on.wait(60)

    source.pipe(watchdog(10.0)).subscribe(slow, errors.append, scheduler=scheduler)
    worker = threading.Thread(target=source.on_next, args=(1,))
    worker.start()
    assert inside.wait(60)
    scheduler.advance_to(35.0)
    go_on.set()
    worker.join(60)
    assert not errors
    scheduler.advance_to(50.0)
    assert len(errors) == 1


def test_an_exception_of_the_subscriber_goes_to_the_producer_and_the_watch_goes_on() -> None:
    scheduler = Counting()
    source: Subject[int] = Subject()
    errors: list[Exception] = []

    def refuse(_: int) -> None:
        raise KeyError

    source.pipe(watchdog(10.0)).subscribe(refuse, errors.append, scheduler=scheduler)
    with pytest.raises(KeyError):
        source.on_next(1)
    assert not errors
    scheduler.advance_to(20.0)
    assert [type(error) for error in errors] == [TimeoutError]


def test_on_a_real_clock() -> None:
    failed = threading.Event()
    reactivex.never().pipe(watchdog(0.05)).subscribe(on_error=lambda _: failed.set())
    assert failed.wait(60)


@pytest.mark.parametrize("timeout", [0.0, -1.0])
def test_a_timeout_that_makes_no_sense_is_refused(timeout: float) -> None:
    with pytest.raises(ValueError, match="watchdog"):
        watchdog(timeout)
