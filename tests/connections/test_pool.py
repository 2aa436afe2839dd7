"""Many topics over many connections of the simulator, at the exchange's real limits."""

import threading
from collections import Counter, defaultdict
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
import reactivex
from reactivex import Observable
from reactivex.disposable import Disposable
from reactivex.scheduler import VirtualTimeScheduler
from waiting import eventually, nothing_left

from rx_kucoin import KuCoin, Limits, Rate, SubscriptionRejected, Ticker, events
from rx_kucoin.connections.connection import NoRoom
from rx_kucoin.connections.hooks import NoHooks
from rx_kucoin.connections.pool import Pool
from rx_kucoin.events import Event
from rx_kucoin.operators.internal.multicast import Hub
from rx_kucoin.operators.internal.unguarded import Ending
from rx_kucoin.protocol.raw import READER
from rx_kucoin.simulator import Simulator

pytestmark = pytest.mark.socket

UNLIMITED = Rate(1_000_000, 60.0)


def most_in_any(times: list[float], seconds: float) -> int:
    return max((sum(start <= time <= start + seconds for time in times) for start in times), default=0)


def live(exchange: Simulator) -> int:
    return sum(len(line.topics) for line in exchange.open_connections)


class Listener:
    """Counts what comes, by symbol."""

    def __init__(self) -> None:
        self.seen: Counter[str] = Counter()
        self.errors: list[Exception] = []

    def on_next(self, ticker: Ticker) -> None:
        self.seen[ticker.symbol] += 1


def test_two_thousand_topics_are_all_live_and_live_again_after_every_line_is_cut() -> None:
    listener = Listener()
    told: list[Event] = []
    with nothing_left(), Simulator(seed=1, symbols=2000, rate=4000) as exchange:
        symbols = exchange.listed["spot"]
        with KuCoin(rest_url=exchange.rest_url) as kucoin:
            kucoin.events.subscribe(told.append)
            kucoin.ticker(*symbols).subscribe(listener.on_next, listener.errors.append)
            assert eventually(lambda: live(exchange) == 2000, 60), live(exchange)
            assert eventually(lambda: len(listener.seen) == 2000, 30), len(listener.seen)
            lines = len(exchange.open_connections)

            assert exchange.faults.drop() == lines
            assert eventually(lambda: not exchange.open_connections)
            listener.seen.clear()
            assert eventually(lambda: live(exchange) == 2000, 60), live(exchange)
            assert eventually(lambda: len(listener.seen) == 2000, 30), len(listener.seen)

            assert not listener.errors
            frames = max(most_in_any(line.frames, 10) for line in exchange.connections)
            dials = most_in_any([dial.at for dial in exchange.dials], 60)
            requeued = [event for event in told if isinstance(event, events.Requeued | events.TopicRefused)]
            print(
                f"{lines} connections, 2000 topics live twice, refused {len(exchange.refused)}, ignored 0, "
                f"most frames in any 10 s {frames}, dials in any minute {dials}"
            )
            assert lines == 10
            assert not exchange.refused
            assert not requeued
            assert frames <= 100
            assert dials <= 30


def test_holes_are_filled_and_empty_lines_closed() -> None:
    with nothing_left(), Simulator(seed=1, symbols=12) as exchange:
        symbols = exchange.listed["spot"]
        with KuCoin(rest_url=exchange.rest_url, topics_per_connection=4, linger=0.0) as kucoin:
            held = {symbol: kucoin.match(symbol).subscribe() for symbol in symbols}
            assert eventually(lambda: live(exchange) == 12)
            assert len(exchange.open_connections) == 3
            for symbol in symbols[:2]:
                held[symbol].dispose()
            assert eventually(lambda: live(exchange) == 10)
            again = kucoin.ticker(*symbols[:2]).subscribe()
            assert eventually(lambda: live(exchange) == 12)
            assert len(exchange.connections) == 3
            for symbol in symbols[4:8]:
                held[symbol].dispose()
            assert eventually(lambda: len(exchange.open_connections) == 2)
            assert repr(kucoin) == "<KuCoin spot <Pool 8 topics | 2 open>>"
            again.dispose()


@pytest.mark.parametrize("says", [None, 300])
def test_a_limit_that_is_written_nowhere_is_learned_and_no_topic_is_lost(says: int | None) -> None:
    told: list[Event] = []
    listener = Listener()
    with nothing_left(), Simulator(seed=1, symbols=150, rate=1500, dial_rate=UNLIMITED) as exchange:
        exchange.faults.limit_topics(38, says=says)
        symbols = exchange.listed["spot"]
        with KuCoin(rest_url=exchange.rest_url, limits=Limits(dials=UNLIMITED)) as kucoin:
            kucoin.events.subscribe(told.append)
            kucoin.ticker(*symbols).subscribe(listener.on_next, listener.errors.append)
            assert eventually(lambda: len(listener.seen) == 150, 60), (len(listener.seen), kucoin)
            assert not listener.errors
            assert max(len(line.topics) for line in exchange.open_connections) <= 38
            learned = [event.topics for event in told if isinstance(event, events.LimitLearned)]
            assert learned
            assert min(learned) <= 38
            print(f"a limit of 38 (said to be {says or 38}): learned {min(learned)}, {len(exchange.connections)} lines")
            assert len(exchange.connections) <= 8


def test_a_live_topic_that_is_moved_to_another_line_tells_of_the_gap() -> None:
    told: list[Event] = []
    got: dict[str, list[int]] = defaultdict(list)
    with nothing_left(), Simulator(seed=1, symbols=12, rate_per_topic=50, dial_rate=UNLIMITED) as exchange:
        symbols = exchange.listed["spot"]
        settings = {"limits": Limits(dials=UNLIMITED), "backoff_initial": 0.1}
        with KuCoin(rest_url=exchange.rest_url, **settings) as kucoin:
            kucoin.events.subscribe(told.append)
            kucoin.match(*symbols).subscribe(lambda match: got[match.symbol].append(match.sequence))
            assert eventually(lambda: len(got) == 12)
            exchange.faults.limit_topics(5)
            exchange.faults.drop()
            assert eventually(lambda: {e.topic for e in told if isinstance(e, events.Gap)} == topics_of(symbols), 30)
            assert len(exchange.open_connections) == 3
    for numbers in got.values():
        assert numbers == sorted(set(numbers))


def test_a_topic_that_is_moved_takes_all_of_its_streams_along() -> None:
    got: Counter[str] = Counter()
    with nothing_left(), Simulator(seed=1, symbols=6, rate_per_topic=50, dial_rate=UNLIMITED) as exchange:
        symbols = exchange.listed["spot"]
        settings = {"limits": Limits(dials=UNLIMITED), "backoff_initial": 0.1}
        with KuCoin(rest_url=exchange.rest_url, **settings) as kucoin:
            for symbol in symbols:
                kucoin.match(symbol).subscribe(lambda match: got.update([f"typed {match.symbol}"]))
                kucoin.topic(f"/market/match:{symbol}").subscribe(lambda push: got.update([f"raw {push.symbol}"]))
            assert eventually(lambda: len(got) == 12)
            exchange.faults.limit_topics(3)
            exchange.faults.drop()
            assert eventually(lambda: live(exchange) == 6 and len(exchange.open_connections) == 2)
            got.clear()
            assert eventually(lambda: len(got) == 12), got


class Connected:
    """A connection as far as a pool knows it."""

    is_open, topics = True, ()

    def __init__(self, name: str, heard: Callable[[str], object]) -> None:
        self.name, self.heard = name, heard
        self.endings: dict[str, Ending] = {}

    def listen(self, topic: str, _reader: object, _sink: object, ending: Ending) -> Disposable:
        self.endings[topic] = ending
        self.heard(f"{topic} on {self.name}")
        return Disposable()


def test_a_stream_that_moves_hears_nothing_more_of_the_line_that_it_left() -> None:
    lines: list[Hub[Any]] = [Hub(), Hub()]
    full: list[Callable[[int], object]] = []
    heard: list[str] = []

    def connections_of_line(line: int, _: object, on_full: Callable[[int], object]) -> Hub[Any]:
        full.append(on_full)
        return lines[line - 1]

    def hear(what: str) -> None:
        heard.append(what)
        if what == "a on second":  # the first one refuses b while the second one is shown to one topic after another
            full[0](1)
            first.endings["b"].on_error(NoRoom())

    first, second = Connected("first", hear), Connected("second", hear)
    clock = VirtualTimeScheduler()
    pool = Pool(connections_of_line, count(1), 2, NoHooks(), on_open=lambda _: None, clock=clock)
    for topic in ("a", "b"):
        pool.leases(topic).subscribe(lambda lease: lease.messages(READER).subscribe())
    lines[0].on_next(first)
    lines[0].on_next(second)
    assert heard == ["a on first", "b on first", "a on second"]
    assert repr(pool) == "<Pool 2 topics | 1 open, 1 dialling>"


def test_a_topic_that_two_connections_of_a_line_refuse_moves_once() -> None:
    first_line: Hub[Any] = Hub()
    dials: list[int] = []
    full: list[Callable[[int], object]] = []

    def connections_of_line(line: int, _: object, on_full: Callable[[int], object]) -> Observable[Any]:
        full.append(on_full)
        return reactivex.defer(lambda _: (dials.append(line), first_line if line == 1 else reactivex.never())[1])

    first, second = Connected("first", lambda _: None), Connected("second", lambda _: None)
    clock = VirtualTimeScheduler()
    pool = Pool(connections_of_line, count(1), 2, NoHooks(), on_open=lambda _: None, clock=clock)
    for topic in ("a", "b"):
        pool.leases(topic).subscribe(lambda lease: lease.messages(READER).subscribe())
    for connection in (first, second):  # the old one and the fresh one of a renewal
        first_line.on_next(connection)
    full[0](1)
    for connection in (first, second):
        connection.endings["b"].on_error(NoRoom())
    assert dials == [1, 2]
    assert repr(pool) == "<Pool 2 topics | 1 open, 1 dialling>"


def topics_of(symbols: list[str]) -> set[str]:
    return {f"/market/match:{symbol}" for symbol in symbols}


def test_a_refused_topic_ends_alone_and_the_others_of_its_batch_go_on() -> None:
    with nothing_left(), Simulator(seed=1, symbols=20, rate=200) as exchange:
        symbols = exchange.listed["spot"]
        bad = f"/market/ticker:{symbols[7]}"
        exchange.faults.refuse_topic(bad, 404, "topic does not exist")
        refused: list[Exception] = []
        seen: Counter[str] = Counter()
        ended = threading.Event()
        with KuCoin(rest_url=exchange.rest_url) as kucoin:
            for symbol in symbols:
                kucoin.ticker(symbol).subscribe(
                    lambda ticker: seen.update([ticker.symbol]), lambda error: (refused.append(error), ended.set())
                )
            assert ended.wait(20)
            assert eventually(lambda: len(seen) == 19)
            (error,) = refused
            assert isinstance(error, SubscriptionRejected)
            assert (error.topic, error.code, error.text) == (bad, 404, "topic does not exist")
            assert len(exchange.connections) == 1
