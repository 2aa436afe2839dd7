"""Twenty-four hours of the whole shape, in virtual time."""

import random
from collections import Counter, defaultdict

import msgspec
from reactivex.scheduler import VirtualTimeScheduler

from rx_kucoin import KuCoin, Level2Change, ReconnectFailed, events
from rx_kucoin.events import Event
from rx_kucoin.testing import VirtualTransport

HOUR = 3600.0
SYMBOLS = [f"S{number}-USDT" for number in range(40)]
DROPS = [HOUR, HOUR + 30, 20 * HOUR]
OUTAGE = (2 * HOUR, 2 * HOUR + 8)
TICK = 10.0


class Day:
    """A client and an exchange that share a clock; every topic has one sequence, whether or not anybody listens."""

    def __init__(self, **settings: object) -> None:
        self.clock = VirtualTimeScheduler(0.0)
        self.exchange = VirtualTransport(self.clock, latency=0.2)
        dice = random.Random(5)
        self.kucoin = KuCoin(
            scheduler=self.clock,
            transport=lambda market, private: self.exchange,
            topics_per_connection=20,
            random=dice.random,
            **settings,
        )
        self.told: list[tuple[float, Event]] = []
        self.kucoin.events.subscribe(lambda event: self.told.append((self.exchange.time, event)))
        self.sequence = 0

    def count(self, kind: type[Event]) -> int:
        return sum(isinstance(event, kind) for _, event in self.told)

    def tick(self) -> None:
        self.sequence += 1
        for symbol in SYMBOLS:
            topic = f"/market/level2:{symbol}"
            frame = {
                "topic": topic,
                "type": "message",
                "subject": "trade.l2update",
                "data": {
                    "changes": {"asks": [["2", "1", str(self.sequence)]], "bids": []},
                    "sequenceStart": self.sequence,
                    "sequenceEnd": self.sequence,
                    "time": int(self.exchange.time * 1000),
                },
            }
            self.exchange.push(topic, msgspec.json.encode(frame).decode())

    def run(self, until: float) -> None:
        while self.exchange.time < until:
            self.clock.advance_to(min(until, self.exchange.time + TICK))
            self.tick()


def test_a_day_with_drops_and_an_outage_loses_only_what_it_tells_of() -> None:
    day = Day()
    got: dict[str, list[int]] = defaultdict(list)
    errors: list[Exception] = []

    def keep(change: Level2Change) -> None:
        assert change.sequence_end is not None
        got[change.symbol].append(change.sequence_end)

    subscription = day.kucoin.level2(*SYMBOLS).subscribe(keep, errors.append, scheduler=day.clock)
    for drop in DROPS:
        day.clock.schedule_absolute(drop, lambda *_: day.exchange.drop())
    day.clock.schedule_absolute(OUTAGE[0], lambda *_: setattr(day.exchange, "down", True))
    day.clock.schedule_absolute(OUTAGE[0] + 1, lambda *_: day.exchange.drop())
    day.clock.schedule_absolute(OUTAGE[1], lambda *_: setattr(day.exchange, "down", False))
    day.run(24 * HOUR)

    waits = [
        (round(time), event.line, event.attempt, round(event.wait, 1))
        for time, event in day.told
        if isinstance(event, events.Redialling)
    ]
    print("waits (second of the day, line, attempt, wait):", waits)
    print(Counter(type(event).__name__ for _, event in day.told))

    assert not errors
    assert max(attempt for _, _, attempt, _ in waits) <= 5
    assert day.count(events.Renewed) >= 2
    assert all(numbers == sorted(set(numbers)) for numbers in got.values())
    gaps = {
        (event.topic.partition(":")[2], number)
        for _, event in day.told
        if isinstance(event, events.Gap)
        for number in range(event.after + 1, event.before)
    }
    first = {symbol: numbers[0] for symbol, numbers in got.items()}
    for symbol in SYMBOLS:
        missing = set(range(first[symbol], day.sequence + 1)) - set(got[symbol])
        assert missing == {number for name, number in gaps if name == symbol}
    for wire in day.exchange.wires:
        times = [time for time, _ in wire.said]
        assert max((sum(t <= other <= t + 10 for other in times) for t in times), default=0) <= 90
    assert max(sum(t <= other <= t + 60 for other in day.exchange.dials) for t in day.exchange.dials) <= 30

    subscription.dispose()
    day.clock.advance_to(day.exchange.time + 1)
    assert not day.exchange.open_wires
    wires = len(day.exchange.wires)
    day.clock.advance_to(day.exchange.time + 48 * HOUR)
    assert len(day.exchange.wires) == wires


def test_a_renewal_loses_nothing_and_tells_of_no_gap() -> None:
    day = Day()
    got: list[int | None] = []
    day.kucoin.level2(*SYMBOLS).pipe().subscribe(
        lambda change: got.append(change.sequence_end) if change.symbol == SYMBOLS[0] else None, scheduler=day.clock
    )
    day.run(24 * HOUR)
    assert day.count(events.Renewed) >= 4
    assert day.count(events.Gap) == 0
    assert got == list(range(got[0], day.sequence + 1))
    assert len(day.exchange.open_wires) == 2


def test_an_outage_ends_every_stream_after_the_fifth_attempt_and_a_new_subscriber_starts_anew() -> None:
    day = Day()
    errors: list[Exception] = []
    for symbol in SYMBOLS:
        day.kucoin.ticker(symbol).subscribe(on_error=errors.append, scheduler=day.clock)
    day.clock.advance_to(100)
    day.exchange.down = True
    day.exchange.drop()
    day.clock.advance_to(400)
    assert len(errors) == len(SYMBOLS)
    assert all(isinstance(error, ReconnectFailed) and error.attempts == 5 for error in errors)
    assert [event.attempt for _, event in day.told if isinstance(event, events.Redialling) and event.line == 1] == [
        1,
        2,
        3,
        4,
        5,
    ]
    dials = len(day.exchange.dials)
    day.clock.advance_to(4000)
    assert len(day.exchange.dials) == dials

    day.exchange.down = False
    day.kucoin.ticker(SYMBOLS[0]).subscribe(scheduler=day.clock)
    day.clock.advance_to(4010)
    assert len(day.exchange.open_wires) == 1
