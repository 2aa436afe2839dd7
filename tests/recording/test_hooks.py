"""Which topics a recording knows of on which connection, when both change at once."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from reactivex.scheduler import VirtualTimeScheduler

from rx_kucoin import KuCoin
from rx_kucoin.connections.dispatch import Dispatcher
from rx_kucoin.recording.hooks import RecordingHooks
from rx_kucoin.testing import VirtualTransport

MATCH = (
    '{"topic":"/market/match:ETH-USDT","type":"message","subject":"trade.l3match",'
    '"data":{"sequence":"%d","price":"1","size":"1","time":"1"}}'
)


class Facts:
    """A recorder that keeps the facts."""

    def __init__(self) -> None:
        self.facts: list[tuple[str, int, str]] = []

    def received(self, connection: int, batch: Sequence[str | bytes]) -> None: ...

    def fact(self, kind: str, connection: int, topic: str, data: Mapping[str, Any]) -> None:
        del data
        self.facts.append((kind, connection, topic))

    def close(self, timeout: float) -> bool:
        return timeout > 0


def hooks_of(kucoin: KuCoin) -> RecordingHooks:
    return kucoin._recorded


def test_a_topic_subscribed_to_while_its_line_is_down_comes_out_of_the_recording(tmp_path: Path) -> None:
    clock, path = VirtualTimeScheduler(1_000.0), tmp_path / "tape.jsonl.gz"
    exchange, live, replayed = VirtualTransport(clock), list[Any](), list[Any]()
    kucoin = KuCoin(scheduler=clock, transport=lambda *_: exchange)
    recorder = Facts()
    hooks_of(kucoin).join(recorder)
    with kucoin, kucoin.record(path):
        kucoin.ticker("BTC-USDT").subscribe()
        clock.advance_by(2)
        exchange.down = True
        exchange.drop()
        kucoin.match("ETH-USDT").subscribe(live.append)
        exchange.down = False
        clock.advance_by(30)
        for number in range(5):
            exchange.push("/market/match:ETH-USDT", MATCH % number)
            clock.advance_by(1)
    seats = [connection for kind, connection, topic in recorder.facts if kind == "seat" and "ETH" in topic]
    assert seats == [2]
    replay = KuCoin.replay(path)
    replay.match("ETH-USDT").subscribe(replayed.append)
    replay.play()
    assert len(live) == 5
    assert [match.sequence for match in replayed] == [match.sequence for match in live]


def test_a_recorder_that_joins_while_a_topic_is_subscribed_to_learns_of_the_topic(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = VirtualTimeScheduler(1_000.0)
    exchange, recorder = VirtualTransport(clock), Facts()
    add: Callable[..., Any] = Dispatcher.add
    with KuCoin(scheduler=clock, transport=lambda *_: exchange) as kucoin:
        kucoin.ticker("BTC-USDT").subscribe()
        clock.advance_by(2)

        def join_then_add(self: Dispatcher, topic: str, *rest: Any) -> Any:
            hooks_of(kucoin).join(recorder)
            return add(self, topic, *rest)

        monkeypatch.setattr(Dispatcher, "add", join_then_add)
        kucoin.ticker("ETH-USDT").subscribe()
    assert [fact for fact in recorder.facts if fact[0] == "seat"] == [
        ("seat", 1, "/market/ticker:BTC-USDT"),
        ("seat", 1, "/market/ticker:ETH-USDT"),
    ]
