"""The event hub: which events an observer gets, what is kept, and what threads do to it."""

import dataclasses
import gc
import sys
import threading
from collections.abc import Callable
from typing import Any

import pytest
from reactivex import abc

from rx_kucoin import events
from rx_kucoin.connections.event_hub import EventHub
from rx_kucoin.errors import LineLost
from rx_kucoin.events import Event

BTC, ETH = "/market/level2:BTC-USDT", "/market/level2:ETH-USDT"
LOST = LineLost("gone")
UP, DOWN, OTHER_DOWN = events.LineUp(1, "host"), events.LineDown(1, LOST, 1), events.LineDown(2, LOST, 1)
LIVE, ELSEWHERE, OTHER_LIVE = events.TopicLive(1, BTC), events.TopicLive(2, BTC), events.TopicLive(1, ETH)
GAP, OTHER_GAP = events.Gap(0, BTC, 1, 3, "lost"), events.Gap(0, ETH, 1, 3, "lost")
MALFORMED, FAILED = events.Malformed(1, "no JSON", "{", 1), events.SubscriberFailed(0, BTC, ValueError())


def received(hub: EventHub, topic: str = BTC) -> tuple[list[Event], abc.DisposableBase]:
    got: list[Event] = []
    return got, hub.about(topic).subscribe(got.append)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ([LIVE, GAP], [LIVE, GAP]),
        ([OTHER_LIVE, OTHER_GAP], []),
        ([DOWN, OTHER_DOWN, UP], [DOWN, OTHER_DOWN, UP]),
        ([LIVE, DOWN, OTHER_DOWN, UP], [LIVE, DOWN, UP]),
        ([LIVE, ELSEWHERE, DOWN, OTHER_DOWN], [LIVE, ELSEWHERE, OTHER_DOWN]),
        ([LIVE, LIVE, DOWN, LIVE, DOWN], [LIVE, LIVE, DOWN, LIVE, DOWN]),
        ([MALFORMED, FAILED, events.Requeued(1, 1, "limit")], []),
    ],
)
def test_an_observer_of_a_topic_gets_what_names_it_and_what_happens_to_the_connections_it_may_be_on(
    told: list[Event], expected: list[Event]
) -> None:
    hub = EventHub()
    got, _ = received(hub)
    everything: list[Event] = []
    hub.all.subscribe(everything.append)
    for event in told:
        hub.tell(event)
    assert got == expected
    assert everything == told


KINDS = [getattr(events, name) for name in events.__all__ if name != "Event"]
CHANGE_NO_CONNECTION = {"SubscriberFailed", "Requeued", "LimitLearned", "Complaint", "Unanswered"}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_event_that_changes_a_connection_reaches_the_topics_on_it(kind: type[Event]) -> None:
    hub = EventHub()
    got, _ = received(hub)
    hub.tell(LIVE)
    got.clear()
    names = [field.name for field in dataclasses.fields(kind)]
    event = kind(1, *[BTC if name == "topic" else None for name in names[1:]])
    hub.tell(event)
    assert got == ([] if kind.__name__ in CHANGE_NO_CONNECTION else [event])


def test_the_line_of_a_topic_is_looked_up_once_at_the_next_event_of_a_connection() -> None:
    hub, looked_up, lines = EventHub(), list[str](), {ETH: 2}

    def line_of(topic: str) -> int | None:
        looked_up.append(topic)
        return lines.get(topic)

    hub.line_of = line_of
    (got, _), (other, _) = received(hub), received(hub, ETH)
    hub.tell(GAP)
    assert not looked_up
    hub.tell(DOWN)
    assert sorted(looked_up) == [BTC, ETH]
    assert (got, other) == ([GAP, DOWN], [])
    lines[BTC] = 1
    for _ in range(3):
        hub.tell(OTHER_DOWN)
    assert (got, other) == ([GAP, DOWN], [OTHER_DOWN] * 3)
    assert looked_up[2:] == [BTC]


def test_all_observers_come_before_those_of_a_topic() -> None:
    hub, order = EventHub(), list[str]()
    hub.about(BTC).subscribe(lambda _: order.append("topic"))
    hub.all.subscribe(lambda _: order.append("all"))
    hub.tell(LIVE)
    assert order == ["all", "topic"]


def test_an_observer_that_comes_later_shares_what_is_known_of_the_line() -> None:
    hub = EventHub()
    received(hub)
    hub.tell(LIVE)
    got, _ = received(hub)
    hub.tell(OTHER_DOWN)
    hub.tell(DOWN)
    assert got == [DOWN]


def test_what_was_known_of_a_topic_is_forgotten_with_its_last_observer() -> None:
    hub = EventHub()
    (_, first), (_, second) = received(hub), received(hub)
    hub.tell(LIVE)
    first.dispose()
    assert repr(hub) == "<EventHub 1 topics observed>"
    second.dispose()
    assert not hub._topics
    assert not hub._lines
    got, _ = received(hub)
    hub.tell(OTHER_DOWN)
    assert got == [OTHER_DOWN]


def test_an_observer_that_raises_is_ended_alone_and_forgotten() -> None:
    hub, errors = EventHub(), list[Exception]()

    def fail(event: Event) -> None:
        raise ValueError(event)

    hub.about(ETH).subscribe(fail, errors.append)
    hub.about(BTC).subscribe(fail, errors.append)
    got, _ = received(hub)
    hub.tell(GAP)
    hub.tell(GAP)
    assert got == [GAP, GAP]
    assert len(errors) == 1
    hub.tell(OTHER_GAP)
    assert list(hub._topics) == [BTC]


def test_an_observer_may_report_observe_and_leave_while_it_is_called() -> None:
    hub = EventHub()
    got: list[Event] = []

    def reenter(event: Event) -> None:
        got.append(event)
        if event is DOWN:
            subscription.dispose()
            hub.tell(GAP)
            hub.about(BTC).subscribe(got.append)

    subscription = hub.about(BTC).subscribe(reenter)
    hub.tell(DOWN)
    hub.tell(UP)
    assert got == [DOWN, UP]


def test_all_observers_complete_and_those_that_come_later_at_once() -> None:
    hub, completed = EventHub(), list[str]()
    hub.about(BTC).subscribe(on_completed=lambda: completed.append("topic"))
    hub.all.subscribe(on_completed=lambda: completed.append("all"))
    hub.complete()
    hub.about(BTC).subscribe(on_completed=lambda: completed.append("late"))
    assert completed == ["all", "topic", "late"]
    assert not hub._topics


def test_a_lost_line_calls_the_observers_on_it_and_no_others() -> None:
    hub, calls = EventHub(), dict[str, int]()
    lines, topics = 20, 50
    names = {f"{line} {number}": line for line in range(1, lines + 1) for number in range(topics)}
    for name in names:

        def count(_: Event, name: str = name) -> None:
            calls[name] = calls.get(name, 0) + 1

        hub.about(name).subscribe(count)
    for name, line in names.items():
        hub.tell(events.TopicLive(line, name))
    calls.clear()
    for line in range(1, lines + 1):
        hub.tell(events.LineDown(line, LOST, topics))
    assert calls == dict.fromkeys(names, 1)


class _Collecting(dict[int, Any]):
    """A table at each entry of which the garbage collector runs, and with it a finaliser, once."""

    def __init__(self, hub: EventHub) -> None:
        super().__init__(hub._lines)
        self.finalisers: list[Callable[[], None]] = []
        hub._lines = self

    def setdefault(self, line: int, default: Any = None) -> Any:
        table = super().setdefault(line, default)
        while self.finalisers:
            self.finalisers.pop()()
        return table


def test_a_topic_that_enters_a_line_while_the_last_other_leaves_it_is_there() -> None:
    hub = EventHub()
    (got, _), (_, other) = received(hub), received(hub, ETH)
    hub.tell(OTHER_LIVE)
    _Collecting(hub).finalisers.append(other.dispose)
    hub.tell(LIVE)
    got.clear()
    hub.tell(DOWN)
    assert got == [DOWN]


def test_a_topic_whose_last_observer_leaves_while_it_moves_is_forgotten() -> None:
    hub = EventHub()
    _, subscription = received(hub)
    _Collecting(hub).finalisers.append(subscription.dispose)
    hub.tell(LIVE)
    assert not hub._topics
    assert not hub._lines


def test_an_observer_that_comes_while_the_last_other_of_its_topic_leaves_is_there() -> None:
    hub = EventHub()
    _, other = received(hub)
    hub.tell(LIVE)
    _Collecting(hub).finalisers.append(other.dispose)
    got, _ = received(hub)
    hub.tell(GAP)
    hub.tell(DOWN)
    hub.tell(OTHER_DOWN)
    assert got == [GAP, DOWN]


def test_a_topic_that_two_threads_report_on_a_line_at_once_is_on_it() -> None:
    hub = EventHub()
    got, _ = received(hub)
    _Collecting(hub).finalisers.append(lambda: hub.tell(LIVE))
    hub.tell(LIVE)
    got.clear()
    hub.tell(DOWN)
    assert got == [DOWN]


class _Last:
    """Disposes of a subscription when it is collected."""

    def __init__(self, subscription: abc.DisposableBase) -> None:
        self.itself, self._subscription = self, subscription

    def __del__(self) -> None:
        self._subscription.dispose()


def test_finalisers_that_leave_amid_any_change_leave_nothing_behind() -> None:
    hub, threshold = EventHub(), gc.get_threshold()
    gc.set_threshold(1)
    try:
        for number in range(200):
            _Last(hub.about(BTC if number % 2 else ETH).subscribe())
            kept, stays = received(hub, f"topic {number}")
            _Last(hub.about(f"topic {number}").subscribe())
            hub.tell(events.TopicLive(1 + number % 3, f"topic {number}"))
            hub.tell(events.LineDown(1 + number % 3, LOST, 1))
            assert len(kept) == 2
            stays.dispose()
    finally:
        gc.set_threshold(*threshold)
    gc.collect()
    assert not hub._topics
    assert not hub._lines


def test_threads_that_join_leave_move_and_report_at_once_lose_no_event_and_leave_nothing() -> None:
    hub, stop = EventHub(), threading.Event()
    failures: list[Any] = []

    def come_and_go(number: int) -> None:
        topic, rounds = f"topic {number % 2}", 0
        try:
            while not stop.is_set():
                got, subscription = received(hub, topic)
                mine = events.Gap(0, topic, number, rounds, "mine")
                hub.tell(mine)
                if mine not in got:
                    failures.append((topic, mine))
                subscription.dispose()
                rounds += 1
        except BaseException as error:  # noqa: BLE001  shown below
            failures.append(error)

    def move(line: int) -> None:
        try:
            while not stop.is_set():
                hub.tell(events.TopicLive(line, f"topic {line % 2}"))
                hub.tell(events.LineDown(line, LOST, 1))
        except BaseException as error:  # noqa: BLE001  shown below
            failures.append(error)

    kept, subscription = received(hub, "topic 0")
    threads = [threading.Thread(target=come_and_go, args=(number,)) for number in range(4)]
    threads += [threading.Thread(target=move, args=(line,)) for line in range(1, 4)]
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        for thread in threads:
            thread.start()
        stop.wait(1.0)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
        sys.setswitchinterval(before)
    assert not failures
    assert kept
    subscription.dispose()
    assert not hub._topics
    assert not hub._lines
