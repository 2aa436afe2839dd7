"""One side of a book, beside a plain dict: whatever is put, both tell the same, and no ladder ever changes."""

import copy
import pickle
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rx_kucoin.orderbook import levels as module
from rx_kucoin.orderbook.levels import Fill, Ladder
from rx_kucoin.protocol.messages.base import Level

D = Decimal
Model = dict[Decimal, Decimal]

HIGHEST = 600
RUNS = st.lists(
    st.tuples(
        st.integers(1, HIGHEST),  # where it starts
        st.sampled_from([-7, -1, 1, 2]),  # how it goes on
        st.integers(1, 120),  # how often
        st.integers(0, 3),  # the size, 0 deletes
    ),
    max_size=12,
)
SIDES = pytest.mark.parametrize("falls", [False, True], ids=["asks", "bids"])


def price(tick: int) -> Decimal:
    """Of one tick in two spellings, 1.5 and 1.50."""
    return D(tick).scaleb(-1) if tick % 3 else D(tick * 10).scaleb(-2)


def puts(runs: Iterable[tuple[int, int, int, int]]) -> list[tuple[Decimal, Decimal]]:
    ticks = ((start + step * place, size) for start, step, count, size in runs for place in range(count))
    return [(price(tick), D(size)) for tick, size in ticks if 1 <= tick <= HIGHEST]


def remember(model: Model, at: Decimal, size: Decimal) -> None:
    if size:
        model[at] = size
    else:
        model.pop(at, None)


def in_order(model: Model, *, falls: bool) -> list[tuple[Decimal, Decimal]]:
    return sorted(model.items(), reverse=falls)


def check_chunks(ladder: Ladder) -> None:
    lengths = [len(prices) for prices, _ in ladder._chunks]
    assert [len(sizes) for _, sizes in ladder._chunks] == lengths
    assert all(1 <= length <= module._MOST for length in lengths)
    assert sum(length < module._FEW for length in lengths) <= 1
    assert sum(lengths) == len(ladder)
    assert ladder._ends == [prices[-1] for prices, _ in ladder._chunks]


def made(count: int, *, falls: bool = False) -> Ladder:
    return Ladder(((price(tick), D(tick)) for tick in range(1, count + 1)), falls=falls)


@SIDES
@settings(max_examples=100, deadline=None)
@given(first=RUNS, runs=RUNS)
def test_any_puts_leave_what_they_leave_in_a_dict(
    *, falls: bool, first: list[tuple[int, int, int, int]], runs: list[tuple[int, int, int, int]]
) -> None:
    model = {at: size for at, size in puts(first) if size}
    ladder = Ladder(model.items(), falls=falls)
    kept: list[tuple[Ladder, list[tuple[Decimal, Decimal]]]] = []
    for run in runs:
        kept.append((ladder, in_order(model, falls=falls)))
        for at, size in puts([run]):
            ladder = ladder.put(at, size)
            remember(model, at, size)
        check_chunks(ladder)
    kept.append((ladder, in_order(model, falls=falls)))
    for old, levels in kept:
        assert list(old) == levels
        assert len(old) == len(levels)
        assert list(reversed(old)) == levels[::-1]
        assert (old.best, old.worst) == ((levels[0], levels[-1]) if levels else (None, None))


@SIDES
@settings(max_examples=100, deadline=None)
@given(runs=RUNS, data=st.data())
def test_whatever_is_asked_is_answered_as_by_a_sorted_list(
    *, falls: bool, runs: list[tuple[int, int, int, int]], data: st.DataObject
) -> None:
    ladder, model = Ladder(falls=falls), Model()
    for at, size in puts(runs):
        ladder = ladder.put(at, size)
        remember(model, at, size)
    levels = in_order(model, falls=falls)
    part = data.draw(st.slices(len(levels)))
    assert ladder[part] == tuple(levels[part])
    for place in data.draw(st.lists(st.integers(-len(levels), len(levels) - 1), max_size=9)) if levels else []:
        assert ladder[place] == levels[place]
    for tick in data.draw(st.lists(st.integers(1, HIGHEST + 1), min_size=3, max_size=9)):
        at = price(tick)
        assert ladder.size_at(at) == model.get(at, 0)
        assert ladder.size_to(at) == sum(size for level, size in levels if (level >= at if falls else level <= at))
    wanted = D(data.draw(st.integers(0, 400)))
    assert ladder.fill(wanted) == filled(levels, wanted)
    again = Ladder(levels, falls=falls)
    assert ladder == again
    assert hash(ladder) == hash(again)


def filled(levels: list[tuple[Decimal, Decimal]], wanted: Decimal) -> Fill:
    """One unit at a time: sizes are whole numbers here."""
    units = [at for at, size in levels for _ in range(int(size))][: int(wanted)]
    return Fill(D(len(units)), sum(units, D()), units[-1] if units else None)


@SIDES
def test_no_ladder_changes_when_the_next_one_is_made_of_it(*, falls: bool) -> None:
    ladder = made(150, falls=falls)
    kept = [(ladder, tuple(ladder))]
    for number in range(600):
        ladder = ladder.put(price(number * 37 % 300 + 1), D(number % 3))
        kept.append((ladder, tuple(ladder)))
    assert len({len(levels) for _, levels in kept}) > 50
    for old, levels in kept:
        check_chunks(old)
        assert tuple(old) == levels


def test_chunks_stay_few_and_full_against_one_who_makes_them_split_and_then_empties_them() -> None:
    ladder = Ladder()
    for _ in range(3):
        for tick in range(1, 2_001):
            ladder = ladder.put(price(tick), D(1))
        for prices, _sizes in tuple(ladder._chunks):  # leave in each as few as it can have without joining another
            for at in prices[module._FEW :]:
                ladder = ladder.put(at, D())
                check_chunks(ladder)
        assert len(ladder._chunks) <= len(ladder) // module._FEW + 1
        for at, _size in ladder[::2]:
            ladder = ladder.put(at, D())
            check_chunks(ladder)
    for at, _size in tuple(ladder):
        ladder = ladder.put(at, D())
        check_chunks(ladder)
    assert (len(ladder), ladder._chunks) == (0, [])


def test_a_change_shares_with_the_ladder_before_it_all_but_one_chunk() -> None:
    before = made(1_000)
    after = before.put(price(500), D(7))
    same = [old is new for old, new in zip(before._chunks, after._chunks, strict=True)]
    assert same.count(False) == 1


def test_what_changes_nothing_makes_nothing() -> None:
    ladder = made(5)
    assert ladder.put(price(50), D()) is ladder
    assert Ladder().put(price(1), D()) == Ladder()


class Counted(Decimal):
    """A price that counts how often others are compared with it."""

    count = 0

    def __gt__(self, other: object) -> bool:
        Counted.count += 1
        return Decimal(self) > other  # type: ignore[operator]


@pytest.mark.parametrize("ask", [lambda ladder, at: ladder.size_at(at), lambda ladder, at: ladder.put(at, D(1))])
def test_a_price_is_found_in_some_comparisons_however_many_there_are(ask: Callable[[Ladder, Decimal], object]) -> None:
    ladder = made(10_000)
    Counted.count = 0
    ask(ladder, Counted("500.05"))
    assert 10 < Counted.count < 20


@SIDES
def test_a_level_near_an_end_is_reached_from_there(*, falls: bool) -> None:
    ladder = made(10_000, falls=falls)
    levels = list(ladder)
    middle = len(ladder._chunks) // 2
    ladder._chunks[middle] = ([], [])  # whoever walks across takes a wrong level, or none
    assert ladder[3] == levels[3]
    assert ladder[-3] == levels[-3]
    assert ladder[100:110] == tuple(levels[100:110])
    assert ladder[-10:] == tuple(levels[-10:])
    assert ladder[:-20:-2] == tuple(levels[:-20:-2])


@pytest.mark.parametrize("place", [3, -4, 10**30])
def test_a_place_that_is_not_there_is_refused(place: int) -> None:
    with pytest.raises(IndexError):
        made(3)[place]


@pytest.mark.parametrize("size", [0, 1, 100], ids=lambda size: f"among {size}")
@pytest.mark.parametrize(
    "nonsense",
    [(D(text), D(1)) for text in ("NaN", "sNaN", "Infinity", "-Infinity", "-1", "0")]
    + [(D("1.5"), D(text)) for text in ("NaN", "sNaN", "Infinity", "-Infinity", "-1")]
    + [(D(text), D(0)) for text in ("NaN", "Infinity", "-1", "0")],
)
def test_what_no_level_can_have_is_refused_and_nothing_is_changed(size: int, nonsense: tuple[Decimal, Decimal]) -> None:
    ladder = made(size)
    before = tuple(ladder)
    with pytest.raises(ValueError, match="can stand at"):
        ladder.put(*nonsense)
    with pytest.raises(ValueError, match="can stand at"):
        Ladder([*before, nonsense])
    assert tuple(ladder) == before
    check_chunks(ladder)


def test_two_levels_at_one_price_are_refused_in_any_spelling() -> None:
    with pytest.raises(ValueError, match="the same price"):
        Ladder([(D("1.5"), D(1)), (D(2), D(1)), (D("1.50"), D(2))])


def test_a_level_of_size_0_is_refused_at_the_start_as_it_is_none() -> None:
    with pytest.raises(ValueError, match="no level of 0 can stand at 1"):
        Ladder([(D(1), D(0))])


def test_what_is_no_number_cannot_be_asked_for() -> None:
    ladder = made(3)
    for ask in (ladder.size_at, ladder.size_to, ladder.fill):
        with pytest.raises(ValueError, match="not "):
            ask(D("NaN"))
    with pytest.raises(ValueError, match="0 or more, not -1"):
        ladder.fill(D(-1))


def test_a_price_is_the_same_in_any_spelling() -> None:
    short, long = Ladder([(D("1.5"), D(2))]), Ladder([(D("1.50"), D("2.0"))])
    assert short == long
    assert hash(short) == hash(long)
    assert short.size_at(D("1.500")) == 2
    assert short.put(D("1.500"), D(3)) == Ladder([(D("1.5"), D(3))])
    assert len(short.put(D("1.50"), D(0))) == 0


def test_ladders_differ_by_a_level_by_a_size_and_by_their_side() -> None:
    ladder = made(200)
    others = [
        ladder.put(price(7), D(1)),
        ladder.put(price(201), D(1)),
        ladder.put(price(7), D()),
        made(200, falls=True),
    ]
    others.append(ladder.put(price(7), D()).put(price(300), D(7)))
    assert ladder not in others
    assert ladder != list(ladder)
    assert len({ladder, *others, made(200)}) == 6


@SIDES
def test_ladders_are_pickled_and_copied(*, falls: bool) -> None:
    ladder = made(100, falls=falls).put(price(3), D())
    for other in (pickle.loads(pickle.dumps(ladder)), copy.copy(ladder), copy.deepcopy(ladder)):  # noqa: S301  our own
        assert other == ladder
        assert hash(other) == hash(ladder)
        assert other.put(price(3), D(3)) == made(100, falls=falls)
        check_chunks(other.put(price(100), D()))
    assert len(ladder) == 99


def test_nobody_changes_a_ladder_in_place() -> None:
    ladder: object = made(3)
    with pytest.raises(TypeError):
        ladder[0] = Level(D(1), D(1))  # type: ignore[index]
    with pytest.raises(TypeError):
        del ladder[0]  # type: ignore[attr-defined]
    for name in ("best", "extra"):
        with pytest.raises(AttributeError):
            setattr(ladder, name, None)
    public = {name for name in dir(ladder) if not name.startswith("_")}
    assert public == {"best", "count", "fill", "index", "put", "size_at", "size_to", "worst"}


def test_its_levels_have_names() -> None:
    ladder = made(40, falls=True)
    for level in (ladder.best, ladder.worst, ladder[20], ladder[3:5][1], next(iter(ladder)), next(reversed(ladder))):
        assert isinstance(level, Level)
        assert level.size == level.price * 10


def test_an_order_takes_the_best_levels() -> None:
    ladder = Ladder([(D(10), D(1)), (D(11), D(2)), (D(12), D(3))])
    assert ladder.fill(D(2)) == Fill(D(2), D(21), D(11))
    assert ladder.fill(D(2)).average == D("10.5")
    assert ladder.fill(D(0)) == Fill(D(0), D(0), None)
    assert ladder.fill(D(0)).average is None
    assert (ladder.fill(D(2)).missing, ladder.fill(D(2)).is_whole) == (0, True)
    thin = ladder.fill(D(8))
    assert (thin.missing, thin.is_whole) == (2, False)
    assert repr(thin) == "Fill(size=6, value=68, worst=12, missing=2)"
    size, value, worst = thin  # a tuple of three, as in 0.1.0
    assert (size, value, worst) == (6, 68, 12)
    assert pickle.loads(pickle.dumps(thin)).missing == 2  # noqa: S301
    assert copy.deepcopy(thin).missing == 2
    assert ladder.fill(D(100)) == ladder.fill(D("Infinity")) == Fill(D(6), D(68), D(12))


def test_its_repr_shows_the_best_of_it() -> None:
    assert repr(Ladder()) == "<0 levels>"
    assert repr(Ladder([(D("1E+3"), D("1E-7"))])) == "<1 levels: 0.0000001 @ 1000>"
    assert repr(made(4, falls=True)) == "<4 levels: 4 @ 0.4, 3 @ 0.30, 2 @ 0.2, ...>"


def test_its_repr_is_short_even_of_a_number_out_of_this_world() -> None:
    assert repr(Ladder([(D("1E+999999"), D("1E-999999"))])) == "<1 levels: 1E-999999 @ 1E+999999>"


@pytest.mark.parametrize("ask", [Ladder.size_at, Ladder.size_to, Ladder.fill])
def test_whole_numbers_may_be_ints_and_a_float_is_refused(ask: Callable[[Ladder, Any], object]) -> None:
    ladder = Ladder([(D(10), D(1)), (D(12), D(5))])
    assert ask(ladder, 10) == ask(ladder, D(10))
    with pytest.raises(ValueError, match=r"Decimal or int.* not 10\.5"):
        ask(ladder, 10.5)
