"""Routes: each listener gets his messages, however the frames were decoded."""

import json
from typing import Any

import pytest

from rx_kucoin.protocol.frames import Frame
from rx_kucoin.protocol.messages.spot import Match, Ticker
from rx_kucoin.protocol.pushes import READER, Push
from rx_kucoin.protocol.readers.base import Reader
from rx_kucoin.protocol.readers.spot import match, ticker
from rx_kucoin.routes import Routes


class Line:
    """Routes, and all that came of them."""

    def __init__(self) -> None:
        self.wishes: list[tuple[str, bool]] = []
        self.answers: list[Frame] = []
        self.malformed: list[str] = []
        self.routes = Routes(
            lambda topic, is_wanted: self.wishes.append((topic, is_wanted())),
            lambda frame, _: self.answers.append(frame),
            lambda reason, _: self.malformed.append(reason),
        )

    def listen(self, topic: str, reader: Reader | None) -> "Listener":
        return Listener(self.routes, topic, reader)

    def say(self, *frames: dict[str, Any]) -> None:
        self.routes.receive([json.dumps(frame).encode() for frame in frames])


class Listener:
    def __init__(self, routes: Routes, topic: str, reader: Reader | None) -> None:
        self.got: list[Any] = []
        self.end: list[object] = []
        self.stay = routes.add(topic, reader, self, self)

    def on_next(self, message: Any) -> None:
        self.got.append(message)

    def on_error(self, error: Exception) -> None:
        self.end.append(error)

    def on_completed(self) -> None:
        self.end.append("|")


def push(topic: str, **data: Any) -> dict[str, Any]:
    return {"topic": topic, "type": "message", "subject": "s", "data": data}


TICKER, MATCH = "/market/ticker:A-B", "/market/match:A-B"


@pytest.mark.parametrize("others", [[], [(MATCH, match)], [(TICKER, READER)], [(TICKER, None)]])
def test_a_listener_gets_the_same_whoever_else_listens(others: list[tuple[str, Reader | None]]) -> None:
    line = Line()
    mine = line.listen(TICKER, ticker)
    for topic, reader in others:
        line.listen(topic, reader)
    line.say(push(TICKER, price="1.5", sequence="7"), push(TICKER, price="", sequence="8", brandNew=[]))
    assert [(it.symbol, str(it.price), it.sequence) for it in mine.got] == [("A-B", "1.5", 7), ("A-B", "None", 8)]
    assert not line.malformed


def test_each_reads_in_his_own_way() -> None:
    line = Line()
    typed, raw, trades, held = (
        line.listen(topic, reader)
        for topic, reader in ((TICKER, ticker), (TICKER, READER), (MATCH, match), (MATCH, None))
    )
    line.say(push(TICKER, price="1.50"), push(MATCH, price="2"))
    assert [type(it) for it in typed.got + raw.got + trades.got] == [Ticker, Push, Match]
    assert raw.got[0].data == {"price": "1.50"}
    assert held.got == []


@pytest.mark.parametrize(("first", "second"), [(ticker, READER), (READER, ticker), (None, ticker)])
def test_who_comes_or_goes_amid_a_batch_neither_misses_nor_spoils(first: Reader | None, second: Reader) -> None:
    line = Line()
    early = line.listen(TICKER, first)
    late: list[Listener] = []

    def come(message: Any) -> None:
        if message.sequence == 2:
            late.append(line.listen(TICKER, second))
        if message.sequence == 4:
            early.stay.dispose()
        early_got.append(message)

    early_got = early.got
    early.on_next = come  # type: ignore[method-assign]
    other = line.listen(TICKER, ticker if first is None else first)
    if first is None:
        other.on_next = come  # type: ignore[method-assign]
    line.say(*(push(TICKER, sequence=str(number), price="1") for number in range(1, 7)))
    assert [it.sequence for it in late[0].got] == [3, 4, 5, 6]
    assert {type(it) for it in late[0].got} == {Push if second is READER else Ticker}
    assert not line.malformed
    assert not other.end


def test_what_is_no_push_is_an_answer_however_the_line_decodes() -> None:
    for reader in (ticker, READER, None):
        line = Line()
        line.listen(TICKER, reader)
        line.say({"id": "1", "type": "ack"}, {"id": "2", "type": "error", "code": 404, "data": "no such topic"})
        assert [(frame.id, frame.type) for frame in line.answers] == [("1", "ack"), ("2", "error")]


def test_what_cannot_be_read_is_told_and_the_next_one_comes() -> None:
    for reader in (ticker, READER):
        line = Line()
        mine = line.listen(TICKER, reader)
        line.routes.receive([b"{", b'{"topic":1}', json.dumps(push(TICKER, sequence="1")).encode()])
        line.say(push(TICKER, price=["1"]), push(TICKER, sequence="2"))
        assert len(line.malformed) == (3 if reader is ticker else 2)
        assert [it.sequence for it in mine.got if it.sequence] == [1, 2]


def test_a_push_that_nobody_asked_for_hurts_nobody() -> None:
    line = Line()
    mine = line.listen(TICKER, ticker)
    line.say(push(MATCH, price="1"), push("/contract/position:XBTUSDTM", markPrice=1.5), push(TICKER, price="1"))
    assert len(mine.got) == 1
    assert not line.malformed
