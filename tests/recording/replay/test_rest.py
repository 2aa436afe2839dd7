"""Who asks in a replay gets what he got when it was recorded; and a keyframe's snapshot where he got nothing."""

from collections.abc import Callable
from typing import Any

import pytest
from reactivex import abc

from rx_kucoin.recording.file.block import mark
from rx_kucoin.recording.replay.clock import ReplayClock
from rx_kucoin.recording.replay.pool import ReplayPool
from rx_kucoin.recording.replay.rest import Answers, NotRecorded

BOOK = "/api/v1/level2/snapshot?symbol=XBTUSDTM"
S = 1_000_000_000


class Tape:
    """What was recorded of one path, told by hand, and what those who ask for it are given."""

    def __init__(self) -> None:
        self.clock = ReplayClock(0)
        self.spoken_of = {mark(BOOK): 1_000 * S}
        self.answers = Answers(self.clock, ReplayPool(None, lambda _: True), self.spoken_of)

    def ask(self) -> list[Any]:
        given: list[Any] = []
        self.answers.fetch("futures", BOOK).subscribe(given.append, given.append)
        return given

    def tell(self, kind: str, answer: bytes = b"") -> None:
        self.answers.happened[kind]("futures", BOOK, giving(answer))

    def wait(self, seconds: float) -> None:
        self.clock.run_until(self.clock.now_ns + round(seconds * S))


def giving(answer: bytes) -> Callable[[abc.ObserverBase[bytes]], None]:
    return lambda observer: observer.on_next(answer)


@pytest.fixture
def tape() -> Tape:
    return Tape()


def test_a_snapshot_that_was_asked_for_aside_is_not_for_whom_an_answer_of_his_own_was_recorded(tape: Tape) -> None:
    given = tape.ask()
    tape.tell("asked")
    tape.tell("offered", b"aside")
    tape.wait(5.0)
    assert given == []
    tape.tell("answered", b"own")
    assert given == [b"own"]


def test_so_it_is_if_he_asks_an_instant_after_it_was_recorded(tape: Tape) -> None:
    tape.tell("asked")
    given = tape.ask()
    tape.tell("offered", b"aside")
    tape.tell("answered", b"own")
    assert given == [b"own"]


def test_it_is_for_whom_no_answer_was_recorded(tape: Tape) -> None:
    given, other = tape.ask(), tape.ask()
    tape.tell("offered", b"aside")
    tape.wait(0.02)
    assert (given, other) == ([b"aside"], [b"aside"])


def test_so_it_is_not_if_that_he_asks_was_recorded_a_moment_later(tape: Tape) -> None:
    given = tape.ask()
    tape.tell("offered", b"aside")
    tape.tell("asked")
    tape.wait(5.0)
    tape.tell("answered", b"own")
    assert given == [b"own"]


def test_whom_it_did_not_fit_is_not_given_it_again(tape: Tape) -> None:
    tape.ask()
    tape.tell("offered", b"aside")
    tape.wait(5.0)
    again = tape.ask()
    tape.wait(5.0)
    assert again == []
    tape.tell("offered", b"another")
    tape.wait(0.02)
    assert again == [b"another"]


def test_who_waits_where_a_recording_breaks_off_takes_what_is_offered_in_the_next(tape: Tape) -> None:
    given = tape.ask()
    tape.tell("asked")
    tape.tell("asked")
    tape.answers.cut()
    late = tape.ask()
    tape.tell("offered", b"aside")
    tape.wait(0.02)
    assert (given, late) == ([b"aside"], [b"aside"])


def test_it_is_kept_for_whom_comes_a_little_later_until_it_shows_that_he_has_no_answer_of_his_own(tape: Tape) -> None:
    tape.tell("offered", b"aside")
    tape.wait(10.0)
    given, known = tape.ask(), tape.ask()
    tape.tell("asked")
    assert (given, known) == ([], [])
    tape.wait(1.0)
    assert sorted(map(len, (given, known))) == [0, 1]
    tape.tell("answered", b"own")
    assert sorted([*given, *known]) == [b"aside", b"own"]


def test_it_is_not_kept_for_long(tape: Tape) -> None:
    tape.tell("offered", b"aside")
    tape.wait(61.0)
    given = tape.ask()
    tape.wait(10.0)
    assert given == []
    tape.spoken_of.clear()
    late = tape.ask()
    tape.wait(0.0)
    assert [type(each) for each in late] == [NotRecorded]


def test_an_answer_that_nobody_waits_for_is_kept_for_whom_comes_later(tape: Tape) -> None:
    tape.tell("asked")
    tape.tell("answered", b"own")
    tape.tell("offered", b"aside")
    given = tape.ask()
    tape.wait(0.0)
    assert given == [b"own"]
