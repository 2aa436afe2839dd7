"""Renewal: a fresh connection takes over before the old one is let go, and no message shows it."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from operator import attrgetter
from typing import Any

import pytest
from waiting import eventually, nothing_left

from rx_kucoin import KuCoin, Limits, Rate, Ticker, events
from rx_kucoin.events import Event
from rx_kucoin.simulator import Simulator

pytestmark = pytest.mark.socket

UNLIMITED = Rate(1_000_000, 60.0)


@dataclass
class Account:
    """What a run of renewals came to."""

    renewals: int
    lines: int
    total: int
    topics: int
    missing: int
    twice: int
    disorder: int
    told: list[Event]

    def __str__(self) -> str:
        return (
            f"{self.renewals} renewals over {self.lines} connections, {self.total} messages on {self.topics} topics: "
            f"missing {self.missing}, twice {self.twice}, out of order {self.disorder}"
        )


def renew(times: int, *, latency: tuple[float, float], every: float, grace: float) -> Account:
    """Renew so often under 2,000 messages a second, and compare what was sent with what came."""
    told: list[Event] = []
    got: dict[str, list[int]] = defaultdict(list)

    def keep(prefix: str, sequence: Callable[[Any], int]) -> Callable[[Any], None]:
        return lambda message: got[f"{prefix}:{message.symbol}"].append(sequence(message))

    def renewals() -> int:
        return sum(isinstance(event, events.Renewed) for event in told)

    settings = {"renew_every": every, "grace": grace, "limits": Limits(dials=UNLIMITED)}
    with nothing_left(), Simulator(seed=2, symbols=40, rate=2000, dial_rate=UNLIMITED, latency=latency) as exchange:
        symbols = exchange.listed["spot"]
        with KuCoin(rest_url=exchange.rest_url, **settings) as kucoin:
            kucoin.events.subscribe(told.append)
            kucoin.match(*symbols).subscribe(keep("/market/match", attrgetter("sequence")))
            kucoin.ticker(*symbols).subscribe(keep("/market/ticker", attrgetter("sequence")))
            kucoin.level2(*symbols).subscribe(keep("/market/level2", attrgetter("sequence_end")))
            assert eventually(lambda: renewals() >= times, 110), renewals()
            lines = len(exchange.connections)
        sent = {topic: exchange.sent(topic).sequences for topic in got}

    missing = sum(
        len({number for number in sent[topic] if numbers[0] <= number <= numbers[-1]} - set(numbers))
        for topic, numbers in got.items()
    )
    return Account(
        renewals=renewals(),
        lines=lines,
        total=sum(map(len, got.values())),
        topics=len(got),
        missing=missing,
        twice=sum(len(numbers) - len(set(numbers)) for numbers in got.values()),
        disorder=sum(after <= before for numbers in got.values() for before, after in pairwise(numbers)),
        told=told,
    )


@pytest.mark.parametrize("times", [5, pytest.param(50, marks=pytest.mark.ci)])
def test_renewals_under_two_thousand_messages_a_second_lose_repeat_and_disorder_nothing(times: int) -> None:
    # Each connection has a delay of its own, so that the fresh one lags behind the old one, or runs ahead of it.
    account = renew(times, latency=(0.0, 0.15), every=0.8, grace=0.5)
    print(account)
    assert account.total > 400 * times
    assert account.topics == 120
    assert (account.missing, account.twice, account.disorder) == (0, 0, 0)
    assert not [event for event in account.told if isinstance(event, events.Gap | events.LineDown | events.OutOfTurn)]


def test_what_is_still_under_way_on_the_old_line_when_its_grace_is_over_is_waited_for() -> None:
    # A fresh connection may be a second behind, and what it repeats is known as such for 2 * grace + 1 s. The rest is
    # for a busy machine to be late.
    account = renew(5, latency=(0.0, 1.0), every=2.0, grace=0.5)
    print(account)
    assert (account.missing, account.twice, account.disorder) == (0, 0, 0)


def test_a_renewal_that_fails_leaves_the_old_line_in_place_and_is_tried_again() -> None:
    told: list[Event] = []
    tickers: list[Ticker] = []
    with nothing_left(), Simulator(seed=2, rate_per_topic=100, dial_rate=UNLIMITED) as exchange:
        settings = {"renew_every": 1.0, "grace": 0.1, "backoff_initial": 0.05, "limits": Limits(dials=UNLIMITED)}
        with KuCoin(rest_url=exchange.rest_url, **settings) as kucoin:
            kucoin.events.subscribe(told.append)
            kucoin.ticker("BTC-USDT").subscribe(tickers.append)
            assert eventually(lambda: tickers)
            exchange.faults.refuse_tokens("unavailable")
            failed = events.RenewalFailed
            assert eventually(lambda: sum(isinstance(event, failed) for event in told) >= 3)
            before = len(tickers)
            assert eventually(lambda: len(tickers) > before + 20)
            assert len(exchange.open_connections) == 1
            exchange.faults.clear()
            assert eventually(lambda: any(isinstance(event, events.Renewed) for event in told))
    assert not [event for event in told if isinstance(event, events.LineDown | events.Gap)]


@pytest.mark.parametrize("channel", ["match", "ticker"])
def test_what_an_old_line_that_fell_silent_did_not_bring_is_told_of(channel: str) -> None:
    told: list[Event] = []
    got: dict[str, list[int]] = defaultdict(list)
    with nothing_left(), Simulator(seed=2, symbols=6, rate_per_topic=50, dial_rate=UNLIMITED) as exchange:
        symbols = exchange.listed["spot"]
        settings = {"renew_every": 3.0, "grace": 0.1, "random": lambda: 0.0, "limits": Limits(dials=UNLIMITED)}
        with KuCoin(rest_url=exchange.rest_url, **settings) as kucoin:
            kucoin.events.subscribe(told.append)
            getattr(kucoin, channel)(*symbols).subscribe(lambda message: got[message.symbol].append(message.sequence))
            assert eventually(lambda: len(got) == 6)
            eventually(lambda: any(isinstance(event, events.Renewed) for event in told), 1.5)
            exchange.faults.silence(0)
            assert eventually(lambda: any(isinstance(event, events.Renewed) for event in told))
            assert eventually(lambda: sum(isinstance(event, events.Gap) for event in told) >= 6, 10), told
    holes = {
        event.topic.partition(":")[2]: (event.after, event.before) for event in told if isinstance(event, events.Gap)
    }
    for symbol, numbers in got.items():
        after, before = holes[symbol]
        assert numbers[numbers.index(after) + 1] == before
