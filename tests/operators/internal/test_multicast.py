"""Hub: whoever listens hears everything, whatever the others do."""

import asyncio
import gc
import logging
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable
from typing import Any

import pytest
import reactivex
from reactivex import Observer, abc
from reactivex import operators as ops

from rx_kucoin.operators.internal.multicast import Hub


class Listener:
    def __init__(self, hub: Hub[Any]) -> None:
        self.heard: list[Any] = []
        self.place = hub.subscribe(
            self.heard.append, lambda error: self.heard.append(repr(error)), lambda: self.heard.append("|")
        )


def test_everybody_hears_everything_from_when_they_came_until_they_left() -> None:
    hub: Hub[int] = Hub()
    hub.on_next(0)
    first = Listener(hub)
    hub.on_next(1)
    second = Listener(hub)
    assert len(hub) == 2
    hub.on_next(2)
    first.place.dispose()
    hub.on_next(3)
    assert (first.heard, second.heard, len(hub)) == ([1, 2], [2, 3], 1)


def test_an_empty_hub_is_still_a_hub() -> None:
    hub: Hub[int] = Hub()
    assert len(hub) == 0
    assert hub


@pytest.mark.parametrize("raised", [KeyError(1), SystemExit(2)])
def test_one_that_raises_is_ended_and_told_of_and_the_others_never_notice(raised: BaseException) -> None:
    failures: list[BaseException] = []
    errors: list[Exception] = []
    hub: Hub[int] = Hub(failures.append)

    def fail(_: int) -> None:
        raise raised

    before = Listener(hub)
    hub.subscribe(fail, errors.append)
    hub.subscribe(fail)
    after = Listener(hub)
    hub.on_next(1)
    hub.on_next(2)
    assert before.heard == after.heard == [1, 2]
    assert failures[0] is raised
    assert raised in failures[1:]
    assert repr(errors) == ("[KeyError(1)]" if isinstance(raised, KeyError) else "[RuntimeError('SystemExit(2)')]")
    assert len(hub) == 2


def test_one_that_raises_behind_other_operators_is_ended_alone_too() -> None:
    hub: Hub[int] = Hub(lambda error: None)
    errors: list[str] = []
    hub.pipe(ops.map(lambda it: 1 // it)).subscribe(lambda _: None, lambda error: errors.append(type(error).__name__))
    other = Listener(hub)
    for value in (1, 0, 2):
        hub.on_next(value)
    assert errors == ["ZeroDivisionError"]
    assert other.heard == [1, 0, 2]


def test_a_handler_that_raises_as_well_is_told_of_as_well() -> None:
    failures: list[BaseException] = []
    hub: Hub[int] = Hub(failures.append)

    def fail(_: object) -> None:
        raise KeyError(_)

    hub.subscribe(fail, fail)
    other = Listener(hub)
    hub.on_next(1)
    assert sorted(map(repr, failures)) == ["KeyError(1)", "KeyError(KeyError(1))"]
    assert other.heard == [1]


def test_an_interrupt_is_nobodys_fault_and_goes_through() -> None:
    hub: Hub[int] = Hub()

    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    hub.subscribe(interrupt)
    with pytest.raises(KeyboardInterrupt):
        hub.on_next(1)
    assert len(hub) == 1


def fail(_: object) -> None:
    raise ValueError("a typo")


@pytest.mark.parametrize(
    ("subscribe", "logged"),
    [
        (lambda hub: hub.subscribe(fail), 1),
        (lambda hub: hub.pipe(ops.map(fail)).subscribe(print), 1),
        (lambda hub: hub.pipe(ops.scan(lambda *_: fail(0))).pipe(ops.filter(bool)).subscribe(print), 1),
        (lambda hub: hub.subscribe(fail, lambda _: None), 0),
        (lambda hub: hub.pipe(ops.map(fail)).subscribe(print, lambda _: None), 0),
        (lambda hub: hub.pipe(ops.map(fail), ops.catch(reactivex.empty())).subscribe(print), 0),
        (lambda hub: hub.subscribe(fail, fail), 1),
    ],
)
def test_an_error_is_logged_with_its_traceback_where_no_handler_takes_it(
    subscribe: Callable[[Hub[int]], object], logged: int, caplog: pytest.LogCaptureFixture
) -> None:
    hub: Hub[int] = Hub()
    subscribe(hub)
    for value in (1, 2):
        hub.on_next(value)
    records = [record for record in caplog.records if record.name == "rx_kucoin"]
    assert len(records) == logged
    assert all(record.exc_info and record.levelname == "ERROR" for record in records)
    assert ("a typo" in caplog.text) == bool(logged)


def test_streams_that_end_with_the_same_error_are_logged_a_few_times(caplog: pytest.LogCaptureFixture) -> None:
    error = ValueError("the line was given up")
    for _ in range(200):
        hub: Hub[int] = Hub()
        hub.subscribe(print)
        hub.on_error(error)
    logged = [record for record in caplog.records if record.name == "rx_kucoin"]
    assert len(logged) == 4
    assert [bool(record.exc_info) for record in logged] == [True, False, False, False]


@pytest.mark.parametrize("raised", [KeyboardInterrupt, GeneratorExit, asyncio.CancelledError, SystemExit])
def test_what_a_subscriber_raises_on_another_thread_ends_it_alone(raised: type[BaseException]) -> None:
    hub: Hub[int] = Hub()
    other = Listener(hub)

    def interrupt(_: int) -> None:
        raise raised

    hub.subscribe(interrupt)
    escaped: list[BaseException] = []

    def emit() -> None:
        try:
            hub.on_next(1)
        except BaseException as error:  # noqa: BLE001
            escaped.append(error)

    thread = threading.Thread(target=emit)
    thread.start()
    thread.join()
    assert escaped == []
    assert other.heard == [1]
    assert len(hub) == 1


def test_the_end_is_for_everybody_and_for_whoever_comes_later() -> None:
    for end, heard in ((Hub.on_completed, "|"), (lambda hub: hub.on_error(KeyError(1)), "KeyError(1)")):
        hub: Hub[int] = Hub()
        early = Listener(hub)
        end(hub)
        hub.on_next(1)
        hub.on_completed()
        hub.on_error(ValueError)  # type: ignore[arg-type]
        assert early.heard == Listener(hub).heard == [heard]
        assert len(hub) == 0


def test_it_lets_go_of_everybody_at_the_end() -> None:
    hub: Hub[int] = Hub()
    hub.add(Observer())
    hub.on_completed()
    assert len(hub) == 0


def test_one_that_raises_at_the_end_keeps_it_from_nobody() -> None:
    failures: list[BaseException] = []
    hub: Hub[int] = Hub(failures.append)
    hub.subscribe(on_error=lambda _: sys.exit(1))
    hub.subscribe()
    other = Listener(hub)
    hub.on_error(KeyError(1))
    assert other.heard == ["KeyError(1)"]
    assert sorted(map(repr, failures)) == ["KeyError(1)", "SystemExit(1)"]


def test_leaving_and_coming_in_the_middle_of_a_value() -> None:
    hub: Hub[int] = Hub()
    came: list[Listener] = []

    def change(value: int) -> None:
        if value == 1:
            second.place.dispose()
            came.append(Listener(hub))

    hub.subscribe(change)
    second, third = Listener(hub), Listener(hub)
    for value in (1, 2):
        hub.on_next(value)
    assert (second.heard, third.heard, came[0].heard) == ([], [1, 2], [2])


def test_an_observer_may_be_added_without_a_guard() -> None:
    hub: Hub[int] = Hub()
    heard: list[int] = []
    observer: abc.ObserverBase[int] = Observer(heard.append)
    place = hub.add(observer)
    hub.on_next(1)
    place.dispose()
    place.dispose()
    hub.on_next(2)
    assert heard == [1]


def test_threads_come_and_go_while_it_speaks_and_who_stays_misses_nothing() -> None:
    hub: Hub[int] = Hub()
    stays = Listener(hub)
    stop = threading.Event()
    broken: list[list[int]] = []

    def come_and_go() -> None:
        while not stop.is_set():
            visitor = Listener(hub)
            visitor.place.dispose()
            heard = list(visitor.heard)
            if heard and heard != list(range(heard[0], heard[0] + len(heard))):
                broken.append(heard)

    visitors = [threading.Thread(target=come_and_go, daemon=True) for _ in range(4)]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for visitor in visitors:
            visitor.start()
        for value in range(30_000):
            hub.on_next(value)
    finally:
        stop.set()
        for visitor in visitors:
            visitor.join(60)
        sys.setswitchinterval(interval)
    assert broken == []
    assert stays.heard == list(range(30_000))
    assert len(hub) == 1


def test_what_is_let_go_of_at_the_end_may_wait_for_others_in_its_finaliser() -> None:
    hub, another = Hub[int](), Hub[int]()
    subscription = another.subscribe()
    left: list[bool] = []

    class Watcher:
        def __init__(self) -> None:
            hub.subscribe(self.take)

        def take(self, value: int) -> None: ...

        def __del__(self) -> None:
            leaving = threading.Thread(target=subscription.dispose, daemon=True)
            leaving.start()
            leaving.join(5)
            left.append(not leaving.is_alive())

    Watcher()
    hub.on_completed()
    assert left == [True]


COLLECTED = """
import gc
from rx_kucoin.operators.internal.multicast import Hub

hub = Hub()

class Panel:
    def __init__(self):
        self.itself, self.subscription = self, hub.subscribe()

    def __del__(self):
        self.subscription.dispose()

gc.collect()
gc.freeze()
for step in range(600):
    gc.disable()
    member = hub.attach(Hub(), None)
    Panel()
    gc.set_threshold(gc.get_count()[0] + step % 12 - 4, 1, 1)
    gc.enable()
    member.dispose()
gc.collect()
print(len(hub))
"""


def test_the_garbage_collector_may_run_and_let_somebody_leave_at_any_moment() -> None:
    run = subprocess.run([sys.executable, "-c", COLLECTED], capture_output=True, text=True, timeout=30, check=True)
    assert run.stdout == "0\n"


def test_an_unhandled_error_is_logged_without_keeping_what_its_subscriber_held() -> None:
    class Held:
        """Something large."""

    hub = Hub[int]()

    def subscribe() -> weakref.ref[Held]:
        held = Held()

        def fail(_: int) -> None:
            raise ValueError(held)

        hub.subscribe(fail)
        return weakref.ref(held)

    held = subscribe()
    handler = logging.NullHandler()  # a handler of pytest would keep the record, and so the error
    log = logging.getLogger("rx_kucoin")
    log.addHandler(handler)
    log.propagate = False
    try:
        hub.on_next(1)
    finally:
        log.propagate = True
        log.removeHandler(handler)
    gc.collect()
    assert held() is None
