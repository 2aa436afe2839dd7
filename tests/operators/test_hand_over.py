"""hand_over: sources that overlap make one stream, whichever of them is ahead, lags or dies."""

import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from time import perf_counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reactivex.subject import Subject

from rx_kucoin.operators._hand_over import hand_over
from rx_kucoin.operators._in_sequence import in_sequence

Item = tuple[str, int]


class Joined:
    """Sources that are handed over, and what came of it."""

    def __init__(self, position: Callable[[Any], int | None] = int, **settings: Any) -> None:
        self.outer: Subject[Any] = Subject()
        self.said: list[Any] = []
        self.breaks: list[list[Any]] = []
        self.ends: list[str] = []
        self.subscription = self.outer.pipe(
            hand_over(position, on_break=lambda: self.breaks.append([*self.said]), **settings)
        ).subscribe(
            self.said.append, lambda error: self.ends.append(repr(error)), lambda: self.ends.append("completed")
        )

    def source(self) -> Subject[Any]:
        source: Subject[Any] = Subject()
        self.outer.on_next(source)
        return source


def say(source: Subject[Any], *values: Any) -> None:
    for value in values:
        source.on_next(value)


def by_symbol(item: Item) -> str:
    return item[0]


def number(item: Item) -> int:
    return item[1]


def test_the_newer_is_held_until_the_older_has_got_to_its_first() -> None:
    joined = Joined()
    old = joined.source()
    say(old, 1, 2)
    new = joined.source()
    say(new, 4, 5)
    assert joined.said == [1, 2]
    say(old, 3)
    assert joined.said == [1, 2, 3]
    say(old, 4)
    assert joined.said == [1, 2, 3, 4, 5]
    say(new, 6)
    assert joined.said == [1, 2, 3, 4, 5, 6]


def test_without_keys_the_older_is_let_go_when_it_has_handed_over() -> None:
    joined = Joined()
    old = joined.source()
    say(old, 1)
    new = joined.source()
    say(new, 2)
    assert len(old.observers) == 1
    say(old, 2)
    assert len(old.observers) == 0
    say(old, 3)
    assert joined.said == [1, 2]


def test_an_older_source_that_ends_hands_over() -> None:
    joined = Joined()
    old, new = joined.source(), joined.source()
    say(old, 1)
    say(new, 2, 3)
    old.on_completed()
    say(new, 4)
    assert joined.said == [1, 2, 3, 4]
    assert joined.breaks == []


def test_a_source_that_takes_over_while_it_lags_repeats() -> None:
    joined = Joined()
    old = joined.source()
    say(old, 1, 2, 3)
    new = joined.source()
    say(new, 2)
    say(old, 4)
    say(new, 3, 4, 5)
    assert joined.said == [1, 2, 3, 2, 3, 4, 5]


def test_a_value_without_a_position_hands_over() -> None:
    joined = Joined(lambda value: value)
    old, new = joined.source(), joined.source()
    say(old, 1)
    say(new, 5)
    say(old, None)
    assert joined.said == [1, 5]


def test_each_key_is_handed_over_on_its_own() -> None:
    joined = Joined(number, key=by_symbol)
    old, new = joined.source(), joined.source()
    say(new, ("x", 2), ("y", 7))
    say(old, ("x", 1), ("x", 2), ("y", 5), ("z", 1))
    say(new, ("x", 3), ("y", 8))
    say(old, ("x", 3), ("y", 6))
    assert joined.said == [("x", 1), ("x", 2), ("y", 5), ("z", 1), ("x", 3), ("y", 6)]
    old.on_completed()
    assert joined.said[6:] == [("y", 7), ("y", 8)]


def test_a_newer_source_that_ends_before_its_turn_leaves_what_it_brought() -> None:
    joined = Joined()
    old, new = joined.source(), joined.source()
    say(old, 1)
    say(new, 2, 3)
    new.on_completed()
    say(old, 2)
    assert joined.said == [1, 2]
    old.on_completed()
    assert joined.said == [1, 2, 3]
    assert joined.breaks == []


def test_an_older_source_speaks_again_for_a_key_when_the_newer_ends_first() -> None:
    joined = Joined(number, key=by_symbol)
    old, new = joined.source(), joined.source()
    say(new, ("x", 1))
    say(old, ("x", 1), ("x", 2))
    new.on_completed()
    say(old, ("x", 3))
    assert joined.said == [("x", 1), ("x", 2), ("x", 3)]
    assert joined.breaks == []


def test_what_the_one_that_took_over_repeats_is_not_said_twice_when_it_ends() -> None:
    joined = Joined(number, key=by_symbol)
    old, new = joined.source(), joined.source()
    say(new, ("x", 1))
    say(old, ("x", 1), ("x", 2), ("x", 3), ("x", 4))
    say(new, ("x", 2), ("x", 3))
    new.on_completed()
    assert joined.said == [("x", 1), ("x", 2), ("x", 3), ("x", 4)]


def test_what_made_the_newer_take_over_is_not_lost_when_that_one_ends() -> None:
    joined = Joined(number, key=by_symbol)
    old, new = joined.source(), joined.source()
    say(new, ("x", 1))
    say(old, ("x", 3))
    new.on_completed()
    assert joined.said == [("x", 1), ("x", 3)]


def test_an_older_source_that_is_ahead_of_the_one_that_took_over_gives_it_what_it_has_when_it_ends() -> None:
    joined = Joined(number, key=by_symbol)
    old, new = joined.source(), joined.source()
    say(new, ("x", 1))
    say(old, ("x", 1), ("x", 2))
    old.on_completed()
    assert joined.said == [("x", 1), ("x", 2)]


def test_what_a_dead_source_held_is_let_go_once_it_is_said() -> None:
    joined = Joined()
    old, new = joined.source(), joined.source()
    say(new, 2)
    new.on_completed()
    say(old, 1, 2, 3)
    old.on_completed()
    assert joined.said == [1, 2, 3]


def test_a_key_that_went_on_to_the_newest_is_not_given_back() -> None:
    joined = Joined(number, key=by_symbol)
    old, new, newest = (joined.source() for _ in range(3))
    say(new, ("x", 1))
    say(old, ("x", 1))
    say(newest, ("x", 2))
    say(new, ("x", 2))
    say(old, ("x", 2), ("x", 3))
    new.on_completed()
    assert joined.said == [("x", 1), ("x", 2)]
    say(newest, ("x", 3))
    assert joined.said == [("x", 1), ("x", 2), ("x", 3)]
    assert joined.breaks == []


def test_three_sources_at_once_hand_over_in_their_order() -> None:
    joined = Joined()
    first, second, third = (joined.source() for _ in range(3))
    say(third, 5, 6)
    say(second, 3, 4)
    say(first, 1, 2, 3)
    assert joined.said == [1, 2, 3, 4]
    say(second, 5)
    assert joined.said == [1, 2, 3, 4, 5, 6]


def test_a_break_is_told_before_the_stream_goes_on() -> None:
    joined = Joined()
    first = joined.source()
    first.on_completed()
    second = joined.source()
    say(second, 1, 2)
    assert joined.breaks == []
    second.on_completed()
    say(joined.source(), 5, 6)
    assert joined.breaks == [[1, 2]]
    assert joined.said == [1, 2, 5, 6]


def test_it_completes_with_the_last_source() -> None:
    joined = Joined()
    source = joined.source()
    joined.outer.on_completed()
    assert joined.ends == []
    say(source, 1)
    source.on_completed()
    assert (joined.said, joined.ends) == ([1], ["completed"])


def test_it_completes_with_the_source_of_sources_where_there_is_none() -> None:
    joined = Joined()
    joined.outer.on_completed()
    assert joined.ends == ["completed"]


@pytest.mark.parametrize("inner", [True, False])
def test_an_error_ends_it_and_lets_go_of_every_source(*, inner: bool) -> None:
    joined = Joined()
    old, new = joined.source(), joined.source()
    (new if inner else joined.outer).on_error(ValueError("no"))
    assert joined.ends == ["ValueError('no')"]
    assert len(old.observers) == len(new.observers) == len(joined.outer.observers) == 0


def test_disposing_lets_go_of_every_source_and_what_is_held() -> None:
    joined = Joined()
    old, new = joined.source(), joined.source()
    say(new, 7)
    joined.subscription.dispose()
    assert len(old.observers) == len(new.observers) == len(joined.outer.observers) == 0


@pytest.mark.parametrize("wrong", ["position", "key", "on_break"])
def test_a_function_that_raises_ends_the_stream(wrong: str) -> None:
    def fail(*_: object) -> Any:
        raise KeyError(wrong)

    functions: dict[str, Any] = {"position": int, "key": str, "on_break": None, wrong: fail}
    outer: Subject[Any] = Subject()
    errors: list[Exception] = []
    outer.pipe(hand_over(functions.pop("position"), **functions)).subscribe(on_error=errors.append)
    for _ in range(2):
        inner: Subject[Any] = Subject()
        outer.on_next(inner)
        say(inner, 1)
        inner.on_completed()
    assert [repr(error) for error in errors] == [f"KeyError('{wrong}')"]


def test_a_source_that_joins_while_another_speaks_is_said_after_it() -> None:
    joined: list[int] = []
    outer: Subject[Any] = Subject()
    old: Subject[int] = Subject()
    new: Subject[int] = Subject()

    def take(value: int) -> None:
        if value == 2:
            outer.on_next(new)
            say(new, 3)
            old.on_completed()
        joined.append(value)

    outer.pipe(hand_over(int)).subscribe(take)
    outer.on_next(old)
    say(old, 1, 2)
    assert joined == [1, 2, 3]
    say(new, 4)
    assert joined == [1, 2, 3, 4]


def test_an_observer_that_raises_is_the_sources_to_see_and_the_stream_goes_on() -> None:
    said: list[int] = []

    def take(value: int) -> None:
        said.append(value)
        if value % 2:
            raise KeyError(value)

    outer: Subject[Any] = Subject()
    outer.pipe(hand_over(int)).subscribe(take)
    old: Subject[int] = Subject()
    new: Subject[int] = Subject()
    outer.on_next(old)
    with pytest.raises(KeyError, match="1"):
        say(old, 1)
    outer.on_next(new)
    say(new, 2, 3, 4)
    with pytest.raises(KeyError, match="3"):
        say(old, 2)
    say(new, 6)
    assert said == [1, 2, 3, 4, 6]


def test_a_thousand_keys_are_handed_over_at_a_cost_that_grows_with_what_is_held() -> None:
    def cost(keys: int, each: int) -> float:
        joined = Joined(number, key=by_symbol)
        old, new = joined.source(), joined.source()
        names = [str(key) for key in range(keys)]
        for at in range(1, each + 1):
            say(new, *((name, at) for name in names))
        begun = perf_counter()
        say(old, *((name, 1) for name in names))
        took = perf_counter() - begun
        assert len(joined.said) == keys * each
        return took

    small = min(cost(100, 20) for _ in range(3))
    assert cost(1_000, 20) < max(1.0, 40 * small)  # ten times as much; a hundred times if it were quadratic


# Any world


@dataclass
class World:
    """What each source brings, in which order everything happens, and what all of them together bring."""

    sources: list[list[Item]]
    script: list[tuple[int, Item | None]]
    expected: dict[str, list[int]]


@st.composite
def worlds(draw: st.DrawFn, most_keys: int = 4, *, nested: bool = False) -> World:
    """A source brings what happens from its start to its end, each item with a delay; an end overlaps the next start.

    The first one has brought one item of each key before the others begin: what lies below everything ever seen is a
    reset to `in_sequence`.
    """
    dice = draw(st.randoms(use_true_random=False))
    keys = "wxyz"[: draw(st.integers(1, most_keys))]
    steps = [dice.randint(1, 3) if draw(st.booleans()) else 1 for _ in keys]
    length = draw(st.integers(5, 60))
    items: list[tuple[float, Item]] = [(-10.0, (key, 100)) for key in keys]
    numbers = dict.fromkeys(keys, 100)
    for at in range(length):
        key = dice.choice(keys)
        numbers[key] += dice.randint(1, steps[keys.index(key)])
        items.append((at, (key, numbers[key])))
    starts = [-10.0, *sorted(dice.uniform(0, length) for _ in range(draw(st.integers(0, 4))))]
    happenings: list[tuple[float, int, int, Item | None]] = []
    sources: list[list[Item]] = []
    order = count()
    ends: list[float] = []
    for index, start in enumerate(starts):
        reach = starts[index + 1] if index + 1 < len(starts) else length
        end = reach + dice.uniform(0, 8)
        if nested:  # some end early, while an elder one lives on
            end = dice.uniform(start, end) if 0 < start < max(ends, default=0) and max(ends) > reach else end
        else:
            end = max([end, *ends])
        ends.append(end)
        delay, arrival = dice.uniform(0, 4), start
        brought: list[Item] = []
        for at, item in items:
            if start <= at < end:
                arrival = max(arrival, at + delay + dice.uniform(0, 2))
                happenings.append((arrival, next(order), index, item))
                brought.append(item)
        happenings.append((max(arrival, end + delay), next(order), index, None))
        happenings.append((start, -1, index, None))
        sources.append(brought)
    happenings.sort(key=lambda it: it[:2])
    script = [(-1 - index if rank == -1 else index, item) for _, rank, index, item in happenings]
    expected = {key: [n for _, (of, n) in items if of == key] for key in keys}
    return World(sources, script, expected)


def run(world: World, *, keyed: bool) -> tuple[dict[str, list[int]], list[Any]]:
    outer: Subject[Any] = Subject()
    inners: dict[int, Subject[Item]] = {}
    said: dict[str, list[int]] = {key: [] for key in world.expected}
    breaks: list[Any] = []
    key = by_symbol if keyed else None
    outer.pipe(
        hand_over(number, key=key, on_break=lambda *sides: breaks.append(sides)), in_sequence(number, key=key)
    ).subscribe(lambda item: said[item[0]].append(item[1]))
    for index, item in world.script:
        if index < 0:
            inners[-1 - index] = Subject()
            outer.on_next(inners[-1 - index])
        elif item is None:
            inners[index].on_completed()
        else:
            inners[index].on_next(item)
    return said, breaks


@settings(max_examples=400, deadline=None)
@given(worlds() | worlds(nested=True))
def test_every_item_comes_once_and_in_order_in_any_world(world: World) -> None:
    said, breaks = run(world, keyed=True)
    assert said == world.expected
    assert breaks == [] or ends_before_the_next_begins(world)


@settings(max_examples=200, deadline=None)
@given(worlds(most_keys=1))
def test_without_keys_as_well(world: World) -> None:
    said, breaks = run(world, keyed=False)
    assert said == world.expected
    assert breaks == [] or ends_before_the_next_begins(world)


def ends_before_the_next_begins(world: World) -> bool:
    open_ = 0
    for index, item in world.script[:-1]:
        open_ += (index < 0) - (index >= 0 and item is None)
        if open_ == 0:
            return True
    return False


# Threads


@pytest.mark.parametrize(("symbols", "keyed"), [("x", False), ("xyz", True)])
def test_threads_hand_over_at_full_speed(symbols: str, *, keyed: bool) -> None:
    """Source n brings [40 n, 40 n + 60) of each key on a thread of its own, while n + 1 has long begun."""
    hand_overs, stride, overlap = 200, 40, 20
    outer: Subject[Any] = Subject()
    said: dict[str, list[int]] = {symbol: [] for symbol in symbols}
    inside = threading.Lock()
    overlaps: list[Item] = []
    breaks: list[Any] = []
    key = by_symbol if keyed else None

    def take(item: Item) -> None:
        if not inside.acquire(blocking=False):
            overlaps.append(item)
            return
        said[item[0]].append(item[1])
        inside.release()

    done = threading.Event()
    outer.pipe(hand_over(number, key=key, on_break=lambda *sides: breaks.append(sides))).pipe(
        in_sequence(number, key=key, contiguous=True, on_gap=lambda *sides: breaks.append(sides))
    ).subscribe(take, on_completed=done.set)

    inners: list[Subject[Item]] = [Subject() for _ in range(hand_overs)]
    begun = [threading.Event() for _ in range(hand_overs + 1)]
    begun[0].set()

    def feed(index: int) -> None:
        assert begun[index].wait(60)
        outer.on_next(inners[index])
        last = index + 1 == hand_overs
        for at in range(stride * index, stride * (index + 1) + overlap):
            if at == stride * (index + 1):  # whoever comes next brings what comes from here on, and maybe has already
                begun[index + 1].set()
                assert last or joined[index + 1].wait(60)
            for symbol in symbols:
                inners[index].on_next((symbol, at))
            if at == stride * index:
                joined[index].set()
        inners[index].on_completed()
        if last:
            outer.on_completed()

    joined = [threading.Event() for _ in range(hand_overs)]
    threads = [threading.Thread(target=feed, args=(index,), daemon=True) for index in range(hand_overs)]
    with switching_often():
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    assert done.wait(60)
    assert overlaps == breaks == []
    assert said == {symbol: list(range(stride * hand_overs + overlap)) for symbol in symbols}


def test_who_speaks_alone_and_who_joins_do_not_meet_at_the_observer() -> None:
    """The lone source is in the middle of a value whenever the next one joins, speaks and completes."""
    inside = threading.Lock()
    overlaps = 0
    said: list[int] = []

    def take(value: int) -> None:
        nonlocal overlaps
        if inside.acquire(blocking=False):
            said.append(value)
            inside.release()
        else:
            overlaps += 1

    rounds = 300
    outer: Subject[Any] = Subject()
    outer.pipe(hand_over(int)).subscribe(take)
    numbers = count(1)
    stop = threading.Event()

    def speak(source: Subject[int]) -> None:
        while not stop.is_set():
            source.on_next(next(numbers))
        source.on_completed()  # or else one that never had its turn holds up all that come later

    def join() -> None:
        for _ in range(rounds):
            visitor: Subject[int] = Subject()
            outer.on_next(visitor)
            visitor.on_next(next(numbers))
            visitor.on_completed()
            resident: Subject[int] = Subject()
            outer.on_next(resident)
            resident.on_next(next(numbers))
            speaker = threading.Thread(target=speak, args=(resident,), daemon=True)
            speaker.start()
            speakers.append(speaker)
            if len(speakers) > 2:
                stop.set()
                for thread in speakers:
                    thread.join(60)
                speakers.clear()
                stop.clear()

    speakers: list[threading.Thread] = []
    with switching_often():
        join()
        stop.set()
        for thread in speakers:
            thread.join(60)
    assert overlaps == 0
    assert len(said) > rounds // 10


class switching_often:  # noqa: N801
    def __enter__(self) -> None:
        self.interval = sys.getswitchinterval()
        sys.setswitchinterval(1e-6)

    def __exit__(self, *_: object) -> None:
        sys.setswitchinterval(self.interval)
