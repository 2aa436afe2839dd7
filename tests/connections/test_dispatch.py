"""Dispatcher: each listener gets his messages, however the frames were decoded."""

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest

from rx_kucoin.connections.dispatch import Dispatcher, FirstMessages
from rx_kucoin.protocol.frames import Frame
from rx_kucoin.protocol.messages.spot import Match, Ticker
from rx_kucoin.protocol.raw import READER, Push
from rx_kucoin.protocol.readers.base import Reader
from rx_kucoin.protocol.readers.spot import match, ticker


class Line:
    """Dispatcher, and all that came of them."""

    def __init__(self, firsts: FirstMessages | None = None) -> None:
        self.wishes: list[tuple[str, bool]] = []
        self.answers: list[Frame] = []
        self.malformed: list[str] = []
        self.dispatcher = Dispatcher(
            lambda topic, is_wanted: self.wishes.append((topic, is_wanted())),
            lambda frame, _: self.answers.append(frame),
            lambda reason, *_: self.malformed.append(reason),
            firsts,
        )

    def listen(self, topic: str, reader: Reader | None) -> "Listener":
        return Listener(self.dispatcher, topic, reader)

    def say(self, *frames: dict[str, Any]) -> None:
        self.dispatcher.receive([json.dumps(frame).encode() for frame in frames])


class Listener:
    def __init__(self, dispatcher: Dispatcher, topic: str, reader: Reader | None) -> None:
        self.got: list[Any] = []
        self.end: list[object] = []
        self.stay = dispatcher.add(topic, reader, self, self)

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
        line.dispatcher.receive([b"{", b'{"topic":1}', json.dumps(push(TICKER, sequence="1")).encode()])
        line.say(push(TICKER, price=["1"]), push(TICKER, sequence="2"))
        assert len(line.malformed) == (3 if reader is ticker else 2)
        assert [it.sequence for it in mine.got if it.sequence] == [1, 2]


def test_a_push_that_nobody_asked_for_hurts_nobody() -> None:
    line = Line()
    mine = line.listen(TICKER, ticker)
    line.say(push(MATCH, price="1"), push("/contract/position:XBTUSDTM", markPrice=1.5), push(TICKER, price="1"))
    assert len(mine.got) == 1
    assert not line.malformed


class Firsts:
    """Waits for the first message of every topic but one."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def awaits(self, topic: str) -> bool:
        self.told.append(f"waits {topic}")
        return topic != MATCH

    def over(self, topic: str) -> None:
        self.told.append(f"over {topic}")


def test_the_first_message_of_a_topic_is_told_of_and_no_other() -> None:
    firsts = Firsts()
    line = Line(firsts)
    mine, trades, other = line.listen(TICKER, ticker), line.listen(MATCH, match), line.listen(TICKER, READER)
    assert firsts.told == [f"waits {TICKER}", f"waits {MATCH}"]
    line.say(*(push(topic, sequence=str(number), price="1") for number in (1, 2) for topic in (TICKER, MATCH)))
    assert firsts.told[2:] == [f"over {TICKER}"]
    late = line.listen(TICKER, ticker)
    line.say(push(TICKER, sequence="3", price="1"))
    assert [it.sequence for it in mine.got] == [it.sequence for it in other.got] == [1, 2, 3]
    assert [it.sequence for it in trades.got] == [1, 2]
    assert [it.sequence for it in late.got] == [3]
    assert len(firsts.told) == 3


def test_a_first_message_that_comes_under_another_name_is_one() -> None:
    firsts = Firsts()
    line = Line(firsts)
    positions = line.listen("/contract/positionAll", READER)
    line.say(push("/contract/position:XBTUSDTM", markPrice=1), push("/contract/position:XBTUSDTM", markPrice=2))
    assert [it.data["markPrice"] for it in positions.got] == [1, 2]
    assert firsts.told == ["waits /contract/positionAll", "over /contract/positionAll"]


def test_a_topic_whose_first_message_is_waited_for_is_wanted_and_ends_as_any_other() -> None:
    for end in ("leaves", "fails", "closes"):
        firsts = Firsts()
        line = Line(firsts)
        mine = line.listen(TICKER, ticker)
        assert line.dispatcher
        assert line.wishes == [(TICKER, True)]
        if end == "leaves":
            mine.stay.dispose()
            assert line.wishes[1:] == [(TICKER, False)]
        elif end == "fails":
            line.dispatcher.fail(TICKER, OSError())
            line.dispatcher.settle(TICKER)
            assert line.wishes[1:] == [(TICKER, False)]
            assert len(mine.end) == 1
        else:
            line.dispatcher.close()
            assert mine.end == ["|"]
        assert firsts.told[1:] == ([] if end == "closes" else [f"over {TICKER}"])
        assert not line.dispatcher
        line.say(push(TICKER, price="1"))
        assert mine.got == []


def test_an_unread_topic_that_is_only_held_is_heard() -> None:
    firsts = Firsts()
    line = Line(firsts)
    line.listen(TICKER, None)
    line.say(push(TICKER, price="1"))
    assert firsts.told == [f"waits {TICKER}", f"over {TICKER}"]


class Comings:
    """Who waits for first messages. Somebody may come while it is said that a topic is waited for no more."""

    def __init__(self) -> None:
        self.waited: set[str] = set()
        self.comes: Callable[[], object] | None = None

    def awaits(self, topic: str) -> bool:
        self.waited.add(topic)
        return True

    def over(self, topic: str) -> None:
        if self.comes is not None:
            comer, self.comes = threading.Thread(target=self.comes), None
            comer.start()
            comer.join(0.1)  # as long as it may take where nothing holds it up
        self.waited.discard(topic)


def test_who_comes_while_the_last_one_leaves_is_waited_for() -> None:
    firsts = Comings()
    dispatcher = Dispatcher(lambda *_: None, lambda *_: None, lambda *_: None, firsts)
    first, came = Listener(dispatcher, TICKER, ticker), threading.Event()
    firsts.comes = lambda: (Listener(dispatcher, TICKER, ticker), came.set())
    first.stay.dispose()
    assert came.wait(10.0)
    assert firsts.waited == {TICKER}
