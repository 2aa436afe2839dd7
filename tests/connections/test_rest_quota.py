"""REST requests over real sockets stay within the exchange's quota, alone and beside others."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import pytest
from engines import live_engine
from reactivex.scheduler import VirtualTimeScheduler
from transport.asking import Told, good
from transport.servers import answer, serving
from waiting import eventually, nothing_left

from rx_kucoin import Credentials, KuCoin, Limits, Rate
from rx_kucoin.errors import Closed, RateLimited, RestUnavailable
from rx_kucoin.protocol.rest_weights import Allowance
from rx_kucoin.simulator import Simulator
from rx_kucoin.testing import VirtualTransport
from rx_kucoin.transport.sockets import Sockets

KEYS: Final = Credentials("simulated-key", "simulated-secret", "simulated-passphrase")
SNAPSHOT: Final = "/api/v1/level2/snapshot?symbol=XBTUSDTM"
ANOTHER: Final = "/api/v1/contracts/active"
"""What the other client asks for: it weighs 3 as well."""


@contextmanager
def exchange(limit: int) -> Iterator[tuple[Simulator, KuCoin]]:
    """An exchange with pools of 90 in 0.75 s, and a client that allows itself so much."""
    quotas = {"public": 90, "spot": 90, "futures": 90}
    with nothing_left(), Simulator(rate=0, quotas=quotas, quota_window=0.75) as running:
        rest: dict[str, Any] = {"rest_url": running.rest_url, "futures_rest_url": running.futures_rest_url}
        settings: dict[str, Any] = {"limits": Limits(rest=Rate(limit, 0.8)), "backoff_initial": 0.1}
        with KuCoin(**rest, **settings, credentials=KEYS) as kucoin:
            yield running, kucoin


class Asked:
    """Sixty snapshots that are asked for at the same time."""

    def __init__(self, kucoin: KuCoin, count: int = 60) -> None:
        self.count, self.answered = count, 0
        self.errors: list[Exception] = []
        self.lock = threading.Lock()
        self.started = time.monotonic()
        for _ in range(count):
            kucoin._engine.fetch("futures", SNAPSHOT).subscribe(self._answer, self.errors.append)

    def _answer(self, _: bytes) -> None:
        with self.lock:
            self.answered += 1

    def wait(self) -> float:
        """Wait for the end of all. Returns how long it took."""
        assert eventually(lambda: self.answered + len(self.errors) == self.count, 30)
        return time.monotonic() - self.started


def statuses(running: Simulator, path: str) -> Counter[int]:
    return Counter(call.status for call in running.calls if path.partition("?")[0] in call.request)


@pytest.mark.socket
@pytest.mark.parametrize("limit", [72, 100_000], ids=["with a limit of its own", "by what the exchange tells alone"])
def test_sixty_snapshots_of_a_pool_that_has_room_for_thirty_are_fetched_without_a_refusal(limit: int) -> None:
    with exchange(limit) as (running, kucoin):
        asked = Asked(kucoin)
        took = asked.wait()
        told = statuses(running, SNAPSHOT)
        print(f"\n60 fetches of weight 3 at 90 in 0.75 s, own limit {limit}: {took:.2f} s, {dict(told)}")
        assert told == {200: 60}
        assert asked.errors == []


@pytest.mark.socket
def test_beside_a_client_that_takes_half_of_the_pool_all_succeed_and_few_are_refused() -> None:
    with exchange(72) as (running, kucoin):
        others = Sockets(running.futures_rest_url)
        asked = Asked(kucoin)
        for due in (0, 15, 30, 45):
            assert eventually(lambda due=due: asked.answered >= due, 20)
            for _ in range(15):
                others.fetch(ANOTHER).subscribe(on_error=lambda _: None)
        took = asked.wait()
        ours, theirs = statuses(running, SNAPSHOT), statuses(running, ANOTHER)
        print(f"\n60 fetches beside 60 of another client: {took:.2f} s, ours {dict(ours)}, the other's {dict(theirs)}")
        assert asked.errors == []
        assert ours[200] == 60
        assert ours[429] <= 20  # those under way when a burst comes, and at the first window
        assert others.close(5)


@pytest.mark.socket
def test_signed_requests_have_a_pool_of_their_own() -> None:
    with exchange(3) as (running, kucoin):
        started = time.monotonic()
        public = [Told(kucoin._engine.fetch("futures", SNAPSHOT)) for _ in range(2)]
        private = Told(kucoin._engine.fetch("futures", SNAPSHOT, private=True))
        spot = Told(kucoin._engine.fetch("spot", "/api/v1/market/candles?symbol=BTC-USDT&type=1min"))
        assert [told.whole()[-1] for told in (private, spot, public[0])] == ["completed"] * 3
        took = time.monotonic() - started
        assert took < 0.8 or public[1].story == []
        public[1].whole()
        assert time.monotonic() - started > 0.8
        assert repr(kucoin._engine._source._rest).count("<Limiter ") == 3
        assert statuses(running, "/api/v1") == {200: 5}


@pytest.mark.socket
def test_who_waits_when_all_is_closed_is_told_the_end_and_nothing_is_asked_for() -> None:
    with exchange(3) as (running, kucoin):
        waiting = [Told(kucoin._engine.fetch("futures", SNAPSHOT)) for _ in range(20)]
        assert eventually(lambda: len(waiting[0].story) == 2)
        assert kucoin.close() is True
        assert [told.story for told in waiting[1:]] == [["completed"]] * 19
        late = Told(kucoin._engine.fetch("futures", SNAPSHOT, retried=False))
        assert isinstance(late.error(), Closed)
        assert statuses(running, SNAPSHOT) == {200: 1}


@pytest.mark.socket
def test_when_the_last_one_that_waits_leaves_no_thread_stays_behind() -> None:
    with nothing_left(2.0), Simulator(rate=0) as running:
        limits = Limits(rest=Rate(3, 60.0))
        kucoin = KuCoin(rest_url=running.rest_url, futures_rest_url=running.futures_rest_url, limits=limits)
        told = [Told(kucoin._engine.fetch("futures", SNAPSHOT)) for _ in range(2)]
        told[0].whole()
        told[1].subscription.dispose()


@pytest.mark.socket
@pytest.mark.parametrize("status", ["200 OK", "429 Too Many Requests", "400 Bad Request"])
def test_every_answer_tells_what_is_left_before_it_is_passed_on(status: str) -> None:
    body = good(7) if status == "200 OK" else answer(status, '{"code":"429000","msg":"x"}')
    head, rest = body.split(b"\r\n", 1)
    said = head + b"\r\nGW-RateLimit-Remaining: 17\r\nGW-RateLimit-Reset: 2500\r\n" + rest

    def handle(connection: Any) -> None:
        connection.recv(1 << 16)
        connection.sendall(said)

    story: list[object] = []
    with nothing_left(), serving(handle) as port:
        Sockets(f"http://127.0.0.1:{port}").fetch("/x", on_allowance=story.append).subscribe(
            story.append, story.append, lambda: story.append("|")
        )
        assert eventually(lambda: len(story) == (3 if status == "200 OK" else 2))
    assert story[0] == Allowance(17, 2.5)


@pytest.mark.socket
def test_an_answer_that_says_nothing_tells_nothing() -> None:
    told: list[Allowance] = []

    def handle(connection: Any) -> None:
        connection.recv(1 << 16)
        connection.sendall(good(7))

    with nothing_left(), serving(handle) as port:
        assert (
            Told(Sockets(f"http://127.0.0.1:{port}").fetch("/x", on_allowance=told.append)).whole()[-1] == "completed"
        )
    assert told == []


class Virtual:
    """An engine in virtual time."""

    def __init__(self, **settings: Any) -> None:
        self.clock = VirtualTimeScheduler(0.0)
        self.exchange = VirtualTransport(self.clock, latency=0.5)
        self.engine = live_engine(lambda market, private: self.exchange, self.clock, random=lambda: 0.5, **settings)
        self.exchange.answers = lambda path: b"7"

    def at(self) -> list[float]:
        return [round(at, 2) for at, _ in self.exchange.fetches]


def refuse(retry_after: float) -> Any:
    def answers(path: str) -> bytes:
        raise RateLimited(f"GET {path}: too many", retry_after)

    return answers


def test_one_try_is_one_try_and_its_failure_passes() -> None:
    there = Virtual()
    there.exchange.answers = refuse(9.0)
    told = Told(there.engine.fetch("spot", "/x", retried=False))
    there.clock.advance_to(100.0)
    assert isinstance(told.error(), RateLimited)
    assert there.at() == [0.0]


def test_a_retry_waits_for_its_own_time_and_for_its_turn() -> None:
    there = Virtual(limits=Limits(rest=Rate(9, 30.0)))
    there.exchange.answers = refuse(9.0)
    told = Told(there.engine.fetch("spot", "/x"))  # weighs 5
    there.clock.advance_to(8.0)
    there.exchange.answers = lambda path: b"7"
    later = Told(there.engine.fetch("spot", "/y"))
    there.clock.advance_to(9.6)
    assert there.at() == [0.0]
    there.clock.advance_to(100.0)
    assert there.at() == [0.0, 30.5, 61.0]
    assert [path for _, path in there.exchange.fetches] == ["/x", "/y", "/x"]
    assert told.story == later.story == [b"7", "completed"]


def test_what_others_took_is_waited_for() -> None:
    there = Virtual()
    there.exchange.allowance = Allowance(4, 20.0)
    first = Told(there.engine.fetch("spot", "/x"))
    there.clock.advance_to(1.0)
    Told(there.engine.fetch("spot", "/api/v2/symbols"))
    Told(there.engine.fetch("spot", "/y"))
    there.clock.advance_to(30.0)
    assert there.at() == [0.0, 1.0, 21.5]
    assert first.story == [b"7", "completed"]


def test_a_host_that_is_down_tells_nothing() -> None:
    there = Virtual()
    there.exchange.allowance, there.exchange.down = Allowance(0, 20.0), True
    told = Told(there.engine.fetch("spot", "/x", retried=False))
    there.clock.advance_to(1.0)
    there.exchange.down = False
    Told(there.engine.fetch("spot", "/y", retried=False))
    assert isinstance(told.error(), RestUnavailable)
    assert there.at() == [0.0, 1.0]


def test_close_lets_nobody_in_any_more() -> None:
    there = Virtual()
    told = [Told(there.engine.fetch("spot", "/x")) for _ in range(20)]
    there.clock.advance_to(0.1)
    there.engine.close()
    there.clock.advance_to(1_000.0)
    assert there.at() == [0.0] * 16
    assert [each.story for each in told] == [["completed"]] * 20
