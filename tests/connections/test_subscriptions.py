"""Requests: throttled, and decided only when they are sent. Readiness: when all topics are acknowledged."""

import logging
import threading
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reactivex.scheduler import VirtualTimeScheduler

from rx_kucoin import Limits, Rate, events
from rx_kucoin.connections.context import Context
from rx_kucoin.connections.pipeline import requests_of_connection
from rx_kucoin.connections.settings import Settings
from rx_kucoin.connections.subscriptions import Readiness, SubscriptionRequests
from rx_kucoin.errors import LineLost
from rx_kucoin.protocol import frames
from rx_kucoin.testing import VirtualTransport, VirtualWire
from rx_kucoin.transport.interfaces import Wire


class Line:
    """Requests on a welcomed wire of the virtual exchange, which acknowledges them."""

    def __init__(self, count: int = 90, per: float = 10.0, *, topics: int = 100, gather: float = 0.02) -> None:
        self.clock = VirtualTimeScheduler(0.0)
        self.exchange = VirtualTransport(self.clock, latency=0.001)
        self.lost: list[Exception] = []
        self.wire: VirtualWire
        limits = Limits(messages=Rate(count, per), topics_per_request=topics)
        self.context = Context(settings=Settings(limits=limits, gather=gather), clock=self.clock)
        self.told: list[events.Event] = []
        self.context.events.all.subscribe(self.told.append)
        self.exchange.dial("line").subscribe(self._opened, self.lost.append)
        self.clock.advance_to(1.0)

    def _opened(self, wire: Wire) -> None:
        assert isinstance(wire, VirtualWire)
        self.wire = wire
        self.requests = SubscriptionRequests(wire, 1, self.context, requests_of_connection)
        wire.listen(self._receive, lambda: None)

    def _receive(self, batch: Sequence[str | bytes]) -> None:
        for text in batch:
            self.requests.receive(frames.decode(text))
            self.requests.send_soon()

    def want(self, *topics: str) -> None:
        for topic in topics:
            self.requests.wish(topic, lambda: True)

    def unwant(self, *topics: str) -> None:
        for topic in topics:
            self.requests.wish(topic, lambda: False)

    def pending(self) -> int:
        """Timers of the limit: the check of acknowledgements has one of its own."""
        return len([item for item, _ in self.clock._queue.items if not item.is_cancelled()])

    @property
    def said(self) -> list[tuple[float, str]]:
        """When what was sent: `ping`, or the symbols of a request, with a minus where it unsubscribes."""
        return [(round(at, 2), _short(msgspec.json.decode(text))) for at, text in self.wire.said]


def _short(frame: dict[str, Any]) -> str:
    if frame["type"] == "ping":
        return "ping"
    return "-" * (frame["type"] == "unsubscribe") + frame["topic"].rpartition(":")[2]


def ticker(*names: str) -> list[str]:
    return [f"/market/ticker:{name}" for name in names]


def test_topics_that_are_wanted_within_a_moment_share_a_request() -> None:
    line = Line()
    line.want(*ticker("A", "B", "C"))
    line.clock.advance_to(1.01)
    assert line.said == []
    line.want(*ticker("D"))
    line.clock.advance_to(100.0)
    assert line.said == [(1.02, "A,B,C,D")]


def test_as_many_requests_as_the_limit_allows_are_sent_at_once_and_the_others_when_the_window_has_room() -> None:
    line = Line(2, 10.0, topics=1)
    line.want(*ticker("A", "B", "C", "D", "E"))
    line.clock.advance_to(100.0)
    assert line.said == [(1.02, "A"), (1.02, "B"), (11.02, "C"), (11.02, "D"), (21.02, "E")]


def test_a_topic_that_is_wanted_while_the_limit_holds_a_request_up_joins_it() -> None:
    line = Line(1, 10.0)
    line.want(*ticker("A"))
    line.clock.advance_to(2.0)
    line.want(*ticker("B"))
    line.clock.advance_to(9.0)
    line.want(*ticker("C"))
    line.clock.advance_to(100.0)
    assert line.said == [(1.02, "A"), (11.02, "B,C")]


def test_a_topic_that_is_unwanted_before_its_request_is_sent_costs_no_request() -> None:
    line = Line(1, 10.0)
    line.want(*ticker("A"))
    line.clock.advance_to(2.0)
    line.want(*ticker("B"))
    line.unwant(*ticker("B"))
    line.want(*ticker("C"))
    line.clock.advance_to(100.0)
    assert line.said == [(1.02, "A"), (11.02, "C")]


def test_a_ping_is_sent_at_once_if_the_limit_allows_and_else_overtakes_what_waits() -> None:
    line = Line(2, 10.0)
    line.requests.ping()
    assert line.said == [(1.0, "ping")]
    line.want(*ticker("A"))
    line.clock.advance_to(2.0)
    line.want(*ticker("B"))
    line.clock.advance_to(3.0)
    line.requests.ping()
    line.clock.advance_to(100.0)
    assert line.said == [(1.0, "ping"), (1.02, "A"), (11.0, "ping"), (11.02, "B")]


def test_any_number_of_wishes_wait_as_one_and_cost_the_limit_one_request() -> None:
    line = Line(1, 10.0, gather=0.0)
    line.requests.ping()
    line.clock.advance_to(2.0)
    for _ in range(50):
        line.requests.ping()
    assert line.pending() == 1
    line.clock.advance_to(25.0)
    line.want(*ticker("A"))
    line.clock.advance_to(1_000.0)
    assert line.said == [(1.0, "ping"), (11.0, "ping"), (25.0, "A")]


def test_nothing_is_sent_after_dispose() -> None:
    line = Line(1, 10.0)
    line.want(*ticker("A"))
    line.clock.advance_to(2.0)
    line.want(*ticker("B"))
    line.requests.dispose()
    line.requests.ping()
    assert line.pending() == 0
    line.clock.advance_to(100.0)
    assert line.said == [(1.02, "A")]


@pytest.mark.parametrize("raised", [KeyError("no"), SystemExit(1)])
def test_a_send_that_raises_is_logged_and_its_request_sent_again(
    raised: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    line = Line(topics=1)
    send, failing = line.wire.send, [True]

    def fail_once(text: str) -> None:
        if failing:
            failing.clear()
            raise raised
        send(text)

    line.wire.send = fail_once  # type: ignore[method-assign]
    with caplog.at_level(logging.ERROR, "rx_kucoin.connections.subscriptions"):
        line.want(*ticker("A", "B"))
        line.clock.advance_to(100.0)
    assert [what for _, what in line.said] == ["B", "A"]
    assert [record.exc_info[1] for record in caplog.records if record.exc_info] == [raised]
    assert [type(event) for event in line.told] == [events.Unanswered]


def test_a_session_that_raises_loses_the_wire() -> None:
    line = Line()

    def fail(_: float) -> str:
        raise KeyError("no")

    line.requests._session.next_request = fail  # type: ignore[method-assign]
    line.want(*ticker("A"))
    line.clock.advance_to(2.0)
    assert [type(error) for error in line.lost] == [LineLost]
    assert "KeyError" in str(line.lost[0])


@settings(max_examples=100, deadline=None)
@given(
    st.integers(1, 4),
    st.sampled_from([1.0, 3.0, 10.0]),
    st.lists(st.tuples(st.floats(1, 30), st.integers(1, 4), st.booleans()), max_size=12),
)
def test_no_window_ever_holds_more_requests_than_the_limit_and_no_topic_is_forgotten(
    count: int, per: float, arrivals: list[tuple[float, int, bool]]
) -> None:
    line = Line(count, per, topics=1)
    names = iter(range(1_000))
    wanted: list[str] = []
    for at, several, pings in sorted(arrivals):
        line.clock.advance_to(at)
        fresh = [f"S{next(names)}" for _ in range(several)]
        wanted += fresh
        line.want(*ticker(*fresh))
        if pings:
            line.requests.ping()
    line.clock.advance_to(2_000.0)
    sent = [what for _, what in line.said if what != "ping"]
    assert sent == wanted
    assert line.requests.confirmed == tuple(ticker(*wanted))
    times = [at for at, _ in line.wire.said]
    assert all(later - earlier > per for earlier, later in zip(times, times[count:], strict=False))
    assert all(earlier <= later for earlier, later in pairwise(times))


class Ready:
    """A readiness, and what became ready, in order."""

    def __init__(self) -> None:
        self.readiness = Readiness()
        self.ready: list[str] = []

    def wait(self, name: str, *topics: str) -> Callable[[], None]:
        return self.readiness.wait(topics, lambda: self.ready.append(name)).dispose


def test_readiness_is_reported_once_when_the_last_topic_is_settled() -> None:
    it = Ready()
    it.wait("x", "a", "b")
    it.readiness.settled(("b",))
    it.readiness.settled(("b", "c"))
    assert it.ready == []
    it.readiness.settled(("a",))
    it.readiness.settled(("a", "b"))
    assert it.ready == ["x"]


def test_readiness_of_no_topics_is_reported_with_the_next_that_are_settled() -> None:
    it = Ready()
    it.wait("x")
    it.readiness.settled(())
    assert it.ready == ["x"]


def test_readiness_that_is_disposed_of_is_not_reported() -> None:
    it = Ready()
    dispose = it.wait("x", "a")
    it.wait("y", "a")
    dispose()
    it.readiness.settled(("a",))
    assert it.ready == ["y"]


def test_readiness_may_be_asked_for_by_the_callback_of_another_one() -> None:
    it = Ready()
    it.readiness.wait(("a",), lambda: (it.wait("second", "b"), None)[1])
    it.readiness.settled(("a",))
    it.readiness.settled(("b",))
    assert it.ready == ["second"]


def test_readiness_is_lost_by_no_race_of_many_that_wait_with_many_that_settle() -> None:
    readiness, ready, lock = Readiness(), [0], threading.Lock()

    def count() -> None:
        with lock:
            ready[0] += 1

    def wait(name: int) -> None:
        for number in range(500):
            topic = f"{name}-{number}"
            readiness.wait((topic,), lambda: count())  # noqa: PLW0108  a callback of its own for each
            readiness.settled((topic,))

    threads = [threading.Thread(target=wait, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ready[0] == 2_000
