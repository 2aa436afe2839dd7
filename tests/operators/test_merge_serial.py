"""merge_serial: sources of several threads become one, without a lock around the observer."""

import threading

import reactivex
from reactivex import Observable, abc
from reactivex.disposable import Disposable
from reactivex.subject import Subject

from rx_kucoin.operators._merge_serial import merge_serial


def test_everything_comes_and_completion_waits_for_all() -> None:
    sources: list[Subject[int]] = [Subject(), Subject(), Subject()]
    seen: list[object] = []
    merge_serial(*sources).subscribe(seen.append, on_completed=lambda: seen.append("|"))
    for number, source in enumerate(sources):
        source.on_next(number)
        source.on_completed()
        assert ("|" in seen) == (number == 2)
    assert seen == [0, 1, 2, "|"]


def test_the_first_error_ends_it_and_lets_go_of_all() -> None:
    sources: list[Subject[int]] = [Subject(), Subject(), Subject()]
    errors: list[Exception] = []
    merge_serial(*sources).subscribe(on_error=errors.append)
    failure = OSError()
    sources[1].on_error(failure)
    assert errors == [failure]
    assert not any(source.observers for source in sources)


def test_dispose_lets_go_of_all() -> None:
    sources: list[Subject[int]] = [Subject(), Subject()]
    subscription = merge_serial(*sources).subscribe()
    assert all(source.observers for source in sources)
    subscription.dispose()
    assert not any(source.observers for source in sources)


def test_a_source_that_fails_while_being_subscribed_to_spares_the_younger_ones() -> None:
    subscribed: list[int] = []

    def subscribe(_: abc.ObserverBase[int], __: abc.SchedulerBase | None = None) -> abc.DisposableBase:
        subscribed.append(1)
        return Disposable()

    def fail(observer: abc.ObserverBase[int], _: abc.SchedulerBase | None = None) -> abc.DisposableBase:
        observer.on_error(OSError())
        return Disposable()

    errors: list[Exception] = []
    merge_serial(Observable(fail), Observable(subscribe)).subscribe(on_error=errors.append)
    assert len(errors) == 1
    assert not subscribed


def test_a_single_source_is_returned_as_it_is() -> None:
    source: Subject[int] = Subject()
    assert merge_serial(source) is source


def test_nothing_merged_is_empty() -> None:
    seen: list[str] = []
    merge_serial().subscribe(on_completed=lambda: seen.append("|"))
    assert seen == ["|"]


def test_two_thousand_sources() -> None:
    sources: list[Subject[int]] = [Subject() for _ in range(2_000)]
    seen: list[object] = []
    subscription = merge_serial(*sources).subscribe(seen.append, on_completed=lambda: seen.append("|"))
    for number, source in enumerate(sources):
        source.on_next(number)
    assert seen == list(range(2_000))
    for source in sources:
        source.on_completed()
    assert seen[-1] == "|"
    subscription.dispose()


def test_two_thousand_sources_that_emit_at_once() -> None:
    seen: list[object] = []
    merge_serial(*(reactivex.of(number) for number in range(2_000))).subscribe(
        seen.append, on_completed=lambda: seen.append("|")
    )
    assert seen == [*range(2_000), "|"]


def test_sources_of_several_threads_are_serial_and_complete_once() -> None:
    sources: list[Subject[int]] = [Subject() for _ in range(4)]
    inside = overlaps = total = completed = 0
    done = threading.Event()

    def note(_: int) -> None:
        nonlocal inside, overlaps, total
        inside += 1
        overlaps += inside > 1
        total += 1
        inside -= 1

    def complete() -> None:
        nonlocal completed
        completed += 1
        done.set()

    merge_serial(*sources).subscribe(note, on_completed=complete)

    def produce(source: Subject[int]) -> None:
        for number in range(2_000):
            source.on_next(number)
        source.on_completed()

    for source in sources:
        threading.Thread(target=produce, args=(source,), daemon=True).start()
    assert done.wait(60)
    assert (overlaps, total, completed) == (0, 8_000, 1)


def test_an_observer_that_waits_for_a_lock_of_its_own_holds_up_no_other_thread() -> None:
    one: Subject[int] = Subject()
    other: Subject[int] = Subject()
    lock, inside = threading.Lock(), threading.Event()
    seen: list[int] = []

    def note(item: int) -> None:
        inside.set()
        with lock:
            seen.append(item)

    merge_serial(one, other).subscribe(note)
    with lock:
        worker = threading.Thread(target=one.on_next, args=(1,), daemon=True)
        worker.start()
        assert inside.wait(60)
        other.on_next(2)  # RxPY's merge would deadlock here
    worker.join(60)
    assert seen == [1, 2]
