"""Closed bars over the whole of the client, in virtual time: what the stream does when things go wrong."""

import sys
import threading
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from itertools import pairwise
from typing import Any

import msgspec
import pytest
import reactivex
from bars_market import DAY, START, Market, Trade
from bars_market import trade_at as trade
from reactivex import Observable, abc
from reactivex.disposable import Disposable
from reactivex.scheduler import VirtualTimeScheduler
from reactivex.subject import Subject
from waiting import eventually, our_threads

from rx_kucoin import KuCoin, events
from rx_kucoin.candles.stream import closed_candles
from rx_kucoin.connections.event_hub import EventHub
from rx_kucoin.errors import ApiError, LineLost, ReconnectFailed
from rx_kucoin.protocol.messages.closed import ClosedCandle, Origin
from rx_kucoin.protocol.messages.spot import Candle
from rx_kucoin.testing import VirtualTransport
from rx_kucoin.transport.clock import Clock

BTC = "BTC-USDT"
FIRST = int(START // 60) * 60


def market_of(*trades: Trade, **settings: Any) -> Market:
    market = Market(**settings)
    market.trades[BTC], market.intervals[BTC] = list(trades), ("1min",)
    return market


def told_by(market: Market, on_error: Callable[[Exception], None] | None = None) -> list[tuple[int, str, int]]:
    """Bars since the one that formed at the beginning: number, origin, close."""
    told: list[tuple[int, str, int]] = []

    def tell(bar: ClosedCandle) -> None:
        told.append(((bar.start_ns // 10**9 - FIRST) // 60, bar.origin.value, int(bar.close)))

    closed_candles(market.engine, "spot", BTC).subscribe(tell, on_error)
    return told


def test_a_silent_symbol_has_a_bar_every_minute() -> None:
    market = market_of(trade(-3 * DAY, 7))
    told = told_by(market)
    market.run(START + 384)
    assert told == [(0, "rest", 7), *((number, "empty", 7) for number in range(1, 6))]


def test_a_busy_symbol_needs_no_rest_at_all() -> None:
    market = market_of(*(trade(second, second) for second in range(1, 200)))
    told = told_by(market)
    market.run(START + 199)
    assert [origin for _, origin, _ in told] == ["stream"] * 3
    assert not market.exchange.fetches


def test_a_symbol_that_never_traded_begins_with_its_first_trade() -> None:
    market = market_of(trade(500, 3))
    told = told_by(market)
    market.run(START + 680)
    assert [origin for _, origin, _ in told] == ["stream", "empty", "empty"]


def test_a_line_that_is_dead_and_not_known_to_be_passes_for_no_silence() -> None:
    market = market_of(trade(-60, 7), *(trade(second, second) for second in range(20, 400, 20)))
    told = told_by(market)
    market.run(START + 76)
    deliver, market.exchange.push, market.exchange.mute = market.exchange.push, lambda *_: None, True
    market.run(START + 110)
    market.exchange.push, market.exchange.mute = deliver, False
    market.run(START + 400)
    assert any(isinstance(event, events.LineDown) for event in market.told)
    expected = [int(bar[1]) for bar in market.expected(BTC, "1min", START, START + 370).values()]
    assert [close for *_, close in told[: len(expected)]] == expected
    assert "rest" in [origin for _, origin, _ in told]


def test_without_rest_the_bars_of_a_break_are_doubtful_and_those_after_it_are_not() -> None:
    market = market_of(*(trade(second, second) for second in range(1, 600, 5)))
    told = told_by(market)
    market.run(START + 84)
    market.rest_is_down = True
    market.exchange.drop()
    market.run(START + 600)
    origins = [origin for _, origin, _ in told]
    assert origins[1] == "doubtful"
    assert {*origins} == {"stream", "doubtful"}
    assert origins[-3:] == ["stream"] * 3
    assert [number for number, *_ in told] == list(range(len(told)))


def test_a_host_that_knows_no_such_bars_does_not_end_the_stream() -> None:
    market = market_of(*(trade(second, second) for second in range(1, 400, 5)))
    refuse = ApiError("400100", "symbol not exists", "GET")

    def answer(_: str) -> bytes:
        raise refuse

    market.exchange.answers = answer
    told = told_by(market)
    market.run(START + 84)
    market.exchange.drop()
    market.run(START + 400)
    assert "doubtful" in {origin for _, origin, _ in told}
    assert [number for number, *_ in told] == list(range(len(told)))


def test_an_answer_that_makes_no_sense_is_none() -> None:
    market = market_of(*(trade(second, second) for second in range(1, 300, 5)))
    market.exchange.answers = lambda _: b'{"no":"bars"}'
    told = told_by(market)
    market.run(START + 84)
    market.exchange.drop()
    market.run(START + 300)
    assert [number for number, *_ in told] == list(range(len(told)))
    assert "doubtful" in {origin for _, origin, _ in told}


def test_an_error_of_the_candles_ends_the_bars() -> None:
    market = market_of(trade(1, 5), max_reconnects=1)
    errors: list[Exception] = []
    told_by(market, errors.append)
    market.run(START + 10)
    market.exchange.down = True
    market.exchange.drop()
    market.run(START + 100)
    assert [type(error) for error in errors] == [ReconnectFailed]


def test_two_subscribers_share_a_topic_and_one_who_comes_later_gets_the_bars_from_then_on() -> None:
    market = market_of(*(trade(second, second) for second in range(1, 600, 5)))
    early = told_by(market)
    market.run(START + 200)
    late = told_by(market)
    market.run(START + 600)
    assert late == early[-len(late) :]
    assert late[0][0] == (int(START + 200) - FIRST) // 60
    subscriptions = [text for wire in market.exchange.wires for _, text in wire.said if "candles" in text]
    assert len(subscriptions) == 1


@pytest.mark.parametrize("after", [0.0, 1.0, 3.1, 50.0, 90.0])
def test_who_leaves_leaves_nothing_behind(after: float) -> None:
    market = market_of(trade(-60, 5))
    told: list[ClosedCandle] = []
    subscription = closed_candles(market.engine, "spot", BTC).subscribe(told.append)
    market.run(START + after)
    subscription.dispose()
    brought, fetches = len(told), len(market.exchange.fetches)
    market.run(START + after + 600)
    late = [path for _, path in market.exchange.fetches[fetches:] if path != "/api/v2/symbols"]  # while it lingers
    assert (len(told), late, market.exchange.open_wires) == (brought, [], [])


def test_one_may_leave_from_within_a_bar() -> None:
    market = market_of(*(trade(second, second) for second in range(1, 600, 5)))
    told: list[ClosedCandle] = []
    subscription = closed_candles(market.engine, "spot", BTC).subscribe(
        lambda bar: (told.append(bar), subscription.dispose())
    )
    market.run(START + 600)
    assert len(told) == 1
    assert not market.exchange.open_wires


def test_closing_the_engine_completes_the_bars() -> None:
    market = market_of(trade(1, 5))
    ended: list[None] = []
    closed_candles(market.engine, "spot", BTC).subscribe(on_completed=lambda: ended.append(None))
    market.run(START + 10)
    market.engine.close()
    assert ended == [None]


@pytest.mark.parametrize(
    ("where", "symbol", "interval", "settle"),
    [
        ("spot", "btc", "1min", 3.0),
        ("spot", BTC, "2min", 3.0),
        ("futures", "XBTUSDTM", "6hour", 3.0),
        ("spot", BTC, "1min", -1.0),
        ("spot", BTC, "1min", float("nan")),
        ("spot", f"{BTC},ETH-USDT", "1min", 3.0),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_sent(
    where: Any, symbol: str, interval: str, settle: float
) -> None:
    market = Market()
    with pytest.raises(ValueError, match=r"\w"):
        closed_candles(market.engine, where, symbol, interval, settle=settle)
    assert not market.exchange.dials


class Threads:
    """A feed whose answers come on threads of their own; the exchange's clock leaps with each candle."""

    def __init__(self) -> None:
        self.clock: abc.SchedulerBase = Clock()
        self.events = EventHub()
        self.events_about = self.events.about
        self.candles: Subject[Candle] = Subject()

    def stream(self, topic: str, *, typed: bool) -> Observable[Any]:
        del topic, typed
        return self.candles

    def barrier(self, topic: str) -> Observable[None]:
        del topic
        return reactivex.never()

    def fetch(self, market: str, path: str, *, private: bool = False) -> Observable[bytes]:
        del market, private

        def subscribe(observer: abc.ObserverBase[bytes], _: abc.SchedulerBase | None = None) -> abc.DisposableBase:
            data = b"0"
            if "candles" in path:
                since, until = (int(part.partition("=")[2]) for part in path.split("&")[-2:])
                rows = [[str(start), *["1"] * 6] for start in range(max(60, since), until, 60)]
                data = msgspec.json.encode(rows)
            answer = threading.Thread(target=partial(observer.on_next, data))
            answer.start()
            return Disposable()

        return Observable(subscribe)


def test_threads_that_push_answer_and_lose_lines_at_once_bring_each_bar_once_in_order() -> None:
    feed, topic, count = Threads(), f"/market/candles:{BTC}_1min", 600
    starts: list[int] = []
    inside: list[int] = []
    most: list[int] = []
    origins: set[Origin] = set()

    def tell(bar: ClosedCandle) -> None:
        inside.append(1)
        most.append(len(inside))
        starts.append(bar.start_ns)
        origins.add(bar.origin)
        inside.pop()

    subscription = closed_candles(feed, "spot", BTC, settle=0.0).subscribe(tell)

    def push() -> None:
        for number in range(1, count + 1):
            start = number * 60 * 10**9
            feed.candles.on_next(Candle(BTC, "1min", start, *[Decimal(1)] * 6, start + 10**9))
            if number == count // 2:  # at least once amid a bar, however late the others begin
                lose_once()

    def lose_once() -> None:
        feed.events.tell(events.LineDown(1, LineLost("gone"), 1))
        feed.events.tell(events.TopicLive(1, topic))

    def lose() -> None:
        while pusher.is_alive():
            lose_once()

    pusher = threading.Thread(target=push)
    threads = [pusher, threading.Thread(target=lose), threading.Thread(target=lose)]
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sys.setswitchinterval(before)
    for _ in range(2):  # one message alone does not move the clock
        feed.candles.on_next(Candle(BTC, "1min", (count + 1) * 60 * 10**9, *[Decimal(1)] * 6, (count + 1) * 60 * 10**9))
    assert eventually(lambda: len(starts) == count)
    subscription.dispose()
    assert starts == sorted(set(starts))
    assert {after - before for before, after in pairwise(starts)} == {60 * 10**9}
    assert len(starts) == count
    assert max(most) == 1
    assert Origin.REST in origins
    assert eventually(lambda: not our_threads())


class Pushes:
    """A client in virtual time, whose candles are pushed by hand."""

    def __init__(self, begin: float = 1_789_999_980.0) -> None:
        self.clock = VirtualTimeScheduler(begin)
        self.exchange = VirtualTransport(self.clock)
        self.exchange.answers = self.answer
        self.kucoin = KuCoin(scheduler=self.clock, transport=lambda market, private: self.exchange, random=lambda: 0.5)
        self.bars, self.told = list[tuple[float, ClosedCandle]](), list[events.Event]()
        self.kucoin.events.subscribe(self.told.append)
        self.kucoin.closed_candles(BTC).subscribe(lambda bar: self.bars.append((self.exchange.time, bar)))

    def answer(self, path: str) -> bytes:
        return b"[]" if "candles" in path else str(int(self.exchange.time * 1000)).encode()

    def push(self, at: float, bar: int, volume: int, ahead: float = 0.0) -> None:
        """Push a bar, by its number, so many seconds after the first began; its time is so many seconds ahead."""
        self.clock.advance_to(float(FIRST_PUSHED + at))
        row = [str(FIRST_PUSHED + bar * 60), "1", "2", "3", "0.5", str(volume), "15"]
        data = {"symbol": BTC, "candles": row, "time": int((FIRST_PUSHED + at + ahead) * 1e9)}
        topic = f"/market/candles:{BTC}_1min"
        self.exchange.push(topic, msgspec.json.encode({"type": "message", "topic": topic, "data": data}).decode())


FIRST_PUSHED = 1_789_999_980


@pytest.mark.parametrize("ahead", [-1.7e9, -86_400, -30, 10, 30, 61, 600, 86_400, 1e9])
@pytest.mark.parametrize("odd", [2, 62, 178])
def test_one_push_with_an_odd_time_closes_at_most_one_bar_too_early(ahead: float, odd: int) -> None:
    it = Pushes()
    for at in range(2, 600, 4):
        it.push(at, at // 60, at, ahead if at == odd else 0.0)
    it.clock.advance_to(float(FIRST_PUSHED + 604))
    early = [bar for at, bar in it.bars if at < bar.start_ns / 1e9 + 60]
    assert len(early) <= (1 if odd == 2 and abs(ahead) <= 60 else 0)
    assert [bar.start_ns // 10**9 for _, bar in it.bars] == [FIRST_PUSHED + 60 * number for number in range(10)]
    it.kucoin.close()


def test_a_bar_that_has_not_begun_is_left_out() -> None:
    it = Pushes()
    for at in range(2, 600, 4):
        if not 420 <= at < 480:  # nothing is traded then
            it.push(at, 7 if at == 102 else at // 60, 1_000 if at == 102 else at)
    it.clock.advance_to(float(FIRST_PUSHED + 604))
    expected = [0 if number == 7 else 60 * (number + 1) - 2 for number in range(10)]
    assert [int(bar.volume) for _, bar in it.bars] == expected
    it.kucoin.close()


def test_a_correction_of_a_bar_that_was_emitted_is_reported_each_time_that_it_differs() -> None:
    it = Pushes()
    for at in range(2, 60, 4):
        it.push(at, 0, at)
    it.push(62, 0, 60)  # in time
    for volume in (60, 70, 70, 80):
        it.push(66 + volume / 100, 0, volume)
    it.push(70, 1, 1)
    it.clock.advance_to(float(FIRST_PUSHED + 71))
    topic, start = f"/market/candles:{BTC}_1min", FIRST_PUSHED * 10**9
    assert [(bar.start_ns, int(bar.volume)) for _, bar in it.bars] == [(start, 60)]
    assert [event for event in it.told if isinstance(event, events.CandleCorrected)] == [
        events.CandleCorrected(0, topic, start, "volume 60 to 70"),
        events.CandleCorrected(0, topic, start, "volume 70 to 80"),
    ]
    it.kucoin.close()


def test_origins_that_are_news_pass() -> None:
    assert Origin("stream") is Origin.STREAM
    assert Origin("guessed") == "guessed"
