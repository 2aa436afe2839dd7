"""follow: the newest set of keys decides whose streams are merged."""

import sys
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

import pytest
import reactivex
from reactivex import Observable, abc
from reactivex.disposable import Disposable
from reactivex.scheduler import VirtualTimeScheduler
from reactivex.subject import Subject

from rx_kucoin.operators._follow import follow
from rx_kucoin.operators.internal.unguarded import Sink, Unguarded, attach


class Streams:
    """A stream for each key, and who came and went."""

    def __init__(self) -> None:
        self.subjects: dict[str, Subject[str]] = defaultdict(Subject)
        self.log: list[str] = []

    def of(self, key: str) -> Observable[str]:
        def subscribe(observer: abc.ObserverBase[str], scheduler: abc.SchedulerBase | None = None) -> Disposable:
            del scheduler
            self.log.append(f"+{key}")
            inner = self.subjects[key].subscribe(observer)

            def leave() -> None:
                self.log.append(f"-{key}")
                inner.dispose()

            return Disposable(leave)

        return Observable(subscribe)


class Followed:
    """Sets go in, and what comes out is kept."""

    def __init__(
        self,
        stream_of: Callable[[str], Observable[str]] | None = None,
        on_failure: Callable[[str, Exception], bool] | None = None,
    ) -> None:
        self.streams = Streams()
        self.sets: Subject[Iterable[str]] = Subject()
        self.seen: list[object] = []
        followed = self.sets.pipe(follow(stream_of or self.streams.of, on_failure=on_failure))
        self.subscription = followed.subscribe(self.seen.append, self.seen.append, lambda: self.seen.append("|"))

    def set(self, keys: Iterable[str]) -> list[str]:
        """What a set changes."""
        before = len(self.streams.log)
        self.sets.on_next(keys)
        return self.streams.log[before:]

    def say(self, keys: str) -> None:
        for key in keys:
            self.streams.subjects[key].on_next(key)


def test_who_stays_is_not_touched_and_the_new_come_before_the_gone_leave() -> None:
    it = Followed()
    assert it.set("abc") == ["+a", "+b", "+c"]
    assert it.set(["c", "b", "d", "d"]) == ["+d", "-a"]
    assert it.set({"b", "c", "d"}) == []
    it.say("abcd")
    assert it.seen == ["b", "c", "d"]
    assert it.set(iter("")) == ["-b", "-c", "-d"]
    it.say("abcd")
    assert len(it.seen) == 3


def test_it_completes_when_the_source_and_all_streams_have() -> None:
    for order in ("source first", "source last"):
        it = Followed()
        it.set("ab")
        if order == "source first":
            it.sets.on_completed()
        it.streams.subjects["a"].on_completed()
        it.say("b")
        assert it.seen == ["b"]
        it.streams.subjects["b"].on_completed()
        if order == "source last":
            assert it.seen == ["b"]
            it.sets.on_completed()
        assert it.seen == ["b", "|"]


def test_a_stream_that_is_let_go_of_counts_as_completed() -> None:
    it = Followed()
    it.set("a")
    it.set("")
    assert it.seen == []
    it.sets.on_completed()
    assert it.seen == ["|"]


def test_a_stream_that_completed_is_not_begun_anew_until_its_key_was_gone() -> None:
    it = Followed()
    it.set("ab")
    it.streams.subjects["a"].on_completed()
    it.streams.subjects["a"] = Subject()
    assert it.set("ab") == []
    assert it.set("b") == []
    assert it.set("ab") == ["+a"]
    it.say("a")
    assert it.seen == ["a"]


def test_the_first_failure_ends_it_and_lets_go_of_all() -> None:
    it = Followed()
    it.set("abc")
    failure = OSError()
    it.streams.subjects["b"].on_error(failure)
    assert it.seen == [failure]
    assert sorted(it.streams.log[3:]) == ["-a", "-b", "-c"]
    assert not it.sets.observers


def test_a_failure_that_is_allowed_ends_that_stream_alone() -> None:
    asked: list[tuple[str, Exception]] = []

    def allow(key: str, error: Exception) -> bool:
        asked.append((key, error))
        return isinstance(error, KeyError)

    it = Followed(on_failure=allow)
    it.set("abc")
    passing, failure = KeyError(), OSError()
    it.streams.subjects["b"].on_error(passing)
    it.say("ac")
    assert it.set("abc") == []
    it.streams.subjects["c"].on_error(failure)
    assert it.seen == ["a", "c", failure]
    assert asked == [("b", passing), ("c", failure)]


def test_a_stream_that_failed_and_was_allowed_to_counts_as_completed() -> None:
    it = Followed(on_failure=lambda *_: True)
    it.set("a")
    it.sets.on_completed()
    it.streams.subjects["a"].on_error(OSError())
    assert it.seen == ["|"]


def test_what_decides_may_fail_itself() -> None:
    failure = ZeroDivisionError()

    def decide(_: str, __: Exception) -> bool:
        raise failure

    it = Followed(on_failure=decide)
    it.set("ab")
    it.streams.subjects["a"].on_error(OSError())
    assert it.seen == [failure]
    assert "-b" in it.streams.log


def test_a_failure_of_the_source_ends_it() -> None:
    it = Followed(on_failure=lambda *_: True)
    it.set("a")
    failure = OSError()
    it.sets.on_error(failure)
    assert it.seen == [failure]
    assert it.streams.log == ["+a", "-a"]


@pytest.mark.parametrize("allowed", [True, False])
def test_a_stream_that_cannot_be_made_has_failed(*, allowed: bool) -> None:
    failure = ValueError()
    streams = Streams()

    def stream_of(key: str) -> Observable[str]:
        if key == "b":
            raise failure
        return streams.of(key)

    it = Followed(stream_of, lambda _, error: allowed and error is failure)
    it.set("abc")
    assert streams.log == (["+a", "+c"] if allowed else ["+a", "-a"])
    assert it.seen == ([] if allowed else [failure])


@pytest.mark.parametrize("nonsense", [1, [["a"]]])
def test_what_is_no_set_of_keys_is_a_failure(nonsense: Any) -> None:
    it = Followed(on_failure=lambda *_: True)
    it.set("a")
    it.set(nonsense)
    assert [type(each) for each in it.seen] == [TypeError]
    assert it.streams.log == ["+a", "-a"]


def test_dispose_lets_go_of_all_and_no_set_counts_any_more() -> None:
    it = Followed()
    it.set("ab")
    it.subscription.dispose()
    assert sorted(it.streams.log[2:]) == ["-a", "-b"]
    assert not it.sets.observers
    it.say("ab")
    assert it.seen == []


def test_a_set_that_comes_while_another_is_begun_takes_its_place() -> None:
    sets: Subject[str] = Subject()
    streams = Streams()
    seen: list[str] = []

    def stream_of(key: str) -> Observable[str]:
        return reactivex.concat(reactivex.just(key), streams.of(key))

    def see(key: str) -> None:
        seen.append(key)
        if key == "b":
            sets.on_next("az")

    sets.pipe(follow(stream_of)).subscribe(see)
    sets.on_next("abcde")
    assert seen == ["a", "b", "z"]
    assert streams.log[-1] == "-b"
    assert set(streams.log) == {"+a", "+b", "+z", "-b"}


def test_a_stream_that_ends_while_it_is_begun_spares_the_others_or_ends_all() -> None:
    for failing, expected in ((reactivex.empty(), ["+b"]), (reactivex.throw(OSError()), [])):
        streams = Streams()
        it = Followed(lambda key, failing=failing, streams=streams: failing if key == "a" else streams.of(key))
        it.set("ab")
        assert streams.log == expected
        assert len(it.seen) == (0 if expected else 1)


def test_a_subscriber_who_leaves_while_streams_are_begun_gets_no_more_of_them() -> None:
    streams = Streams()
    sets: Subject[str] = Subject()
    seen: list[str] = []

    def see(key: str) -> None:
        seen.append(key)
        subscription.dispose()

    subscription = sets.pipe(
        follow(lambda key: reactivex.concat(streams.of(key)) if key != "b" else reactivex.just("b"))
    ).subscribe(see)
    sets.on_next("abcd")
    assert seen == ["b"]
    assert streams.log == ["+a", "-a"]


class RawSource:
    """A source or stream that goes on speaking after it was let go of; and a subscriber without a guard."""

    def __init__(self) -> None:
        self.sinks: list[Sink[Any]] = []
        self.left = 0
        self.seen: list[object] = []

    @property
    def source(self) -> Unguarded[Any]:
        def attached(sink: Sink[Any], _: abc.SchedulerBase | None) -> Disposable:
            self.sinks.append(sink)
            return Disposable(leave)

        def leave() -> None:
            self.left += 1

        return Unguarded(attached)

    def on_next(self, value: object) -> None:
        self.seen.append(value)
        if value == "!":
            raise ZeroDivisionError

    def on_error(self, error: Exception) -> None:
        self.seen.append(error)

    def on_completed(self) -> None:
        self.seen.append("|")


def test_what_is_let_go_of_may_go_on_speaking() -> None:
    sets, stream, subscriber = RawSource(), RawSource(), RawSource()
    subscription = attach(sets.source.pipe(follow(lambda _: stream.source)), subscriber, None)
    sets.sinks[0].on_next("a")
    sets.sinks[0].on_next("b")
    for number, sink in enumerate(stream.sinks):
        sink.on_next(number)
    stream.sinks[0].on_error(OSError())
    stream.sinks[0].on_completed()
    assert subscriber.seen == [1]
    subscription.dispose()
    sets.sinks[0].on_next("c")
    stream.sinks[1].on_completed()
    assert (len(stream.sinks), stream.left, sets.left) == (2, 2, 1)
    assert subscriber.seen == [1]


def test_nothing_is_told_to_who_has_left() -> None:
    sets, stream, subscriber = RawSource(), RawSource(), RawSource()
    subscription = attach(sets.source.pipe(follow(lambda _: stream.source)), subscriber, None)
    sets.sinks[0].on_next("a")
    sets.sinks[0].on_completed()
    subscription.dispose()
    assert stream.left == 1
    assert subscriber.seen == []


def test_a_failure_lets_go_of_all_though_nobody_asks_for_it() -> None:
    sets, stream, subscriber = RawSource(), RawSource(), RawSource()
    attach(sets.source.pipe(follow(lambda _: stream.source)), subscriber, None)
    sets.sinks[0].on_next("ab")
    failure = OSError()
    stream.sinks[0].on_error(failure)
    assert subscriber.seen == [failure]
    assert (stream.left, sets.left) == (2, 1)


def test_a_subscriber_who_raises_stops_no_later_set() -> None:
    sets, subscriber = RawSource(), RawSource()

    def stream_of(key: str) -> Unguarded[str]:
        def say(sink: Sink[str], _: abc.SchedulerBase | None) -> Disposable:
            sink.on_next(key)
            return Disposable()

        return Unguarded(say)

    attach(sets.source.pipe(follow(stream_of)), subscriber, None)
    with pytest.raises(ZeroDivisionError):
        sets.sinks[0].on_next("a!")
    sets.sinks[0].on_next("ab")
    assert subscriber.seen == ["a", "!", "b"]


def test_each_subscriber_has_streams_of_his_own() -> None:
    streams = Streams()
    followed = reactivex.concat(reactivex.just("ab"), reactivex.never()).pipe(follow(streams.of))
    first, second = followed.subscribe(), followed.subscribe()
    assert streams.log == ["+a", "+b"] * 2
    first.dispose()
    second.dispose()
    assert len(streams.log) == 8


def test_the_scheduler_is_handed_on() -> None:
    handed: list[abc.SchedulerBase | None] = []

    def stream_of(_: str) -> Observable[str]:
        def subscribe(_: abc.ObserverBase[str], scheduler: abc.SchedulerBase | None = None) -> Disposable:
            handed.append(scheduler)
            return Disposable()

        return Observable(subscribe)

    mine, theirs = VirtualTimeScheduler(), VirtualTimeScheduler()
    reactivex.just("a").pipe(follow(stream_of, scheduler=mine)).subscribe(scheduler=theirs)
    reactivex.just("a").pipe(follow(stream_of)).subscribe(scheduler=theirs)
    mine.start()
    theirs.start()
    assert handed == [mine, theirs]


def test_streams_and_sets_of_several_threads_are_serial_and_nothing_is_left() -> None:
    sets: Subject[Iterable[int]] = Subject()
    subjects: list[Subject[int]] = [Subject() for _ in range(4)]
    inside = overlaps = total = 0
    failures: list[BaseException] = []

    def note(_: int) -> None:
        nonlocal inside, overlaps, total
        inside += 1
        overlaps += inside > 1
        total += 1
        inside -= 1

    subscription = sets.pipe(follow(subjects.__getitem__)).subscribe(note, failures.append)
    sets.on_next([0])

    def produce(subject: Subject[int]) -> None:
        for number in range(2_000):
            subject.on_next(number)

    def churn() -> None:
        for number in range(500):
            sets.on_next([0, 1 + number % 3])

    threads = [threading.Thread(target=produce, args=(subject,), daemon=True) for subject in subjects]
    threads.append(threading.Thread(target=churn, daemon=True))
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    finally:
        sys.setswitchinterval(before)
    assert (overlaps, failures) == (0, [])
    assert 2_000 <= total <= 8_000
    assert [len(subject.observers) for subject in subjects] == [1, 0, 1, 0]
    subscription.dispose()
    assert not any(subject.observers for subject in subjects)


def test_a_subscriber_who_waits_for_a_lock_holds_up_neither_sets_nor_streams() -> None:
    it: Subject[str] = Subject()
    streams = Streams()
    lock, inside = threading.Lock(), threading.Event()
    seen: list[str] = []

    def note(key: str) -> None:
        inside.set()
        with lock:
            seen.append(key)

    it.pipe(follow(streams.of)).subscribe(note)
    it.on_next("ab")
    with lock:
        worker = threading.Thread(target=streams.subjects["a"].on_next, args=("a",), daemon=True)
        worker.start()
        assert inside.wait(60)
        streams.subjects["b"].on_next("b")
        it.on_next("c")
    worker.join(60)
    assert seen == ["a", "b"]
    assert streams.log == ["+a", "+b", "+c", "-a", "-b"]
