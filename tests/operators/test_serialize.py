"""serialize: one call at a time, in order of arrival, and nobody waits for anybody."""

import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest
from reactivex import Observable, abc
from reactivex.disposable import Disposable

from rx_kucoin.operators._serialize import Turns, serialize


class Source:
    """Hands out the observer of its last subscription, to be called from any thread."""

    def __init__(self) -> None:
        self.disposed = 0

        def subscribe(observer: abc.ObserverBase[object], _: abc.SchedulerBase | None = None) -> abc.DisposableBase:
            self.observer = observer
            return Disposable(self.dispose)

        self.observable: Observable[object] = Observable(subscribe)

    def dispose(self) -> None:
        self.disposed += 1


def in_threads(*works: Callable[[], object]) -> None:
    threads = [threading.Thread(target=work, daemon=True) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()


def test_calls_from_many_threads_do_not_overlap_and_keep_each_threads_order() -> None:
    threads, each = 4, 5_000
    source = Source()
    seen: list[tuple[int, int]] = []
    inside = overlaps = 0

    def note(item: object) -> None:
        nonlocal inside, overlaps
        inside += 1
        overlaps += inside > 1
        seen.append(item)  # type: ignore[arg-type]
        inside -= 1

    source.observable.pipe(serialize()).subscribe(note)

    def produce(name: int) -> Callable[[], None]:
        def work() -> None:
            for number in range(each):
                source.observer.on_next((name, number))

        return work

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        in_threads(*(produce(name) for name in range(threads)))
    finally:
        sys.setswitchinterval(interval)
    assert overlaps == 0
    assert len(seen) == threads * each
    for name in range(threads):
        assert [number for of, number in seen if of == name] == list(range(each))


def test_nobody_overtakes_what_waits() -> None:
    """A call that comes just when the turn is free, but something still waits: between two lines, as a thread would."""
    source = Source()
    seen: list[object] = []
    late: list[object] = ["late"]

    def feed(item: object) -> None:
        seen.append(item)
        if item == "first":
            source.observer.on_next("waiting")

    def meddle(frame: FrameType, event: str, _: object) -> Any:
        turns = frame.f_locals.get("self")
        if event == "line" and isinstance(turns, Turns) and len(turns) and turns.turn and late:
            source.observer.on_next(late.pop())
        return meddle

    source.observable.pipe(serialize()).subscribe(feed)
    before = sys.gettrace()
    sys.settrace(meddle)
    try:
        source.observer.on_next("first")
    finally:
        sys.settrace(before)
    assert seen == ["first", "waiting", "late"]


def test_a_caller_never_waits_for_the_observer() -> None:
    source = Source()
    seen: list[object] = []
    inside, go_on = threading.Event(), threading.Event()

    def slow(item: object) -> None:
        inside.set()
        assert go_on.wait(60)
        seen.append(item)

    source.observable.pipe(serialize()).subscribe(slow, on_completed=lambda: seen.append("|"))
    first = threading.Thread(target=source.observer.on_next, args=(1,), daemon=True)
    first.start()
    assert inside.wait(60)
    source.observer.on_next(2)  # returns, although the observer is busy
    source.observer.on_completed()
    assert seen == []
    go_on.set()
    first.join(60)
    assert seen == [1, 2, "|"]


def test_two_that_feed_each_other_do_not_deadlock() -> None:
    one, other = Source(), Source()
    seen: list[object] = []
    meeting = threading.Barrier(2)

    def cross(to: Source) -> Callable[[object], None]:
        def handle(item: object) -> None:
            if item == "start":
                meeting.wait(30)  # both are inside their observer now, and call into each other's
                to.observer.on_next("met")
            else:
                seen.append(item)

        return handle

    one.observable.pipe(serialize()).subscribe(cross(other))
    other.observable.pipe(serialize()).subscribe(cross(one))
    in_threads(lambda: one.observer.on_next("start"), lambda: other.observer.on_next("start"))
    assert seen == ["met", "met"]


def test_a_call_from_within_the_observer_comes_behind() -> None:
    source = Source()
    order: list[str] = []

    def feed(item: object) -> None:
        order.append(f"<{item}")
        if item == 1:
            source.observer.on_next(2)
            source.observer.on_next(3)
        order.append(f"{item}>")

    source.observable.pipe(serialize()).subscribe(feed)
    source.observer.on_next(1)
    assert order == ["<1", "1>", "<2", "2>", "<3", "3>"]


def test_a_hundred_thousand_from_within_do_not_deepen_the_stack() -> None:
    source = Source()
    left = iter(range(100_000))
    source.observable.pipe(serialize()).subscribe(
        lambda _: source.observer.on_next(item) if (item := next(left, None)) is not None else None
    )
    source.observer.on_next("start")
    assert next(left, None) is None


def test_an_exception_goes_to_the_caller_and_the_next_item_comes() -> None:
    source = Source()
    seen: list[object] = []

    def refuse(item: object) -> None:
        if item == 1:
            raise KeyError(item)
        seen.append(item)

    source.observable.pipe(serialize()).subscribe(refuse)
    with pytest.raises(KeyError):
        source.observer.on_next(1)
    source.observer.on_next(2)
    assert seen == [2]


def test_an_exception_does_not_strand_what_waits() -> None:
    source = Source()
    seen: list[object] = []

    def refuse(item: object) -> None:
        if item == 1:
            source.observer.on_next(2)
            source.observer.on_next(3)
            source.observer.on_completed()
        if item != 3:
            raise KeyError(item)
        seen.append(item)

    source.observable.pipe(serialize()).subscribe(refuse, on_completed=lambda: seen.append("|"))
    with pytest.raises(KeyError) as raised:
        source.observer.on_next(1)
    assert seen == [3, "|"]
    assert raised.value.args == (2,)
    assert isinstance(raised.value.__context__, KeyError)
    assert raised.value.__context__.args == (1,)


def test_several_exceptions_are_raised_together() -> None:
    source = Source()

    def refuse(item: object) -> None:
        if item == 1:
            for number in (2, 3):
                source.observer.on_next(number)
        else:
            raise KeyError(item)

    source.observable.pipe(serialize()).subscribe(refuse)
    with pytest.raises(ExceptionGroup) as raised:
        source.observer.on_next(1)
    assert [error.args for error in raised.value.exceptions] == [(2,), (3,)]
    source.observable.pipe(serialize()).subscribe(refuse)


def test_what_comes_after_the_end_is_not_heard_and_the_source_is_let_go() -> None:
    source = Source()
    seen: list[object] = []
    source.observable.pipe(serialize()).subscribe(seen.append, lambda _: seen.append("#"))
    source.observer.on_error(OSError())
    source.observer.on_next(1)
    assert seen == ["#"]
    assert source.disposed == 1


def test_dispose_from_within_on_next_drops_what_waits() -> None:
    source = Source()
    seen: list[object] = []

    def once(item: object) -> None:
        seen.append(item)
        source.observer.on_next(2)
        subscription.dispose()

    subscription = source.observable.pipe(serialize()).subscribe(once)
    source.observer.on_next(1)
    assert seen == [1]
    assert source.disposed == 1
