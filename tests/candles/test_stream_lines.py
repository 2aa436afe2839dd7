"""Closed bars and what happens to their line, by a feed that a test plays: proof, handing over, flapping, sleep."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import reactivex
from bars_market import DAY, START, Market, trade_at
from reactivex import Observable
from reactivex.scheduler import VirtualTimeScheduler
from reactivex.subject import Subject

from rx_kucoin import events
from rx_kucoin.candles.stream import closed_candles
from rx_kucoin.connections.event_hub import EventHub
from rx_kucoin.errors import LineLost, RestUnavailable
from rx_kucoin.protocol.messages.closed import ClosedCandle
from rx_kucoin.protocol.messages.spot import Candle

BTC = "BTC-USDT"
LIVE = events.TopicLive(1, f"/market/candles:{BTC}_1min")
DOWN = events.LineDown(1, LineLost("gone"), 1)
S = 10**9


class CountingClock(VirtualTimeScheduler):
    """Counts how often it was asked for the time."""

    looks = 0

    @property
    def now(self) -> datetime:
        self.looks += 1
        return super().now


class Played:
    """A feed without an exchange, whose lines answer at once. REST does not."""

    def __init__(self) -> None:
        self.clock = CountingClock(600.0)
        self.events = EventHub()
        self.events_about = self.events.about
        self.candles: Subject[Candle] = Subject()
        self.asked: list[str] = []
        self.proofs: list[float] = []
        self.told: list[ClosedCandle] = []
        closed_candles(self, "spot", BTC).subscribe(self.told.append)

    @property
    def time(self) -> float:
        return self.clock.to_seconds(self.clock.now)

    def stream(self, topic: str, *, typed: bool) -> Observable[Any]:
        del topic, typed
        return self.candles

    def barrier(self, topic: str) -> Observable[None]:
        assert topic == LIVE.topic
        self.proofs.append(self.time)
        return reactivex.empty()

    def fetch(self, market: str, path: str, *, private: bool = False) -> Observable[bytes]:
        del market, private
        self.asked.append(path)
        return reactivex.throw(RestUnavailable("down"))

    def happens(self, time: float, *happened: events.Event) -> None:
        self.clock.advance_to(time)
        for event in happened:
            self.events.tell(event)

    def heard(self, time: float, start: int) -> None:
        self.clock.advance_to(time)
        self.candles.on_next(Candle(BTC, "1min", start * S, *[Decimal(1)] * 6, int(time * S)))


def test_a_line_that_answers_ends_the_wait_and_is_asked_once_for_a_bar() -> None:
    feed = Played()
    feed.happens(601, LIVE)
    feed.heard(602, 600)
    feed.clock.advance_to(662.9)
    assert feed.told == []
    feed.clock.advance_to(663.1)
    assert [(bar.start_ns // S, bar.origin) for bar in feed.told] == [(600, "stream")]
    assert len(feed.proofs) == 1
    feed.clock.advance_to(843.1)
    assert len(feed.told) == len(feed.proofs) == 4


def test_an_answer_proves_nothing_while_a_line_is_handed_over() -> None:
    feed = Played()
    feed.happens(601, LIVE)
    feed.heard(602, 600)
    feed.happens(650, events.Renewed(1, 1))
    feed.heard(651, 600)
    feed.clock.advance_to(692)
    assert feed.told == []
    feed.clock.advance_to(694)
    assert len(feed.told) == 1
    feed.happens(695, events.LineClosed(1))
    feed.clock.advance_to(724)
    assert len(feed.told) == 2


def test_what_a_line_brought_that_was_renewed_before_it_showed_that_it_was_dead_is_asked_for() -> None:
    feed = Played()
    feed.happens(601, LIVE)
    feed.heard(602, 600)
    feed.happens(640, LIVE, events.Renewed(1, 1), events.LineClosed(1))
    feed.clock.advance_to(664)
    assert [path.partition("?")[0] for path in feed.asked] == ["/api/v1/market/candles"]
    assert [bar.origin for bar in feed.told] == ["doubtful"]
    feed.heard(670, 660)
    feed.clock.advance_to(724)
    assert [bar.origin for bar in feed.told[1:]] == ["stream"]


def test_what_happens_to_other_topics_is_not_looked_at_for_there_may_be_thousands() -> None:
    feed, other = Played(), "/market/candles:ETH-USDT_1min"
    looks = feed.clock.looks
    for event in (events.TopicLive(1, other), events.Gap(0, other, None, None, "the line was down")):
        feed.events.tell(event)
    assert feed.clock.looks == looks
    feed.events.tell(LIVE)
    assert feed.clock.looks > looks


def test_a_line_that_flaps_does_not_put_things_off_for_ever() -> None:
    feed = Played()
    for second in range(601, 640):
        feed.happens(second, LIVE, DOWN)
    assert feed.asked


def test_a_machine_that_slept_learns_the_time_anew_with_the_next_connection() -> None:
    market = Market()
    market.trades[BTC], market.intervals[BTC] = [trade_at(-DAY, 7)], ("1min",)
    told: list[ClosedCandle] = []
    closed_candles(market.engine, "spot", BTC).subscribe(told.append)
    market.run(START + 100)
    market.ahead += 3_000
    market.exchange.drop()
    market.run(START + 3_300)
    starts = [bar.start_ns // S for bar in told]
    assert starts == list(range(starts[0], starts[0] + 60 * len(starts), 60))
    assert market.now - starts[-1] <= 60 + 60 + 33
