"""Streams that no user holds and nobody subscribes to are forgotten: a universe that moves for months costs nothing."""

import gc
from collections.abc import Callable
from itertools import product
from string import ascii_uppercase
from typing import Any

import pytest
from reactivex import Observable, abc
from reactivex.scheduler import VirtualTimeScheduler

from rx_kucoin import KuCoin
from rx_kucoin.testing import VirtualTransport

SYMBOLS = [f"{''.join(letters)}-USDT" for letters in product(ascii_uppercase, repeat=2)]
ROUND = 100
Make = Callable[[KuCoin, str], Observable[Any]]
KINDS: dict[str, Make] = {
    "topic": lambda kucoin, symbol: kucoin.ticker(symbol),
    "payloads of a topic": lambda kucoin, symbol: kucoin.topic(f"/market/ticker:{symbol}"),
    "book": lambda kucoin, symbol: kucoin.book(symbol, 100),
    "book now and then": lambda kucoin, symbol: kucoin.book(symbol, 100, every=1.0),
    "book of five levels": lambda kucoin, symbol: kucoin.book(symbol, 5),
    "closed candles": lambda kucoin, symbol: kucoin.closed_candles(symbol),
}


def _answer(path: str) -> bytes:
    if "level2" in path:
        return b'{"sequence":"7","bids":[["1","1"]],"asks":[["2","1"]]}'
    return b"1000000000" if "timestamp" in path else b"[]"


class Client:
    """A client of an exchange in virtual time that keeps no record of what it did."""

    def __init__(self) -> None:
        self.clock = VirtualTimeScheduler(1_000_000.0)
        self.exchange = VirtualTransport(self.clock)
        self.exchange.answers = _answer
        self.errors: list[Exception] = []
        self.kucoin = KuCoin(scheduler=self.clock, transport=lambda *_: self.exchange)
        self.subscribe(self.kucoin.ticker("ZZZ-USDT"))
        self.clock.advance_by(5)

    def subscribe(self, stream: Observable[Any]) -> abc.DisposableBase:
        return stream.subscribe(on_error=self.errors.append)

    def held(self) -> int:
        """Count all objects that the garbage collector knows, after the client has come to rest."""
        assert not self.errors
        self.clock.advance_by(100)
        for record in (self.exchange.wires, self.exchange.fetches, self.exchange.dials):
            record[:] = self.exchange.open_wires if record is self.exchange.wires else []
        for wire in self.exchange.wires:
            wire.said.clear()
        gc.collect()
        return len(gc.get_objects())


@pytest.mark.parametrize("make", KINDS.values(), ids=KINDS)
def test_streams_that_were_subscribed_to_and_left_are_forgotten(make: Make) -> None:
    client, counts = Client(), list[int]()
    for start in range(0, 5 * ROUND, ROUND):
        subscriptions = [client.subscribe(make(client.kucoin, symbol)) for symbol in SYMBOLS[start : start + ROUND]]
        client.clock.advance_by(5)
        for subscription in subscriptions:
            subscription.dispose()
        del subscriptions, subscription
        counts.append(client.held())
    assert counts[-1] - counts[1] < ROUND / 2, counts  # not one object for two streams


@pytest.mark.parametrize("make", KINDS.values(), ids=KINDS)
def test_streams_that_were_only_named_are_forgotten(make: Make) -> None:
    client, counts = Client(), list[int]()
    for start in range(0, 5 * ROUND, ROUND):
        for symbol in SYMBOLS[start : start + ROUND]:
            make(client.kucoin, symbol)
        counts.append(client.held())
    assert counts[-1] - counts[1] < ROUND / 2, counts


@pytest.mark.parametrize("make", [make for kind, make in KINDS.items() if kind != "book now and then"])
def test_a_stream_that_is_subscribed_to_is_shared_though_nobody_holds_it(make: Make) -> None:
    client = Client()
    subscription = client.subscribe(make(client.kucoin, "BTC-USDT"))
    client.clock.advance_by(5)
    gc.collect()
    held = client.held()
    others = [client.subscribe(make(client.kucoin, "BTC-USDT")) for _ in range(50)]
    assert client.held() - held < 50 * 12  # an own stream takes more than a hundred objects
    for each in (subscription, *others):
        each.dispose()
