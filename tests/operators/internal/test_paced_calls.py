"""Turnstile: one after another at a limited rate, decided at the gate."""

import logging
from collections import deque
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reactivex.scheduler import VirtualTimeScheduler

from rx_kucoin.operators.internal.paced_calls import Turnstile


class Gate:
    """A turnstile in virtual time in front of a queue."""

    def __init__(self, count: int, per: float) -> None:
        self.clock = VirtualTimeScheduler(0.0)
        self.waiting: deque[object] = deque()
        self.served: list[tuple[float, object]] = []
        self.calls: list[float] = []
        self.during: Callable[[], None] = lambda: None
        self.turnstile = Turnstile(count, per, self._serve, scheduler=self.clock)

    def _serve(self) -> bool:
        now = self.clock.to_seconds(self.clock.clock)
        self.calls.append(now)
        if self.waiting:
            self.served.append((round(now, 3), self.waiting.popleft()))
        during, self.during = self.during, lambda: None
        during()
        return bool(self.waiting)

    def want(self, *things: object) -> None:
        for thing in things:
            self.waiting.append(thing)
            self.turnstile.ask()

    def pending(self) -> int:
        return len([item for item, _ in self.clock._queue.items if not item.is_cancelled()])


def test_as_many_as_may_pass_do_so_at_once_and_the_others_when_the_window_has_room() -> None:
    gate = Gate(2, 10.0)
    gate.want("a", "b", "c", "d", "e")
    gate.clock.advance_to(100.0)
    assert gate.served == [(0.0, "a"), (0.0, "b"), (10.0, "c"), (10.0, "d"), (20.0, "e")]


def test_serving_goes_on_while_it_says_that_there_is_more() -> None:
    gate = Gate(1, 10.0)
    gate.waiting.extend("abc")
    gate.turnstile.ask()
    gate.clock.advance_to(100.0)
    assert [thing for _, thing in gate.served] == ["a", "b", "c"]


def test_at_most_one_request_waits() -> None:
    gate = Gate(1, 10.0)
    gate.want("a")
    for _ in range(50):
        gate.turnstile.ask()
    assert gate.pending() == 1
    gate.clock.advance_to(1_000.0)
    assert len(gate.calls) == 2


def test_what_is_withdrawn_costs_no_pass_and_what_waits_may_be_overtaken() -> None:
    gate = Gate(1, 10.0)
    gate.want("a", "b", "c")
    gate.waiting.remove("b")
    gate.waiting.appendleft("urgent")
    gate.clock.advance_to(100.0)
    assert gate.served == [(0.0, "a"), (10.0, "urgent"), (20.0, "c")]


def test_asking_while_being_served() -> None:
    gate = Gate(1, 10.0)
    gate.during = lambda: gate.want("b")
    gate.want("a")
    gate.clock.advance_to(100.0)
    assert gate.served == [(0.0, "a"), (10.0, "b")]
    assert len(gate.calls) == 2


def test_what_is_asked_for_when_all_is_served_passes_at_once_if_it_may() -> None:
    gate = Gate(1, 10.0)
    gate.want("a")
    gate.clock.advance_to(15.0)
    gate.want("b")
    assert gate.served == [(0.0, "a"), (15.0, "b")]


def test_nothing_passes_once_it_is_disposed() -> None:
    gate = Gate(1, 10.0)
    gate.want("a", "b")
    gate.turnstile.dispose()
    assert gate.pending() == 0
    gate.want("c")
    gate.clock.advance_to(100.0)
    assert gate.served == [(0.0, "a")]


@pytest.mark.parametrize("raised", [KeyError("no"), SystemExit(1)])
def test_one_that_raises_closes_it_for_nobody(raised: BaseException, caplog: pytest.LogCaptureFixture) -> None:
    gate = Gate(1, 10.0)

    def fail() -> None:
        raise raised

    gate.during = fail
    with caplog.at_level(logging.ERROR, "rx_kucoin.operators"):
        gate.waiting.extend("ab")
        gate.turnstile.ask()
    gate.clock.advance_to(100.0)
    gate.want("c")
    assert [thing for _, thing in gate.served] == ["a", "b", "c"]
    assert [record.exc_info[1] for record in caplog.records if record.exc_info] == [raised]


@settings(max_examples=150, deadline=None)
@given(
    st.integers(1, 4),
    st.sampled_from([1.0, 3.0, 10.0]),
    st.lists(st.tuples(st.floats(0, 30), st.integers(1, 4)), max_size=12),
)
def test_never_more_than_the_limit_in_any_window_and_nothing_is_forgotten(
    count: int, per: float, arrivals: list[tuple[float, int]]
) -> None:
    gate = Gate(count, per)
    things = iter(range(1_000))
    wanted = 0
    for at, several in sorted(arrivals):
        gate.clock.advance_to(at)
        gate.want(*(next(things) for _ in range(several)))
        wanted += several
    gate.clock.advance_to(2_000.0)
    assert [thing for _, thing in gate.served] == list(range(wanted))
    for earlier, later in zip(gate.calls, gate.calls[count:], strict=False):
        assert later - earlier > per
    assert len(gate.calls) <= wanted + 1 + len(arrivals)
