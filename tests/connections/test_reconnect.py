"""Reconnecting as people understand it, in virtual time: outages end streams rarely, and healed drops never."""

import random
from typing import Any, NamedTuple

import pytest
from reactivex.scheduler import VirtualTimeScheduler

from rx_kucoin import KuCoin, events
from rx_kucoin.errors import LineLost
from rx_kucoin.testing import VirtualTransport

START = 1_790_000_000.0
TRADE = (
    '{"topic":"/market/match:%s","type":"message","subject":"trade.l3match","data":{"sequence":"%d","price":"1",'
    '"size":"1","side":"buy","symbol":"%s","takerOrderId":"a","makerOrderId":"b","tradeId":"%d","time":"1","type":"match"}}'
)


class Client(NamedTuple):
    """A client of a virtual exchange, and what it reported."""

    clock: VirtualTimeScheduler
    exchange: VirtualTransport
    kucoin: KuCoin
    reported: list[events.Event]
    failed: list[Exception]

    def pass_time(self, seconds: float) -> None:
        self.clock.advance_by(seconds)


def client(seed: int = 0, **settings: Any) -> Client:
    clock = VirtualTimeScheduler(START)
    exchange = VirtualTransport(clock)
    dice = random.Random(seed).random
    kucoin = KuCoin(scheduler=clock, transport=lambda *_: exchange, random=dice, silent_after=None, **settings)
    reported: list[events.Event] = []
    kucoin.events.subscribe(reported.append)
    return Client(clock, exchange, kucoin, reported, [])


def outage(seconds: float, seed: int) -> bool:
    """Whether an outage of so many seconds ends a stream."""
    it = client(seed)
    it.kucoin.ticker("BTC-USDT").subscribe(on_error=it.failed.append)
    it.pass_time(100)
    it.exchange.down = True
    it.exchange.drop()
    it.pass_time(seconds)
    it.exchange.down = False
    it.pass_time(300)
    return bool(it.failed)


@pytest.mark.parametrize(("seconds", "most"), [(5, 0), (10, 0), (20, 0.01), (30, 0.01), (60, 0.01)])
def test_a_short_outage_ends_no_stream(seconds: float, most: float) -> None:
    ended = sum(outage(seconds, seed) for seed in range(100))
    print(f"\nan outage of {seconds} s: {ended} of 100 streams ended")
    assert ended <= 100 * most


def test_an_outage_without_end_is_given_up_after_five_attempts() -> None:
    it = client()
    it.kucoin.ticker("BTC-USDT").subscribe(on_error=it.failed.append)
    it.pass_time(100)
    it.exchange.down = True
    it.exchange.drop()
    it.pass_time(600)
    assert [type(error).__name__ for error in it.failed] == ["ReconnectFailed"]
    assert len(it.exchange.dials) == 6


def test_a_line_that_is_cut_every_twenty_seconds_for_an_hour_is_never_given_up() -> None:
    it = client()
    it.kucoin.ticker("BTC-USDT").subscribe(on_error=it.failed.append)
    for _ in range(180):
        it.pass_time(20)
        it.exchange.drop()
    assert it.failed == []
    waits = [event.wait for event in it.reported if isinstance(event, events.Redialling)]
    print(f"\n{len(waits)} attempts, the longest wait {max(waits):.2f} s")
    assert len(waits) >= 179  # the last drop is heard a moment later
    assert max(waits) <= 0.5


@pytest.mark.parametrize(("lines", "every", "share"), [(1, 10, 0.9), (10, 30, 0.98)])
def test_lines_that_are_cut_again_and_again_deliver_most_messages(lines: int, every: int, share: float) -> None:
    it = client(topics_per_connection=1)
    symbols = [f"T{number}-USDT" for number in range(lines)]
    seen: list[object] = []
    for symbol in symbols:
        it.kucoin.match(symbol).subscribe(seen.append, it.failed.append)
    it.pass_time(10)
    sent, dice = 0, random.Random(5)
    cuts = {symbol: dice.uniform(0, every) for symbol in symbols}
    for tenth in range(6_000):
        it.pass_time(0.1)
        for symbol in symbols:
            sent += 1
            topic = f"/market/match:{symbol}"
            it.exchange.push(topic, TRADE % (symbol, tenth + 1, symbol, tenth + 1))
            if tenth / 10 >= cuts[symbol]:
                cuts[symbol] += every
                for wire in it.exchange.open_wires:
                    if topic in wire.topics:
                        wire.lose(LineLost("cut"))
    print(f"\n{lines} lines, a cut every {every} s each: {len(seen) / sent:.1%} of {sent} delivered")
    assert it.failed == []
    assert len(seen) / sent >= share


def test_a_server_that_greets_and_hangs_up_is_given_up_and_dialled_rarely_if_it_may_not_be() -> None:
    it = client(max_reconnects=None)
    hang_up_at_welcome(it)
    it.kucoin.ticker("BTC-USDT").subscribe(on_error=it.failed.append)
    it.pass_time(3_600)
    waits = [event.wait for event in it.reported if isinstance(event, events.Redialling)]
    print(f"\n{len(it.exchange.dials)} dials in an hour, the longest wait {max(waits):.1f} s")
    assert len(it.exchange.dials) <= 90
    assert max(waits) >= 45

    bounded = client()
    hang_up_at_welcome(bounded)
    bounded.kucoin.ticker("BTC-USDT").subscribe(on_error=bounded.failed.append)
    bounded.pass_time(3_600)
    assert [type(error).__name__ for error in bounded.failed] == ["ReconnectFailed"]
    assert len(bounded.exchange.dials) == 6


def hang_up_at_welcome(it: Client) -> None:
    def hang_up(event: events.Event) -> None:
        if isinstance(event, events.LineUp):
            it.exchange.drop()

    it.kucoin._engine.context.events.all.subscribe(hang_up)


def test_a_server_that_acknowledges_and_hangs_up_is_dialled_rarely() -> None:
    it = client()

    def hang_up(event: events.Event) -> None:
        if isinstance(event, events.TopicLive):
            it.exchange.drop()

    it.kucoin._engine.context.events.all.subscribe(hang_up)
    it.kucoin.ticker("BTC-USDT").subscribe(on_error=it.failed.append)
    it.pass_time(3_600)
    print(f"\n{len(it.exchange.dials)} dials in an hour")
    assert it.failed == []
    assert len(it.exchange.dials) <= 90


def test_a_failed_renewal_reports_the_wait_after_which_it_is_tried_again() -> None:
    it = client(renew_every=3_600.0, topics_per_connection=1)
    failures: list[tuple[float, float]] = []

    def note(event: events.Event) -> None:
        if isinstance(event, events.RenewalFailed):
            failures.append((it.exchange.time, event.wait))

    it.kucoin.events.subscribe(note)
    it.kucoin.ticker("BTC-USDT").subscribe(on_error=it.failed.append)
    it.pass_time(100)
    it.exchange.down = True  # the open line goes on, and no fresh one can be had
    dials = len(it.exchange.dials)
    it.pass_time(3_600)
    assert not it.failed
    assert len(failures) >= 5
    again = it.exchange.dials[dials + 1 :]
    assert [moment + wait for moment, wait in failures][: len(again)] == pytest.approx(again, abs=1e-3)
    assert all(wait > 0.5 for _, wait in failures)
