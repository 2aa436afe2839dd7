"""Renewal: a fresh connection takes over before the old one is let go, and no message shows it."""

from collections import defaultdict
from itertools import pairwise

import pytest
from waiting import eventually, nothing_left

from rx_kucoin import KuCoin, Level2Change, Limits, Match, Rate, Ticker, events
from rx_kucoin.events import Event
from rx_kucoin.simulator import Simulator

pytestmark = pytest.mark.socket

UNLIMITED = Rate(1_000_000, 60.0)
RENEWALS = 50


def test_fifty_renewals_under_two_thousand_messages_a_second_lose_repeat_and_disorder_nothing() -> None:
    told: list[Event] = []
    got: dict[str, list[int | None]] = defaultdict(list)

    def keep(channel: str, message: Ticker | Match, sequence: int | None) -> None:
        got[f"{channel}:{message.symbol}"].append(sequence)

    def keep_change(change: Level2Change) -> None:
        got[f"/market/level2:{change.symbol}"].append(change.sequence_end)

    # Each connection has a delay of its own, so that the fresh one lags behind the old one, or runs ahead of it.
    with (
        nothing_left(),
        Simulator(seed=2, symbols=40, rate=2000, dial_rate=UNLIMITED, latency=(0.0, 0.15)) as exchange,
    ):
        symbols = exchange.listed["spot"]
        limits = Limits(dials=UNLIMITED)
        with KuCoin(rest_url=exchange.rest_url, renew_every=0.8, grace=0.5, limits=limits) as kucoin:
            kucoin.events.subscribe(told.append)
            kucoin.match(*symbols).subscribe(lambda match: keep("/market/match", match, match.sequence))
            kucoin.ticker(*symbols).subscribe(lambda ticker: keep("/market/ticker", ticker, ticker.sequence))
            kucoin.level2(*symbols).subscribe(keep_change)

            def renewals() -> int:
                return sum(isinstance(event, events.Renewed) for event in told)

            assert eventually(lambda: renewals() >= RENEWALS, 110), renewals()
            lines = len(exchange.connections)
        produced = {topic: exchange.sent(topic) for topic in got}

    missing = twice = disorder = total = 0
    for topic, numbers in got.items():
        sent = [number for number in produced[topic].sequences if numbers[0] <= number <= numbers[-1]]
        total += len(numbers)
        missing += len(set(sent) - set(numbers))
        twice += len(numbers) - len(set(numbers))
        disorder += sum(after <= before for before, after in pairwise(numbers))
    print(
        f"{renewals()} renewals over {lines} connections, {total} messages on {len(got)} topics: "
        f"missing {missing}, twice {twice}, out of order {disorder}"
    )
    assert total > 20_000
    assert len(got) == 120
    assert (missing, twice, disorder) == (0, 0, 0)
    assert not [event for event in told if isinstance(event, events.Gap | events.LineDown | events.OutOfTurn)]


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
