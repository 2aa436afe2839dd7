"""One connection and all that may happen to it, over the simulator's real sockets."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from reactivex import Observer
from waiting import eventually, nothing_left

from rx_kucoin import KuCoin, KuCoinError, Limits, Rate, ReconnectFailed, Ticker, errors, events
from rx_kucoin.connections.dispatch import Dispatcher
from rx_kucoin.events import Event
from rx_kucoin.protocol.raw import READER
from rx_kucoin.protocol.readers.spot import ticker
from rx_kucoin.simulator import Simulator

pytestmark = pytest.mark.socket

UNLIMITED = Rate(1_000_000, 60.0)


class Desk:
    """A client of a simulator, what it was told, and what it received."""

    def __init__(self, exchange: Simulator, **settings: object) -> None:
        fast = {"backoff_initial": 0.02, "limits": Limits(dials=UNLIMITED), **settings}
        self.exchange = exchange
        self.kucoin = KuCoin(rest_url=exchange.rest_url, **fast)
        self.told: list[Event] = []
        self.tickers: list[Ticker] = []
        self.errors: list[Exception] = []
        self.kucoin.events.subscribe(self.told.append)

    def listen(self, *symbols: str) -> None:
        self.kucoin.ticker(*symbols).subscribe(self.tickers.append, self.errors.append)

    def was_told(self, kind: type[Event], within: float = 10.0) -> Event:
        assert eventually(lambda: any(isinstance(event, kind) for event in self.told), within), self.told
        return next(event for event in self.told if isinstance(event, kind))

    def goes_on(self, within: float = 10.0) -> bool:
        """More tickers come."""
        before = len(self.tickers)
        return eventually(lambda: len(self.tickers) > before + 3, within)


@pytest.fixture
def exchange() -> Iterator[Simulator]:
    with nothing_left(), Simulator(seed=4, rate_per_topic=50, dial_rate=UNLIMITED, ping_interval=0.3) as running:
        yield running


@pytest.fixture
def desk(exchange: Simulator) -> Iterator[Desk]:
    desk = Desk(exchange)
    with desk.kucoin:
        yield desk


@pytest.mark.parametrize("kind", ["not json", "not an object", "wrong types", "unknown type", "binary"])
def test_a_malformed_frame_is_told_of_and_the_line_lives_on(desk: Desk, kind: str) -> None:
    desk.listen("BTC-USDT")
    assert desk.goes_on()
    desk.exchange.faults.garbage(kind)
    told = desk.was_told(events.Malformed)
    assert isinstance(told, events.Malformed)
    assert told.count == 1
    assert told.reason
    assert desk.goes_on()
    assert len(desk.exchange.connections) == 1


def test_a_payload_that_cannot_be_read_is_told_of_and_the_stream_goes_on(desk: Desk) -> None:
    desk.listen("BTC-USDT")
    assert desk.goes_on()
    desk.exchange.push("/market/ticker:BTC-USDT", "trade.ticker", {"price": {"not": "a number"}})
    desk.was_told(events.Malformed)
    assert desk.goes_on()
    assert not desk.errors


LOSSES: dict[str, tuple[Callable[[Simulator], object], type[Exception]]] = {
    "abrupt": (lambda exchange: exchange.faults.drop(), errors.LineLost),
    "1000 Bye": (lambda exchange: exchange.faults.drop(abrupt=False), errors.LineLost),
}


@pytest.mark.parametrize("loss", LOSSES)
def test_a_lost_line_is_redialled_and_its_topics_are_live_again(desk: Desk, loss: str) -> None:
    desk.listen("BTC-USDT", "ETH-USDT")
    assert desk.goes_on()
    LOSSES[loss][0](desk.exchange)
    down = desk.was_told(events.LineDown)
    assert isinstance(down, events.LineDown)
    assert isinstance(down.cause, LOSSES[loss][1])
    assert down.topics == 2
    gap = desk.was_told(events.Gap)
    assert isinstance(gap, events.Gap)
    assert gap.cause == "the line was down"
    assert desk.goes_on()
    assert not desk.errors
    assert all(line.fresh_token for line in desk.exchange.connections)


def test_a_symbol_that_does_not_exist_ends_its_stream_and_no_other(exchange: Simulator) -> None:
    desk = Desk(exchange, silent_after=0.3)
    with desk.kucoin:
        desk.listen("BTC-USDT")
        desk.listen("BTCUSDT-USDT")
        desk.listen("ETHUSDT")
        assert eventually(lambda: len(desk.errors) == 2)
        found = {error.symbol: error.did_you_mean for error in desk.errors if isinstance(error, errors.UnknownSymbol)}
        assert found == {"BTCUSDT-USDT": None, "ETHUSDT": "ETH-USDT"}
        assert [call.request for call in exchange.calls if "symbols" in call.request] == ["GET /api/v2/symbols"]
        assert eventually(lambda: [len(line.topics) for line in exchange.open_connections] == [1])
        assert desk.goes_on()


def test_a_line_on_which_nothing_comes_any_more_is_lost(exchange: Simulator) -> None:
    exchange.ping_timeout = 0.3
    desk = Desk(exchange)
    with desk.kucoin:
        desk.listen("BTC-USDT")
        assert desk.goes_on()
        exchange.faults.silence()
        down = desk.was_told(events.LineDown)
        assert isinstance(down, events.LineDown)
        assert isinstance(down.cause, errors.NoPong)
        assert desk.goes_on()


def test_a_slow_subscriber_is_not_taken_for_a_silent_line(exchange: Simulator) -> None:
    exchange.ping_timeout = 0.2
    desk = Desk(exchange)
    with desk.kucoin:
        subscription = desk.kucoin.ticker("BTC-USDT").subscribe(lambda _: eventually(lambda: False, 0.5))
        assert eventually(lambda: any(line.pings > 4 for line in exchange.connections), 15)
        subscription.dispose()
        assert not [event for event in desk.told if isinstance(event, events.LineDown)]


def test_a_line_without_a_welcome_is_given_up_and_redialled(exchange: Simulator) -> None:
    exchange.faults.no_welcome(times=1)
    desk = Desk(exchange, timeout=0.3)
    with desk.kucoin:
        desk.listen("BTC-USDT")
        told = desk.was_told(events.Redialling)
        assert isinstance(told, events.Redialling)
        assert isinstance(told.cause, errors.NoWelcome)
        assert desk.goes_on()


RETRIED: dict[str, tuple[Callable[[Simulator], object], type[Exception]]] = {
    "token expired on the socket": (lambda e: e.faults.refuse_sockets(times=2), errors.TokenRefused),
    "session limit": (
        lambda e: e.faults.refuse_sockets(509, "exceed max session count limitation of 50", times=2),
        errors.Busy,
    ),
    "HTTP 503 at the upgrade": (lambda e: e.faults.refuse_dials(503, times=2), errors.DialFailed),
    "HTTP 429 at the upgrade": (lambda e: e.faults.refuse_dials(429, times=2), errors.RateLimited),
    "5xx": (lambda e: e.faults.refuse_tokens("unavailable", times=2), errors.RestUnavailable),
    "429": (lambda e: e.faults.refuse_tokens("busy", times=2, reset=0.05), errors.RateLimited),
    "HTML": (lambda e: e.faults.refuse_tokens("html", times=2, status=200), errors.UnexpectedAnswer),
    "HTML from the edge": (lambda e: e.faults.refuse_tokens("html", times=2), errors.UnexpectedAnswer),
    "no servers": (lambda e: e.faults.refuse_tokens("empty", times=2), errors.UnexpectedAnswer),
}


@pytest.mark.parametrize("refusal", RETRIED)
def test_what_passes_is_tried_again(exchange: Simulator, refusal: str) -> None:
    provoke, cause = RETRIED[refusal]
    provoke(exchange)
    desk = Desk(exchange)
    with desk.kucoin:
        desk.listen("BTC-USDT")
        assert desk.goes_on(20)
        causes = [event.cause for event in desk.told if isinstance(event, events.Redialling)]
        assert len(causes) == 2
        assert all(type(found) is cause for found in causes), causes


def test_what_does_not_pass_ends_the_stream_at_once(exchange: Simulator) -> None:
    exchange.faults.refuse_tokens("wrong code")
    desk = Desk(exchange)
    with desk.kucoin:
        desk.listen("BTC-USDT")
        assert eventually(lambda: desk.errors)
        (error,) = desk.errors
        assert isinstance(error, errors.ApiError)
        assert error.code == "200003"
        assert len(exchange.calls) == 1
        gave_up = desk.was_told(events.GaveUp)
        assert isinstance(gave_up, events.GaveUp)
        assert gave_up.error is error


def test_after_the_last_attempt_every_stream_ends_and_a_new_subscriber_starts_anew(exchange: Simulator) -> None:
    desk = Desk(exchange, max_reconnects=2)
    with desk.kucoin:
        desk.listen("BTC-USDT")
        desk.listen("ETH-USDT")
        assert desk.goes_on()
        exchange.faults.refuse_dials(503)
        exchange.faults.drop()
        assert eventually(lambda: len(desk.errors) == 2)
        for error in desk.errors:
            assert isinstance(error, ReconnectFailed)
            assert isinstance(error.cause, errors.DialFailed)
            assert error.attempts == 2
        exchange.faults.clear()
        desk.listen("BTC-USDT")
        assert desk.goes_on()


def test_an_acknowledgement_that_is_lost_is_asked_for_again(exchange: Simulator) -> None:
    exchange.faults.lose_acks(times=1)
    desk = Desk(exchange, ack_timeout=0.4)
    with desk.kucoin:
        desk.listen("BTC-USDT")
        desk.was_told(events.Unanswered)
        desk.was_told(events.TopicLive)
        assert desk.goes_on()


def test_a_message_sent_twice_is_passed_on_once_and_told_of(exchange: Simulator) -> None:
    desk = Desk(exchange, grace=0.0)
    with desk.kucoin:
        desk.listen("BTC-USDT")
        assert desk.goes_on()
        assert eventually(lambda: False, 1.1) is False  # past the time in which a fresh line may repeat the old one
        exchange.faults.duplicate("/market/ticker:BTC-USDT", 2)
        desk.was_told(events.OutOfTurn)
        assert desk.goes_on()
        sequences = [ticker.sequence for ticker in desk.tickers]
        assert sequences == sorted(set(sequences))


def test_a_hole_in_a_contiguous_sequence_is_told_exactly(exchange: Simulator) -> None:
    desk = Desk(exchange)
    changes: list[tuple[int, int]] = []
    with desk.kucoin:
        desk.kucoin.level2("BTC-USDT").subscribe(lambda c: changes.append((c.sequence_start, c.sequence_end)))
        assert eventually(lambda: len(changes) > 5)
        exchange.faults.gap("/market/level2:BTC-USDT", 3)
        gap = desk.was_told(events.Gap)
        assert isinstance(gap, events.Gap)
        assert gap.cause == "the exchange left it out"
        (start,) = [start for start, _ in changes if start == gap.before]
        (end,) = [end for _, end in changes if end == gap.after]
        assert start > end + 1


@pytest.mark.parametrize("outage", ["drop", "tokens", "dials", "sockets"])
def test_no_token_shows_in_what_is_told(exchange: Simulator, outage: str) -> None:
    desk = Desk(exchange, max_reconnects=1)
    with desk.kucoin:
        desk.listen("BTC-USDT")
        assert desk.goes_on()
        {
            "drop": lambda: None,
            "tokens": lambda: exchange.faults.refuse_tokens("html"),
            "dials": lambda: exchange.faults.refuse_dials(403),
            "sockets": exchange.faults.refuse_sockets,
        }[outage]()
        exchange.faults.drop()
        assert eventually(lambda: desk.errors or (outage == "drop" and desk.goes_on()))
        text = repr(desk.told) + repr(desk.errors) + repr(desk.kucoin) + str(desk.errors)
        assert "token=" not in text
        assert all(isinstance(error, KuCoinError) for error in desk.errors)


def test_a_topic_wanted_again_while_its_unsubscribe_is_under_way_is_asked_for_at_once() -> None:
    settings = {"rate_per_topic": 50, "dial_rate": UNLIMITED, "latency": (0.15, 0.15), "late_ack": 0.0}
    with nothing_left(), Simulator(seed=4, **settings) as exchange:
        desk = Desk(exchange, linger=0.0)
        with desk.kucoin:
            desk.listen("ETH-USDT")
            left = desk.kucoin.ticker("BTC-USDT").subscribe()
            assert eventually(lambda: exchange.connections and len(exchange.connections[0].topics) == 2)
            eventually(lambda: False, 0.4)
            left.dispose()
            assert eventually(lambda: len(exchange.connections[0].topics) == 1)
            got: list[Ticker] = []
            desk.kucoin.ticker("BTC-USDT").subscribe(got.append)
            assert eventually(lambda: got, 5)


def test_a_topic_without_any_order_tells_of_a_gap_too(exchange: Simulator) -> None:
    desk = Desk(exchange)
    with desk.kucoin:
        got: list[object] = []
        desk.kucoin.topic("/callauction/callauctionData:BTC-USDT").subscribe(got.append)
        push = ("/callauction/callauctionData:BTC-USDT", "callauction.callauctionData", {"symbol": "BTC-USDT"})
        assert eventually(lambda: exchange.push(*push) == 1)
        assert eventually(lambda: got)
        exchange.faults.drop()
        assert eventually(lambda: exchange.push(*push) == 1 and len(got) > 1)
        gap = desk.was_told(events.Gap)
        assert isinstance(gap, events.Gap)
        assert (gap.after, gap.before) == (None, None)


def test_a_listener_that_raises_is_ended_alone_whatever_name_its_topic_is_pushed_under() -> None:
    wishes: list[tuple[str, bool]] = []
    got: list[Any] = []
    dispatcher = Dispatcher(lambda topic, wanted: wishes.append((topic, wanted())), lambda *_: None, lambda *_: None)
    asked, pushed_as = "/callauction/level2Depth50:BTC-USDT", "/spotMarket/level2Depth50:BTC-USDT"

    def fail(_: object) -> None:
        raise KeyError(1)

    bad, good = Observer(fail, lambda error: got.append(repr(error))), Observer(got.append, got.append)
    dispatcher.add(asked, READER, bad, bad)
    stays = dispatcher.add(asked, READER, good, good)
    for number in (1, 2):
        dispatcher.receive([f'{{"type":"message","topic":"{pushed_as}","data":{number}}}'])
    assert [getattr(it, "data", it) for it in got] == ["KeyError(1)", 1, 2]
    stays.dispose()
    assert wishes == [(asked, True), (asked, False)]


def test_a_message_is_made_anew_for_each_who_listens_to_the_same() -> None:
    got: list[Ticker] = []
    dispatcher = Dispatcher(lambda *_: None, lambda *_: None, lambda *_: None)
    for _ in range(2):
        listener = Observer(got.append)
        dispatcher.add("/market/ticker:BTC-USDT", ticker, listener, listener)
    dispatcher.receive(['{"type":"message","topic":"/market/ticker:BTC-USDT","data":{"time":1}}'])
    assert [message.time_ns for message in got] == [1_000_000, 1_000_000]
