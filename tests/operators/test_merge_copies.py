"""merge_copies: sources that overlap make one stream, though nothing in a value says where it stands."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reactivex.subject import Subject

from rx_kucoin.operators._merge_copies import merge_copies
from rx_kucoin.operators.internal.overlap import CutShort


class Joined:
    """Sources that are joined, and what came of it."""

    def __init__(self, identity: Callable[[Any], Any] = str) -> None:
        self.outer: Subject[Any] = Subject()
        self.said: list[Any] = []
        self.breaks: list[list[Any]] = []
        self.ends: list[str] = []
        joined = self.outer.pipe(merge_copies(identity, on_break=lambda: self.breaks.append([*self.said])))
        self.subscription = joined.subscribe(
            self.said.append, lambda error: self.ends.append(repr(error)), lambda: self.ends.append("completed")
        )

    def source(self) -> Subject[Any]:
        source: Subject[Any] = Subject()
        self.outer.on_next(source)
        return source


def say(source: Subject[Any], *values: Any) -> None:
    for value in values:
        source.on_next(value)


def test_copies_are_said_once_whichever_source_is_ahead() -> None:
    joined = Joined()
    old, new = joined.source(), joined.source()
    say(old, 1)
    say(new, 1, 2, 3)
    say(old, 2)
    assert joined.said == [1, 2]
    old.on_completed()
    assert joined.said == [1, 2, 3]
    say(new, 4)
    assert joined.said == [1, 2, 3, 4]
    assert joined.breaks == []


def test_a_source_that_lags_when_it_joins_repeats_nothing() -> None:
    joined = Joined()
    old = joined.source()
    say(old, 1, 2, 3)
    new = joined.source()
    say(new, 2, 3)
    say(old, 4)
    old.on_completed()
    say(new, 4, 5)
    assert joined.said == [1, 2, 3, 4, 5]


def test_what_one_source_brings_twice_is_said_twice() -> None:
    joined = Joined()
    old, new = joined.source(), joined.source()
    say(old, 7, 7)
    say(new, 7, 7, 7)
    assert joined.said == [7, 7]
    say(old, 7)
    old.on_completed()
    assert joined.said == [7, 7, 7]


def test_a_copy_is_no_copy_any_more_once_something_newer_came() -> None:
    joined = Joined()
    old = joined.source()
    say(old, "on")
    new = joined.source()
    old.on_completed()
    say(new, "off", "on")
    assert joined.said == ["on", "off", "on"]


def test_a_source_that_follows_an_ended_one_owes_nothing() -> None:
    joined = Joined()
    old = joined.source()
    say(old, "on")
    old.on_completed()
    say(joined.source(), "on")
    assert joined.said == ["on", "on"]
    assert joined.breaks == [["on"]]


def test_an_older_source_that_was_cut_short_is_a_break_and_the_newer_one_goes_on() -> None:
    joined = Joined()
    old, new = joined.source(), joined.source()
    say(old, 1)
    say(new, 3)
    old.on_error(CutShort())
    assert joined.said == [1, 3]
    assert joined.breaks == [[1]]


def test_an_older_source_that_was_cut_short_is_no_break_where_the_newer_one_brought_a_copy() -> None:
    joined = Joined()
    old, new = joined.source(), joined.source()
    say(old, 1)
    say(new, 1, 2)
    old.on_error(CutShort())
    assert joined.said == [1, 2]
    assert joined.breaks == []


def test_what_a_newer_source_that_ended_first_brought_is_said_if_the_older_one_does_not() -> None:
    joined = Joined()
    old, new = joined.source(), joined.source()
    say(new, 1, 2, 3)
    new.on_completed()
    say(old, 1, 2)
    old.on_completed()
    assert joined.said == [1, 2, 3]
    assert joined.breaks == []
    say(joined.source(), 4)
    assert joined.breaks == [[1, 2, 3]]


def test_three_sources_at_once_say_each_value_once() -> None:
    joined = Joined()
    first, second, third = (joined.source() for _ in range(3))
    say(third, 2, 3)
    say(second, 1, 2)
    say(first, 1)
    first.on_completed()
    assert joined.said == [1, 2]
    second.on_completed()
    say(third, 4)
    assert joined.said == [1, 2, 3, 4]


def test_it_completes_with_the_last_source() -> None:
    joined = Joined()
    source = joined.source()
    joined.outer.on_completed()
    assert joined.ends == []
    source.on_completed()
    assert joined.ends == ["completed"]


@pytest.mark.parametrize("inner", [True, False])
def test_an_error_ends_it_and_lets_go_of_every_source(*, inner: bool) -> None:
    joined = Joined()
    old, new = joined.source(), joined.source()
    (new if inner else joined.outer).on_error(OSError("gone"))
    assert joined.ends == ["OSError('gone')"]
    assert not old.observers


def test_an_identity_that_raises_ends_the_stream() -> None:
    joined = Joined(identity=lambda value: 1 / value)
    say(joined.source(), 0)
    assert joined.ends == ["ZeroDivisionError('division by zero')"]


def test_a_break_that_cannot_be_told_ends_the_stream() -> None:
    outer, ends = Subject[Any](), list[str]()

    def fail() -> None:
        raise OSError("deaf")

    outer.pipe(merge_copies(str, on_break=fail)).subscribe(on_error=lambda error: ends.append(repr(error)))
    for value in (1, 2):
        source = Subject[Any]()
        outer.on_next(source)
        source.on_next(value)
        source.on_completed()
    assert ends == ["OSError('deaf')"]


def test_disposing_lets_go_of_every_source() -> None:
    joined = Joined()
    sources = [joined.source(), joined.source()]
    joined.subscription.dispose()
    say(sources[0], 1)
    assert joined.said == []
    assert not any(source.observers for source in sources)
    assert not joined.outer.observers


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_each_value_comes_once_and_in_order_however_two_connections_lag(data: st.DataObject) -> None:
    """One stream; a connection has all of it from when it joined, later by a lag of its own, and overlaps the next."""
    length = data.draw(st.integers(2, 40))
    values = [*range(length)]
    joins = data.draw(st.integers(0, length - 1))
    ends = data.draw(st.integers(joins, length))
    lags = data.draw(st.tuples(*[st.lists(st.integers(0, 5), min_size=length, max_size=length)] * 2))
    joined, acts = Joined(), []
    for leg, (since, until) in enumerate([(0, ends), (joins, length)]):
        at = 0
        for index in range(since, until):
            at = max(at, 10 * index + 10 * lags[leg][index])
            acts.append((at, leg, values[index]))
    last = max((at for at, leg, _ in acts if leg == 0), default=0)
    acts += [(max(last, 10 * ends) + 1, 0, None)]
    sources = [joined.source(), None]
    for _, leg, value in sorted([*acts, (10 * joins - 1, 1, "join")], key=lambda act: act[:2]):
        if value == "join":
            sources[1] = joined.source()
        elif value is None:
            sources[0].on_completed()
        else:
            sources[leg].on_next(value)
    assert joined.said == values
    assert joined.breaks == []


def test_two_threads_that_bring_the_same_say_it_once_in_order() -> None:
    joined, count, legs = Joined(), 1_000, 6
    wanted, there = ([threading.Event() for _ in range(legs + 1)] for _ in range(2))

    def connection(leg: int, source: Subject[Any]) -> None:
        for value in range(leg * count, (leg + 2) * count):
            if value == (leg + 1) * count:
                wanted[leg + 1].set()
                assert there[leg + 1].wait(10)
            source.on_next(value)
        source.on_completed()

    threads = list[threading.Thread]()
    there[legs].set()
    wanted[0].set()
    for leg in range(legs):
        assert wanted[leg].wait(10)
        threads.append(threading.Thread(target=connection, args=(leg, joined.source())))
        there[leg].set()
        threads[-1].start()
    for thread in threads:
        thread.join(20)
    assert joined.said == [*range((legs + 1) * count)]
