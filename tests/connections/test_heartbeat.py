"""The ping barrier: what the exchange sent before the answer to a ping has come when that answer comes."""

import msgspec
import pytest
from bars_market import START, Market, trade_at
from reactivex import abc
from reactivex.scheduler import VirtualTimeScheduler

from rx_kucoin import KuCoin, events
from rx_kucoin.candles.stream import closed_candles
from rx_kucoin.connections.heartbeat import PingBarrier
from rx_kucoin.errors import NoPong
from rx_kucoin.events import Event
from rx_kucoin.testing import VirtualTransport

TOPIC, TICKER = "/market/match:BTC-USDT", "/market/ticker:BTC-USDT"
PUSH = f'{{"topic":"{TICKER}","type":"message","subject":"trade.ticker","data":{{}}}}'


class Line:
    """A barrier in virtual time. Answers come when they are told to."""

    def __init__(self) -> None:
        self.clock = VirtualTimeScheduler(0.0)
        self.pings: list[str] = []
        self.sent: list[str] = []
        self.barrier = PingBarrier(self.new_ping, self.send, self.clock)
        self.passed: list[str] = []

    def new_ping(self) -> str:
        self.pings.append(f"ping-{len(self.pings)}")
        return self.pings[-1]

    def send(self) -> None:
        self.sent.append(self.pings[-1])

    def ask(self, name: str, *, at_once: bool = False) -> abc.DisposableBase:
        return self.barrier.passed(at_once=at_once).subscribe(on_completed=lambda: self.passed.append(name))


def test_barriers_that_are_asked_for_together_share_a_ping() -> None:
    line = Line()
    for name in "abc":
        line.ask(name)
    line.clock.advance_to(1.0)
    assert (line.pings, line.passed) == (["ping-0"], [])
    line.barrier.ponged("ping-0")
    assert line.passed == ["a", "b", "c"]


def test_a_barrier_that_is_asked_for_after_a_ping_was_sent_waits_for_the_next_one() -> None:
    line = Line()
    line.ask("a")
    line.clock.advance_to(1.0)
    line.ask("b")
    line.barrier.ponged("ping-0")
    assert line.passed == ["a"]
    line.clock.advance_to(2.0)
    line.barrier.ponged("ping-1")
    assert line.passed == ["a", "b"]


def test_a_barrier_at_once_sends_its_ping_now_and_takes_along_those_that_wait() -> None:
    line = Line()
    line.ask("a")
    line.ask("b", at_once=True)
    assert line.sent == ["ping-0"]
    line.ask("c")
    line.clock.advance_to(1.0)
    assert line.sent == ["ping-0", "ping-1"]
    line.barrier.ponged("ping-0")
    assert line.passed == ["a", "b"]
    line.barrier.ponged("ping-1")
    assert line.passed == ["a", "b", "c"]


def test_a_barrier_that_joins_others_does_not_delay_their_ping() -> None:
    line = Line()
    for tenth in range(5):  # one more every 0.06 s, so that a timer that is set anew never fires
        line.clock.advance_to(0.06 * tenth)
        line.ask("abcde"[tenth])
    assert line.sent == ["ping-0", "ping-1"]
    line.barrier.ponged("ping-0")
    assert line.passed == ["a", "b"]


def test_a_barrier_that_is_disposed_of_sends_no_ping_and_is_not_completed() -> None:
    line = Line()
    line.ask("a").dispose()
    line.clock.advance_to(1.0)
    assert line.pings == []
    left = line.ask("b")
    line.ask("c")
    line.clock.advance_to(2.0)
    left.dispose()
    line.barrier.ponged("ping-0")
    line.barrier.ponged("ping-0")
    line.barrier.ponged("another")
    assert line.passed == ["c"]


def test_a_pong_that_comes_while_its_ping_is_sent_passes_the_barrier() -> None:
    line = Line()
    line.barrier = PingBarrier(line.new_ping, lambda: line.barrier.ponged("ping-0"), line.clock)
    line.ask("a")
    line.clock.advance_to(1.0)
    assert line.passed == ["a"]


def test_a_connection_that_has_ended_pings_no_more() -> None:
    line = Line()
    line.ask("a")
    line.barrier.dispose()
    line.clock.advance_to(1.0)
    assert line.pings == []


class Conversation:
    """A connection to the virtual exchange that holds a topic, and is then drained."""

    def __init__(self) -> None:
        self.clock = VirtualTimeScheduler(0.0)
        self.exchange = VirtualTransport(self.clock)
        self.story: list[object] = []
        kucoin = KuCoin(scheduler=self.clock, transport=lambda *_: self.exchange)
        self.losses: list[tuple[float, Exception]] = []
        kucoin.events.subscribe(self._note)
        kucoin.ticker("BTC-USDT").subscribe(lambda _: None)
        self.clock.advance_to(10.0)
        ((_, pool),) = kucoin._engine._source._known_pools()  # type: ignore[attr-defined]
        (self.connection,) = pool.open_connections

    def drain(self) -> None:
        self.connection.drain(lambda: self.story.append((round(self.exchange.time, 2), self.connection.is_whole)))

    def _note(self, event: Event) -> None:
        if isinstance(event, events.LineDown):
            self.losses.append((self.exchange.time, event.cause))

    def push_without_pongs(self, until: float) -> None:
        """Push every second, and answer nothing."""
        self.exchange.mute = True
        while self.exchange.time < until:
            self.clock.advance_to(min(until, self.exchange.time + 1.0))
            self.exchange.push(TICKER, PUSH)

    def pong(self) -> None:
        """Answer the last ping, however late."""
        wire = self.exchange.wires[0]
        ping = msgspec.json.decode(wire.said[-1][1])
        assert ping["type"] == "ping"
        wire.receive((msgspec.json.encode({"id": ping["id"], "type": "pong"}).decode(),))


def test_a_line_that_pushes_and_answers_no_ping_is_lost_before_the_exchange_cuts_it() -> None:
    there = Conversation()
    heard = there.exchange.wires[0].said[-1][0]  # the last frame that the exchange heard: the subscription
    there.push_without_pongs(until=59.0)
    ((lost, cause),) = there.losses
    assert str(cause) == "virtual: 2 pings in a row went unanswered"
    assert isinstance(cause, NoPong)
    assert [ping for ping, text in there.exchange.wires[0].said if '"ping"' in text] == pytest.approx([18, 36], abs=0.2)
    assert lost - heard == pytest.approx(54, abs=0.2)


def test_a_line_is_not_lost_for_the_unanswered_pings_before_a_late_pong() -> None:
    there = Conversation()
    there.push_without_pongs(until=40.0)  # the ping of 18 s was counted as unanswered at 36 s
    there.pong()
    there.push_without_pongs(until=89.0)  # that of 54 s at 72 s: one in a row
    assert not there.losses
    there.push_without_pongs(until=95.0)
    ((lost, cause),) = there.losses
    assert isinstance(cause, NoPong)
    assert lost == pytest.approx(90, abs=0.2)


def test_draining_ends_with_the_pong_of_a_ping_that_is_sent_at_once() -> None:
    there = Conversation()
    there.drain()
    assert there.exchange.wires[0].said[-1][0] == 10.0
    there.clock.advance_to(20.0)
    assert there.story == [(10.05, True)]


def test_draining_ends_after_a_second_without_a_pong() -> None:
    there = Conversation()
    there.exchange.mute = True
    there.drain()
    there.clock.advance_to(20.0)
    assert there.story == [(11.0, False)]


def test_draining_a_connection_that_is_lost_meanwhile_calls_nothing_and_leaves_no_timer() -> None:
    there = Conversation()
    there.drain()
    there.exchange.wires[0].end(None)
    there.clock.advance_to(10.5)  # past the pong, which nobody reads any more
    assert len([item for item, _ in there.clock._queue.items if not item.is_cancelled()]) == 1  # the renewal's
    there.clock.advance_to(20.0)
    assert there.story == []


def test_the_engine_asks_the_line_that_has_the_topic_and_no_other() -> None:
    clock = VirtualTimeScheduler(0.0)
    exchange = VirtualTransport(clock)
    engine = KuCoin(scheduler=clock, transport=lambda *_: exchange)._engine
    proved: list[str] = []
    engine.stream(TOPIC, typed=True).subscribe()
    clock.advance_to(10.0)
    engine.barrier(TOPIC).subscribe(on_completed=lambda: proved.append("live"))
    engine.barrier(f"{TOPIC}2").subscribe(on_completed=lambda: proved.append("nobody's"))
    clock.advance_to(10.5)
    assert proved == ["live"]
    assert ['"ping"' in text for _, text in exchange.wires[0].said] == [False, True]
    exchange.mute = True
    engine.barrier(TOPIC).subscribe(on_completed=lambda: proved.append("dead"))
    clock.advance_to(60.0)
    assert proved == ["live"]


def test_two_hundred_bars_that_end_together_cost_a_ping() -> None:
    market, waits = Market(), []
    for number in range(200):
        symbol = f"S{number}-USDT"
        market.trades[symbol], market.intervals[symbol] = [trade_at(-60, 5)], ("1min",)
        closed_candles(market.engine, "spot", symbol).subscribe(
            lambda bar: waits.append(market.now - bar.start_ns / 1e9)
        )
    market.run(START + 300)
    pings = [time for time, text in market.exchange.wires[0].said if '"ping"' in text]
    assert max(sum(time <= other <= time + 10 for other in pings) for time in pings) <= 3
    assert max(waits) < 60 + 7
