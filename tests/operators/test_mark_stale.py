"""mark_stale: a doubt shows at once, and once."""

import threading
from typing import Any

import pytest
from reactivex import Observable
from reactivex.subject import Subject

from rx_kucoin.operators._mark_stale import mark_stale


class Marked:
    """A source, doubts, and what came of both."""

    def __init__(self, mark: Any = str.upper) -> None:
        self.source: Subject[str] = Subject()
        self.doubts: Subject[int] = Subject()
        self.said: list[str] = []
        self.ends: list[object] = []
        self.subscription = self.source.pipe(mark_stale(self.doubts, mark)).subscribe(
            self.said.append, self.ends.append, lambda: self.ends.append("completed")
        )


def test_a_doubt_before_anything_was_said_says_nothing() -> None:
    marked = Marked()
    marked.doubts.on_next(1)
    marked.source.on_next("a")
    assert marked.said == ["a"]


def test_what_is_marked_is_marked_once() -> None:
    marked = Marked()
    marked.source.on_next("a")
    marked.doubts.on_next(1)
    marked.doubts.on_next(2)
    assert marked.said == ["a", "A"]
    marked.source.on_next("b")
    marked.doubts.on_next(3)
    assert marked.said == ["a", "A", "b", "B"]


@pytest.mark.parametrize("end", ["on_completed", "on_error"])
def test_the_end_of_the_doubts_ends_nothing(end: str) -> None:
    marked = Marked()
    getattr(marked.doubts, end)(*[ValueError()][: end == "on_error"])
    marked.source.on_next("a")
    marked.source.on_completed()
    assert (marked.said, marked.ends) == (["a"], ["completed"])


def test_the_end_of_the_source_ends_the_watch() -> None:
    marked = Marked()
    marked.source.on_next("a")
    marked.source.on_completed()
    assert not marked.doubts.observers


def test_leaving_ends_both() -> None:
    marked = Marked()
    marked.subscription.dispose()
    assert not marked.doubts.observers
    assert not marked.source.observers


def test_an_error_passes() -> None:
    marked, error = Marked(), ValueError("x")
    marked.source.on_error(error)
    assert marked.ends == [error]


def test_a_mistake_of_the_callers_ends_the_stream() -> None:
    def mistake(_: str) -> str:
        raise ZeroDivisionError

    marked = Marked(mistake)
    marked.source.on_next("a")
    marked.doubts.on_next(1)
    assert [type(end) for end in marked.ends] == [ZeroDivisionError]
    assert not marked.source.observers


def test_a_source_that_cannot_be_subscribed_to_leaves_no_watch_behind() -> None:
    def subscribe(*_: object) -> Any:
        raise ZeroDivisionError

    doubts: Subject[int] = Subject()
    ends: list[Exception] = []
    Observable[str](subscribe).pipe(mark_stale(doubts, str.upper)).subscribe(on_error=ends.append)
    assert [type(end) for end in ends] == [ZeroDivisionError]
    assert not doubts.observers


def test_each_subscription_has_a_latest_of_its_own() -> None:
    source: Subject[str] = Subject()
    doubts: Subject[int] = Subject()
    watched = source.pipe(mark_stale(doubts, str.upper))
    first: list[str] = []
    second: list[str] = []
    watched.subscribe(first.append)
    source.on_next("a")
    watched.subscribe(second.append)
    doubts.on_next(1)
    assert (first, second) == (["a", "A"], [])


def test_doubts_from_another_thread_mark_only_what_was_said_last() -> None:
    for _ in range(20):
        marked = Marked()
        stop = threading.Event()

        def doubt(marked: Marked = marked, stop: threading.Event = stop) -> None:
            while not stop.is_set():
                marked.doubts.on_next(0)

        other = threading.Thread(target=doubt)
        other.start()
        for number in range(500):
            marked.source.on_next(f"v{number}")
        stop.set()
        other.join()
        plain = [value for value in marked.said if value.islower()]
        assert plain == [f"v{number}" for number in range(500)]
        for before, after in zip(marked.said, marked.said[1:], strict=False):
            assert after.islower() or after == before.upper()
