"""Proof that a line is alive, and that all has come."""

from bars_market import START, Market, trade_at
from reactivex.scheduler import VirtualTimeScheduler

from rx_kucoin import KuCoin
from rx_kucoin.candles.stream import closed_candles
from rx_kucoin.connections.ping_barrier import Proof
from rx_kucoin.testing import VirtualTransport

TOPIC = "/market/match:BTC-USDT"


class Line:
    def __init__(self) -> None:
        self.clock = VirtualTimeScheduler(0.0)
        self.pings: list[str] = []
        self.proof = Proof(self.ping, self.clock)
        self.proved: list[str] = []

    def ping(self) -> str:
        self.pings.append(f"ping-{len(self.pings)}")
        return self.pings[-1]

    def ask(self, name: str) -> object:
        return self.proof.asked().subscribe(on_completed=lambda: self.proved.append(name))


def test_many_who_ask_at_once_share_a_ping() -> None:
    line = Line()
    for name in "abc":
        line.ask(name)
    line.clock.advance_to(1.0)
    assert (line.pings, line.proved) == (["ping-0"], [])
    line.proof.ponged("ping-0")
    assert line.proved == ["a", "b", "c"]


def test_who_asks_after_a_ping_was_sent_is_not_answered_by_its_pong() -> None:
    line = Line()
    line.ask("a")
    line.clock.advance_to(1.0)
    line.ask("b")
    line.proof.ponged("ping-0")
    assert line.proved == ["a"]
    line.clock.advance_to(2.0)
    line.proof.ponged("ping-1")
    assert line.proved == ["a", "b"]


def test_nobody_is_pinged_for_who_has_left_and_nobody_is_told_who_has() -> None:
    line = Line()
    line.ask("a").dispose()
    line.clock.advance_to(1.0)
    assert line.pings == []
    left = line.ask("b")
    line.ask("c")
    line.clock.advance_to(2.0)
    left.dispose()
    line.proof.ponged("ping-0")
    line.proof.ponged("ping-0")
    line.proof.ponged("another")
    assert line.proved == ["c"]


def test_a_line_that_has_ended_pings_no_more() -> None:
    line = Line()
    line.ask("a")
    line.proof.dispose()
    line.clock.advance_to(1.0)
    assert line.pings == []


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
