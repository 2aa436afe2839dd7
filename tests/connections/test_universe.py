"""A universe of symbols that moves: what stays costs nothing, what flaps costs nothing, the rest no frame too many."""

import json
import random
from collections import Counter
from collections.abc import Iterable
from typing import Any

from reactivex.scheduler import VirtualTimeScheduler
from reactivex.subject import Subject

from rx_kucoin import KuCoin
from rx_kucoin.operators._follow import follow
from rx_kucoin.protocol.topics import expand
from rx_kucoin.testing import VirtualTransport

NAMES = [f"S{number}-USDT" for number in range(1_200)]
MINUTE = 60.0
PER_LINE = 100


class Universe:
    """A client that follows sets of symbols, and an exchange that counts what it is asked for."""

    def __init__(self, **settings: Any) -> None:
        self.clock = VirtualTimeScheduler(0.0)
        self.exchange = VirtualTransport(self.clock)
        self.exchange.answers = lambda _: json.dumps([{"symbol": name} for name in NAMES]).encode()
        self.kucoin = KuCoin(
            scheduler=self.clock, transport=lambda market, private: self.exchange, random=lambda: 0.5, **settings
        )
        self.sets: Subject[Iterable[str]] = Subject()
        self.got: Counter[str] = Counter()
        self.errors: list[Exception] = []
        self.sets.pipe(follow(self.kucoin.match)).subscribe(
            lambda match: self.got.update([match.symbol]), self.errors.append, scheduler=self.clock
        )

    def set(self, symbols: Iterable[str], then: float) -> None:
        self.sets.on_next(symbols)
        self.clock.advance_by(then)

    @property
    def live(self) -> list[str]:
        return sorted(topic.partition(":")[2] for wire in self.exchange.open_wires for topic in wire.topics)

    def frames(self) -> list[tuple[int, int, str, list[str]]]:
        """Which wire was told what, in which minute."""
        return [
            (number, int(time // MINUTE), frame["type"], expand(frame["topic"]))
            for number, wire in enumerate(self.exchange.wires)
            for time, text in wire.said
            if (frame := json.loads(text))["type"] != "ping"
        ]


def test_a_tenth_of_five_hundred_symbols_a_minute_takes_the_fewest_frames_there_are() -> None:
    universe = Universe()
    dice = random.Random(7)
    here = set(NAMES[:500])
    universe.set(here, MINUTE)
    for _ in range(10):
        gone = set(dice.sample(sorted(here), 50))
        come = set(dice.sample(sorted(set(NAMES) - here), 50))
        here = (here - gone) | come
        universe.set(here, MINUTE)
        assert universe.live == sorted(here)
    frames = universe.frames()
    topics = Counter((wire, minute, kind) for wire, minute, kind, topics in frames for _ in topics)
    fewest = sum(-(-number // PER_LINE) for number in topics.values())
    asked = Counter(kind for _, _, kind, topics in frames for _ in topics)
    print(
        f"500 symbols, 50 others each minute for 10 minutes: {len(frames)} frames of which {fewest} are needed, "
        f"{dict(asked)} topics, {len(universe.exchange.wires)} lines"
    )
    assert len(frames) == fewest
    assert asked == {"subscribe": 1_000, "unsubscribe": 500}
    assert len(universe.exchange.wires) == 3
    assert not universe.errors


def test_symbols_that_come_back_within_the_linger_cost_no_frame_and_lose_no_message() -> None:
    universe = Universe(linger=1.0)
    dice = random.Random(7)
    universe.set(NAMES[:500], MINUTE)
    before = len(universe.frames())
    flaps = 0
    for number in range(300):
        gone = set(dice.sample(NAMES[1:500], 50))
        universe.set([name for name in NAMES[:500] if name not in gone], 0.9)
        universe.set(NAMES[:500], 1.1)
        flaps += len(gone)
        universe.exchange.push(
            f"/market/match:{NAMES[0]}",
            json.dumps({"topic": f"/market/match:{NAMES[0]}", "type": "message", "data": {"sequence": str(number)}}),
        )
    after = len(universe.frames()) - before
    print(f"{flaps} times a symbol left and came back within the linger in 10 minutes: {after} frames")
    assert after == 0
    assert universe.got == {NAMES[0]: 300}
    assert universe.live == sorted(NAMES[:500])


def test_a_universe_that_is_gone_altogether_keeps_its_line() -> None:
    universe = Universe(linger=0.0)
    universe.set(NAMES[:50], MINUTE)
    universe.set(NAMES[50:100], MINUTE)
    assert universe.live == sorted(NAMES[50:100])
    assert len(universe.exchange.dials) == 1
    assert [(kind, len(topics)) for _, _, kind, topics in universe.frames()][1:] == [
        ("subscribe", 50),
        ("unsubscribe", 50),
    ]
