"""The order book: what a change makes of it, what it tells, and that it is a value."""

import copy
import pickle
from decimal import Decimal

import msgspec
import pytest

from rx_kucoin.orderbook.book import OrderBook
from rx_kucoin.orderbook.levels import Ladder
from rx_kucoin.protocol.messages.base import Change, Level
from rx_kucoin.protocol.messages.spot import Level2Change

D = Decimal
Row = tuple[str, str, int]


def book_of(bids: str = "9:1 8:2", asks: str = "11:3 12:4", sequence: int | None = 10, **others: object) -> OrderBook:
    sides = [[Level(*map(D, level.split(":"))) for level in side.split()] for side in (bids, asks)]
    return OrderBook("S", sequence, Ladder(sides[0], falls=True), Ladder(sides[1]), **others)  # type: ignore[arg-type]


def change(*, bids: tuple[Row, ...] = (), asks: tuple[Row, ...] = (), until: int | None = 11) -> Level2Change:
    rows = [tuple(Change(D(price), D(size), number) for price, size, number in side) for side in (bids, asks)]
    return Level2Change("S", until, until, rows[1], rows[0], time_ns=5)


def test_a_size_is_set_a_level_comes_and_a_size_of_0_deletes() -> None:
    after = book_of().after(change(bids=(("9", "5", 11),), asks=(("11.5", "6", 12), ("12.0", "0", 13)), until=13))
    assert after == book_of("9:5 8:2", "11:3 11.5:6", 13, time_ns=5)


def test_the_example_of_the_documentation_comes_out_as_it_says() -> None:
    book = book_of("3988.51:56 3988.50:15", "3988.62:8 3988.61:32", 16)
    for number in (15, 16):
        assert book.after(change(asks=(("3988.62", "99", number),), until=number)) is book
    after = book.after(change(asks=(("3988.61", "0", 17), ("3988.62", "5", 18)), until=18))
    assert after.asks[:] == (Level(D("3988.62"), D(5)),)
    assert (after.bids, after.sequence) == (book.bids, 18)


def test_rows_that_the_book_has_already_are_left_out() -> None:
    rows = (("9", "100", 9), ("8", "100", 10), ("7", "100", 11))
    assert book_of().after(change(bids=rows)) == book_of("9:1 8:2 7:100", sequence=11, time_ns=5)


@pytest.mark.parametrize("until", [10, 3, 0, -1])
def test_a_change_that_has_nothing_new_leaves_the_book_as_it_is(until: int) -> None:
    book = book_of()
    assert book.after(change(bids=(("9", "100", 10),), until=until)) is book


@pytest.mark.parametrize("row", [("0", "0", 11), ("0", "5", 11), ("0.000", "1", 11), ("-0", "1", 11)])
def test_a_price_of_0_changes_no_level_but_counts(row: Row) -> None:
    after = book_of().after(change(bids=(row,), asks=(row,)))
    assert after == book_of(sequence=11, time_ns=5)


def test_a_range_without_rows_counts() -> None:
    assert book_of().after(change(until=15)) == book_of(sequence=15, time_ns=5)


def test_of_rows_at_one_price_the_one_with_the_highest_number_stands() -> None:
    rows = (("9.0", "7", 13), ("9", "0", 11), ("9.00", "8", 12))
    after = book_of().after(change(bids=rows, asks=(("11", "0", 15), ("11", "1", 14)), until=15))
    assert (after.bids.best, after.asks.best) == (Level(D(9), D(7)), Level(D(12), D(4)))


def test_what_is_deleted_need_not_be_there() -> None:
    after = book_of().after(change(bids=(("7", "0", 11),)))
    assert after == book_of(sequence=11, time_ns=5)


def test_a_side_may_empty_and_fill_again() -> None:
    emptied = book_of("9:1").after(change(bids=(("9", "0", 11),)))
    assert (emptied.best_bid, len(emptied.bids), emptied.best_ask) == (None, 0, Level(D(11), D(3)))
    filled = emptied.after(change(bids=(("5", "1", 12), ("6", "2", 13)), until=13))
    assert filled.bids[:] == (Level(D(6), D(2)), Level(D(5), D(1)))


def test_rows_beyond_what_is_known_are_left_out() -> None:
    book = book_of(depth=2, known_from=D(8), known_to=D(12))
    bids = (("7.9", "1", 11), ("8", "7", 12), ("8.1", "1", 13))
    asks = (("12.1", "1", 14), ("12", "7", 15), ("11.9", "1", 16))
    after = book.after(change(bids=bids, asks=asks, until=16))
    assert after.bids[:] == tuple(Level(D(price), D(size)) for price, size in (("9", 1), ("8.1", 1), ("8", 7)))
    assert after.asks[:] == tuple(Level(D(price), D(size)) for price, size in (("11", 3), ("11.9", 1), ("12", 7)))
    assert (after.depth, after.known_from, after.known_to) == (2, D(8), D(12))


def test_what_is_known_stays_known_when_its_last_level_goes() -> None:
    book = book_of(depth=2, known_from=D(8)).after(change(bids=(("8", "0", 11), ("7.9", "1", 12)), until=12))
    assert (book.bids[:], book.known_from) == ((Level(D(9), D(1)),), D(8))


def test_a_change_makes_a_stale_book_fresh() -> None:
    assert not book_of(stale=True).after(change()).stale


def test_a_book_without_a_number_takes_any_change() -> None:
    assert book_of(sequence=None).after(change(bids=(("9", "5", 1),), until=1)) == book_of(
        "9:5 8:2", sequence=1, time_ns=5
    )


NONSENSE = [(text, "1") for text in ("NaN", "sNaN", "Infinity", "-1")]
NONSENSE += [("9.5", text) for text in ("NaN", "sNaN", "Infinity", "-1")] + [("9", "NaN"), ("9", "-1")]


@pytest.mark.parametrize("row", NONSENSE, ids="@".join)
@pytest.mark.parametrize("side", ["bids", "asks"])
def test_what_nothing_can_have_is_refused_and_the_book_stays_as_it_was(side: str, row: tuple[str, str]) -> None:
    book, rows = book_of(), (("8", "7", 11), (*row, 12))
    wrong = change(bids=rows, until=12) if side == "bids" else change(asks=rows, until=12)
    with pytest.raises(ValueError, match="can stand at"):
        book.after(wrong)
    assert book == book_of()


@pytest.mark.parametrize("price", ["NaN", "sNaN"])
@pytest.mark.parametrize("known", [{"known_from": D(8)}, {"known_to": D(12)}], ids=["from", "to"])
def test_what_is_no_number_is_refused_where_not_all_is_known(price: str, known: dict[str, Decimal]) -> None:
    rows = ((price, "1", 11),)
    with pytest.raises(ValueError, match="S: a price or a size is no number"):
        book_of(**known).after(change(bids=rows) if "known_from" in known else change(asks=rows))


def test_a_change_without_a_number_is_refused() -> None:
    with pytest.raises(ValueError, match="S: a change without a number"):
        book_of().after(change(until=None))


def test_what_it_tells_comes_of_the_best_of_both_sides() -> None:
    book = book_of("9:1 8:2", "12:3 13:4")
    assert (book.best_bid, book.best_ask) == (Level(D(9), D(1)), Level(D(12), D(3)))
    assert (book.spread, book.mid, book.microprice) == (D(3), D("10.5"), D("9.75"))
    assert (book.imbalance(), book.imbalance(2), book.imbalance(99)) == (D("-0.5"), D("-0.4"), D("-0.4"))
    assert not book.is_crossed


@pytest.mark.parametrize(("bids", "asks"), [("", "12:3"), ("9:1", ""), ("", "")])
def test_what_takes_both_sides_is_none_where_one_is_empty(bids: str, asks: str) -> None:
    book = book_of(bids, asks)
    assert (book.spread, book.mid, book.microprice, book.is_crossed) == (None, None, None, False)
    assert book.imbalance(5) == (D(1) if bids else D(-1) if asks else None)


@pytest.mark.parametrize(("bid", "crossed"), [("10.9", False), ("11", True), ("11.1", True)])
def test_a_book_is_crossed_where_somebody_bids_what_another_asks_for(bid: str, *, crossed: bool) -> None:
    assert book_of(f"{bid}:1").is_crossed is crossed


@pytest.mark.parametrize("levels", [0, -1])
def test_an_imbalance_of_no_levels_is_refused(levels: int) -> None:
    with pytest.raises(ValueError, match=f"1 or more, not {levels}"):
        book_of().imbalance(levels)


def test_books_are_equal_whatever_made_them_so() -> None:
    there = book_of().after(change(bids=(("7", "1", 11),))).after(change(bids=(("7", "0", 12),), until=12))
    again = book_of("9.00:1.0 8:2", sequence=12, time_ns=5)
    assert there == again
    assert len({there, again, book_of(), book_of(stale=True)}) == 3


def test_books_are_pickled_and_copied() -> None:
    book = book_of(depth=2, known_from=D(8)).after(change(asks=(("13", "1", 11),)))
    for other in (pickle.loads(pickle.dumps(book)), copy.copy(book), copy.deepcopy(book)):  # noqa: S301  our own
        assert other == book
        assert hash(other) == hash(book)
        assert repr(other) == repr(book)


def test_nobody_changes_a_book_in_place() -> None:
    book = book_of()
    for name in (*OrderBook.__struct_fields__, "mid", "extra"):
        with pytest.raises(AttributeError):
            setattr(book, name, None)
    assert msgspec.structs.replace(book, stale=True) == book_of(stale=True)


def test_its_repr_tells_the_best_and_how_much_there_is() -> None:
    assert repr(book_of()) == "<OrderBook S #10 | bid 1 @ 9 | ask 3 @ 11 | 2 and 2 levels>"
    known = book_of("", "1E+1:1E-7", depth=100, known_to=D(10), stale=True)
    assert repr(known) == "<OrderBook S #10 | bid none | ask 0.0000001 @ 10 | 0 and 1 levels, the best 100, stale>"


def test_a_book_can_be_written_as_json() -> None:
    book = OrderBook("X", 7, Ladder([(D("1.50"), D(2))], falls=True), Ladder([(D(3), D(4))]))
    written = msgspec.json.decode(msgspec.json.encode(book, enc_hook=tuple))
    assert (written["bids"], written["asks"], written["sequence"]) == ([["1.50", "2"]], [["3", "4"]], 7)
