"""buffer_bounded: the producer is free of the consumer, and the buffer has an end."""

import logging
import threading
import weakref
from collections.abc import Callable
from typing import Any

import pytest
import reactivex
from hypothesis import given
from hypothesis import strategies as st
from reactivex import abc
from reactivex.disposable import Disposable
from reactivex.scheduler import EventLoopScheduler, VirtualTimeScheduler
from reactivex.subject import Subject

from rx_kucoin.operators._buffer_bounded import BufferOverflow, buffer_bounded


class Later(VirtualTimeScheduler):
    """Does what was scheduled when told to, and counts it."""

    def __init__(self) -> None:
        super().__init__(0.0)
        self.scheduled = 0
        self.until = 0.0

    def schedule(self, action, state=None):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
        self.scheduled += 1
        return super().schedule(action, state)

    def work(self) -> None:
        self.until += 1.0
        self.advance_to(self.until)


def buffered(*args: Any, **options: Any) -> tuple[Subject[Any], list[Any], Later, list[Exception]]:
    later = Later()
    source: Subject[Any] = Subject()
    seen: list[Any] = []
    errors: list[Exception] = []
    source.pipe(buffer_bounded(*args, **options)).subscribe(
        seen.append, errors.append, lambda: seen.append("|"), scheduler=later
    )
    return source, seen, later, errors


@pytest.mark.parametrize(
    ("overflow", "expected", "dropped"),
    [("drop_oldest", [3, 4, 5], 2), ("drop_newest", [1, 2, 3], 2)],
)
def test_what_gives_way(overflow: str, expected: list[int], dropped: int) -> None:
    drops: list[int] = []
    source, seen, later, _ = buffered(3, overflow, on_drop=drops.append)
    for number in range(1, 6):
        source.on_next(number)
    assert seen == []
    later.work()
    assert seen == expected
    assert drops == [1] * dropped


@pytest.mark.parametrize("overflow", ["latest", "latest_by_key"])
def test_the_latest_of_a_key_takes_the_place_of_the_one_before(overflow: str) -> None:
    drops: list[int] = []
    source, seen, later, _ = buffered(3, overflow, key=lambda item: item[0], on_drop=drops.append)
    for item in ("a1", "b1", "a2", "c1", "b2"):
        source.on_next(item)
    assert drops == [1, 1]
    later.work()
    assert seen == ["a2", "b2", "c1"]


def test_latest_without_a_key_keeps_the_newest_item_alone() -> None:
    drops: list[int] = []
    source, seen, later, _ = buffered(3, "latest", on_drop=drops.append)
    for number in range(5):
        source.on_next(number)
    later.work()
    assert (seen, drops) == ([4], [1] * 4)


def test_more_keys_than_room_drop_the_oldest() -> None:
    drops: list[int] = []
    source, seen, later, _ = buffered(2, "latest", key=lambda item: item[0], on_drop=drops.append)
    for item in ("a1", "b1", "c1", "b2"):
        source.on_next(item)
    later.work()
    assert seen == ["b2", "c1"]
    assert drops == [1, 1]


def test_an_overflow_that_is_an_error_comes_after_what_is_buffered() -> None:
    source, seen, later, errors = buffered(2, "error")
    for number in range(5):
        source.on_next(number)
    assert not source.observers
    assert not errors
    later.work()
    assert seen == [0, 1]
    assert [type(error) for error in errors] == [BufferOverflow]


@pytest.mark.parametrize("end", ["complete", "fail"])
def test_the_end_comes_after_what_is_buffered(end: str) -> None:
    source, seen, later, errors = buffered(10)
    source.on_next(1)
    source.on_next(2)
    failure = OSError()
    if end == "complete":
        source.on_completed()
    else:
        source.on_error(failure)
    assert seen == errors == []
    later.work()
    assert seen == ([1, 2, "|"] if end == "complete" else [1, 2])
    assert errors == ([] if end == "complete" else [failure])


def test_an_end_alone_is_delivered() -> None:
    source, seen, later, _ = buffered(1)
    source.on_completed()
    later.work()
    assert seen == ["|"]


def test_items_are_delivered_in_batches() -> None:
    source, seen, later, _ = buffered(1_000)
    for number in range(1_000):
        source.on_next(number)
    later.work()
    assert seen == list(range(1_000))
    assert later.scheduled == 4


def test_others_on_the_scheduler_get_their_turn_between_batches() -> None:
    source, seen, later, _ = buffered(1_000)
    at: list[int] = []
    source.on_next(0)
    later.schedule(lambda *_: at.append(len(seen)))
    for number in range(999):
        source.on_next(number)
    later.work()
    assert at == [256]


def test_later_items_are_scheduled_anew() -> None:
    source, seen, later, _ = buffered(2)
    for number in range(3):
        source.on_next(number)
        later.work()
    assert seen == [0, 1, 2]


def test_a_buffer_that_was_full_has_room_again() -> None:
    drops: list[int] = []
    source, seen, later, _ = buffered(2, "drop_newest", on_drop=drops.append)
    for number in range(3):
        source.on_next(number)
    later.work()
    for number in range(3, 5):
        source.on_next(number)
    later.work()
    assert seen == [0, 1, 3, 4]
    assert drops == [1]


@given(
    st.lists(st.one_of(st.integers(0, 5), st.just("work")), max_size=60),
    st.integers(1, 4),
    st.sampled_from(["drop_oldest", "drop_newest", "latest"]),
)
def test_it_behaves_like_a_list(steps: list[Any], capacity: int, overflow: str) -> None:
    drops: list[int] = []
    key: dict[str, Callable[[Any], int]] = {"key": lambda item: item[0]} if overflow == "latest" else {}
    source, seen, later, _ = buffered(capacity, overflow, on_drop=drops.append, **key)
    waiting: list[tuple[int, int]] = []
    expected: list[tuple[int, int]] = []
    dropped = 0
    for number, step in enumerate(steps):
        if step == "work":
            later.work()
            expected += waiting
            waiting = []
            continue
        item = (step, number)
        source.on_next(item)
        same = [place for place, (of, _) in enumerate(waiting) if of == step and overflow == "latest"]
        dropped += bool(same) or len(waiting) == capacity
        if same:
            waiting[same[0]] = item
        elif len(waiting) < capacity:
            waiting.append(item)
        elif overflow != "drop_newest":
            waiting = [*waiting[1:], item]
    later.work()
    assert seen == expected + waiting
    assert sum(drops) == dropped


def test_dispose_drops_what_is_buffered() -> None:
    later = Later()
    source: Subject[int] = Subject()
    seen: list[int] = []
    subscription = source.pipe(buffer_bounded(10, scheduler=later)).subscribe(seen.append)
    source.on_next(1)
    subscription.dispose()
    later.work()
    assert seen == []
    assert not source.observers


def test_dispose_from_within_on_next_is_the_end() -> None:
    later = Later()
    source: Subject[int] = Subject()
    seen: list[int] = []
    source.pipe(buffer_bounded(10)).take(2).subscribe(seen.append, scheduler=later)
    for number in range(5):
        source.on_next(number)
    later.work()
    assert seen == [0, 1]
    assert not source.observers


def test_a_consumer_that_raises_ends_alone() -> None:
    later = Later()
    source: Subject[int] = Subject()
    seen: list[int] = []
    errors: list[Exception] = []
    mistake = KeyError("mine")

    def refuse(_: int) -> None:
        raise mistake

    source.pipe(buffer_bounded(10)).subscribe(refuse, errors.append, scheduler=later)
    source.pipe(buffer_bounded(10)).subscribe(seen.append, scheduler=later)
    for number in range(3):
        source.on_next(number)
    later.work()
    assert errors == [mistake]
    assert seen == [0, 1, 2]
    assert len(source.observers) == 1


def nothing(_: object) -> None:
    """For consumers that are not about their items."""


def raising(_: object = None) -> None:
    raise KeyError("mine")


@pytest.mark.parametrize(
    ("on_next", "on_error", "on_completed"),
    [
        pytest.param(raising, None, None, id="without on_error"),
        pytest.param(raising, raising, None, id="on_error raises as well"),
        pytest.param(nothing, None, raising, id="on_completed raises"),
    ],
)
def test_an_exception_that_nobody_handles_is_logged(
    caplog: pytest.LogCaptureFixture, on_next: Any, on_error: Any, on_completed: Any
) -> None:
    later = Later()
    source: Subject[int] = Subject()
    source.pipe(buffer_bounded(10)).subscribe(on_next, on_error, on_completed, scheduler=later)
    source.on_next(1)
    source.on_completed()
    with caplog.at_level(logging.ERROR, "rx_kucoin.operators"):
        later.work()
    assert [record.name for record in caplog.records] == ["rx_kucoin.operators"]
    assert "KeyError: 'mine'" in caplog.text


def test_an_exception_of_one_who_has_left_already_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    later = Later()
    source: Subject[int] = Subject()
    errors: list[Exception] = []

    def leave(_: int) -> None:
        subscription.dispose()
        raise KeyError("mine")

    subscription = source.pipe(buffer_bounded(10)).subscribe(leave, errors.append, scheduler=later)
    source.on_next(1)
    later.work()
    assert not errors
    assert "KeyError: 'mine'" in caplog.text


@pytest.mark.parametrize("which", ["key", "on_drop"])
def test_a_mistake_in_a_callback_is_the_consumers(which: str) -> None:
    options: dict[str, Any] = {"key": raising, "overflow": "latest"} if which == "key" else {"on_drop": raising}
    source, seen, later, errors = buffered(1, **options)
    source.on_next(1)
    source.on_next(2)
    later.work()
    assert [type(error) for error in errors] == [KeyError]
    assert not source.observers
    assert seen == ([] if which == "key" else [2])


def test_a_closed_scheduler_is_no_trouble_for_the_producer() -> None:
    loop = EventLoopScheduler()
    source: Subject[int] = Subject()
    source.pipe(buffer_bounded(2, scheduler=loop)).subscribe()
    loop.dispose()
    source.on_next(1)
    source.on_next(2)


def test_a_shared_loop_survives_a_consumer_that_raises() -> None:
    loop = EventLoopScheduler()
    source: Subject[int] = Subject()
    ended, done = threading.Event(), threading.Event()
    source.pipe(buffer_bounded(2, scheduler=loop)).subscribe(raising, lambda _: ended.set())
    source.on_next(1)
    assert ended.wait(60)
    loop.schedule(lambda *_: done.set())
    assert done.wait(60)
    loop.dispose()


def threads_named_after_it() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "buffer_bounded"]


def gone(threads: list[threading.Thread]) -> bool:
    for thread in threads:
        thread.join(20)
    return not any(thread.is_alive() for thread in threads)


@pytest.mark.parametrize("end", ["dispose", "complete", "fail", "raise"])
def test_its_own_thread_lives_from_the_first_item_to_the_end(end: str) -> None:
    source: Subject[int] = Subject()
    delivered, ended = threading.Event(), threading.Event()
    threads: list[threading.Thread] = []

    def note(item: int) -> None:
        threads.append(threading.current_thread())
        delivered.set()
        if item == 2:
            raise KeyError

    before = len(threads_named_after_it())
    subscription = source.pipe(buffer_bounded(10)).subscribe(note, lambda _: ended.set(), ended.set)
    assert len(threads_named_after_it()) == before
    source.on_next(1)
    assert delivered.wait(60)
    assert threads[0].daemon
    assert threads[0] is not threading.current_thread()
    actions: dict[str, Callable[[], None]] = {
        "dispose": subscription.dispose,
        "complete": source.on_completed,
        "fail": lambda: source.on_error(OSError()),
        "raise": lambda: source.on_next(2),
    }
    actions[end]()
    assert gone(threads)
    assert ended.is_set() == (end != "dispose")
    assert not source.observers
    source.on_next(3)


def test_a_producer_never_waits_for_a_consumer() -> None:
    source: Subject[int] = Subject()
    inside, go_on, done = threading.Event(), threading.Event(), threading.Event()
    seen: list[int] = []

    def slow(item: int) -> None:
        inside.set()
        go_on.wait(60)
        seen.append(item)

    source.pipe(buffer_bounded(3)).subscribe(slow, on_completed=done.set)
    source.on_next(0)
    assert inside.wait(60)
    for number in range(1, 1_000):
        source.on_next(number)
    source.on_completed()
    go_on.set()
    assert done.wait(60)
    assert seen == [0, 997, 998, 999]


def test_many_producers_on_real_threads_lose_nothing_that_has_room() -> None:
    source: Subject[tuple[int, int]] = Subject()
    seen: list[tuple[int, int]] = []
    done = threading.Event()
    source.pipe(buffer_bounded(100_000)).subscribe(seen.append, on_completed=done.set)

    def produce(name: int) -> None:
        for number in range(5_000):
            source.on_next((name, number))

    workers = [threading.Thread(target=produce, args=(name,)) for name in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    source.on_completed()
    assert done.wait(60)
    assert len(seen) == 20_000
    for name in range(4):
        assert [number for of, number in seen if of == name] == list(range(5_000))


def test_subscribing_and_disposing_while_items_fly_never_disturbs_the_producer() -> None:
    source: Subject[int] = Subject()
    stop = threading.Event()
    mistakes: list[BaseException] = []

    def produce() -> None:
        try:
            while not stop.is_set():
                source.on_next(1)
        except BaseException as mistake:  # noqa: BLE001 - whatever it is, the test is to see it
            mistakes.append(mistake)

    worker = threading.Thread(target=produce)
    worker.start()
    for _ in range(200):
        source.pipe(buffer_bounded(10)).subscribe().dispose()
    stop.set()
    worker.join(60)
    assert not mistakes
    assert gone(threads_named_after_it())


def test_a_source_that_ends_while_it_is_subscribed_to_leaves_no_thread() -> None:
    done = threading.Event()
    reactivex.of(1, 2).pipe(buffer_bounded(1)).subscribe(on_completed=done.set)
    assert done.wait(60)
    assert gone(threads_named_after_it())


@pytest.mark.parametrize(
    ("capacity", "overflow", "key"),
    [(0, "drop_oldest", None), (1, "drop_some", None), (1, "latest_by_key", None), (1, "error", len)],
)
def test_what_makes_no_sense_is_refused(capacity: int, overflow: Any, key: Any) -> None:
    with pytest.raises(ValueError, match="buffer_bounded"):
        buffer_bounded(capacity, overflow, key=key)


def test_the_observer_hears_nothing_on_the_producers_thread() -> None:
    here = threading.get_ident()
    elsewhere: list[bool] = []
    done = threading.Event()

    def subscribe(observer: abc.ObserverBase[int], _: abc.SchedulerBase | None = None) -> abc.DisposableBase:
        observer.on_next(1)
        observer.on_completed()
        return Disposable()

    reactivex.create(subscribe).pipe(buffer_bounded(1)).subscribe(
        lambda _: elsewhere.append(threading.get_ident() != here), on_completed=done.set
    )
    assert done.wait(60)
    assert elsewhere == [True]


def test_after_a_mistake_a_source_that_cannot_be_stopped_yet_is_not_heard() -> None:
    later = Later()
    seen: list[int] = []
    errors: list[Exception] = []

    def fails_for_nought(item: int) -> int:
        return 1 // item

    def subscribe(observer: abc.ObserverBase[int], _: abc.SchedulerBase | None = None) -> abc.DisposableBase:
        for number in (1, 0, 2):
            observer.on_next(number)
        observer.on_completed()
        return Disposable()

    reactivex.create(subscribe).pipe(buffer_bounded(10, "latest", key=fails_for_nought, scheduler=later)).subscribe(
        seen.append, errors.append
    )
    later.work()
    assert seen == [1]
    assert [type(error) for error in errors] == [ZeroDivisionError]


def test_dispose_lets_go_of_the_items_at_once() -> None:
    class Item:
        pass

    item = Item()
    alive = weakref.ref(item)
    source: Subject[Item] = Subject()
    subscription = source.pipe(buffer_bounded(10, scheduler=Later())).subscribe()
    source.on_next(item)
    del item
    assert alive() is not None
    subscription.dispose()
    assert alive() is None
