"""A topic that is acknowledged and brings nothing: of a symbol that does not exist it ends, of another it is told."""

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
import reactivex
from reactivex import Observable
from reactivex import operators as ops
from reactivex.disposable import CompositeDisposable
from reactivex.scheduler import VirtualTimeScheduler

from rx_kucoin import KuCoin, events
from rx_kucoin.errors import ApiError, UnknownSymbol
from rx_kucoin.events import Event, TopicSilent
from rx_kucoin.testing import VirtualTransport

LISTED = ["BTC-USDT", "ETH-USDT", "KCS-USDT", "XBTUSDTM"]
HOUR = 3600.0


def refuse(path: str) -> bytes:
    raise ApiError("400301", "no", path)


class Desk:
    """A client and an exchange that acknowledges whatever it is asked for."""

    def __init__(self, **settings: Any) -> None:
        self.clock = VirtualTimeScheduler(0.0)
        self.exchange = VirtualTransport(self.clock)
        self.exchange.answers = lambda _: json.dumps([{"symbol": symbol} for symbol in LISTED]).encode()
        self.kucoin = KuCoin(
            scheduler=self.clock, transport=lambda market, private: self.exchange, random=lambda: 0.5, **settings
        )
        self.told: list[Event] = []
        self.kucoin.events.subscribe(self.told.append)
        self.got: Counter[str] = Counter()
        self.ends: dict[str, list[object]] = {}
        self.held = CompositeDisposable()

    def listen(self, name: str, stream: Observable[Any]) -> None:
        ends = self.ends.setdefault(name, [])
        self.held.add(
            stream.subscribe(
                lambda _: self.got.update([name]), ends.append, lambda: ends.append("|"), scheduler=self.clock
            )
        )

    def ticker(self, *symbols: str) -> None:
        for symbol in symbols:
            self.listen(symbol, self.kucoin.ticker(symbol))

    def push(self, symbol: str) -> None:
        topic = f"/market/ticker:{symbol}"
        frame = {"topic": topic, "type": "message", "subject": "trade.ticker", "data": {"price": "1", "sequence": "1"}}
        self.exchange.push(topic, json.dumps(frame))

    def run(self, seconds: float) -> None:
        self.clock.advance_by(seconds)

    @property
    def silent(self) -> list[str]:
        return [event.topic.partition(":")[2] for event in self.told if isinstance(event, TopicSilent)]

    @property
    def unknown(self) -> dict[str, str | None]:
        (ends,) = {tuple(map(type, ends)) for ends in self.ends.values() if ends} or {()}
        assert set(ends) <= {UnknownSymbol}
        errors = [error for ends in self.ends.values() for error in ends]
        return {error.symbol: error.did_you_mean for error in errors if isinstance(error, UnknownSymbol)}

    @property
    def wire_topics(self) -> list[str]:
        return [topic.partition(":")[2] for wire in self.exchange.open_wires for topic in wire.topics]


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_an_unknown_symbol_ends_its_stream_alone_and_is_unsubscribed_from(desk: Desk) -> None:
    desk.ticker("BTC-USDT", "BTC-USDX", "NOPE-NOPE")
    desk.run(0.4)
    desk.push("BTC-USDT")
    assert desk.wire_topics == ["BTC-USDT", "BTC-USDX", "NOPE-NOPE"]
    assert desk.unknown == {}
    desk.run(1.5)
    assert desk.unknown == {"BTC-USDX": "BTC-USDT", "NOPE-NOPE": None}
    assert desk.wire_topics == ["BTC-USDT"]
    desk.push("BTC-USDT")
    assert desk.got == {"BTC-USDT": 1}  # the second has the sequence of the first
    assert not desk.silent
    assert repr(desk.kucoin) == "<KuCoin spot <Pool 1 topics | 1 open>>"


def test_an_unknown_symbol_is_reported_within_two_seconds_with_the_one_that_was_meant(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    desk.ticker("BTC-USDX", "BTC-USDT")
    desk.run(2)
    topic = "/market/ticker:BTC-USDX"
    assert events.SymbolUnknown(1, topic, "BTC-USDX", "BTC-USDT") in desk.told
    assert [record.getMessage() for record in caplog.records if record.levelname == "WARNING"] == [
        f"{topic}: KuCoin lists no symbol BTC-USDX; the nearest is BTC-USDT"
    ]


def test_one_that_comes_while_another_is_waited_for_is_looked_up_as_soon(desk: Desk) -> None:
    desk.ticker("BTC-USDT")
    desk.run(5)
    desk.ticker("NOPE-USDT")
    desk.run(2)
    assert desk.unknown == {"NOPE-USDT": None}


def test_a_listing_that_comes_back_is_asked_again_before_a_topic_is_reported() -> None:
    desk = Desk(silent_after=90.0)
    listed, desk.exchange.answers = desk.exchange.answers, refuse
    desk.ticker("NOPE-USDT", "BTC-USDT")
    desk.run(10)
    desk.exchange.answers = listed
    desk.run(78)
    assert (desk.unknown, desk.silent) == ({}, [])
    desk.run(3)
    assert (desk.unknown, desk.silent) == ({"NOPE-USDT": None}, ["BTC-USDT"])


NAMES = ("BTC-USDT", "NOPE-USDT", "ETH-USDT", "龙-USDT")


def test_one_unknown_name_among_many_ends_alone() -> None:
    desk = Desk()
    desk.listen("many", desk.kucoin.ticker(*NAMES))
    desk.run(2)
    for symbol in NAMES:
        desk.push(symbol)
    assert desk.got == {"many": 2}
    assert desk.ends == {"many": []}
    assert {event.symbol for event in desk.told if isinstance(event, events.SymbolUnknown)} == {"NOPE-USDT", "龙-USDT"}
    assert desk.wire_topics == ["BTC-USDT", "ETH-USDT"]


def test_where_all_names_are_unknown_the_stream_fails_with_the_last() -> None:
    desk = Desk()
    desk.listen("many", desk.kucoin.ticker("NOPE-USDT", "NIX-USDT"))
    desk.run(2)
    assert [type(end) for end in desk.ends["many"]] == [UnknownSymbol]


def test_one_unknown_name_among_many_ends_the_stream_for_who_wants_that() -> None:
    desk = Desk(on_unknown="raise")
    desk.listen("many", desk.kucoin.ticker(*NAMES))
    desk.listen("followed", reactivex.just(NAMES).pipe(desk.kucoin.follow("ticker")))
    desk.run(2)
    assert [[type(end) for end in ends] for ends in desk.ends.values()] == [[UnknownSymbol]] * 2


ODD = ["", "BTC USDT", "btc-usdt", "BTC/USDT", "BTC-\x00", float("nan"), None]


@pytest.mark.parametrize("channel", ["ticker", "book", "closed_candles", "depth"])
def test_odd_names_in_a_set_that_is_followed_end_alone(channel: str) -> None:
    desk = Desk()
    sets = reactivex.just({"NOPE-USDT", *ODD}).pipe(ops.concat(reactivex.never()))
    desk.listen("followed", sets.pipe(desk.kucoin.follow(channel)))
    desk.listen("ticker", reactivex.just({"BTC-USDT", *ODD}).pipe(desk.kucoin.follow("ticker")))
    desk.run(5)
    desk.push("BTC-USDT")
    assert desk.got["ticker"] == 1
    assert desk.ends == {"followed": [], "ticker": []}
    odd = [event.symbol for event in desk.told if isinstance(event, events.SymbolUnknown) and event.line == 0]
    assert Counter(odd) == Counter(map(str, [*ODD, *ODD]))


def test_on_unknown_is_one_of_two_words() -> None:
    with pytest.raises(ValueError, match='on_unknown must be "report" or "raise", not'):
        KuCoin(on_unknown="ignore")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def test_the_error_names_the_symbol_and_the_one_that_was_meant(desk: Desk) -> None:
    desk.ticker("BTCUSDT")
    desk.run(11)
    (error,) = desk.ends["BTCUSDT"]
    assert "BTCUSDT" in str(error)
    assert "did you mean BTC-USDT?" in str(error)


def test_all_who_listen_to_the_topic_are_told_and_a_line_with_nothing_else_is_closed(desk: Desk) -> None:
    desk.listen("typed", desk.kucoin.ticker("NOPE-USDT"))
    desk.listen("again", desk.kucoin.ticker("NOPE-USDT"))
    desk.listen("raw", desk.kucoin.topic("/market/ticker:NOPE-USDT"))
    desk.run(15)
    assert [[type(end) for end in ends] for ends in desk.ends.values()] == [[UnknownSymbol]] * 3
    assert not desk.exchange.open_wires


def test_who_subscribes_again_is_told_again_and_the_listing_is_not_asked_for_again(desk: Desk) -> None:
    desk.ticker("BTC-USDT", "NOPE-USDT")
    desk.run(12)
    desk.ticker("NOPE-USDT")
    desk.run(12)
    assert len(desk.ends["NOPE-USDT"]) == 2
    assert len(desk.exchange.fetches) == 1


def test_who_comes_back_before_the_topic_was_unsubscribed_from_is_told_too() -> None:
    desk = Desk(linger=0.0)
    desk.ticker("BTC-USDT")
    stay = desk.kucoin.ticker("NOPE-USDT").subscribe()
    desk.run(0.4)
    stay.dispose()
    desk.ticker("NOPE-USDT")
    desk.run(0.2)
    assert desk.unknown == {}
    desk.run(1)
    assert desk.unknown == {"NOPE-USDT": None}
    desk.run(9)
    assert desk.wire_topics == desk.silent == ["BTC-USDT"]


def test_who_tries_again_at_once_is_told_again(desk: Desk) -> None:
    desk.ticker("BTC-USDT")
    desk.listen("NOPE-USDT", desk.kucoin.ticker("NOPE-USDT").pipe(ops.retry(3)))
    desk.run(1.5)
    assert desk.unknown == {}
    desk.run(1)
    assert desk.unknown == {"NOPE-USDT": None}
    assert desk.wire_topics == ["BTC-USDT"]


def test_a_symbol_that_exists_goes_on_and_is_told_of_once_for_each_connection(desk: Desk) -> None:
    desk.ticker("BTC-USDT", "ETH-USDT")
    desk.run(8)
    desk.push("ETH-USDT")
    desk.run(60)
    assert desk.silent == ["BTC-USDT"]
    desk.exchange.drop()
    desk.run(60)
    assert desk.silent == ["BTC-USDT", "BTC-USDT", "ETH-USDT"]
    desk.push("BTC-USDT")
    assert desk.got == {"ETH-USDT": 1, "BTC-USDT": 1}
    assert desk.unknown == {}
    assert len(desk.exchange.fetches) == 1


def test_the_wait_begins_when_the_topic_is_live(desk: Desk) -> None:
    desk.exchange.latency = 4.0  # the token and the socket, the welcome, the acknowledgement, the listing
    desk.ticker("BTC-USDT")
    desk.run(12.1 + 9.8)
    assert desk.silent == []
    desk.run(0.3)
    assert desk.silent == ["BTC-USDT"]


def test_each_topic_is_waited_for_as_long(desk: Desk) -> None:
    desk.ticker("BTC-USDT")
    desk.run(5)
    desk.ticker("ETH-USDT")
    desk.run(6)
    assert desk.silent == ["BTC-USDT"]
    desk.run(4)
    assert desk.silent == ["BTC-USDT"]
    desk.run(1)
    assert desk.silent == ["BTC-USDT", "ETH-USDT"]


def test_one_that_comes_back_to_the_connection_is_not_told_of_again(desk: Desk) -> None:
    desk.ticker("ETH-USDT")
    desk.listen("BTC-USDT", desk.kucoin.ticker("BTC-USDT").pipe(ops.take_until_with_time(20.0, scheduler=desk.clock)))
    desk.run(30)
    assert desk.wire_topics == ["ETH-USDT"]
    desk.ticker("BTC-USDT")
    desk.run(30)
    assert desk.wire_topics == ["ETH-USDT", "BTC-USDT"]
    assert Counter(desk.silent) == {"ETH-USDT": 1, "BTC-USDT": 1}


def test_a_line_that_is_lost_looks_nothing_up(desk: Desk) -> None:
    desk.ticker("BTC-USDT")
    desk.run(5)
    desk.exchange.drop()
    desk.run(60)
    assert desk.silent == ["BTC-USDT"]


def test_topics_that_speak_cost_no_question(desk: Desk) -> None:
    desk.ticker(*LISTED[:3])
    desk.run(0.4)
    for symbol in LISTED[:3]:
        desk.push(symbol)
    desk.run(HOUR)
    assert desk.exchange.fetches == []
    assert desk.silent == []


def test_who_comes_while_the_topic_is_waited_for_gets_the_first_message_too(desk: Desk) -> None:
    desk.ticker("BTC-USDT")
    desk.run(5)
    desk.listen("raw", desk.kucoin.topic("/market/ticker:BTC-USDT"))
    desk.run(1)
    desk.push("BTC-USDT")
    assert desk.got == {"BTC-USDT": 1, "raw": 1}
    desk.run(HOUR)
    assert desk.silent == []


def test_who_leaves_is_not_looked_up() -> None:
    desk = Desk(linger=0.0)
    desk.ticker("NOPE-USDT")
    desk.run(0.4)
    desk.held.dispose()
    desk.run(HOUR)
    assert desk.exchange.fetches == []
    assert desk.ends == {"NOPE-USDT": []}


def test_a_topic_that_speaks_while_it_is_looked_up_goes_on(desk: Desk) -> None:
    desk.ticker("NEW-USDT")
    desk.run(0.4)
    desk.exchange.latency = 5.0
    desk.run(1)
    assert len(desk.exchange.fetches) == 1
    desk.push("NEW-USDT")
    desk.run(10)
    assert desk.got == {"NEW-USDT": 1}
    assert desk.ends == {"NEW-USDT": []}


def test_a_listing_that_cannot_be_had_changes_nothing(desk: Desk) -> None:
    desk.exchange.answers = refuse
    desk.ticker("NOPE-USDT", "BTC-USDT")
    desk.run(HOUR)
    desk.push("NOPE-USDT")
    assert desk.got == {"NOPE-USDT": 1}
    assert desk.ends == {"NOPE-USDT": [], "BTC-USDT": []}
    assert {type(event) for event in desk.told} == {events.Dialling, events.LineUp, events.TopicLive}


@pytest.mark.parametrize("silent_after", [None, 0, 0.0])
def test_it_can_be_left(silent_after: float | None) -> None:
    desk = Desk(silent_after=silent_after)
    desk.ticker("NOPE-USDT")
    desk.run(HOUR)
    assert desk.exchange.fetches == []
    assert desk.ends == {"NOPE-USDT": []}
    assert desk.silent == []


def test_how_long_is_a_setting() -> None:
    desk = Desk(silent_after=100.0)
    desk.ticker("NOPE-USDT", "BTC-USDT")
    desk.run(99)
    assert desk.unknown == {"NOPE-USDT": None}
    assert desk.silent == []
    desk.run(2)
    assert desk.silent == ["BTC-USDT"]


@pytest.mark.parametrize("silent_after", [-1.0, float("inf"), float("nan")])
def test_a_wait_that_makes_no_sense_is_a_value_error(silent_after: float) -> None:
    with pytest.raises(ValueError, match="silent_after"):
        KuCoin(silent_after=silent_after)


STREAMS: dict[str, tuple[Callable[[KuCoin], Observable[Any]], str | None]] = {
    "candles": (lambda k: k.candles("NOPE-USDT", "1min"), "NOPE-USDT"),
    "depth": (lambda k: k.depth("NOPE-USDT"), "NOPE-USDT"),
    "snapshot": (lambda k: k.topic("/market/snapshot:NOPE-USDT"), "NOPE-USDT"),
    "futures": (lambda k: k.topic("/contractMarket/tickerV2:BTCUSDTM"), "BTCUSDTM"),
    "all": (lambda k: k.tickers(), None),
    "market": (lambda k: k.topic("/market/snapshot:NOPE"), None),
    "index": (lambda k: k.topic("/indicator/index:USDT-BTC"), None),
    "mark price": (lambda k: k.topic("/indicator/markPrice:USDT-BTC"), None),
    "announcement": (lambda k: k.topic("/contract/announcement"), None),
    "unheard of": (lambda k: k.topic("/brand/new:NOPE-USDT", checked=False), None),
}


@pytest.mark.parametrize("name", STREAMS)
def test_only_what_is_about_a_symbol_is_looked_up(desk: Desk, name: str) -> None:
    ask, symbol = STREAMS[name]
    desk.listen(name, ask(desk.kucoin))
    desk.run(30)
    assert list(desk.unknown) == ([] if symbol is None else [symbol])
    path = "/api/v1/contracts/active" if name == "futures" else "/api/v2/symbols"
    assert [path for _, path in desk.exchange.fetches] == ([] if symbol is None else [path])


def test_five_hundred_topics_on_three_lines_take_one_answer(desk: Desk) -> None:
    desk.ticker(*(f"N{number}-USDT" for number in range(500)))
    desk.run(60)
    assert len(desk.unknown) == 500
    assert len(desk.exchange.wires) == 3
    assert len(desk.exchange.fetches) == 1
    assert not desk.exchange.open_wires


def test_a_renewal_asks_for_nothing_and_ends_nothing() -> None:
    desk = Desk(renew_every=HOUR / 2)
    desk.ticker("BTC-USDT", "ETH-USDT")
    for _ in range(600):
        desk.push("ETH-USDT")
        desk.run(5)
    assert sum(isinstance(event, events.Renewed) for event in desk.told) == 1
    assert Counter(desk.silent) == {"BTC-USDT": 2}
    assert desk.unknown == {}
    assert len(desk.exchange.fetches) == 1


def test_nothing_is_left_when_all_have_left(desk: Desk) -> None:
    desk.ticker("BTC-USDT", "NOPE-USDT")
    desk.run(0.4)
    desk.held.dispose()
    desk.kucoin.close()
    desk.clock.start()  # to the last timer
    assert desk.exchange.fetches == []
