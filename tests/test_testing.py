from collections.abc import Sequence

import msgspec
from reactivex.scheduler import VirtualTimeScheduler

from rx_kucoin.errors import DialFailed, LineLost
from rx_kucoin.testing import VirtualTransport
from rx_kucoin.transport.interfaces import Transport, Wire


class Owner:
    def __init__(self, transport: Transport) -> None:
        self.heard: list[dict[str, str]] = []
        self.story: list[str] = []
        self.wires: list[Wire] = []
        self.errors: list[Exception] = []
        self.subscription = transport.dial("a line").subscribe(self._opened, self._failed)

    def _opened(self, wire: Wire) -> None:
        self.wires.append(wire)
        wire.listen(self._receive, lambda: self.story.append("ended"))

    def _receive(self, batch: Sequence[str | bytes]) -> None:
        self.heard += [msgspec.json.decode(text) for text in batch]

    def _failed(self, error: Exception) -> None:
        self.story.append("error")
        self.errors.append(error)


def test_a_virtual_wire_is_welcomed_answered_and_pushed_to_in_virtual_time() -> None:
    clock = VirtualTimeScheduler(0.0)
    exchange = VirtualTransport(clock, latency=0.5)
    owner = Owner(exchange)
    assert owner.wires == []
    clock.advance_to(1.0)
    assert [frame["type"] for frame in owner.heard] == ["welcome"]
    wire = owner.wires[0]
    wire.send('{"id":"1","type":"ping"}')
    wire.send('{"id":"2","type":"subscribe","topic":"/market/match:BTC-USDT,ETH-USDT"}')
    clock.advance_to(2.0)
    assert owner.heard[1:] == [{"id": "1", "type": "pong"}, {"id": "2", "type": "ack"}]
    wire.send('{"id":"3","type":"unsubscribe","topic":"/market/match:ETH-USDT"}')
    exchange.push("/market/match:BTC-USDT", '{"n":"1"}')
    exchange.push("/market/match:ETH-USDT", '{"n":"2"}')
    assert owner.heard[3:] == [{"n": "1"}]
    assert [at for at, _ in exchange.wires[0].said] == [1.0, 1.0, 2.0]
    assert exchange.dials == [0.0]
    assert wire.is_quiet()


def test_a_mute_exchange_says_nothing() -> None:
    clock = VirtualTimeScheduler(0.0)
    exchange = VirtualTransport(clock)
    owner = Owner(exchange)
    exchange.mute = True
    clock.advance_to(1.0)
    owner.wires[0].send('{"id":"1","type":"ping"}')
    clock.advance_to(2.0)
    assert owner.heard == []


def test_a_dial_during_an_outage_fails() -> None:
    clock = VirtualTimeScheduler(0.0)
    exchange = VirtualTransport(clock)
    exchange.down = True
    owner = Owner(exchange)
    clock.advance_to(1.0)
    assert isinstance(owner.errors[0], DialFailed)
    assert owner.wires == []


def test_a_dropped_wire_ends_and_then_fails_once() -> None:
    clock = VirtualTimeScheduler(0.0)
    exchange = VirtualTransport(clock)
    owner = Owner(exchange)
    clock.advance_to(1.0)
    exchange.drop()
    owner.wires[0].lose(LineLost("again"))
    assert owner.story == ["ended", "error"]
    assert exchange.open_wires == []


def test_a_wire_that_is_hung_up_ends_without_an_error_and_hears_no_more() -> None:
    for hang_up in (lambda owner, _: owner.subscription.dispose(), lambda _, exchange: exchange.close(1.0)):
        clock = VirtualTimeScheduler(0.0)
        exchange = VirtualTransport(clock)
        owner = Owner(exchange)
        clock.advance_to(1.0)
        owner.wires[0].send('{"id":"1","type":"ping"}')
        hang_up(owner, exchange)  # type: ignore[no-untyped-call]
        clock.advance_to(2.0)
        assert owner.story == ["ended"]
        assert len(owner.heard) == 1


def test_a_dial_that_is_disposed_of_before_it_is_answered_opens_nothing() -> None:
    clock = VirtualTimeScheduler(0.0)
    exchange = VirtualTransport(clock)
    owner = Owner(exchange)
    owner.subscription.dispose()
    clock.advance_to(1.0)
    assert (owner.wires, exchange.wires, exchange.dials) == ([], [], [0.0])
